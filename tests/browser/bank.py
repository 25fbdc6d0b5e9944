"""A WSGI application that records which requests arrive and which of them reach its view."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from flask import Flask, request
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATIENCE_SECONDS = 20.0

#: The environ key of a list. The view adds an item to it when it is called.
_REACHED = "bank.reached"

#: The query string of a navigation. The response is a page that reports that it has loaded.
LANDS = "lands"
_LANDED = "/landed"
# Without this icon, engines request /favicon.ico from the server.
_LANDING_PAGE = (
    '<!doctype html><link rel="icon" href="data:,">'
    f"<script>fetch('{_LANDED}' + location.pathname)</script>"
)


class Arrival(NamedTuple):
    path: str
    method: str
    origin: str | None
    #: The header ``Sec-Fetch-Site``.
    site: str | None
    status: int
    has_reached_view: bool

    @property
    def is_last(self) -> bool:
        """Whether no request follows. Another request only follows a preflight that passes."""
        return self.method != "OPTIONS" or self.status == 403


class Bank:
    """A WSGI application with one view for ``/<way>/<kind>`` and all methods of the tests.

    It removes ``Sec-Fetch-*`` from requests for ``/bare/``: browsers don't send these headers to
    plain http URLs.
    """

    def __init__(self) -> None:
        self.app = Flask("bank")
        self.app.add_url_rule("/page", "page", lambda: "page")
        methods = ["GET", "HEAD", "QUERY", "POST", "PUT"]
        self.app.add_url_rule("/<way>/<path:kind>", "view", _view, methods=methods)
        # Werkzeug only sends WebSocket requests to rules with websocket=True.
        self.app.add_url_rule("/<way>/<path:kind>", "socket", _view, websocket=True)
        self._changed = threading.Condition()
        self._arrivals: list[Arrival] = []
        self._landed: set[str] = set()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith(f"{_LANDED}/"):
            with self._changed:
                self._landed.add(path.removeprefix(_LANDED))
                self._changed.notify_all()
            return Response(status=204)(environ, start)
        if path.startswith("/bare/"):
            for name in [name for name in environ if name.startswith("HTTP_SEC_FETCH_")]:
                del environ[name]
        reached = environ[_REACHED] = []
        response = Response.from_app(self.app, environ)
        arrival = Arrival(
            path,
            environ["REQUEST_METHOD"],
            environ.get("HTTP_ORIGIN"),
            environ.get("HTTP_SEC_FETCH_SITE"),
            response.status_code,
            bool(reached),
        )
        with self._changed:
            self._arrivals.append(arrival)
            self._changed.notify_all()
        if environ["QUERY_STRING"] == LANDS:
            response = Response(_LANDING_PAGE, mimetype="text/html")
        response.headers["Cache-Control"] = "no-store"
        return response(environ, start)

    def wait_for(self, paths: Sequence[str], *, landed: Sequence[str] = ()) -> dict[str, Arrival]:
        """Wait until the last request for each path has arrived, and return these by path.

        :param landed: paths whose page must have loaded in the window. A page that is still
            loading could replace the page that the test opens next.
        """

        def last() -> dict[str, Arrival]:
            return {arrival.path: arrival for arrival in self._arrivals if arrival.is_last}

        with self._changed:
            self._changed.wait_for(
                lambda: self._landed.issuperset(landed) and last().keys() >= set(paths),
                _PATIENCE_SECONDS,
            )
            found = last()
            missing = [*(set(paths) - found.keys()), *(set(landed) - self._landed)]
        assert not missing, f"did not arrive within {_PATIENCE_SECONDS} seconds: {missing}"
        return found

    def reached(self) -> set[str]:
        """Return the paths of the requests that reached the view."""
        with self._changed:
            return {arrival.path for arrival in self._arrivals if arrival.has_reached_view}


def _view(way: str, kind: str) -> Response:
    request.environ[_REACHED].append(kind)
    return Response(f"{way}: {kind}", mimetype="text/plain")


def with_helpers(app: WSGIApplication) -> WSGIApplication:
    """Add redirects, worker scripts, sandboxed pages and pages that report CSP violations."""

    def call(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path, argument = environ["PATH_INFO"], unquote(environ["QUERY_STRING"])
        response = app
        if path.startswith("/away/"):
            headers = {"Location": argument, "Access-Control-Allow-Origin": "*"}
            response = Response(status=int(path.removeprefix("/away/")), headers=headers)
        elif path == "/worker.js":
            response = Response(argument, mimetype="text/javascript")
        elif path == "/sandboxed":
            headers = {"Content-Security-Policy": "sandbox allow-scripts allow-forms"}
            response = Response(argument, mimetype="text/html", headers=headers)
        elif path == "/report":
            headers = {"Content-Security-Policy": f"img-src 'none'; report-uri {argument}"}
            response = Response("<img src=/>", mimetype="text/html", headers=headers)
        return response(environ, start)

    return call
