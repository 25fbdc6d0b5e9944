"""The debug page: responses to requests for its URL, and for the URLs below it.

Pages on other origins can't use it. No response has a CORS header, and only the debug page itself
can explain a request, because that calls the functions in ``origins``.
"""

from __future__ import annotations

import json
import logging
import secrets
from html import escape
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from flask import Response

from ..diagnostics.audit import Audit
from ..diagnostics.explain import explain
from ..diagnostics.routes import Routes
from ..diagnostics.server import is_absolute
from ..diagnostics.text.explanation import curl_line
from ..errors import ConfigError
from ..hooks import is_cross_origin
from ..state import State
from .access import find_obstacle
from .recorder import Recorder, as_url_path

if TYPE_CHECKING:
    from flask import Flask, Request

logger = logging.getLogger("flask_crossorigin")

#: The URL that the page polls. Its name is unlikely to be a URL of the app.
DECISIONS = "/crossorigin-decisions.json"

_FILES = {
    "/icon.svg": "image/svg+xml",
    "/script.js": "text/javascript",
    "/style.css": "text/css",
}
_POLICY = (
    "default-src 'none'",
    "base-uri 'none'",
    "connect-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "img-src 'self'",
    "require-trusted-types-for 'script'",
    "script-src 'self'",
    "style-src 'self'",
    "trusted-types 'none'",
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "; ".join(_POLICY),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class _Quiet(logging.Filter):
    """Leave the polling of the page out of the log of Werkzeug's server."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write a line."""
        # The request line, the status and the size.
        match record.args:
            case (str(line), "200", _):
                return f"{DECISIONS}?" not in line
        return True


# The logger adds the same filter only once, even if there are several apps.
_QUIET = _Quiet()


class DebugPage:
    """The debug page of one app. It records the app's decisions from the time it is created.

    :param app: the app.
    :param path: the path of the page, without a trailing slash.
    """

    def __init__(self, app: Flask, path: str) -> None:
        self._app = app
        self._path = path
        self._recorder = Recorder(app)
        # The numbers of the decisions start again at 1 when the server restarts.
        self._run = secrets.token_hex(8)
        self._logged: set[str] = set()
        logging.getLogger("werkzeug").addFilter(_QUIET)

    def respond(self, request: Request) -> Response | None:
        """Respond to a request for the page, or for a URL below it.

        :returns: None if the app has to respond: for other paths and methods, outside debug mode,
            and for requests that aren't from this machine.
        """
        if not request.path.startswith(self._path) or not self._app.debug:
            return None
        name = request.path[len(self._path) :]
        views = {
            "": self._page,
            "/": self._page,
            DECISIONS: self._decisions,
            "/explain.json": self._explain,
            "/policies.json": self._policies,
        }
        if request.method not in ("GET", "HEAD") or not (name in views or name in _FILES):
            return None
        obstacle = find_obstacle(request.environ) or self._find_other_origin(request, name)
        if obstacle is not None:
            self._log(obstacle)
            return None
        response = views[name](request) if name in views else _file(name)
        response.headers.update(_HEADERS)
        return response

    def _find_other_origin(self, request: Request, name: str) -> str | None:
        """Return why the request is refused if a page on another origin sent it.

        Other pages may link to the debug page.
        """
        environ = request.environ
        is_link = name in ("", "/") and environ.get("HTTP_SEC_FETCH_DEST") == "document"
        is_own = environ.get("HTTP_SEC_FETCH_SITE", "none") in ("none", "same-origin")
        if (is_own or is_link) and not is_cross_origin(State.of(self._app).policies, request):
            return None
        return "a page on another origin requested it"

    def _log(self, obstacle: str) -> None:
        """Log why the page was not shown, once for each reason."""
        if obstacle not in self._logged:
            self._logged.add(obstacle)
            logger.warning("The debug page at %s was not shown: %s.", self._path, obstacle)

    def _page(self, request: Request) -> Response:
        root = escape(as_url_path(request.root_path))
        text = _read("page.html").decode("utf-8").replace("{root}", root)
        text = text.replace("{base}", root + escape(self._path))
        return Response(text, mimetype="text/html")

    def _decisions(self, request: Request) -> Response:
        known = request.args.get("after", 0, type=int)
        if request.args.get("run") != self._run:
            known = 0
        return _json({"run": self._run, "decisions": self._recorder.after(known)})

    def _policies(self, request: Request) -> Response:
        routes = Routes.of(self._app).to_dict()
        try:
            audit = Audit.of(self._app)
        except ConfigError as error:
            # CORS_AUDIT_IGNORE may name unknown checks.
            audit = Audit([])
            routes["problems"] += map(str, error.problems)
        return _json(
            {
                "app": self._app.name,
                "mounted": request.root_path,
                "routes": routes,
                "audit": audit.to_dict(),
            }
        )

    def _explain(self, request: Request) -> Response:
        asked = request.args
        url = asked.get("url", "").strip()
        here = f"{request.scheme}://{request.environ['HTTP_HOST']}{as_url_path(request.root_path)}"
        is_here = not is_absolute(url) or f"{url}/".startswith(f"{here}/")
        try:
            explanation = explain(
                self._app,
                asked.get("method", "GET").strip(),
                url,
                origin=asked.get("origin", "").strip(),
                headers=_read_headers(asked.get("headers", "")),
                credentials="credentials" in asked,
                base_url=here if is_here else None,
            )
        except ValueError as error:
            return _json({"error": str(error)}, 400)
        messages = [*explanation.redirects, explanation.preflight, explanation.response]
        curl = [
            dedent(curl_line(message.method, message.url, message.request_headers))
            for message in messages
            if message is not None
        ]
        return _json({**explanation.to_dict(), "curl": curl})


def _read_headers(text: str) -> list[tuple[str, str]]:
    """Read headers, one per line.

    :raises ValueError: a line has no colon.
    """
    headers = []
    for line in filter(str.strip, text.splitlines()):
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"{line!r} is not in the form 'Name: value'")
        headers.append((name.strip(), value.strip()))
    return headers


def _file(name: str) -> Response:
    return Response(_read(name[1:]), mimetype=_FILES[name])


def _read(name: str) -> bytes:
    return Path(__file__).with_name(name).read_bytes()


def _json(data: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(data), status, mimetype="application/json")
