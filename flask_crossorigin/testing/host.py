"""Hosts as browsers read and compare them (URL standard, "host parsing"; HTML, "site")."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote_to_bytes

from ..fetch.grammar import Origin, ends_in_number, is_ipv4, serialize_ipv6

_FORBIDDEN = re.compile(r"[\x00-\x20#%/:<>?@\[\\\]^|\x7f]")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]+\]")


def parse_host(text: str) -> str | None:
    """Give a host the form that a browser gives it.

    :returns: a lower-case ASCII domain, an IPv4 address in four parts or a compressed IPv6
        address in brackets; None for what no browser connects to.

    >>> parse_host("API.Example.com"), parse_host("127.1"), parse_host("[0:0::1]")
    ('api.example.com', '127.0.0.1', '[::1]')
    """
    if text.startswith("["):
        return serialize_ipv6(text) if _IPV6.fullmatch(text) else None
    domain = _to_ascii(unquote_to_bytes(text).decode("utf-8", "replace"))
    if domain is None or not domain or _FORBIDDEN.search(domain):
        return None
    return _parse_ipv4(domain) if ends_in_number(domain.removesuffix(".")) else domain


def _to_ascii(domain: str) -> str | None:
    """Map a domain to ASCII. It is as much of UTS 46 as a test suite is likely to meet."""
    if domain.isascii():
        return domain.lower()
    mapped = unicodedata.normalize("NFKC", domain).lower().replace("\u3002", ".")
    return None if "\ufffd" in mapped else ".".join(map(_label_to_ascii, mapped.split(".")))


def _label_to_ascii(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def _parse_ipv4(host: str) -> str | None:
    numbers = [_parse_ipv4_number(part) for part in host.removesuffix(".").split(".")]
    *heads, last = numbers
    if len(numbers) > 4 or last is None or last >= 256 ** (5 - len(numbers)):
        return None
    address = last
    for index, head in enumerate(heads):
        if head is None or head > 255:
            return None
        address += head << 8 * (3 - index)
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def _parse_ipv4_number(text: str) -> int | None:
    """Read a part of an IPv4 address: decimal, octal after ``0``, hexadecimal after ``0x``.

    :param text: in lower case.
    """
    digits, base = text, 10
    if text.startswith("0x"):
        digits, base = text[2:] or "0", 16
    elif len(text) > 1 and text[0] == "0":
        digits, base = text[1:], 8
    allowed = "0123456789abcdef"[:base]
    if not digits or digits.strip(allowed):
        return None
    # Beyond that many digits it is no address, and int() would refuse to read it.
    return int(digits.lstrip("0")[:40] or "0", base)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine (Secure Contexts, "potentially trustworthy origin")."""
    if host == "[::1]" or host == "localhost" or host.endswith(".localhost"):
        return True
    return is_ipv4(host) and host.startswith("127.")


def is_same_site(a: Origin | None, b: Origin | None) -> bool:
    """Tell whether two origins are of one site (HTML, "same site"). None is an opaque origin.

    A site is a scheme and a registrable domain. Without a public suffix list that is the last
    two labels, so ``a.co.uk`` and ``b.co.uk`` count as one site here.
    """
    if a is None or b is None:
        return False
    return a.scheme == b.scheme and registrable_domain(a.host) == registrable_domain(b.host)


def registrable_domain(host: str) -> str:
    """Give the last two labels of a domain; an IP address or a single label is its own.

    >>> registrable_domain("a.b.example.com"), registrable_domain("127.0.0.1")
    ('example.com', '127.0.0.1')
    """
    if is_ipv4(host):
        return host
    # An IPv6 address as browsers write it has no dot.
    return ".".join(host.split(".")[-2:])
