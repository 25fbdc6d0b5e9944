"""The checks that a cross-origin response must pass before the page gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fetch.grammar import SAFELISTED_METHODS
from ..fetch.safelists import NON_WILDCARD_REQUEST_HEADERS
from .exchange import CORSError, NetworkError
from .site import registrable_domain

if TYPE_CHECKING:
    from .exchange import ReceivedResponse
    from .headers import HeaderList
    from .request import Request

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
_ALLOW_METHODS = "Access-Control-Allow-Methods"
_ALLOW_HEADERS = "Access-Control-Allow-Headers"
_RESOURCE_POLICY = "Cross-Origin-Resource-Policy"


def check_cors(request: Request, response: ReceivedResponse) -> None:
    """Check that the page may read a response (Fetch, "CORS check").

    https://fetch.spec.whatwg.org/#concept-cors-check

    :raises CORSError: the response does not allow the page's origin, or its credentials.
    """
    problem = _cors_problem(request, response.headers)
    if problem is not None:
        subject = _name_response(request, response)
        raise CORSError(f"{subject} {problem}", problem=problem)


def check_preflight(request: Request, response: ReceivedResponse) -> None:
    """Check that a preflight's response allows the request (Fetch, "CORS-preflight fetch").

    https://fetch.spec.whatwg.org/#cors-preflight-fetch

    :raises CORSError: the response does not allow the request.
    """
    headers = response.headers
    # The standard has this order. It decides which of several problems is reported.
    problem = (
        _cors_problem(request, headers)
        or _status_problem(response.status)
        or _list_problem(_ALLOW_METHODS, "method", headers)
        or _list_problem(_ALLOW_HEADERS, "header name", headers)
        or _method_problem(request, headers)
        or _header_problem(request, headers)
    )
    if problem is not None:
        subject = _name_response(request, response, is_preflight=True)
        raise CORSError(f"{subject} {problem}", problem=problem)


def check_resource_policy(request: Request, response: ReceivedResponse) -> None:
    """Check a ``no-cors`` response (Fetch, "cross-origin resource policy check").

    https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check

    :raises NetworkError: ``Cross-Origin-Resource-Policy`` does not let the page load it.
    """
    policy = response.headers.get(_RESOURCE_POLICY)
    # Any other value allows the page. So does a repeated header.
    if (policy == "same-origin" and not request.is_same_origin) or (
        policy == "same-site" and not _is_schemelessly_same_site(request)
    ):
        problem = (
            f"cannot be loaded by a page of {request.origin or 'null'}: "
            f'{_RESOURCE_POLICY} must be "cross-origin" but is "{policy}"'
        )
        raise NetworkError(f"{_name_response(request, response)} {problem}", problem=problem)


def _name_response(
    request: Request, response: ReceivedResponse, *, is_preflight: bool = False
) -> str:
    """Identify a response so that a developer can find it in a log."""
    kind = "preflight response for" if is_preflight else "response to"
    url = request.url.without_fragment()
    return f"the {kind} {request.method} {url} (status {response.status})"


def _cors_problem(request: Request, headers: HeaderList) -> str | None:
    origin = request.serialized_origin
    allowed = headers.get(_ALLOW_ORIGIN)
    if allowed == "*" and request.credentials != "include":
        return None
    if allowed != origin:
        return (
            f'does not allow the origin "{origin}": {_ALLOW_ORIGIN} must be "{origin}" but '
            f"{_describe(headers, _ALLOW_ORIGIN)}{_origin_hint(request, headers)}"
        )
    if request.credentials == "include" and headers.get(_ALLOW_CREDENTIALS) != "true":
        return (
            f'does not allow credentials for the origin "{origin}": {_ALLOW_CREDENTIALS} must be '
            f'"true" but {_describe(headers, _ALLOW_CREDENTIALS)}'
        )
    return None


def _describe(headers: HeaderList, name: str) -> str:
    value = headers.get(name)
    return "is missing" if value is None else f'is "{value}"'


def _origin_hint(request: Request, headers: HeaderList) -> str:
    """Explain why an ``Access-Control-Allow-Origin`` fails, if that is easy to overlook."""
    values = headers.getlist(_ALLOW_ORIGIN)
    if len(values) > 1:
        return "; it was sent more than once, often because both the app and a proxy add it"
    if values == ["*"]:
        return ", which is not allowed in a request with credentials"
    if request.is_redirect_tainted and request.origin is not None:
        return (
            "; the origin is null because a cross-origin server redirected the request to "
            "another origin"
        )
    if values and values[0].lower().rstrip("/") == request.serialized_origin:
        return "; origins are compared byte for byte"
    return ""


def _status_problem(status: int) -> str | None:
    if 200 <= status <= 299:
        return None
    return "must have a status from 200 to 299; redirects are not followed"


def _list_problem(name: str, kind: str, headers: HeaderList) -> str | None:
    if headers.tokens(name) is not None:
        return None
    return (
        f'has an invalid {name} header: "{headers[name]}" contains an entry that is not a valid '
        f"{kind}, which makes the whole list invalid"
    )


def _method_problem(request: Request, headers: HeaderList) -> str | None:
    method = request.method
    listed = headers.tokens(_ALLOW_METHODS) or []
    if method in listed or method in SAFELISTED_METHODS or _has_wildcard(request, listed):
        return None
    hint = _wildcard_hint(listed)
    if method.upper() in map(str.upper, listed):
        hint = "; methods are case-sensitive"
    return (
        f"does not allow the method {method}: {_ALLOW_METHODS} must list "
        f'"{method}" but {_describe(headers, _ALLOW_METHODS)}{hint}'
    )


def _header_problem(request: Request, headers: HeaderList) -> str | None:
    listed = [name.lower() for name in headers.tokens(_ALLOW_HEADERS) or []]
    # The standard checks Authorization before the other headers.
    unsafe = request.unsafe_header_names
    for name in sorted(unsafe, key=lambda name: name not in NON_WILDCARD_REQUEST_HEADERS):
        is_covered = name not in NON_WILDCARD_REQUEST_HEADERS and _has_wildcard(request, listed)
        if name not in listed and not is_covered:
            return (
                f'does not allow the header "{name}": {_ALLOW_HEADERS} must list "{name}" but '
                f"{_describe(headers, _ALLOW_HEADERS)}{_wildcard_hint(listed, name)}"
            )
    return None


def _has_wildcard(request: Request, listed: list[str]) -> bool:
    """Return whether ``*`` is listed and is a wildcard for this request."""
    return "*" in listed and request.credentials != "include"


def _wildcard_hint(listed: list[str], name: str = "") -> str:
    """Explain why a ``*`` in the list does not cover a method or header."""
    if "*" not in listed:
        return ""
    if name in NON_WILDCARD_REQUEST_HEADERS:
        return "; by the standard, * does not cover this header, though some browsers accept it"
    return "; in a request with credentials, * is not a wildcard"


def _is_schemelessly_same_site(request: Request) -> bool:
    """Return whether page and URL are same-site and the page is no less secure than the URL."""
    page = request.origin
    if page is None or (page.scheme != "https" and request.url.scheme == "https"):
        return False
    return registrable_domain(page.host) == registrable_domain(request.url.host)
