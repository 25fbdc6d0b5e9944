"""What browsers trust, and what belongs together: loopback, secure contexts and sites."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ..fetch.grammar import Origin, is_ipv4

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

    from .url import URL


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine (Secure Contexts, "potentially trustworthy origin")."""
    host = host.removesuffix(".")
    if host == "[::1]" or host == "localhost" or host.endswith(".localhost"):
        return True
    return is_ipv4(host) and host.startswith("127.")


def is_trustworthy(url: URL | Origin) -> bool:
    """Return whether a URL is https or on this machine.

    That is as much as HTTP(S) needs of Secure Contexts, "potentially trustworthy URL":
    https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy
    """
    return url.scheme == "https" or is_loopback(url.host)


def is_same_site(a: Origin | None, b: Origin | None) -> bool:
    """Return whether two origins are same-site (HTML, "same site"). None is an opaque origin."""
    if a is None or b is None:
        return False
    return a.scheme == b.scheme and registrable_domain(a.host) == registrable_domain(b.host)


def site_of(origin: Origin | None) -> str:
    """Return the scheme and the registrable domain of an origin, or ``null`` if it is opaque."""
    return "null" if origin is None else f"{origin.scheme}://{registrable_domain(origin.host)}"


def registrable_domain(host: str) -> str:
    """Return the part of a host that its owner registered, or the whole of what nobody registers.

    That is the public suffix and one more label. The Public Suffix List decides where the package
    ``publicsuffixlist`` is installed. Otherwise the last label is taken for the suffix, so
    ``a.co.uk`` and ``b.co.uk`` have the same.

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
    """Return whether anybody can register names below a domain, as below ``com``."""
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
