"""The checks of the CORS protocol on the client's side, and why each of them fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..fetch.grammar import SAFELISTED_METHODS
from ..fetch.safelists import NON_WILDCARD_REQUEST_HEADERS
from .exchange import CORSError, NetworkError
from .url import registrable_domain

if TYPE_CHECKING:
    from .exchange import ReceivedResponse
    from .headers import HeaderList
    from .request import Request

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
_ALLOW_METHODS = "Access-Control-Allow-Methods"
_ALLOW_HEADERS = "Access-Control-Allow-Headers"


def check_cors(request: Request, response: ReceivedResponse, *, preflight: bool = False) -> None:
    """Hold a response against the page's origin (Fetch, "CORS check").

    :raises CORSError: the response is not for this page, or not with credentials.
    """
    subject = _name(request, response, preflight=preflight)
    allowed = response.headers.get(_ALLOW_ORIGIN)
    origin = request.serialized_origin
    if allowed == "*" and request.credentials != "include":
        return
    if allowed != origin:
        raise CORSError(
            f'{subject} is not for the origin "{origin}": {_ALLOW_ORIGIN} must be "{origin}" '
            f"({_describe_origin(allowed, response.headers, request)})"
        )
    credentials = response.headers.get(_ALLOW_CREDENTIALS)
    if request.credentials == "include" and credentials != "true":
        raise CORSError(
            f'{subject} is not for the origin "{origin}" with credentials: '
            f'{_ALLOW_CREDENTIALS} must be "true" ({_describe(credentials)})'
        )


def _name(request: Request, response: ReceivedResponse, *, preflight: bool) -> str:
    """Name a response so that a developer finds it in a log."""
    asked = f"{request.method} {request.url.without_fragment()}"
    if preflight:
        return f"the preflight's answer (status {response.status}) for {asked}"
    return f"the answer (status {response.status}) to {asked}"


def _describe_origin(allowed: str | None, headers: HeaderList, request: Request) -> str:
    """Say what came instead, and what is wrong with it where that is easily overlooked."""
    told = _describe(allowed)
    if len(headers.getlist(_ALLOW_ORIGIN)) > 1:
        return f"{told}: it came more than once, as when app and proxy both send it"
    if allowed == "*":
        return f"{told}, which is never for a request with credentials"
    if request.is_redirect_tainted and request.origin is not None:
        return f"{told}; a redirect from one foreign origin to another makes the origin null"
    if allowed is not None and allowed.lower().rstrip("/") == request.serialized_origin:
        return f"{told}; it is compared byte for byte"
    return told


def _describe(value: str | None) -> str:
    return "it was not sent" if value is None else f'it was "{value}"'


def check_preflight(request: Request, response: ReceivedResponse) -> tuple[list[str], list[str]]:
    """Hold a preflight's answer against the request (Fetch, "CORS-preflight fetch").

    :returns: the methods and the header names that it lists, for the cache.
    :raises CORSError: the request may not be sent.
    """
    check_cors(request, response, preflight=True)
    subject = _name(request, response, preflight=True)
    if not 200 <= response.status <= 299:
        raise CORSError(f"{subject} must have a status of 200 to 299, and no redirect is followed")
    methods = _read_list(_ALLOW_METHODS, "method", response.headers, subject)
    names = _read_list(_ALLOW_HEADERS, "header name", response.headers, subject)
    _check_method(request, methods, _refuse_with(subject, _ALLOW_METHODS, response.headers))
    _check_headers(request, names, _refuse_with(subject, _ALLOW_HEADERS, response.headers))
    return methods, names


def _read_list(header: str, kind: str, headers: HeaderList, subject: str) -> list[str]:
    tokens = headers.tokens(header)
    if tokens is None:
        raise CORSError(
            f'{subject} has a malformed {header}: "{headers[header]}" has an element '
            f"that is no {kind}, and so counts for nothing"
        )
    return tokens


#: Takes what is not allowed, what must be listed, and a remark.
_Refuse = Callable[[str, str, str], CORSError]


def _refuse_with(subject: str, header: str, headers: HeaderList) -> _Refuse:
    def refuse(what: str, needed: str, remark: str) -> CORSError:
        told = _describe(headers.get(header))
        return CORSError(
            f"{subject} allows no {what}: {header} must list {needed} ({told}{remark})"
        )

    return refuse


def _check_method(request: Request, methods: list[str], refuse: _Refuse) -> None:
    method = request.method
    if method in methods or method in SAFELISTED_METHODS or _covers(methods, request):
        return
    remark = _remark_on_wildcard(methods)
    if method.upper() in map(str.upper, methods):
        remark = "; methods are compared byte for byte"
    raise refuse(f"method {method}", f'"{method}"', remark)


def _check_headers(request: Request, names: list[str], refuse: _Refuse) -> None:
    listed = {name.lower() for name in names}
    # The standard looks for Authorization first, whatever else is missing.
    unsafe = request.unsafe_headers
    for name in sorted(unsafe, key=lambda name: name not in NON_WILDCARD_REQUEST_HEADERS):
        if name in listed:
            continue
        if name in NON_WILDCARD_REQUEST_HEADERS:
            remark = "; * never covers it by the standard, though some browsers still let it"
            raise refuse(f'header "{name}"', "it by name", remark if "*" in listed else "")
        if not _covers(names, request):
            raise refuse(f'header "{name}"', "it", _remark_on_wildcard(names))


def _covers(listed: list[str], request: Request) -> bool:
    """Tell whether ``*`` is listed and means everything."""
    return "*" in listed and request.credentials != "include"


def _remark_on_wildcard(listed: list[str]) -> str:
    return "; with credentials * is a name like any other" if "*" in listed else ""


def check_resource_policy(request: Request, response: ReceivedResponse) -> None:
    """Hold a response that script cannot read against the server's wish about who may load it.

    :raises NetworkError: the server keeps it from this page.
    """
    policy = response.headers.get("Cross-Origin-Resource-Policy")
    # Anything else, a repeated header too, forbids nothing.
    if policy == "same-origin":
        allowed = request.is_same_origin
    elif policy == "same-site":
        allowed = _is_same_site(request)
    else:
        return
    if not allowed:
        raise NetworkError(
            f"{request.url.origin} keeps this from {request.origin or 'null'}: "
            f'Cross-Origin-Resource-Policy would have to be "cross-origin" (it was "{policy}")'
        )


def _is_same_site(request: Request) -> bool:
    """Compare sites without their schemes, but keep what came over https from a plain page."""
    page = request.origin
    if page is None or (page.scheme != "https" and request.url.scheme == "https"):
        return False
    return registrable_domain(page.host) == registrable_domain(request.url.host)
