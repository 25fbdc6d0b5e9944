"""A request: made from the arguments of ``fetch()``, and changed by each redirect."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from ..fetch.grammar import SAFELISTED_METHODS, Origin, is_token
from ..fetch.safelists import (
    NO_CORS_REQUEST_HEADERS,
    NON_WILDCARD_REQUEST_HEADERS,
    is_forbidden_method,
    is_forbidden_request_header,
    is_safelisted_request_header,
    normalize_method,
    unsafe_request_header_names,
)
from .body import Data, make_body
from .exchange import CORSError, NetworkError
from .headers import HeaderList, HeadersInit, parse_headers
from .url import URL, InvalidURLError, is_same_site, parse_url

if TYPE_CHECKING:
    from .exchange import ReceivedResponse

Mode: TypeAlias = Literal["cors", "no-cors", "same-origin"]
Credentials: TypeAlias = Literal["include", "omit", "same-origin"]
Redirect: TypeAlias = Literal["follow", "error", "manual"]
#: How much of the response JavaScript may see (Fetch, "response tainting").
Tainting: TypeAlias = Literal["basic", "cors", "opaque"]

#: The statuses that redirect (Fetch, "redirect status"). 300 and 304 do not.
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})

#: How many redirects a browser follows.
MAX_REDIRECTS = 20

#: The headers that describe a body and are removed with it (Fetch, "request-body-header name").
_BODY_HEADERS = frozenset(
    {"content-encoding", "content-language", "content-location", "content-type"}
)
_NOT_ASCII = re.compile("[\x80-\xff]")


@dataclass
class Request:
    """A request of a page at its current hop (Fetch, "request")."""

    method: str
    #: The URLs so far. The last one is the current URL.
    url_list: list[URL]
    #: The headers that JavaScript set, one line each.
    headers: list[tuple[str, str]]
    #: The names of the headers that JavaScript is not allowed to set, which were dropped.
    dropped_headers: tuple[str, ...]
    body: bytes | None
    mode: Mode
    credentials: Credentials
    redirect: Redirect
    #: The page's origin; None if it is opaque.
    origin: Origin | None
    response_tainting: Tainting = "basic"
    #: Whether a hop so far needed a preflight, sent or skipped.
    is_preflighted: bool = False

    @property
    def url(self) -> URL:
        """The current URL."""
        return self.url_list[-1]

    @property
    def is_same_origin(self) -> bool:
        """Whether the current URL has the page's origin."""
        return self.url.origin == self.origin

    @property
    def is_same_site(self) -> bool:
        """Whether the current URL has the page's site.

        The redirects before do not count: RFC 6265bis dropped the rule that each of them must be
        same-site, because browsers could not enforce it.
        """
        return is_same_site(self.url.origin, self.origin)

    @property
    def is_cross_origin(self) -> bool:
        """Whether this hop or one before it left the page's origin."""
        return self.response_tainting != "basic"

    @property
    def includes_credentials(self) -> bool:
        """Whether cookies are sent and stored (Fetch, "HTTP-network-or-cache fetch")."""
        if self.credentials == "same-origin":
            return self.response_tainting == "basic"
        return self.credentials == "include"

    @property
    def serialized_origin(self) -> str:
        """The value of ``Origin`` (Fetch, "byte-serializing a request origin")."""
        return "null" if self.origin is None or self.is_redirect_tainted else str(self.origin)

    @property
    def is_redirect_tainted(self) -> bool:
        """Whether a cross-origin server redirected to another origin (Fetch, "redirect-taint")."""
        hops = zip(self.url_list, self.url_list[1:], strict=False)
        return any(a.origin not in {b.origin, self.origin} for a, b in hops)

    @property
    def unsafe_header_names(self) -> list[str]:
        """The header names that a preflight has to ask for.

        ``Accept: */*`` is not among :attr:`headers` and does not count: the browser adds it.
        """
        return unsafe_request_header_names(self.headers)

    @property
    def preflight_causes(self) -> tuple[str, ...]:
        """What requires a preflight, if the URL is cross-origin (Fetch, "HTTP fetch")."""
        methods = () if self.method in SAFELISTED_METHODS else (f"the method {self.method}",)
        return (*methods, *(f"the header {name}" for name in self.unsafe_header_names))

    def redirect_to(self, url: URL, status: int) -> None:
        """Go to the next URL (Fetch, "HTTP-redirect fetch", from the change of method on)."""
        if (status in {301, 302} and self.method == "POST") or (
            status == 303 and self.method not in {"GET", "HEAD"}
        ):
            self.method = "GET"
            self.body = None
            self._drop_headers(_BODY_HEADERS)
        if url.origin != self.url.origin:
            self._drop_headers(NON_WILDCARD_REQUEST_HEADERS)
        self.url_list.append(url)

    def _drop_headers(self, names: frozenset[str]) -> None:
        self.headers = [header for header in self.headers if header[0].lower() not in names]


def make_request(
    url: str,
    *,
    base: URL | None,
    origin: Origin | None,
    method: str,
    headers: HeadersInit | None,
    data: Data | None,
    json_value: object,
    mode: Mode,
    credentials: Credentials,
    redirect: Redirect,
) -> Request:
    """Make a request from the arguments of ``fetch()`` (Fetch, "new Request(input, init)").

    :param base: what a relative URL is resolved against.
    :raises TypeError: ``fetch()`` would refuse an argument.
    """
    target = _parse_target(url, base)
    _check_choice("mode", mode, get_args(Mode))
    _check_choice("credentials", credentials, get_args(Credentials))
    _check_choice("redirect", redirect, get_args(Redirect))
    method = _parse_method(method)
    if mode == "no-cors" and method not in SAFELISTED_METHODS:
        raise TypeError(f"mode no-cors only allows GET, HEAD and POST, not {method}")
    lines = parse_headers(headers or ())
    if json_value is not None and "content-type" not in HeaderList(lines):
        lines.append(("Content-Type", "application/json"))
    kept, dropped = _guard(lines, mode)
    body = make_body(data, json_value)
    if body is not None and method in {"GET", "HEAD"}:
        raise TypeError(f"a {method} request cannot have a body")
    if body is not None and body.content_type and "content-type" not in HeaderList(kept):
        kept.append(("Content-Type", body.content_type))
    return Request(
        method=method,
        url_list=[target],
        headers=kept,
        dropped_headers=tuple(dropped),
        body=None if body is None else body.data,
        mode=mode,
        credentials=credentials,
        redirect=redirect,
        origin=origin,
    )


def _parse_target(text: str, base: URL | None) -> URL:
    try:
        url = parse_url(text, base)
    except InvalidURLError as error:
        raise TypeError(str(error)) from error
    if url.includes_credentials:
        raise TypeError(f"fetch() does not accept a URL with a user name or password: {text!r}")
    return url


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise TypeError(f"{name} must be one of {', '.join(choices)}, not {value!r}")


def _parse_method(method: str) -> str:
    if not isinstance(method, str) or not is_token(method):
        raise TypeError(f"{method!r} is not a valid method")
    if is_forbidden_method(method):
        raise TypeError(f"browsers do not let JavaScript send {method.upper()} requests")
    return normalize_method(method)


def _guard(headers: list[tuple[str, str]], mode: Mode) -> tuple[list[tuple[str, str]], list[str]]:
    """Drop the headers that JavaScript is not allowed to set (Fetch, "append").

    :returns: the headers that remain, and the names of the others.
    """
    kept: list[tuple[str, str]] = []
    dropped: list[str] = []
    for name, value in headers:
        is_allowed = not is_forbidden_request_header(name, value)
        if mode == "no-cors":
            # A repeated header is judged by the single value that the server would see.
            joined = ", ".join([*HeaderList(kept).getlist(name), value])
            is_known = name.lower() in NO_CORS_REQUEST_HEADERS
            is_allowed = is_known and is_safelisted_request_header(name, joined)
        if is_allowed:
            kept.append((name, value))
        else:
            dropped.append(name)
    return kept, dropped


def next_url(request: Request, response: ReceivedResponse) -> URL | None:
    """Find the URL to which a response redirects (Fetch, "HTTP-redirect fetch").

    :returns: None if the page gets this response: it does not redirect, it has no ``Location``,
        or the page asked for redirects themselves with ``redirect="manual"``.
    :raises NetworkError: the redirect must not be followed.
    """
    if response.status not in REDIRECT_STATUSES or request.redirect == "manual":
        return None
    if request.redirect == "error":
        raise NetworkError(
            f"{request.url} redirects (status {response.status}), and redirect is 'error'"
        )
    target = _location(request, response)
    if target is not None:
        _check_target(request, target)
    return target


def _location(request: Request, response: ReceivedResponse) -> URL | None:
    """Read ``Location`` (Fetch, "location URL")."""
    locations = response.headers.getlist("Location")
    if not locations:
        return None
    if len(locations) > 1:
        raise NetworkError(f"{request.url} redirects with more than one Location: {locations}")
    # The bytes of a header have no encoding, so a browser sends them back unchanged.
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
