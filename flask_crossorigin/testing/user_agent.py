"""The steps from a request to a reply: preflights, cookies, redirects and checks."""

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

#: Misdirected Request: the connection leads to the wrong server (RFC 9110, 15.5.20).
_MISDIRECTED = 421


class UserAgent:
    """Makes the requests of a page.

    :param transport: sends each request to its server.
    :param third_party_cookies: False to block cookies in requests to other sites than the page's,
        except ``Partitioned`` ones.
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
        """Fetch a URL and follow redirects (Fetch, "main fetch").

        https://fetch.spec.whatwg.org/#main-fetch

        :raises NetworkError: the page gets no response.
        """
        try:
            return self._follow(request)
        except NetworkError:
            for exchange in self.exchanges[-1:]:
                exchange.response.close()
            # It may have failed because the cached permissions are outdated.
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
        """Fetch the current URL, without following redirects (Fetch, "HTTP fetch").

        https://fetch.spec.whatwg.org/#http-fetch
        """
        if request.response_tainting == "cors" and request.preflight_causes:
            request.is_preflighted = True
            if not self._preflights.covers(request):
                self._make_preflight(request)
        response = self._exchange(request)
        if response.status == _MISDIRECTED:
            # Browsers try again on another connection, where the right server may respond.
            response = self._exchange(request)
        if request.response_tainting == "cors":
            check_cors(request, response)
        elif request.response_tainting == "opaque":
            check_resource_policy(request, response)
        _check_headers(request, response)
        return response

    def _exchange(self, request: Request) -> ReceivedResponse:
        """Send a request with its cookies, and store those of the response."""
        response = self._send(request, write_request(request, self._cookie_header(request)))
        if request.includes_credentials and _has_valid_headers(response):
            self._keep_cookies(request, response)
        return response

    def _make_preflight(self, request: Request) -> None:
        """Send the preflight for a request (Fetch, "CORS-preflight fetch").

        https://fetch.spec.whatwg.org/#cors-preflight-fetch

        :raises CORSError: the response does not allow the request.
        """
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
    """Return how much of the response JavaScript can read (Fetch, "main fetch").

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
    """Return whether a response clears cookies (Clear Site Data, "parse response's header").

    https://w3c.github.io/webappsec-clear-site-data/#parse-response
    """
    types = split_list(response.headers.get("Clear-Site-Data", ""))
    return not {'"cookies"', '"*"'}.isdisjoint(types)


def _has_valid_headers(response: ReceivedResponse) -> bool:
    return all(is_header_value(value) for _, value in response.headers.lines)


def _check_headers(request: Request, response: ReceivedResponse) -> None:
    """Check that the headers of a response are valid in HTTP.

    It is tempting to do this before the CORS check, but if a CORS header is invalid, the CORS check
    explains more.

    :raises NetworkError: a header is invalid.
    """
    if not _has_valid_headers(response):
        raise NetworkError(
            f"the response to {request.method} {request.url} has a header with a NUL, a line "
            f"break or a character outside Latin-1: {dict(response.headers)}"
        )
