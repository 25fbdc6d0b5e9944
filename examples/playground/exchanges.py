"""Record the requests and responses of the API, with all headers."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True)
class Exchange:
    """One request and its response."""

    method: str
    #: The path and the query string.
    target: str
    request_headers: list[tuple[str, str]]
    status: int
    response_headers: list[tuple[str, str]]


class Recorder:
    """WSGI middleware that keeps the most recent exchanges.

    To find its own requests, a page adds a random mark to each URL, as in
    ``/api/items/?try=1f0c77de``. The browser has no cached preflight for a new URL, so it sends a
    preflight each time.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._exchanges: deque[tuple[str | None, Exchange]] = deque(maxlen=200)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass a request to the app, and record the request and its response."""
        request = Request(environ)

        def start_and_record(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            exchange = Exchange(
                method=environ["REQUEST_METHOD"],
                target=request.full_path.rstrip("?"),
                request_headers=[_without_secrets(*line) for line in request.headers],
                status=int(status[:3]),
                response_headers=[_without_secrets(*line) for line in headers],
            )
            self._exchanges.append((request.args.get("try"), exchange))
            return start_response(status, headers, exc_info)

        return self._app(environ, start_and_record)

    def find(self, mark: str) -> list[Exchange]:
        """Return the exchanges with a mark in their URL, oldest first."""
        return [exchange for found, exchange in self._exchanges.copy() if found == mark]


def _without_secrets(name: str, value: str) -> tuple[str, str]:
    """Hide the values of cookies, because other apps on this machine may have set some."""
    if name == "Cookie":
        return name, re.sub(r"=[^;]*", "=…", value)
    if name == "Set-Cookie":
        return name, re.sub(r"=[^;]*", "=…", value, count=1)
    return name, value
