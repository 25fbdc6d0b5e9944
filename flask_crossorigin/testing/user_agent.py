"""What the browser does with a request: preflight, cookies, redirects and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fetch.safelists import split_list
from .cookie import CookieContext
from .cors import check_cors, check_preflight, check_resource_policy
from .exchange import Exchange, NetworkError, ReceivedResponse, SentRequest, Transport
from .headers import is_header_value
from .redirects import next_url
from .reply import Reply, make_reply
from .site import is_same_site, is_trustworthy, site_of
from .wire import write_preflight, write_request

if TYPE_CHECKING:
    from .blocking import Blocking
    from .cookies import CookieJar
    from .preflight_cache import PreflightCache
    from .request import Request, Tainting
    from .url import URL

#: The status of a server that is not the one for the URL (RFC 9110, 15.5.20).
_MISDIRECTED = 421


class UserAgent:
    """Makes the requests of a page.

    :param transport: what carries each request to its server.
    :param third_party_cookies: whether a page of another site has access to the cookies of a
        server. ``Partitioned`` ones are never blocked.
    """

    def __init__(
        self,
        transport: Transport,
        cookies: CookieJar,
        preflights: PreflightCache,
        blocking: Blocking,
        *,
        third_party_cookies: bool,
    ) -> None:
        self._transport = transport
        self._blocking = blocking
        self._third_party_cookies = third_party_cookies
        self._preflights = preflights
        self.cookies = cookies
        #: The requests that got a response, in the order of sending.
        self.exchanges: list[Exchange] = []

    def fetch(self, request: Request) -> Reply:
        """Go from hop to hop until there is a response for the page (Fetch, "main fetch").

        :raises NetworkError: the page gets no response.
        """
        try:
            return self._follow(request)
        except NetworkError:
            for exchange in self.exchanges[-1:]:
                exchange.response.close()
            # The cached permissions for this URL may be outdated, and the reason why it failed.
            if request.is_preflighted:
                self._preflights.forget(request)
            raise

    def _follow(self, request: Request) -> Reply:
        while True:
            _check_scheme(request.url)
            self._blocking.check(request)
            request.update_referrer()
            request.response_tainting = _response_tainting(request)
            response = self._fetch_over_http(request)
            url = next_url(request, response)
            if url is None:
                return make_reply(request, response)
            response.close()
            request.redirect_to(url, response.status)

    def _fetch_over_http(self, request: Request) -> ReceivedResponse:
        """Make one hop (Fetch, "HTTP fetch")."""
        if request.response_tainting == "cors" and request.preflight_causes:
            request.is_preflighted = True
            if not self._preflights.covers(request):
                self._make_preflight(request)
        response = self._exchange(request)
        if response.status == _MISDIRECTED:
            # Over another connection, the right server may respond.
            response = self._exchange(request)
        if request.response_tainting == "cors":
            check_cors(request, response)
        elif request.response_tainting == "opaque":
            check_resource_policy(request, response)
        _check_headers(request, response)
        return response

    def _exchange(self, request: Request) -> ReceivedResponse:
        """Send a request with its cookies, and keep those of the response."""
        response = self._send(request, write_request(request, self._cookie_header(request)))
        if request.includes_credentials and _has_valid_headers(response):
            self._keep_cookies(request, response)
        return response

    def _make_preflight(self, request: Request) -> None:
        """Ask whether a request may be sent (Fetch, "CORS-preflight fetch")."""
        because = request.preflight_causes
        response = self._send(request, write_preflight(request), because=because)
        if response.status == _MISDIRECTED:
            response = self._send(request, write_preflight(request), because=because)
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
        return self.cookies.header(request.url, self._cookie_context(request))

    def _keep_cookies(self, request: Request, response: ReceivedResponse) -> None:
        context = self._cookie_context(request)
        for line in response.headers.getlist("Set-Cookie"):
            self.cookies.receive(line, request.url, context)
        if is_trustworthy(request.url) and _clears_cookies(response):
            self.cookies.clear_site(request.url, context)

    def _cookie_context(self, request: Request) -> CookieContext:
        if request.mode == "navigate":
            is_safe = request.method == "GET"
            return CookieContext(
                request.is_same_site,
                site_of(request.url.origin),
                is_navigation=True,
                cross_site=frozenset({"None", "Lax"} if is_safe else {"None"}),
            )
        is_third_party = not is_same_site(request.url.origin, request.origin)
        return CookieContext(
            request.is_same_site,
            site_of(request.origin),
            is_blocked=is_third_party and not self._third_party_cookies,
        )


def _check_scheme(url: URL) -> None:
    if not url.is_http:
        raise NetworkError(f"{url} is not an HTTP(S) URL")


def _response_tainting(request: Request) -> Tainting:
    """Decide how much JavaScript may see of this hop's response (Fetch, "main fetch").

    :raises NetworkError: the request's mode does not allow the hop.
    """
    if request.mode == "navigate":
        return "basic"
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


def _clears_cookies(response: ReceivedResponse) -> bool:
    """Return whether a response clears cookies (Clear Site Data, "parse response's header")."""
    types = split_list(response.headers.get("Clear-Site-Data", ""))
    return not {'"cookies"', '"*"'}.isdisjoint(types)


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
