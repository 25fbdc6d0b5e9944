"""The browser: a page whose JavaScript calls ``fetch()``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..fetch.grammar import Origin, parse_origin
from .cookies import CookieJar
from .cors import check_cors, check_preflight, check_resource_policy
from .exchange import Exchange, NetworkError, ReceivedResponse, SentRequest, Transport
from .headers import HeadersInit, is_header_value
from .preflight_cache import PreflightCache
from .reply import Reply, make_reply
from .request import Credentials, Mode, Redirect, Request, Tainting, make_request, next_url
from .url import URL, InvalidURLError, parse_url
from .wire import write_preflight, write_request
from .wsgi import WSGITransport

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from .body import Data

#: The origin of a single app.
DEFAULT_SERVER = "http://localhost"


class Browser:
    """A page in a browser, whose JavaScript fetches from WSGI apps.

    It follows the Fetch standard's CORS protocol, and RFC 6265bis for cookies. It does not know
    how the apps implement their side.

    >>> def app(environ, start_response):
    ...     start_response("200 OK", [("Access-Control-Allow-Origin", "*"), ("X-Total", "1")])
    ...     return [b"hello"]
    >>> reply = Browser(app, origin="https://app.example.com").fetch("/greeting")
    >>> reply.type, reply.text, "X-Total" in reply.headers
    ('cors', 'hello', False)

    :param servers: a WSGI app, which gets the origin ``http://localhost``; a mapping of origins
        to WSGI apps; or another :class:`Transport`.
    :param origin: the page's origin, or an opaque one: ``"null"``, or ``"file://"``.
    :param clock: returns the time in seconds since the epoch, for cookies and the preflight cache.
    :raises ValueError: an origin is not valid.
    """

    #: The requests that got a response, including preflights, in the order of sending. A response
    #: that the page was not allowed to read is also here.
    exchanges: list[Exchange]
    #: The cookies of the browser.
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

    @property
    def origin(self) -> str:
        """The page's origin, as browsers serialize it."""
        return "null" if self._origin is None else str(self._origin)

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

        :param url: an absolute or a relative URL. A relative one is resolved against the single
            app or, if there is a mapping, against the page's origin.
        :param headers: a mapping or pairs. Headers that JavaScript is not allowed to set are
            dropped silently; :attr:`Exchange.dropped_headers` lists them.
        :param data: the body: text; bytes; or the fields of a form, as a mapping or pairs. A
            field may be a file, as for Werkzeug's test client.
        :param json: a body to serialize as ``application/json``. None means no body; to send a
            JSON null, pass ``data="null"``.
        :param redirect: ``"follow"``; ``"error"`` to fail; ``"manual"`` to get a reply of type
            ``opaqueredirect``.
        :raises CORSError: the CORS check or a preflight failed, or a redirect leads to a URL with
            a user name or password.
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
            # The cached permissions for this URL may be outdated, and the reason why it failed.
            if request.is_preflighted:
                self._preflights.forget(request)
            raise

    def _follow(self, request: Request) -> Reply:
        """Go from hop to hop until there is a response for the page (Fetch, "main fetch")."""
        while True:
            request.response_tainting = _response_tainting(request)
            response = self._fetch_over_http(request)
            url = next_url(request, response)
            if url is None:
                return make_reply(request, response)
            request.redirect_to(url, response.status)

    def _fetch_over_http(self, request: Request) -> ReceivedResponse:
        """Make one hop (Fetch, "HTTP fetch")."""
        if request.response_tainting == "cors" and request.preflight_causes:
            request.is_preflighted = True
            if not self._preflights.covers(request):
                self._make_preflight(request)
        response = self._send(request, write_request(request, self._cookie_header(request)))
        if request.includes_credentials and _has_valid_headers(response):
            self._keep_cookies(request, response)
        if request.response_tainting == "cors":
            check_cors(request, response)
        elif request.response_tainting == "opaque":
            check_resource_policy(request, response)
        _check_headers(request, response)
        return response

    def _make_preflight(self, request: Request) -> None:
        """Ask whether a request may be sent (Fetch, "CORS-preflight fetch")."""
        response = self._send(request, write_preflight(request), because=request.preflight_causes)
        check_preflight(request, response)
        _check_headers(request, response)
        self._preflights.store(request, response)

    def _send(
        self, request: Request, sent: SentRequest, *, because: tuple[str, ...] = ()
    ) -> ReceivedResponse:
        """Send a request, or the preflight for it, and record the exchange."""
        response = self._transport.send(sent)
        exchange = Exchange(
            sent,
            response,
            is_preflight=bool(because),
            is_cross_origin=request.is_cross_origin,
            because=because,
            dropped_headers=request.dropped_headers,
        )
        self.exchanges.append(exchange)
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
    if text == "file://":
        # It is opaque too, but some web views send it by this name.
        return Origin("file", "", None)
    # The page of an app or a browser extension has an origin with a scheme other than HTTP(S).
    return parse_origin(text) or _parse_server(text)


def _parse_server(text: str) -> Origin:
    """Read an HTTP(S) origin, in any case, perhaps with a default port or a trailing slash."""
    try:
        url = parse_url(text)
    except InvalidURLError:
        url = None
    # A URL can have a host that no origin has, such as *.example.com.
    if (
        url is None
        or not url.is_http
        or str(url) != f"{url.origin}/"
        or parse_origin(str(url.origin)) is None
    ):
        raise ValueError(
            f"{text!r} is not an origin: write http or https, a host and, if needed, a port, "
            'as in "https://app.example.com"'
        )
    return url.origin


def _parse_base(origin: Origin | None) -> URL | None:
    is_http = origin is not None and origin.scheme in {"http", "https"}
    return parse_url(str(origin)) if is_http else None


def _response_tainting(request: Request) -> Tainting:
    """Decide how much JavaScript may see of this hop's response (Fetch, "main fetch").

    :raises NetworkError: the request's mode does not allow the hop.
    """
    if not request.url.is_http:
        raise NetworkError(f"{request.url} is not an HTTP(S) URL")
    if request.is_same_origin and request.response_tainting == "basic":
        return "basic"
    if request.mode == "same-origin":
        raise NetworkError(
            f"mode same-origin does not allow a request from {request.origin or 'null'} to "
            f"{request.url}"
        )
    if request.mode == "cors":
        return "cors"
    if request.redirect != "follow":
        raise NetworkError(
            "a cross-origin request with mode no-cors must follow redirects, but redirect is "
            f"{request.redirect!r}"
        )
    return "opaque"


def _has_valid_headers(response: ReceivedResponse) -> bool:
    return all(is_header_value(value) for _, value in response.headers.lines)


def _check_headers(request: Request, response: ReceivedResponse) -> None:
    """Refuse a response with a header that HTTP cannot carry.

    It is tempting to do this before the CORS check, but if the invalid header is one of CORS, the
    CORS check explains more.
    """
    if not _has_valid_headers(response):
        raise NetworkError(
            f"the response to {request.method} {request.url} has a header with a NUL, a line "
            f"break or a character outside Latin-1: {dict(response.headers)}"
        )
