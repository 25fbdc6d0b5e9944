"""What a browser does for a page that calls ``fetch()`` on another origin, over real HTTP.

As small as honesty allows: a preflight where one is needed, the CORS check, the headers that
a page may see. Every request is taken to be cross-origin, and nothing is cached.
"""

from __future__ import annotations

from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIMPLE_METHODS = {"GET", "HEAD", "POST"}
_SIMPLE_HEADERS = {"accept", "accept-language", "content-language"}
_SIMPLE_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
_VISIBLE_HEADERS = {
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
}


class Refused(Exception):  # noqa: N818 - not an error of the program
    """The page gets a ``TypeError`` in place of the response; the message says why."""

    #: Whether a preflight went out.
    preflight: bool = False


@dataclass(frozen=True)
class Reply:
    """What the page gets to see of a response."""

    status: int
    #: The visible headers, with their names in lower case.
    headers: Mapping[str, str]
    #: Whether a preflight went out.
    preflight: bool


class Page:
    """A page of one origin, with a cookie jar of its own."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._cookies: dict[str, str] = {}

    def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        credentials: bool = False,
    ) -> Reply:
        """Make one request as a browser would.

        :param credentials: whether cookies are sent and kept (``credentials: "include"``).
        :raises Refused: when a browser would give the page an error.
        """
        headers = headers or {}
        unsafe = sorted(name.lower() for name in headers if not _is_simple(name, headers[name]))
        preflight = method not in _SIMPLE_METHODS or bool(unsafe)
        try:
            for _ in range(20):
                if preflight:
                    self._preflight(url, method, unsafe, credentials)
                status, received = self._send(url, method, headers, body, credentials)
                self._check(received, credentials)
                # The other redirects may change the method; this API never sends one.
                if status not in {307, 308}:
                    return Reply(status, _visible(received, credentials), preflight)
                url = urljoin(url, received["Location"])
        except Refused as refused:
            refused.preflight = preflight
            raise
        raise Refused("there are too many redirects")

    def _preflight(self, url: str, method: str, unsafe: list[str], credentials: bool) -> None:
        """Ask whether the request may be made (Fetch, "CORS-preflight fetch")."""
        asked = {"Accept": "*/*", "Access-Control-Request-Method": method}
        if unsafe:
            asked["Access-Control-Request-Headers"] = ",".join(unsafe)
        status, received = self._send(url, "OPTIONS", asked, None, credentials=False)
        try:
            self._check(received, credentials)
        except Refused as refused:
            raise Refused(f"the preflight was answered {status}, and {refused}") from None
        if not 200 <= status <= 299:
            raise Refused(f"the preflight was answered {status}")
        methods = _names(received, "Access-Control-Allow-Methods")
        wildcard = set[str]() if credentials else {"*"}
        if not {method, *wildcard} & {*methods, *_SIMPLE_METHODS}:
            raise Refused(f"the preflight does not allow {method}")
        allowed = {name.lower() for name in _names(received, "Access-Control-Allow-Headers")}
        for name in unsafe:
            # A wildcard never stands for Authorization.
            if name not in allowed and (name == "authorization" or not wildcard & allowed):
                raise Refused(f"the preflight does not allow the header {name}")

    def _check(self, received: HTTPMessage, credentials: bool) -> None:
        """Look whether the page may read the response (Fetch, "CORS check")."""
        origin = _joined(received, "Access-Control-Allow-Origin")
        if origin is None:
            raise Refused("it has no Access-Control-Allow-Origin")
        if origin == "*" and not credentials:
            return
        if origin != self.origin:
            raise Refused(f"its Access-Control-Allow-Origin is {origin}")
        if credentials and _joined(received, "Access-Control-Allow-Credentials") != "true":
            raise Refused("it does not allow credentials")

    def _send(
        self, url: str, method: str, headers: Mapping[str, str], body: str | None, credentials: bool
    ) -> tuple[int, HTTPMessage]:
        parts = urlsplit(url)
        sent = {**headers, "Origin": self.origin}
        if credentials and self._cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        try:
            connection.request(method, parts.path, body, sent)
            response = connection.getresponse()
            response.read()
        finally:
            connection.close()
        if credentials:
            for line in response.headers.get_all("Set-Cookie", []):
                self._cookies.update(
                    (key, morsel.value) for key, morsel in SimpleCookie(line).items()
                )
        return response.status, response.headers


def _is_simple(name: str, value: str) -> bool:
    """Tell whether a request header needs no preflight."""
    if name.lower() == "content-type":
        return value.partition(";")[0].strip().lower() in _SIMPLE_TYPES
    return name.lower() in _SIMPLE_HEADERS


def _visible(received: HTTPMessage, credentials: bool) -> dict[str, str]:
    """Keep the headers that a page may see, under lower-case names."""
    exposed = {name.lower() for name in _names(received, "Access-Control-Expose-Headers")}
    everything = "*" in exposed and not credentials
    return {
        name: _joined(received, name) or ""
        for name in {name.lower() for name in received}
        if name != "set-cookie" and (everything or name in _VISIBLE_HEADERS | exposed)
    }


def _names(received: HTTPMessage, name: str) -> list[str]:
    return [part.strip() for part in (_joined(received, name) or "").split(",")]


def _joined(received: HTTPMessage, name: str) -> str | None:
    """Read a header as a browser does: two of a name are one with a comma, and so no origin."""
    values: list[str] | None = received.get_all(name)
    return None if values is None else ", ".join(values).strip()
