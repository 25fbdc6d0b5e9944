"""A request as it is written to the wire, with the headers that the browser itself sets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .exchange import SentRequest
from .headers import HeaderList

if TYPE_CHECKING:
    from .request import Request


def write_request(request: Request, cookies: str) -> SentRequest:
    """Write a request at its current hop (Fetch, "HTTP-network-or-cache fetch").

    :param cookies: the value of ``Cookie``, or an empty string.
    """
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


def write_preflight(request: Request) -> SentRequest:
    """Write the preflight for a request (Fetch, "CORS-preflight fetch")."""
    headers = [
        ("Accept", "*/*"),
        ("Access-Control-Request-Method", request.method),
        ("Origin", request.serialized_origin),
    ]
    if request.unsafe_header_names:
        names = ",".join(request.unsafe_header_names)
        headers.append(("Access-Control-Request-Headers", names))
    return SentRequest("OPTIONS", str(request.url.without_fragment()), HeaderList(headers))


def _combine(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join repeated headers into one line. The standard leaves this open; all browsers do it."""
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
    """Return the value of ``Origin``, or None (Fetch, "append a request Origin header")."""
    if request.response_tainting == "cors":
        return request.serialized_origin
    if request.method in {"GET", "HEAD"}:
        return None
    page = request.origin
    is_downgrade = page is not None and page.scheme == "https" and request.url.scheme == "http"
    # The default referrer policy, strict-origin-when-cross-origin, hides the page's origin from a
    # less secure URL. Mode cors is exempt: its cross-origin requests returned above.
    return "null" if is_downgrade else request.serialized_origin
