"""The browser's cookie jar (RFC 6265bis).

https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from .cookie import (
    Cookie,
    CookieContext,
    SameSite,
    domain_matches,
    has_access,
    is_sent,
    make_cookie,
    path_matches,
)
from .set_cookie import SetCookie, parse_set_cookie
from .site import is_trustworthy, registrable_domain, site_of
from .url import URL, parse_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_Key: TypeAlias = tuple[str, str, bool, str, str | None]


@dataclass(frozen=True)
class RejectedCookie:
    """A cookie that the browser did not store."""

    #: The value of the ``Set-Cookie`` header.
    line: str
    #: The rule that it violates.
    reason: str


class CookieJar:
    """The cookies of one browser. Iterate over them, or read, set and clear them by name.

    >>> jar = CookieJar()
    >>> jar.set("session", "1", url="https://api.example.com", secure=True, same_site="None")
    >>> jar["session"].value, jar["session"].domain, len(jar)
    ('1', 'api.example.com', 1)
    >>> jar.clear()

    :param clock: returns the time in seconds since the epoch, which decides when cookies expire.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        # A replaced entry keeps its position, just as a replaced cookie keeps its creation time.
        self._cookies: dict[_Key, Cookie] = {}
        #: The cookies that were not stored, and the reasons. The latest is last.
        self.rejected: list[RejectedCookie] = []

    def __iter__(self) -> Iterator[Cookie]:
        """Iterate in the order in which cookies are sent: longer paths first, then older ones."""
        self._expire()
        return iter(sorted(self._cookies.values(), key=lambda cookie: -len(cookie.path)))

    def __len__(self) -> int:
        self._expire()
        return len(self._cookies)

    def __contains__(self, name: object) -> bool:
        return any(cookie.name == name for cookie in self)

    def __getitem__(self, name: str) -> Cookie:
        """Return the first cookie with this name.

        :raises KeyError: there is no such cookie.
        """
        cookie = self.get(name)
        if cookie is None:
            raise KeyError(name)
        return cookie

    def get(self, name: str) -> Cookie | None:
        """Return the first cookie with this name, or None."""
        return next((cookie for cookie in self if cookie.name == name), None)

    def set(
        self,
        name: str,
        value: str,
        *,
        url: str,
        domain: str = "",
        path: str = "/",
        secure: bool = False,
        http_only: bool = False,
        same_site: SameSite = "Lax",
        max_age: int | None = None,
        partition: str | None = None,
    ) -> None:
        """Store a cookie as if the server at ``url`` had set it for one of its own pages.

        :param url: an absolute URL of the server, such as its origin.
        :param partition: the origin of a page, to set a ``Partitioned`` cookie that is only sent
            with requests of that page's site.
        :param max_age: seconds until the cookie expires; None for a session cookie.
        :raises ValueError: a browser would not store the cookie, or would read it differently.
        """
        pair = f"{name}={value}"
        if parse_set_cookie(f"{pair}; Path={path}") != SetCookie(name, value, path=path):
            raise ValueError(f"a server cannot set the cookie {pair!r} with the path {path!r}")
        domain = domain.removeprefix(".").lower()
        wanted = SetCookie(
            name,
            value,
            domain,
            path,
            secure,
            http_only,
            same_site,
            partitioned=partition is not None,
            max_age=max_age,
        )
        site = site_of(None if partition is None else parse_url(partition).origin)
        self._keep(wanted, parse_url(url), CookieContext(is_same_site=True, partition=site))

    def clear(self, name: str | None = None) -> None:
        """Remove all cookies, or those with one name."""
        for key in list(self._cookies):
            if name is None or key[0] == name:
                del self._cookies[key]

    def receive(self, line: str, url: URL, context: CookieContext) -> None:
        """Store the cookie that a response sets, or add it to :attr:`rejected`.

        :param line: the value of one ``Set-Cookie`` header.
        """
        wanted = parse_set_cookie(line)
        try:
            if wanted is None:
                raise ValueError("the cookie is too long, is empty or has control characters")
            self._keep(wanted, url, context)
        except ValueError as error:
            self.rejected.append(RejectedCookie(line, str(error)))

    def header(self, url: URL, context: CookieContext) -> str:
        """Return the value of ``Cookie`` for a request (RFC 6265bis, 5.8.3).

        :returns: an empty string if no cookie is sent.
        """
        sent = [cookie for cookie in self if is_sent(cookie, url, context)]
        return "; ".join(f"{c.name}={c.value}" if c.name else c.value for c in sent)

    def clear_site(self, url: URL, context: CookieContext) -> None:
        """Remove the cookies of a URL's registrable domain (Clear Site Data, "clear cookies").

        https://w3c.github.io/webappsec-clear-site-data/#clear-cookies
        """
        domain = registrable_domain(url.host)
        for key, cookie in list(self._cookies.items()):
            if domain_matches(cookie.domain, domain) and has_access(cookie, context):
                del self._cookies[key]

    def _keep(self, wanted: SetCookie, url: URL, context: CookieContext) -> None:
        """Store a cookie (RFC 6265bis, 5.7).

        :raises ValueError: a rule forbids the cookie.
        """
        self._expire()
        cookie = make_cookie(wanted, url, self._clock(), context)
        if not is_trustworthy(url):
            self._check_secure_cookies(cookie)
        key = (cookie.name, cookie.domain, cookie.host_only, cookie.path, cookie.partition)
        self._cookies[key] = cookie

    def _check_secure_cookies(self, cookie: Cookie) -> None:
        """Check that a cookie set over plain http does not replace a Secure one."""
        for other in self._cookies.values():
            if (
                other.secure
                and other.partition == cookie.partition
                and other.name == cookie.name
                and (
                    domain_matches(other.domain, cookie.domain)
                    or domain_matches(cookie.domain, other.domain)
                )
                and path_matches(cookie.path, other.path)
            ):
                raise ValueError("plain http cannot replace the Secure cookie with this name")

    def _expire(self) -> None:
        now = self._clock()
        for key, cookie in list(self._cookies.items()):
            if cookie.expires is not None and cookie.expires <= now:
                del self._cookies[key]
