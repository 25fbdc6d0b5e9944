"""Methods, tokens and origins, as the Fetch standard and those it refers to define them.

Names in quotation marks are the terms of the standards: Fetch (https://fetch.spec.whatwg.org/), URL
(https://url.spec.whatwg.org/) and HTML (https://html.spec.whatwg.org/).
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple
from unicodedata import normalize

#: The methods that ``Access-Control-Allow-Methods`` needn't list (Fetch, "CORS-safelisted method":
#: https://fetch.spec.whatwg.org/#cors-safelisted-method).
SAFELISTED_METHODS = frozenset({"GET", "HEAD", "POST"})
#: The methods that should change nothing on the server (RFC 9110, 9.2.1, and RFC 10008). TRACE is
#: left out, because JavaScript can't send it.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})

#: The methods that JavaScript can't send, in upper case (Fetch, "forbidden method":
#: https://fetch.spec.whatwg.org/#forbidden-method).
FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})

#: The ports that a serialized origin leaves out, by scheme (URL, "default port":
#: https://url.spec.whatwg.org/#default-port).
DEFAULT_PORTS = {"ftp": 21, "http": 80, "https": 443, "ws": 80, "wss": 443}

#: The schemes whose hosts browsers convert to lower case (URL, "special scheme":
#: https://url.spec.whatwg.org/#special-scheme).
SPECIAL_SCHEMES = frozenset({"file", "ftp", "http", "https", "ws", "wss"})

#: The serialized opaque origins (HTML, "opaque origin":
#: https://html.spec.whatwg.org/multipage/browsers.html#concept-origin-opaque). They don't identify
#: the page. Some web views send ``file://`` for pages that are part of an app.
OPAQUE_ORIGINS = frozenset({"file://", "null"})

#: The longest origin that is parsed, in characters: a scheme of 64, ``://``, a host name of 253
#: (the limit of DNS), a colon and a port.
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
    """Return whether a method or header name is a valid token (RFC 9110, 5.6.2).

    https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
    """
    return _TOKEN.fullmatch(value) is not None


def parse_token_list(value: str) -> list[str] | None:
    """Parse a comma-separated list of tokens (RFC 9110, 5.6.1).

    Empty elements are ignored: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1.2.

    :returns: the tokens, in the order and case of the list; None if an element is not a token.

    >>> parse_token_list("X-One, , x-two")
    ['X-One', 'x-two']
    >>> parse_token_list("X One") is None
    True
    """
    names = [name for part in value.split(",") if (name := part.strip(" \t"))]
    # Tokens without anything between them are a token too, so one check is enough.
    return names if not names or _TOKEN.fullmatch("".join(names)) else None


class Origin(NamedTuple):
    """A tuple origin: an ``Origin`` header that isn't opaque (HTML, "tuple origin").

    https://html.spec.whatwg.org/multipage/browsers.html#concept-origin-tuple
    """

    scheme: str
    #: A domain, an IPv4 address, an IPv6 address in brackets, or the host of another scheme.
    host: str
    #: The port; None for the scheme's default port.
    port: int | None

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}" + (f":{self.port}" if self.port else "")


def parse_origin(value: str) -> Origin | None:
    """Parse a serialized origin, exactly as browsers write it.

    The grammar is the one of Fetch (https://fetch.spec.whatwg.org/#origin-header) with three
    additions, because browsers send them: ``_`` and hyphens anywhere in a label; a dot at the end
    of the host; and, for schemes that aren't special, upper case in the host, or a single dot (URL,
    "opaque-host parser": https://url.spec.whatwg.org/#concept-opaque-host-parser).

    :returns: None for anything that no browser sends: upper case, a default or zero port, a path,
        an address that is not in its canonical form, more than :data:`MAX_ORIGIN_LENGTH`
        characters. None also for opaque origins, which have no parts.

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
    # The origin of a file URL is opaque, with or without a host.
    return Origin(scheme, host, port) if is_host and scheme != "file" else None


def is_domain(host: str) -> bool:
    """Return whether a URL with a special scheme can have a host, as browsers serialize it.

    :param host: labels of ASCII letters, digits, ``_`` and ``-``, with dots between them.

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

    Browsers reject other hosts (URL, "domain to ASCII":
    https://url.spec.whatwg.org/#concept-domain-to-ascii).

    >>> has_valid_punycode("xn--mnchen-3ya.example"), has_valid_punycode("xn--mnchen.example")
    (True, False)
    """
    return all(_is_punycode(label[4:]) for label in host.split(".") if label.startswith("xn--"))


def _is_punycode(text: str) -> bool:
    try:
        decoded = text.encode().decode("punycode")
    except UnicodeError:
        return False
    # Joiners are valid although they are not printable (UTS 46, "deviation characters").
    without_joiners = decoded.translate(_JOINERS)
    is_mapped = decoded == normalize("NFC", decoded.lower())
    return is_mapped and without_joiners.isprintable() and not decoded.isascii()


def ends_in_number(host: str) -> bool:
    """Return whether browsers parse a host as an IPv4 address (URL, "ends in a number checker").

    Such a host is either an IPv4 address or invalid. A dot at its end makes no difference.
    https://url.spec.whatwg.org/#ends-in-a-number-checker

    :param host: the host, in lower case.
    """
    host = host.removesuffix(".")
    return _NUMBER.fullmatch(host, host.rfind(".") + 1) is not None


def is_ipv4(host: str) -> bool:
    """Return whether a host is an IPv4 address as browsers serialize it: four decimal numbers."""
    octets = host.split(".")
    return len(octets) == 4 and all(map(_OCTET.fullmatch, octets))


def serialize_ipv6(host: str) -> str | None:
    """Serialize an IPv6 address as browsers do (URL, "IPv6 serializer").

    https://url.spec.whatwg.org/#concept-ipv6-serializer

    :param host: an IPv6 address in brackets.
    :returns: its canonical form, in brackets; None if it is not a valid address.

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
    # It is tempting to use str(), but since Python 3.13 it writes IPv4-mapped addresses with dots.
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
    """Return the start and length of the longest run of zeros, the first one if several are."""
    best = (0, 0)
    start = 0
    for index, piece in enumerate([*pieces, "end"]):
        if piece != "0":
            if index - start > best[1]:
                best = (start, index - start)
            start = index + 1
    return best
