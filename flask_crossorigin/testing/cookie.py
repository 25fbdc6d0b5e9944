"""A cookie: who may set it, and where it is sent (RFC 6265bis).

https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..fetch.grammar import is_ipv4
from .set_cookie import SetCookie
from .site import is_public_suffix, is_trustworthy
from .url import URL

#: Whether a cookie is sent to another site. Without ``SameSite``, a cookie is ``Lax``.
SameSite: TypeAlias = Literal["Strict", "Lax", "None"]

#: The prefixes of names that require attributes. A longer prefix comes before a part of it.
_PREFIXES = ("__Secure-", "__Http-", "__Host-Http-", "__Host-")


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
    #: The site of the page to which a ``Partitioned`` cookie belongs; None for another cookie.
    partition: str | None = None


@dataclass(frozen=True)
class CookieContext:
    """What decides about cookies besides the URL of a request: the page, and the redirects."""

    #: Whether the page, the URL and all redirects between them are same-site.
    is_same_site: bool
    #: The site of the top-level page, which has its own jar for ``Partitioned`` cookies.
    partition: str
    #: Whether the response becomes the top-level page, which may set any cookie.
    is_navigation: bool = False
    #: Whether the browser blocks third-party cookies, and the URL is a third party.
    is_blocked: bool = False
    #: The values of ``SameSite`` with which cookies are sent to another site.
    cross_site: frozenset[SameSite] = frozenset({"None"})


def make_cookie(wanted: SetCookie, url: URL, now: float, context: CookieContext) -> Cookie:
    """Make the cookie that a response wants to set.

    :raises ValueError: the response may not set it.
    """
    domain, host_only = _check_domain(wanted.domain, url.host)
    path = wanted.path or default_path(url.path)
    enforcement: SameSite = "Lax" if wanted.same_site == "Default" else wanted.same_site
    if wanted.secure and not is_trustworthy(url):
        raise ValueError("a Secure cookie needs https, except on localhost")
    if enforcement != "None" and not (context.is_same_site or context.is_navigation):
        if wanted.same_site == "Default":
            raise ValueError(
                "no SameSite is set, so Chromium treats the cookie as Lax (Firefox and Safari "
                "don't), and a Lax cookie cannot be set by a cross-site response"
            )
        raise ValueError(f"a SameSite={enforcement} cookie cannot be set by a cross-site response")
    if enforcement == "None" and not wanted.secure:
        raise ValueError("a SameSite=None cookie must be Secure")
    if wanted.partitioned and not wanted.secure:
        raise ValueError("a Partitioned cookie must be Secure")
    if context.is_blocked and not wanted.partitioned:
        raise ValueError("third-party cookies are blocked, except Partitioned ones")
    _check_prefix(wanted, host_only=host_only)
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
        context.partition if wanted.partitioned else None,
    )


def _check_prefix(wanted: SetCookie, *, host_only: bool) -> None:
    """Check that a cookie has the attributes that the prefix of its name requires.

    :raises ValueError: an attribute is missing or not allowed.
    """
    # The value of a cookie without a name is sent alone, so a server may mistake it for the name.
    text = (wanted.name or wanted.value).lower()
    prefix = next((prefix for prefix in _PREFIXES if text.startswith(prefix.lower())), None)
    if prefix is None:
        return
    if not wanted.name:
        raise ValueError(f"a cookie without a name cannot start with {prefix}")
    required = {"Secure": wanted.secure}
    if "Http" in prefix:
        required["HttpOnly"] = wanted.http_only
    if "Host" in prefix:
        required |= {"Path=/": wanted.path == "/", "no Domain": host_only}
    if not all(required.values()):
        raise ValueError(f"a {prefix} cookie must have {', '.join(required)}")


def _check_domain(wanted: str, host: str) -> tuple[str, bool]:
    """Return the domain that a cookie is sent to, and whether it is host-only.

    :raises ValueError: the host may not set a cookie with this ``Domain``.
    """
    # An IP address has no subdomains, and those of a public suffix belong to others.
    # So their cookies are host-only.
    if not wanted or (wanted == host and (is_public_suffix(host) or is_ipv4(host))):
        return host, True
    if is_public_suffix(wanted):
        raise ValueError(f"Domain={wanted} is a public suffix, which a cookie cannot cover")
    if not domain_matches(host, wanted):
        raise ValueError(f"Domain={wanted} is neither {host} nor a parent domain of it")
    return wanted, False


def is_sent(cookie: Cookie, url: URL, context: CookieContext) -> bool:
    """Return whether a cookie is sent with a request (RFC 6265bis, 5.8.3)."""
    if cookie.domain != url.host and (
        cookie.host_only or not domain_matches(url.host, cookie.domain)
    ):
        return False
    return (
        has_access(cookie, context)
        and path_matches(url.path, cookie.path)
        and (is_trustworthy(url) or not cookie.secure)
        and (context.is_same_site or cookie.same_site in context.cross_site)
    )


def has_access(cookie: Cookie, context: CookieContext) -> bool:
    """Return whether a page has access to the jar that a cookie is in."""
    if cookie.partition is None:
        return not context.is_blocked
    return cookie.partition == context.partition


def domain_matches(host: str, domain: str) -> bool:
    """Return whether a host is a domain or its subdomain (RFC 6265bis, 5.1.3)."""
    return host == domain or (host.endswith(f".{domain}") and not is_ipv4(host))


def path_matches(path: str, cookie_path: str) -> bool:
    """Return whether a URL's path is a cookie's path or below it (RFC 6265bis, 5.1.4)."""
    return path == cookie_path or path.startswith(cookie_path.removesuffix("/") + "/")


def default_path(path: str) -> str:
    """Return the directory of a URL's path (RFC 6265bis, 5.1.4)."""
    return path[: path.rindex("/")] or "/"
