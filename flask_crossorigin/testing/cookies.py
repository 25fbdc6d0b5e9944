"""The browser's cookies (RFC 6265bis)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from ..fetch.grammar import is_ipv4
from .set_cookie import SetCookie, parse_set_cookie
from .url import URL, is_loopback, parse_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: When a cookie is sent across sites. Without ``SameSite``, a cookie is ``Lax``.
SameSite: TypeAlias = Literal["Strict", "Lax", "None"]

_Key: TypeAlias = tuple[str, str, bool, str]


@dataclass(frozen=True)
class Cookie:
    """A cookie in the jar."""

    name: str
    value: str
    #: The host that set the cookie, or its ``Domain``.
    domain: str
    #: Whether the cookie is sent to that host only, and not to its subdomains.
    host_only: bool
    path: str
    secure: bool
    http_only: bool
    same_site: SameSite
    #: Seconds since the epoch; None for a session cookie.
    expires: float | None


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
        #: The cookies that responses set in vain, and why they were not stored. The latest is last.
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
    ) -> None:
        """Store a cookie as if the server at ``url`` had set it for one of its own pages.

        :param url: an absolute URL of the server, such as its origin.
        :param max_age: seconds until the cookie expires; None for a session cookie.
        :raises ValueError: a browser would not store the cookie, or would read it differently.
        """
        pair = f"{name}={value}"
        if parse_set_cookie(f"{pair}; Path={path}") != SetCookie(name, value, path=path):
            raise ValueError(f"a server cannot set the cookie {pair!r} with the path {path!r}")
        domain = domain.removeprefix(".").lower()
        wanted = SetCookie(name, value, domain, path, secure, http_only, same_site, max_age)
        self._keep(wanted, parse_url(url), same_site=True)

    def clear(self, name: str | None = None) -> None:
        """Remove all cookies, or those with one name."""
        for key in list(self._cookies):
            if name is None or key[0] == name:
                del self._cookies[key]

    def receive(self, line: str, url: URL, *, same_site: bool) -> None:
        """Store the cookie that a response sets, or record in :attr:`rejected` why not.

        :param line: the value of one ``Set-Cookie`` header.
        :param same_site: whether the response is same-site with the page.
        """
        wanted = parse_set_cookie(line)
        try:
            if wanted is None:
                raise ValueError("the cookie is too long, is empty or has control characters")
            self._keep(wanted, url, same_site=same_site)
        except ValueError as error:
            self.rejected.append(RejectedCookie(line, str(error)))

    def header(self, url: URL, *, same_site: bool) -> str:
        """Return the value of ``Cookie`` for a request (RFC 6265bis, 5.8.3).

        :param same_site: whether the request's current URL is same-site with the page.
        :returns: an empty string if no cookie is sent.
        """
        sent = [cookie for cookie in self if _is_sent(cookie, url, same_site=same_site)]
        return "; ".join(f"{c.name}={c.value}" if c.name else c.value for c in sent)

    def _keep(self, wanted: SetCookie, url: URL, *, same_site: bool) -> None:
        """Store a cookie (RFC 6265bis, 5.7).

        :raises ValueError: a rule does not allow it.
        """
        self._expire()
        cookie = _make_cookie(wanted, url, self._clock(), same_site=same_site)
        if not is_secure(url):
            self._check_secure_cookies(cookie)
        self._cookies[cookie.name, cookie.domain, cookie.host_only, cookie.path] = cookie

    def _check_secure_cookies(self, cookie: Cookie) -> None:
        """Check that a cookie set over plain http does not replace a Secure one."""
        for other in self._cookies.values():
            if (
                other.secure
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


def _make_cookie(wanted: SetCookie, url: URL, now: float, *, same_site: bool) -> Cookie:
    """Make the cookie that a response wants to set.

    :raises ValueError: the response may not set it.
    """
    domain, host_only = _check_domain(wanted.domain, url.host)
    path = wanted.path or default_path(url.path)
    enforcement: SameSite = "Lax" if wanted.same_site == "Default" else wanted.same_site
    if wanted.secure and not is_secure(url):
        raise ValueError("a Secure cookie needs https, except on localhost")
    if enforcement != "None" and not same_site:
        raise ValueError(
            f"a SameSite={enforcement} cookie cannot be set by a cross-site response: "
            "write SameSite=None; Secure"
        )
    if enforcement == "None" and not wanted.secure:
        raise ValueError("a SameSite=None cookie must be Secure")
    # The value of a cookie without a name is sent alone, so the server takes it for the name.
    prefix = (wanted.name or wanted.value).lower()
    if not wanted.name and prefix.startswith(("__secure-", "__host-")):
        raise ValueError("a cookie without a name cannot start with __Secure- or __Host-")
    if prefix.startswith("__secure-") and not wanted.secure:
        raise ValueError("a __Secure- cookie must be Secure")
    if prefix.startswith("__host-") and not (wanted.secure and host_only and wanted.path == "/"):
        raise ValueError("a __Host- cookie must be Secure, and have Path=/ and no Domain")
    expires: float | None = wanted.expires
    if wanted.max_age is not None:
        # A Max-Age of 0 or less means the earliest possible time, whatever the clock says.
        expires = now + wanted.max_age if wanted.max_age > 0 else float("-inf")
    return Cookie(
        wanted.name,
        wanted.value,
        domain,
        host_only,
        path,
        wanted.secure,
        wanted.http_only,
        enforcement,
        expires,
    )


def _check_domain(wanted: str, host: str) -> tuple[str, bool]:
    """Return the domain that a cookie is sent to, and whether it is host-only.

    :raises ValueError: the host may not set a cookie with this ``Domain``.
    """
    # An IP address or a single label has no subdomains, so the cookie is host-only.
    if not wanted or (wanted == host and ("." not in host or is_ipv4(host))):
        return host, True
    if "." not in wanted:
        raise ValueError(f"Domain={wanted} is a public suffix, which a cookie cannot cover")
    if not domain_matches(host, wanted):
        raise ValueError(f"Domain={wanted} is neither {host} nor a parent domain of it")
    return wanted, False


def _is_sent(cookie: Cookie, url: URL, *, same_site: bool) -> bool:
    """Return whether a cookie is sent with a request (RFC 6265bis, 5.8.3)."""
    if cookie.domain != url.host and (
        cookie.host_only or not domain_matches(url.host, cookie.domain)
    ):
        return False
    return (
        path_matches(url.path, cookie.path)
        and (is_secure(url) or not cookie.secure)
        and (same_site or cookie.same_site == "None")
    )


def is_secure(url: URL) -> bool:
    """Return whether Secure cookies are sent to a URL: over https, or to this machine."""
    return url.scheme == "https" or is_loopback(url.host)


def domain_matches(host: str, domain: str) -> bool:
    """Return whether a host is a domain or its subdomain (RFC 6265bis, 5.1.3)."""
    return host == domain or (host.endswith(f".{domain}") and not is_ipv4(host))


def path_matches(path: str, cookie_path: str) -> bool:
    """Return whether a URL's path is a cookie's path or below it (RFC 6265bis, 5.1.4)."""
    return path == cookie_path or path.startswith(cookie_path.removesuffix("/") + "/")


def default_path(path: str) -> str:
    """Return the directory of a URL's path (RFC 6265bis, 5.1.4)."""
    return path[: path.rindex("/")] or "/"
