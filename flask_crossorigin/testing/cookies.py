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

#: Where a cookie travels: a cookie without ``SameSite`` is a Lax one.
SameSite: TypeAlias = Literal["Strict", "Lax", "None"]

_Key: TypeAlias = tuple[str, str, bool, str]


@dataclass(frozen=True)
class Cookie:
    """A cookie that the browser keeps."""

    name: str
    value: str
    #: The host that set it, or the domain that it asked for.
    domain: str
    #: Whether it goes to that host alone, and not to the hosts below it.
    host_only: bool
    path: str
    secure: bool
    http_only: bool
    same_site: SameSite
    #: Seconds since the epoch; None until the browser is closed.
    expires: float | None


@dataclass(frozen=True)
class RejectedCookie:
    """A ``Set-Cookie`` that the browser did not keep."""

    #: The header's value.
    line: str
    #: The rule that it broke.
    reason: str


class CookieJar:
    """The cookies of one browser: read them by iterating or by name, set and clear them.

    >>> jar = CookieJar()
    >>> jar.set("session", "1", url="https://api.example.com", secure=True, same_site="None")
    >>> jar["session"].value, jar["session"].domain, len(jar)
    ('1', 'api.example.com', 1)
    >>> jar.clear()

    :param clock: gives the time in seconds since the epoch; by it cookies expire.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        # Replacing an entry leaves it at its place, as a cookie keeps its creation time.
        self._cookies: dict[_Key, Cookie] = {}
        #: What responses tried to set in vain, and why, the latest last.
        self.rejected: list[RejectedCookie] = []

    def __iter__(self) -> Iterator[Cookie]:
        """Go through all cookies in the order of sending: longer paths first, then older ones."""
        self._expire()
        return iter(sorted(self._cookies.values(), key=lambda cookie: -len(cookie.path)))

    def __len__(self) -> int:
        self._expire()
        return len(self._cookies)

    def __contains__(self, name: object) -> bool:
        return any(cookie.name == name for cookie in self)

    def __getitem__(self, name: str) -> Cookie:
        """Give the first cookie of this name.

        :raises KeyError: there is none.
        """
        cookie = self.get(name)
        if cookie is None:
            raise KeyError(name)
        return cookie

    def get(self, name: str) -> Cookie | None:
        """Give the first cookie of this name, or None."""
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
        """Keep a cookie as if the server at ``url`` had set it for a page of its own.

        :param url: an absolute URL of the server, such as its origin.
        :param max_age: seconds until it expires; None keeps it.
        :raises ValueError: a browser would not keep such a cookie, or reads another one in it.
        """
        pair = f"{name}={value}"
        if parse_set_cookie(f"{pair}; Path={path}") != SetCookie(name, value, path=path):
            raise ValueError(f"no server can set such a cookie: {pair!r} with the path {path!r}")
        domain = domain.removeprefix(".").lower()
        wanted = SetCookie(name, value, domain, path, secure, http_only, same_site, max_age)
        self._keep(wanted, parse_url(url), same_site=True)

    def clear(self, name: str | None = None) -> None:
        """Forget all cookies, or those of one name."""
        for key in list(self._cookies):
            if name is None or key[0] == name:
                del self._cookies[key]

    def receive(self, line: str, url: URL, *, same_site: bool) -> None:
        """Keep what a response asks for, or note in :attr:`rejected` why not.

        :param line: the value of one ``Set-Cookie`` header.
        :param same_site: whether page and response are of one site.
        """
        wanted = parse_set_cookie(line)
        try:
            if wanted is None:
                raise ValueError("it is too long, empty, or has control characters")
            self._keep(wanted, url, same_site=same_site)
        except ValueError as error:
            self.rejected.append(RejectedCookie(line, str(error)))

    def header(self, url: URL, *, same_site: bool) -> str:
        """Write the ``Cookie`` header of a request (RFC 6265bis, 5.8.3).

        :param same_site: whether the page and the request's current URL are of one site.
        :returns: an empty string if no cookie goes.
        """
        going = [cookie for cookie in self if _goes(cookie, url, same_site=same_site)]
        return "; ".join(f"{c.name}={c.value}" if c.name else c.value for c in going)

    def _keep(self, wanted: SetCookie, url: URL, *, same_site: bool) -> None:
        """Store a cookie (RFC 6265bis, 5.7).

        :raises ValueError: a rule of the store forbids it.
        """
        self._expire()
        cookie = _admit(wanted, url, self._clock(), same_site=same_site)
        if not is_secure(url):
            self._leave_secure_cookies_alone(cookie)
        self._cookies[cookie.name, cookie.domain, cookie.host_only, cookie.path] = cookie

    def _leave_secure_cookies_alone(self, cookie: Cookie) -> None:
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
                raise ValueError("a Secure cookie of this name cannot be set over plain http")

    def _expire(self) -> None:
        now = self._clock()
        for key, cookie in list(self._cookies.items()):
            if cookie.expires is not None and cookie.expires <= now:
                del self._cookies[key]


def _admit(wanted: SetCookie, url: URL, now: float, *, same_site: bool) -> Cookie:
    """Make a cookie of what was asked for, if the response may set it."""
    domain, host_only = _admit_domain(wanted.domain, url.host)
    path = wanted.path or default_path(url.path)
    enforcement: SameSite = "Lax" if wanted.same_site == "Default" else wanted.same_site
    if wanted.secure and not is_secure(url):
        raise ValueError("a Secure cookie needs https (or localhost)")
    if enforcement != "None" and not same_site:
        raise ValueError(
            f"a SameSite={enforcement} cookie is not kept from a cross-site response: "
            "it takes SameSite=None; Secure"
        )
    if enforcement == "None" and not wanted.secure:
        raise ValueError("a SameSite=None cookie must be Secure")
    # A cookie without a name looks to the server like the name that its value begins with.
    prefix = (wanted.name or wanted.value).lower()
    if not wanted.name and prefix.startswith(("__secure-", "__host-")):
        raise ValueError("a cookie without a name cannot begin with __Secure- or __Host-")
    if prefix.startswith("__secure-") and not wanted.secure:
        raise ValueError("a __Secure- cookie must be Secure")
    if prefix.startswith("__host-") and not (wanted.secure and host_only and wanted.path == "/"):
        raise ValueError("a __Host- cookie must be Secure, with Path=/ and without a Domain")
    expires: float | None = wanted.expires
    if wanted.max_age is not None:
        # Not above 0 is the earliest time there is, whatever the clock says.
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


def _admit_domain(wanted: str, host: str) -> tuple[str, bool]:
    """Settle whom a cookie goes to: a domain, and whether to that host alone."""
    # Nothing is below an IP address or a single label: such a domain is the host alone.
    if not wanted or (wanted == host and ("." not in host or is_ipv4(host))):
        return host, True
    if "." not in wanted:
        raise ValueError(f"Domain={wanted} is a public suffix: no cookie can span it")
    if not domain_matches(host, wanted):
        raise ValueError(f"Domain={wanted} is neither {host} nor a domain above it")
    return wanted, False


def _goes(cookie: Cookie, url: URL, *, same_site: bool) -> bool:
    """Tell whether a cookie goes with a request (RFC 6265bis, 5.8.3)."""
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
    """Tell whether Secure cookies go there: over https, and to this machine over anything."""
    return url.scheme == "https" or is_loopback(url.host)


def domain_matches(host: str, domain: str) -> bool:
    """Tell whether a host is a domain or below it (RFC 6265bis, 5.1.3)."""
    return host == domain or (host.endswith(f".{domain}") and not is_ipv4(host))


def path_matches(path: str, cookie_path: str) -> bool:
    """Tell whether a URL's path is a cookie's path or below it (RFC 6265bis, 5.1.4)."""
    return path == cookie_path or path.startswith(cookie_path.removesuffix("/") + "/")


def default_path(path: str) -> str:
    """Give the directory of a URL's path (RFC 6265bis, 5.1.4)."""
    return path[: path.rindex("/")] or "/"
