"""The Fetch standard's own words: its grammars and its lists of names.

Both sides of the protocol speak them, the server and the browser for tests. Nothing here
knows a policy, and nothing here knows Flask.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple
from unicodedata import normalize

#: The methods that need no listing in ``Access-Control-Allow-Methods``
#: (Fetch, "CORS-safelisted method").
SAFELISTED_METHODS = frozenset({"GET", "HEAD", "POST"})
#: The methods that ask for nothing to be changed (RFC 9110, 9.2.1, and RFC 10008), without TRACE,
#: which browsers send for no page.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})

#: The methods that no script may send (Fetch, "forbidden method"), in upper case.
FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})

#: The ports that a serialized origin leaves out (URL, "default port").
DEFAULT_PORTS = {"ftp": 21, "http": 80, "https": 443, "ws": 80, "wss": 443}

#: The schemes whose hosts browsers put into lower case (URL, "special scheme").
SPECIAL_SCHEMES = frozenset({"file", "ftp", "http", "https", "ws", "wss"})

#: The serialized opaque origins, which say nothing of who asks (HTML, "opaque origin"). Some web
#: views send ``file://`` for the pages that an app brings along.
OPAQUE_ORIGINS = frozenset({"file://", "null"})

#: The longest origin that is worth reading, in bytes: a scheme of 64, ``://``, a host name
#: of 253 (the most that DNS carries), a colon and a port.
MAX_ORIGIN_LENGTH = 64 + 3 + 253 + 1 + 5

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ORIGIN = re.compile(
    r"([a-z][a-z0-9+.\-]*)://"
    r"(\[[0-9a-f:]+\]|[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*\.?|\.)"
    r"(?::([1-9][0-9]{0,4}))?"
)
_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_OCTET = re.compile(r"25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]")


def is_token(value: str) -> bool:
    """Tell whether a method or header name keeps to the grammar of a token (RFC 9110, 5.6.2)."""
    return _TOKEN.fullmatch(value) is not None


def parse_token_list(value: str) -> list[str] | None:
    """Read a comma-separated list of tokens, in its order and case.

    Empty elements are legal and left out, as RFC 9110, 5.6.1 asks of who receives a list.

    :returns: the tokens, or None when one element is no token.

    >>> parse_token_list("X-One, , x-two")
    ['X-One', 'x-two']
    >>> parse_token_list("X One") is None
    True
    """
    names = [name for part in value.split(",") if (name := part.strip(" \t"))]
    return names if all(map(_TOKEN.fullmatch, names)) else None


class Origin(NamedTuple):
    """A tuple origin (HTML, "origin"): what ``Origin`` carries unless it is opaque."""

    scheme: str
    #: A domain, an IPv4 address, an IPv6 address in brackets, or what another scheme has there.
    host: str
    #: None stands for the scheme's default port.
    port: int | None

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}" + (f":{self.port}" if self.port else "")


def parse_origin(value: str) -> Origin | None:
    """Read a serialized origin exactly as browsers write it.

    The grammar is Fetch's, with what browsers send besides: ``_`` and hyphens anywhere in a label,
    a dot at the end of a host, and for schemes that aren't special a host in its own case or a
    single dot (URL, "opaque-host parser").

    :returns: None for what no browser sends: upper case, a default or zero port, a path, an
        address that is not in its canonical form, more than :data:`MAX_ORIGIN_LENGTH`
        characters; and for opaque origins, which have no parts.

    >>> parse_origin("https://app.example.com:8443")
    Origin(scheme='https', host='app.example.com', port=8443)
    >>> parse_origin("https://app.example.com:443") is None
    True
    """
    if len(value) > MAX_ORIGIN_LENGTH:
        return None
    match = _ORIGIN.fullmatch(value)
    if match is None:
        return None
    scheme, host, digits = match.groups()
    port = int(digits) if digits else None
    if port is not None and (port > 65535 or port == DEFAULT_PORTS.get(scheme)):
        return None
    if host[0] == "[":
        is_host = host == serialize_ipv6(host)
    else:
        is_host = scheme not in SPECIAL_SCHEMES or is_domain(host)
    # The origin of a file is opaque, whatever its host.
    return Origin(scheme, host, port) if is_host and scheme != "file" else None


def is_domain(host: str) -> bool:
    """Return whether a host made of the right characters is one that a special scheme can have.

    >>> is_domain("example.com."), is_domain("Example.com"), is_domain("1.2.3")
    (True, False, False)
    """
    return (
        host == host.lower()
        and host != "."
        and (not ends_in_number(host) or is_ipv4(host))
        and ("xn--" not in host or has_valid_punycode(host))
    )


def has_valid_punycode(host: str) -> bool:
    """Return whether each label of a lower-case host that begins with ``xn--`` is valid Punycode.

    Browsers accept no other host (URL, "domain to ASCII").

    >>> has_valid_punycode("xn--mnchen-3ya.example"), has_valid_punycode("xn--mnchen.example")
    (True, False)
    """
    return all(_is_punycode(label[4:]) for label in host.split(".") if label.startswith("xn--"))


def _is_punycode(text: str) -> bool:
    try:
        decoded = text.encode().decode("punycode")
    except UnicodeError:
        return False
    # Joiners are kept, although they are not printable (UTS 46, "deviation").
    shown = decoded.translate(_JOINERS)
    is_mapped = decoded == normalize("NFC", decoded.lower())
    return is_mapped and shown.isprintable() and not decoded.isascii()


def ends_in_number(host: str) -> bool:
    """Tell whether a browser reads a lower-case host as an IPv4 address (URL, "ends in a number").

    Such a host is an IPv4 address or no host at all. A dot at its end changes nothing.
    """
    host = host.removesuffix(".")
    return _NUMBER.fullmatch(host, host.rfind(".") + 1) is not None


def is_ipv4(host: str) -> bool:
    """Tell whether a host is an IPv4 address as browsers serialize it: four plain octets."""
    octets = host.split(".")
    return len(octets) == 4 and all(map(_OCTET.fullmatch, octets))


def serialize_ipv6(host: str) -> str | None:
    """Give an IPv6 address in brackets the form that the URL standard's serializer gives it.

    :returns: None when there is no IPv6 address between the brackets.

    >>> serialize_ipv6("[0:0:0:0:0:FFFF:1.2.3.4]")
    '[::ffff:102:304]'
    """
    text = host[1:-1]
    if "%" in text:
        return None
    try:
        packed = IPv6Address(text).packed
    except AddressValueError:
        return None
    # str() of the address would write an IPv4-mapped one with dots on newer Pythons.
    pieces = [f"{packed[i] << 8 | packed[i + 1]:x}" for i in range(0, 16, 2)]
    start, length = _longest_zeros(pieces)
    if length > 1:
        pieces[start : start + length] = [""]
        if start == 0:
            pieces.insert(0, "")
        if pieces[-1] == "":
            pieces.append("")
    return f"[{':'.join(pieces)}]"


def _longest_zeros(pieces: list[str]) -> tuple[int, int]:
    """Find the first of the longest runs of zero pieces: its start and its length."""
    best = (0, 0)
    start = 0
    for index, piece in enumerate([*pieces, "end"]):
        if piece != "0":
            if index - start > best[1]:
                best = (start, index - start)
            start = index + 1
    return best
