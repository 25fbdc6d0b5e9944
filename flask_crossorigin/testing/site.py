"""Which URLs browsers trust (loopback, secure contexts), and which are the same site."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ..fetch.grammar import Origin, is_ipv4

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

    from .url import URL


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine (Secure Contexts, "potentially trustworthy origin").

    https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy
    """
    host = host.removesuffix(".")
    if host == "[::1]" or host == "localhost" or host.endswith(".localhost"):
        return True
    return is_ipv4(host) and host.startswith("127.")


def is_trustworthy(url: URL | Origin) -> bool:
    """Return whether a URL is https or on this machine.

    For HTTP(S), that is the rule of Secure Contexts, "potentially trustworthy URL":
    https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy
    """
    return url.scheme == "https" or is_loopback(url.host)


def is_same_site(a: Origin | None, b: Origin | None) -> bool:
    """Return whether two origins are same-site (HTML, "same site"). None is an opaque origin.

    https://html.spec.whatwg.org/multipage/browsers.html#same-site
    """
    if a is None or b is None:
        return False
    return a.scheme == b.scheme and registrable_domain(a.host) == registrable_domain(b.host)


def site_of(origin: Origin | None) -> str:
    """Return the scheme and the registrable domain of an origin, or ``null`` if it is opaque."""
    return "null" if origin is None else f"{origin.scheme}://{registrable_domain(origin.host)}"


def registrable_domain(host: str) -> str:
    """Return the registrable domain of a host: the public suffix and one more label.

    If the package ``publicsuffixlist`` is installed, the Public Suffix List decides. Otherwise the
    last label counts as the suffix, so ``a.co.uk`` and ``b.co.uk`` count as the same site.

    :returns: the whole host if it is an IP address, a single label or a public suffix.

    >>> registrable_domain("a.b.example.com"), registrable_domain("127.0.0.1")
    ('example.com', '127.0.0.1')
    >>> registrable_domain("a.b.example.com.")
    'example.com.'
    """
    # A serialized IPv6 address has no dot.
    if is_ipv4(host) or "." not in host.removesuffix("."):
        return host
    name = host.removesuffix(".")
    suffixes = _suffixes()
    if suffixes is None:
        registered = ".".join(name.split(".")[-2:])
    else:
        registered = suffixes.privatesuffix(name) or name
    return registered + host[len(name) :]


def is_public_suffix(domain: str) -> bool:
    """Return whether anyone can register domains below a domain, such as ``com``."""
    suffixes = _suffixes()
    return "." not in domain or (suffixes is not None and suffixes.is_public(domain))


@cache
def _suffixes() -> PublicSuffixList | None:
    try:
        module = import_module("publicsuffixlist")
    except ModuleNotFoundError:
        return None
    suffixes: PublicSuffixList = module.PublicSuffixList()
    return suffixes
