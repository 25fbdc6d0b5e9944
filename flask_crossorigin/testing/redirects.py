"""Where a response redirects to (Fetch, "HTTP-redirect fetch").

https://fetch.spec.whatwg.org/#http-redirect-fetch
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .exchange import CORSError, NetworkError
from .url import URL, InvalidURLError, parse_url

if TYPE_CHECKING:
    from .exchange import ReceivedResponse
    from .request import Request

#: The statuses that redirect (Fetch, "redirect status"). 300 and 304 do not.
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})

#: How many redirects a browser follows.
MAX_REDIRECTS = 20

_NOT_ASCII = re.compile("[\x80-\xff]")


def next_url(request: Request, response: ReceivedResponse) -> URL | None:
    """Find the URL to which a response redirects (Fetch, "HTTP-redirect fetch").

    :returns: None if the page gets this response: it does not redirect, it has no ``Location``,
        or the request has ``redirect="manual"``.
    :raises NetworkError: the redirect must not be followed.
    :raises CORSError: a cross-origin redirect leads to a URL with a user name or password.
    """
    if response.status not in REDIRECT_STATUSES or request.redirect == "manual":
        return None
    if request.redirect == "error":
        raise NetworkError(
            f"{request.url} redirects (status {response.status}), but the request has "
            'redirect="error"'
        )
    target = _location(request, response)
    if target is not None:
        _check_target(request, target)
    return target


def _location(request: Request, response: ReceivedResponse) -> URL | None:
    """Parse ``Location`` (Fetch, "location URL").

    https://fetch.spec.whatwg.org/#concept-response-location-url
    """
    locations = response.headers.getlist("Location")
    if not locations:
        return None
    if len(locations) > 1:
        raise NetworkError(f"{request.url} redirects with more than one Location: {locations}")
    # A header value is bytes without an encoding, so a browser percent-encodes them unchanged.
    text = _NOT_ASCII.sub(lambda match: f"%{ord(match[0]):02X}", locations[0])
    try:
        target = parse_url(text, request.url)
    except InvalidURLError as error:
        raise NetworkError(f"{request.url} redirects to an invalid URL: {error}") from error
    return target.with_fragment_of(request.url)


def _check_target(request: Request, target: URL) -> None:
    if not target.is_http:
        raise NetworkError(f"{request.url} redirects to {target}, which is not an HTTP(S) URL")
    if len(request.url_list) > MAX_REDIRECTS:
        raise NetworkError(
            f"{request.url} redirects too often: browsers follow {MAX_REDIRECTS} redirects"
        )
    is_cross_origin = request.is_cross_origin or target.origin != request.origin
    if request.mode == "cors" and is_cross_origin and target.includes_credentials:
        raise CORSError(
            f"{request.url} redirects to a URL with a user name or password, which is not "
            "allowed in a cross-origin request: remove them from Location"
        )
