"""The browser: one page that fetches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from ..fetch.grammar import SAFELISTED_METHODS, Origin, parse_origin
from .cookies import CookieJar
from .cors import check_cors, check_preflight, check_resource_policy
from .exchange import Exchange, NetworkError, ReceivedResponse, SentRequest, Transport
from .headers import HeaderList, HeadersInit, is_header_value
from .preflight_cache import PreflightCache
from .reply import Reply, make_reply
from .request import Credentials, Mode, Redirect, Request, Tainting, make_request, next_url
from .url import URL, parse_url
from .wsgi import WSGITransport

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from .body import Data

#: Where a single app is put.
DEFAULT_SERVER = "http://localhost"


class Browser:
    """A page in a browser, whose script fetches from WSGI apps.

    It keeps to the Fetch standard's CORS protocol and to RFC 6265bis for cookies, and knows
    nothing of what the apps use to take part in it.

    >>> def app(environ, start_response):
    ...     start_response("200 OK", [("Access-Control-Allow-Origin", "*"), ("X-Total", "1")])
    ...     return [b"hello"]
    >>> reply = Browser(app, origin="https://app.example.com").fetch("/greeting")
    >>> reply.type, reply.text, "X-Total" in reply.headers
    ('cors', 'hello', False)

    :param servers: a WSGI app, which is put at ``http://localhost``; or a map of origins to WSGI
        apps; or another :class:`Transport`.
    :param origin: the page's origin, or ``"null"``.
    :param clock: gives the time in seconds since the epoch, for the preflight cache and cookies.
    :raises ValueError: an origin is none.
    """

    #: The requests that were answered, preflights too, in their order.
    exchanges: list[Exchange]
    #: The cookies that the browser keeps.
    cookies: CookieJar

    def __init__(
        self,
        servers: WSGIApplication | Mapping[str, WSGIApplication] | Transport,
        *,
        origin: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.exchanges = []
        self.cookies = CookieJar(clock)
        self._origin = _parse_page_origin(origin)
        self._base = _parse_base(self._origin)
        if callable(servers):
            self._base = parse_url(DEFAULT_SERVER)
            servers = {DEFAULT_SERVER: servers}
        if isinstance(servers, Mapping):
            servers = WSGITransport({_parse_server(key): app for key, app in servers.items()})
        self._transport: Transport = servers
        self._preflights = PreflightCache(clock)

    def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: HeadersInit | None = None,
        data: Data | None = None,
        json: object = None,
        mode: Mode = "cors",
        credentials: Credentials = "same-origin",
        redirect: Redirect = "follow",
    ) -> Reply:
        """Do what ``fetch()`` does in the page.

        :param url: relative to the one app or, if there is a map, to the page's origin.
        :param headers: a mapping or pairs. What script may not set is dropped without a word.
        :param data: the body: text; bytes; or the fields of a form, as a mapping or pairs. A
            field may be a file, as for Werkzeug's test client.
        :param json: sent as ``application/json``; None is no body, so send ``"null"`` as ``data``.
        :param redirect: ``"follow"``; ``"error"`` to fail; ``"manual"`` to get a reply of type
            ``opaqueredirect``.
        :raises CORSError: the CORS check, a preflight or a redirect's credentials forbid it.
        :raises NetworkError: the page gets no response for another reason.
        :raises TypeError: ``fetch()`` refuses an argument.
        """
        request = make_request(
            url,
            base=self._base,
            origin=self._origin,
            method=method,
            headers=headers,
            data=data,
            json_value=json,
            mode=mode,
            credentials=credentials,
            redirect=redirect,
        )
        try:
            return self._follow(request)
        except NetworkError:
            # What was learned about this URL may be why it failed.
            if request.is_preflighted:
                self._preflights.forget(request)
            raise

    def _follow(self, request: Request) -> Reply:
        """Go from hop to hop (Fetch, "main fetch")."""
        while True:
            request.tainting = _taint(request)
            response = self._fetch_over_http(request)
            url = next_url(request, response)
            if url is None:
                return make_reply(request, response)
            request.redirect_to(url, response.status)

    def _fetch_over_http(self, request: Request) -> ReceivedResponse:
        """Make one hop (Fetch, "HTTP fetch")."""
        if request.tainting == "cors" and _falls_under_preflights(request):
            request.is_preflighted = True
            if not self._preflights.covers(request):
                self._make_preflight(request)
        response = self._send(_write(request, self._cookie_header(request)))
        if request.includes_credentials and _is_http(response):
            self._keep_cookies(request, response)
        if request.tainting == "cors":
            check_cors(request, response)
        elif request.tainting == "opaque":
            check_resource_policy(request, response)
        _check_is_http(request, response)
        return response

    def _make_preflight(self, request: Request) -> None:
        """Ask whether a request may be sent (Fetch, "CORS-preflight fetch")."""
        response = self._send(_write_preflight(request), is_preflight=True)
        methods, names = check_preflight(request, response)
        _check_is_http(request, response)
        self._preflights.store(request, response, methods, names)

    def _send(self, sent: SentRequest, *, is_preflight: bool = False) -> ReceivedResponse:
        response = self._transport.send(sent)
        self.exchanges.append(Exchange(sent, response, is_preflight))
        return response

    def _cookie_header(self, request: Request) -> str:
        if not request.includes_credentials:
            return ""
        return self.cookies.header(request.url, same_site=request.is_same_site)

    def _keep_cookies(self, request: Request, response: ReceivedResponse) -> None:
        for line in response.headers.getlist("Set-Cookie"):
            self.cookies.receive(line, request.url, same_site=request.is_same_site)


def _parse_page_origin(text: str) -> Origin | None:
    if text == "null":
        return None
    # A page of an app or an extension has an origin that is no HTTP(S) one.
    return parse_origin(text) or _parse_server(text)


def _parse_server(text: str) -> Origin:
    """Read an origin, in whatever case, with a default port or a slash at the end."""
    url = parse_url(text)
    if not url.is_http or str(url) != f"{url.origin}/":
        raise ValueError(f"{text!r} is no origin: it takes http or https, a host and maybe a port")
    return url.origin


def _parse_base(origin: Origin | None) -> URL | None:
    is_http = origin is not None and origin.scheme in {"http", "https"}
    return parse_url(str(origin)) if is_http else None


def _taint(request: Request) -> Tainting:
    """Settle how much script may see of the answer at this hop (Fetch, "main fetch")."""
    if not request.url.is_http:
        raise NetworkError(f"{request.url} is not HTTP(S)")
    if request.is_same_origin and request.tainting == "basic":
        return "basic"
    if request.mode == "same-origin":
        raise NetworkError(
            f"mode same-origin allows no request from {request.origin or 'null'} to {request.url}"
        )
    if request.mode == "cors":
        return "cors"
    if request.redirect != "follow":
        raise NetworkError(
            f"mode no-cors must follow redirects across origins: redirect is {request.redirect!r}"
        )
    return "opaque"


def _is_http(response: ReceivedResponse) -> bool:
    return all(is_header_value(value) for _, value in response.headers.lines)


def _check_is_http(request: Request, response: ReceivedResponse) -> None:
    """Refuse a response with a header that HTTP cannot carry.

    It comes after the CORS check, which has more to say where the header is one of its own.
    """
    if not _is_http(response):
        raise NetworkError(
            f"the answer to {request.method} {request.url} has a header with a NUL, a line break "
            f"or a character beyond Latin-1: {dict(response.headers)}"
        )


def _falls_under_preflights(request: Request) -> bool:
    return request.method not in SAFELISTED_METHODS or bool(request.unsafe_headers)


def _write(request: Request, cookies: str) -> SentRequest:
    """Add to a request what the browser itself says (Fetch, "HTTP-network-or-cache fetch")."""
    headers = _combine(request.headers)
    if "accept" not in HeaderList(headers):
        headers.append(("Accept", "*/*"))
    origin = _origin_header(request)
    if origin is not None:
        headers.append(("Origin", origin))
    if cookies:
        headers.append(("Cookie", cookies))
    url = str(request.url.without_fragment())
    return SentRequest(request.method, url, HeaderList(headers), request.body)


def _combine(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Write repeated headers as one line. The standard leaves this open; all browsers do it."""
    combined: dict[str, tuple[str, str]] = {}
    for name, value in headers:
        key = name.lower()
        if key in combined:
            first, values = combined[key]
            combined[key] = first, f"{values}, {value}"
        else:
            combined[key] = name, value
    return list(combined.values())


def _origin_header(request: Request) -> str | None:
    """Settle what ``Origin`` says, if it is sent (Fetch, "append a request Origin header")."""
    if request.tainting == "cors":
        return request.serialized_origin
    if request.method in {"GET", "HEAD"}:
        return None
    page = request.origin
    is_downgrade = page is not None and page.scheme == "https" and request.url.scheme == "http"
    # The default referrer policy, strict-origin-when-cross-origin, keeps the page to itself.
    # Mode cors, which it does not touch, never comes here with a URL of another origin.
    return "null" if is_downgrade else request.serialized_origin


def _write_preflight(request: Request) -> SentRequest:
    headers = [
        ("Accept", "*/*"),
        ("Access-Control-Request-Method", request.method),
        ("Origin", request.serialized_origin),
    ]
    if request.unsafe_headers:
        headers.append(("Access-Control-Request-Headers", ",".join(request.unsafe_headers)))
    return SentRequest("OPTIONS", str(request.url.without_fragment()), HeaderList(headers))
