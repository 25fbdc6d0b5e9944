"""Requests as they are sent, with the headers that the browser itself adds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .exchange import SentRequest
from .headers import HeaderList
from .site import is_same_site, is_trustworthy

if TYPE_CHECKING:
    from .request import Request

#: The ``User-Agent``, unless JavaScript sets the header.
USER_AGENT = "Mozilla/5.0 (compatible; flask_crossorigin)"

#: The content codings that the browser decodes.
ACCEPT_ENCODING = "gzip, deflate"

_ROUTINE_NAMES = frozenset(
    {"accept-encoding", "referer", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site"}
)
_ROUTINE_LINES = frozenset({("Accept", "*/*"), ("User-Agent", USER_AGENT)})


def is_routine(name: str, value: str) -> bool:
    """Return whether browsers add a header to every request and it has no meaning for CORS."""
    return name.lower() in _ROUTINE_NAMES or (name, value) in _ROUTINE_LINES


def write_request(request: Request, cookies: str) -> SentRequest:
    """Make the request that is sent to the current URL (Fetch, "HTTP-network-or-cache fetch").

    https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch

    :param cookies: the value of ``Cookie``; an empty string for no header.
    """
    headers = _combine(request.headers)
    if "accept" not in HeaderList(headers):
        headers.append(("Accept", "*/*"))
    origin = _origin_header(request)
    if origin is not None:
        headers.append(("Origin", origin))
    if cookies:
        headers.append(("Cookie", cookies))
    headers += _browser_headers(request, HeaderList(headers))
    url = str(request.url.without_fragment())
    return SentRequest(request.method, url, HeaderList(headers), request.body)


def write_preflight(request: Request) -> SentRequest:
    """Make the preflight for a request (Fetch, "CORS-preflight fetch").

    https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """
    headers = [
        ("Accept", "*/*"),
        ("Access-Control-Request-Method", request.method),
        ("Origin", request.serialized_origin),
    ]
    if request.unsafe_header_names:
        names = ",".join(request.unsafe_header_names)
        headers.append(("Access-Control-Request-Headers", names))
    headers += _browser_headers(request, HeaderList())
    return SentRequest("OPTIONS", str(request.url.without_fragment()), HeaderList(headers))


def _combine(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join repeated headers into one line. The standard leaves it open, but all browsers do it."""
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
    """Return the value of ``Origin`` (Fetch, "append a request Origin header").

    https://fetch.spec.whatwg.org/#append-a-request-origin-header

    :returns: None if the request has no such header.
    """
    if request.response_tainting == "cors":
        return request.serialized_origin
    if request.method in {"GET", "HEAD"}:
        return None
    page = request.origin
    is_downgrade = page is not None and page.scheme == "https" and request.url.scheme == "http"
    # The default referrer policy, strict-origin-when-cross-origin, hides the page's origin from a
    # less secure URL. Mode cors is exempt: its cross-origin requests returned above.
    return "null" if is_downgrade else request.serialized_origin


def _browser_headers(request: Request, sent: HeaderList) -> list[tuple[str, str]]:
    """Return the headers that browsers add to say who sends the request, and from where.

    :param sent: the headers that the request already has.
    """
    is_navigation = request.mode == "navigate"
    headers: list[tuple[str, str]] = []
    if "user-agent" not in sent:
        headers.append(("User-Agent", USER_AGENT))
    # Part of an encoded body cannot be decoded.
    coding = "identity" if "range" in sent else ACCEPT_ENCODING
    headers.append(("Accept-Encoding", coding))
    if request.referrer is not None:
        headers.append(("Referer", str(request.referrer.without_fragment())))
    if is_trustworthy(request.url):
        headers += [
            ("Sec-Fetch-Site", _fetch_site(request)),
            ("Sec-Fetch-Mode", request.mode),
            ("Sec-Fetch-Dest", "document" if is_navigation else "empty"),
        ]
        if is_navigation:
            # Links and forms are always used by the user here.
            headers.append(("Sec-Fetch-User", "?1"))
    if is_navigation:
        headers.append(("Upgrade-Insecure-Requests", "1"))
    return headers


def _fetch_site(request: Request) -> str:
    """Return the value of ``Sec-Fetch-Site`` (Fetch Metadata, "set the Sec-Fetch-Site header").

    https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header
    """
    if all(url.origin == request.origin for url in request.url_list):
        return "same-origin"
    if all(is_same_site(url.origin, request.origin) for url in request.url_list):
        return "same-site"
    return "cross-site"
