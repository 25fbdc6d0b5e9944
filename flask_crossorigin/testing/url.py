"""Parse HTTP(S) URLs and hosts as browsers do: https://url.spec.whatwg.org/.

It is tempting to use ``urllib.parse``, but it follows an older grammar: it keeps dot segments,
backslashes and spaces, and raises errors for URLs that a browser accepts.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from ..fetch.grammar import DEFAULT_PORTS, Origin, ends_in_number, serialize_ipv6

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_TWO_SLASHES = re.compile(r"[/\\]{2}")
_AUTHORITY = re.compile(r"[/\\]*([^/\\?#]*)(.*)")
_HOST_PORT = re.compile(r"(\[[^\]]*\]|[^:]*)(?::([0-9]*))?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_C0_OR_SPACE = "".join(map(chr, range(33)))
_TAB_OR_NEWLINE = str.maketrans("", "", "\t\n\r")
_FORBIDDEN_IN_DOMAIN = re.compile(r"[\x00-\x20#%/:<>?@\[\\\]^|\x7f]")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]+\]")

# The percent-encode sets of the URL standard, without the C0 control set that each includes.
_FRAGMENT_SET = frozenset(b' "<>`')
_QUERY_SET = frozenset(b" \"#<>'")
_PATH_SET = frozenset(b' "#<>?^`{}')
_USERINFO_SET = _PATH_SET | frozenset(b"/:;=@[\\]|")


class InvalidURLError(ValueError):
    """A browser would reject this text as a URL."""


@dataclass(frozen=True)
class URL:
    """An HTTP(S) URL. In a URL with another scheme, :attr:`path` is everything after the scheme."""

    scheme: str
    #: The user name, percent-encoded like all parts.
    username: str
    password: str
    host: str
    #: The port; None for the scheme's default port.
    port: int | None
    #: The path, which starts with a slash and has no dot segments.
    path: str
    #: The part after ``?``; None if there is no ``?``.
    query: str | None
    #: The part after ``#``; None if there is no ``#``.
    fragment: str | None

    @property
    def is_http(self) -> bool:
        """Whether the scheme is an HTTP(S) scheme."""
        return self.scheme in {"http", "https"}

    @property
    def origin(self) -> Origin:
        """The tuple origin of the URL."""
        return Origin(self.scheme, self.host, self.port)

    @property
    def includes_credentials(self) -> bool:
        """Whether the URL has a user name or password (URL, "includes credentials")."""
        return bool(self.username or self.password)

    @property
    def target(self) -> str:
        """The path and query, as in the request line of HTTP/1.1."""
        return self.path if self.query is None else f"{self.path}?{self.query}"

    @property
    def root(self) -> URL:
        """The URL of the origin itself, with the path ``/``."""
        return URL(self.scheme, "", "", self.host, self.port, "/", None, None)

    def without_fragment(self) -> URL:
        """Return the URL without its fragment, as it is sent to the server."""
        return replace(self, fragment=None)

    def with_fragment_of(self, other: URL) -> URL:
        """Return the URL with another's fragment, unless it has its own (Fetch, "location URL")."""
        return self if self.fragment is not None else replace(self, fragment=other.fragment)

    def with_query(self, query: str) -> URL:
        """Return the URL with another query, which must be percent-encoded."""
        return replace(self, query=query)

    def __str__(self) -> str:
        fragment = "" if self.fragment is None else f"#{self.fragment}"
        if not self.is_http:
            return f"{self.scheme}:{self.path}"
        userinfo = self.username + (f":{self.password}" if self.password else "")
        at = "@" if self.includes_credentials else ""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{userinfo}{at}{self.host}{port}{self.target}{fragment}"


def parse_url(text: str, base: URL | None = None) -> URL:
    r"""Parse a URL as a browser does, and resolve it against a base (URL, "URL parser").

    https://url.spec.whatwg.org/#concept-url-parser

    :param base: what a relative URL is resolved against; None if there is nothing.

    :raises InvalidURLError: the host or the port is invalid, or a relative URL has no base.

    >>> str(parse_url(r"HTTPS:\\API.example.com:443\a/./b/../c d"))
    'https://api.example.com/a/c%20d'
    """
    text = scalar_values(text).strip(_C0_OR_SPACE).translate(_TAB_OR_NEWLINE)
    match = _SCHEME.match(text)
    if match is None:
        if base is None:
            raise InvalidURLError(
                f"{text!r} is a relative URL, and there is no URL to resolve it against"
            )
        return _parse_relative(text, base)
    scheme, rest = match[1].lower(), text[match.end() :]
    if scheme not in {"http", "https"}:
        return URL(scheme, "", "", "", None, rest, None, None)
    if base is not None and scheme == base.scheme:
        return _parse_relative(rest, base)
    return _parse_absolute(scheme, rest)


def scalar_values(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot encode (Web IDL, "USVString")."""
    return _SURROGATE.sub("\ufffd", text)


def _parse_relative(text: str, base: URL) -> URL:
    if _TWO_SLASHES.match(text):
        return _parse_absolute(base.scheme, text)
    return _parse_tail(text, base)


def _parse_absolute(scheme: str, text: str) -> URL:
    """Parse what follows the scheme: any number of slashes or backslashes, then the authority."""
    authority, rest = _AUTHORITY.findall(text)[0]
    userinfo, _, host_port = authority.rpartition("@")
    username, _, password = userinfo.partition(":")
    parts = _HOST_PORT.fullmatch(host_port)
    host = None if parts is None else parse_host(parts[1])
    if parts is None or host is None:
        raise InvalidURLError(f"the host of {scheme}:{text} is missing or not valid")
    root = URL(
        scheme,
        _encode(username, _USERINFO_SET),
        _encode(password, _USERINFO_SET),
        host,
        _parse_port(scheme, parts[2] or ""),
        "/",
        None,
        None,
    )
    return _parse_tail(rest, root)


def _parse_tail(text: str, base: URL) -> URL:
    """Parse path, query and fragment. Missing parts come from the base."""
    text, hash_sign, fragment = text.partition("#")
    path, question_mark, query = text.partition("?")
    new_query = _encode(query, _QUERY_SET) if question_mark else None
    new_fragment = _encode(fragment, _FRAGMENT_SET) if hash_sign else None
    if path == "":
        kept_query = new_query if question_mark else base.query
        return replace(base, query=kept_query, fragment=new_fragment)
    if path[0] not in "/\\":
        path = base.path[: base.path.rindex("/") + 1] + path
    return replace(base, path=_parse_path(path), query=new_query, fragment=new_fragment)


def _parse_port(scheme: str, digits: str) -> int | None:
    digits = digits.lstrip("0") or digits[:1]
    if not digits:
        return None
    if len(digits) > 5 or int(digits) > 65535:
        raise InvalidURLError(f"{digits} is not a valid port: the highest port is 65535")
    port = int(digits)
    return None if port == DEFAULT_PORTS[scheme] else port


def _parse_path(path: str) -> str:
    """Remove dot segments, replace backslashes, and encode the rest (URL, "path state")."""
    segments: list[str] = []
    dots = ""
    for part in path.replace("\\", "/").split("/")[1:]:
        dots = part.lower().replace("%2e", ".")
        if dots == "..":
            del segments[-1:]
        elif dots != ".":
            segments.append(_encode(part, _PATH_SET))
    # After a dot segment at the end, the path still ends in a slash.
    return "/" + "/".join([*segments, ""] if dots in {".", ".."} else segments)


def _encode(text: str, unsafe: frozenset[int]) -> str:
    """Percent-encode controls, non-ASCII characters, and the bytes of a percent-encode set."""
    return "".join(
        f"%{byte:02X}" if byte in unsafe or not 0x20 <= byte <= 0x7E else chr(byte)
        for byte in text.encode()
    )


def parse_host(text: str) -> str | None:
    """Parse a host and serialize it as a browser does (URL, "host parser").

    https://url.spec.whatwg.org/#concept-host-parser

    :returns: a lower-case ASCII domain, an IPv4 address with four parts, or a compressed IPv6
        address in brackets; None if the host is not valid.

    >>> parse_host("API.Example.com"), parse_host("127.1"), parse_host("[0:0::1]")
    ('api.example.com', '127.0.0.1', '[::1]')
    """
    if text.startswith("["):
        return serialize_ipv6(text) if _IPV6.fullmatch(text) else None
    domain = _to_ascii(unquote_to_bytes(text).decode("utf-8", "replace"))
    if domain is None or not domain or _FORBIDDEN_IN_DOMAIN.search(domain):
        return None
    return _parse_ipv4(domain) if ends_in_number(domain) else domain


def _to_ascii(domain: str) -> str | None:
    """Convert a domain to ASCII. Of UTS 46, only what a test suite is likely to need is here."""
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
    """Parse a part of an IPv4 address: decimal, octal after ``0``, or hexadecimal after ``0x``.

    :param text: the part, in lower case.
    """
    digits, base = text, 10
    if text.startswith("0x"):
        digits, base = text[2:] or "0", 16
    elif len(text) > 1 and text[0] == "0":
        digits, base = text[1:], 8
    allowed = "0123456789abcdef"[:base]
    if not digits or digits.strip(allowed):
        return None
    # No address has more digits, and int() raises an error for very long numbers.
    return int(digits.lstrip("0")[:40] or "0", base)
