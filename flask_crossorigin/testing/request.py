"""A request on its way through redirects, and the arguments that it is made of."""

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
#: How much of the response script may see (Fetch, "response tainting").
Tainting: TypeAlias = Literal["basic", "cors", "opaque"]

#: What a body's headers are: they go where the body goes (Fetch, "request-body-header name").
_BODY_HEADERS = frozenset(
    {"content-encoding", "content-language", "content-location", "content-type"}
)


@dataclass
class Request:
    """A request of script's, as it stands at one hop (Fetch, "request")."""

    method: str
    #: The URLs so far, the current one last.
    url_list: list[URL]
    #: What script set, each line by itself.
    headers: list[tuple[str, str]]
    body: bytes | None
    mode: Mode
    credentials: Credentials
    redirect: Redirect
    #: The page's; None is an opaque one.
    origin: Origin | None
    tainting: Tainting = "basic"
    #: Whether a hop so far fell under the rules of preflights.
    is_preflighted: bool = False

    @property
    def url(self) -> URL:
        """The current URL."""
        return self.url_list[-1]

    @property
    def is_same_origin(self) -> bool:
        """Whether the current URL is of the page's origin."""
        return self.url.origin == self.origin

    @property
    def is_same_site(self) -> bool:
        """Whether the current URL is of the page's site.

        RFC 6265bis asks for no more: its rule that every redirect on the way be of the same site
        was taken out of the final text, as no browser could keep it.
        """
        return is_same_site(self.url.origin, self.origin)

    @property
    def includes_credentials(self) -> bool:
        """Whether cookies go along, and may be set."""
        if self.credentials == "same-origin":
            return self.tainting == "basic"
        return self.credentials == "include"

    @property
    def serialized_origin(self) -> str:
        """What ``Origin`` says (Fetch, "byte-serializing a request origin")."""
        return "null" if self.origin is None or self.is_redirect_tainted else str(self.origin)

    @property
    def is_redirect_tainted(self) -> bool:
        """Whether a hop left an origin that is not the page's own (Fetch, "redirect-taint")."""
        hops = zip(self.url_list, self.url_list[1:], strict=False)
        return any(a.origin not in {b.origin, self.origin} for a, b in hops)

    @property
    def unsafe_headers(self) -> list[str]:
        """The names that a preflight has to ask for.

        The ``Accept`` that the browser adds is none of script's, and does not count.
        """
        return unsafe_request_header_names(self.headers)

    def redirect_to(self, url: URL, status: int) -> None:
        """Take the next hop (Fetch, "HTTP-redirect fetch", from the change of method on)."""
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
    """Make a request of ``fetch()``'s arguments (Fetch, "new Request(input, init)").

    :param base: what a relative URL is relative to.
    :raises TypeError: ``fetch()`` would refuse an argument.
    """
    target = _parse_target(url, base)
    _check_choice("mode", mode, get_args(Mode))
    _check_choice("credentials", credentials, get_args(Credentials))
    _check_choice("redirect", redirect, get_args(Redirect))
    method = _parse_method(method)
    if mode == "no-cors" and method not in SAFELISTED_METHODS:
        raise TypeError(f"mode no-cors allows GET, HEAD and POST alone, not {method}")
    kept = _guard(parse_headers(headers or ()), mode)
    body = make_body(data, json_value)
    if body is not None:
        if method in {"GET", "HEAD"}:
            raise TypeError(f"a {method} request cannot have a body")
        defaults = ["application/json"] if json_value is not None else []
        for content_type in [*defaults, body.content_type]:
            if content_type is not None and "content-type" not in HeaderList(kept):
                kept += _guard([("Content-Type", content_type)], mode)
    return Request(
        method=method,
        url_list=[target],
        headers=kept,
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
        raise TypeError(f"fetch takes no URL with a user name or password: {text!r}")
    return url


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise TypeError(f"{name} must be one of {', '.join(choices)}, not {value!r}")


def _parse_method(method: str) -> str:
    if not isinstance(method, str) or not is_token(method):
        raise TypeError(f"{method!r} is no method")
    if is_forbidden_method(method):
        raise TypeError(f"a browser sends no {method.upper()} request of a script's")
    return normalize_method(method)


def _guard(headers: list[tuple[str, str]], mode: Mode) -> list[tuple[str, str]]:
    """Drop the headers that script may not set, as silently as browsers do (Fetch, "append")."""
    if mode != "no-cors":
        return [header for header in headers if not is_forbidden_request_header(*header)]
    kept: list[tuple[str, str]] = []
    for name, value in headers:
        # Repeated headers are judged as the one that the server would see.
        joined = ", ".join([*HeaderList(kept).getlist(name), value])
        if name.lower() in NO_CORS_REQUEST_HEADERS and is_safelisted_request_header(name, joined):
            kept.append((name, value))
    return kept


#: The statuses that redirect (Fetch, "redirect status"). 300 and 304 do not.
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})

#: How many redirects a browser follows.
MAX_REDIRECTS = 20

_NOT_ASCII = re.compile("[\x80-\xff]")


def next_url(request: Request, response: ReceivedResponse) -> URL | None:
    """Find the next hop.

    :returns: None where the response itself is the answer: it is no redirect, or a redirect that
        script wants to have, or one without ``Location``.
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
    # The bytes of a header have no encoding: a browser sends them back as they came.
    text = _NOT_ASCII.sub(lambda match: f"%{ord(match[0]):02X}", locations[0])
    try:
        target = parse_url(text, request.url)
    except InvalidURLError as error:
        raise NetworkError(f"{request.url} redirects to no URL: {error}") from error
    return target.with_fragment_of(request.url)


def _check_target(request: Request, target: URL) -> None:
    if not target.is_http:
        raise NetworkError(f"{request.url} redirects to {target}, which is not HTTP(S)")
    if len(request.url_list) > MAX_REDIRECTS:
        raise NetworkError(f"{request.url} is one redirect too many: {MAX_REDIRECTS} are followed")
    is_cross_origin = request.tainting == "cors" or target.origin != request.origin
    if request.mode == "cors" and is_cross_origin and target.includes_credentials:
        raise CORSError(
            f"{request.url} redirects to a URL with a user name or password, which no "
            f"cross-origin request follows: Location must be without them"
        )
