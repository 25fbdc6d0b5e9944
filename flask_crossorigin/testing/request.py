"""A request on its way through redirects (Fetch, "request").

https://fetch.spec.whatwg.org/#concept-request
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from ..fetch.grammar import SAFELISTED_METHODS, Origin
from ..fetch.safelists import NON_WILDCARD_REQUEST_HEADERS, unsafe_request_header_names
from .site import is_same_site, is_trustworthy
from .url import URL

Mode: TypeAlias = Literal["cors", "no-cors", "same-origin"]
Credentials: TypeAlias = Literal["include", "omit", "same-origin"]
Redirect: TypeAlias = Literal["follow", "error", "manual"]
#: How much of the response JavaScript can read (Fetch, "response tainting").
Tainting: TypeAlias = Literal["basic", "cors", "opaque"]

#: The headers that describe a body and are removed with it (Fetch, "request-body-header name").
_BODY_HEADERS = frozenset(
    {"content-encoding", "content-language", "content-location", "content-type"}
)


@dataclass
class Request:
    """A request of a page. Each redirect is a hop, and changes the request."""

    method: str
    #: The URLs so far, including redirects. The last one is the current URL.
    url_list: list[URL]
    #: The headers that JavaScript set, one line each.
    headers: list[tuple[str, str]]
    #: The names of the headers that JavaScript is not allowed to set, which were dropped.
    dropped_headers: tuple[str, ...]
    body: bytes | None
    mode: Mode | Literal["navigate"]
    credentials: Credentials
    redirect: Redirect
    #: The page's origin; None if it is opaque.
    origin: Origin | None
    #: The URL in ``Referer``; None if there is no such header.
    referrer: URL | None
    #: Whether a cross-origin request needs a preflight even if its method and headers need none.
    use_preflight: bool = False
    response_tainting: Tainting = "basic"
    #: Whether a hop so far needed a preflight, whether it was sent or cached.
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
        """Whether the page, the current URL and all redirects between them are same-site."""
        return is_same_site(self.url.origin, self.origin) and not self._is_cross_site_tainted

    @property
    def _is_cross_site_tainted(self) -> bool:
        """Whether a cross-site server redirected to another site (Fetch, "redirect-taint")."""
        return any(
            not is_same_site(a.origin, b.origin) and not is_same_site(a.origin, self.origin)
            for a, b in pairwise(self.url_list)
        )

    @property
    def is_cross_origin(self) -> bool:
        """Whether this hop or an earlier one is at another origin than the page's."""
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
        return any(a.origin not in {b.origin, self.origin} for a, b in pairwise(self.url_list))

    @property
    def unsafe_header_names(self) -> list[str]:
        """The header names that a preflight has to ask for.

        ``Accept: */*`` does not count: the browser adds it later.
        """
        return unsafe_request_header_names(self.headers)

    @property
    def preflight_causes(self) -> tuple[str, ...]:
        """What requires a preflight, if the URL is cross-origin (Fetch, "HTTP fetch")."""
        methods = () if self.method in SAFELISTED_METHODS else (f"the method {self.method}",)
        names = (f"the header {name}" for name in self.unsafe_header_names)
        listener = ("the listener for the upload",) if self.use_preflight else ()
        return (*methods, *names, *listener)

    @property
    def needs_method_grant(self) -> bool:
        """Whether a cached preflight must cover the method (Fetch, "HTTP fetch")."""
        return self.use_preflight or self.method not in SAFELISTED_METHODS

    def redirect_to(self, url: URL, status: int) -> None:
        """Change the request for the next hop (Fetch, "HTTP-redirect fetch").

        https://fetch.spec.whatwg.org/#http-redirect-fetch

        :param status: the status of the response that redirects.
        """
        if (status in {301, 302} and self.method == "POST") or (
            status == 303 and self.method not in {"GET", "HEAD"}
        ):
            self.method = "GET"
            self.body = None
            self._drop_headers(_BODY_HEADERS)
        if url.origin != self.url.origin:
            self._drop_headers(NON_WILDCARD_REQUEST_HEADERS)
        self.url_list.append(url)

    def update_referrer(self) -> None:
        """Reduce ``Referer`` to what the current URL may learn. Later hops learn no more.

        The default policy is ``strict-origin-when-cross-origin``: the page's own origin gets the
        whole URL, others get the origin, and an insecure URL gets nothing from a secure page. See
        https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer
        """
        if self.referrer is None or self.referrer.origin == self.url.origin:
            return
        is_downgrade = is_trustworthy(self.referrer) and not is_trustworthy(self.url)
        self.referrer = None if is_downgrade else self.referrer.root

    def _drop_headers(self, names: frozenset[str]) -> None:
        self.headers = [header for header in self.headers if header[0].lower() not in names]
