"""Read origins of the form ``scheme://host[:port]``, with or without a ``*``."""

from __future__ import annotations

import re
from difflib import get_close_matches

from ..core.origins import ANY_HOST, ANY_PORT, OriginPattern
from ..fetch.grammar import (
    DEFAULT_PORTS,
    MAX_ORIGIN_LENGTH,
    SPECIAL_SCHEMES,
    Origin,
    ends_in_number,
    has_valid_punycode,
    is_ipv4,
    serialize_ipv6,
)
from .errors import Mistake
from .globs import A_PATTERN, instead_of_glob, with_scheme

AN_ORIGIN = 'Write an origin such as "https://app.example.com".'
_AN_IPV6_HOST = 'Write an IPv6 address in brackets, such as "http://[::1]".'
_PARTS = "An origin is scheme://host[:port]."
_NO_SCHEME = f"has no scheme. {_PARTS}"
_BAD_IPV6 = "has a malformed IPv6 address."

_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*")
_HOST = re.compile(r"[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*\.?")
#: Characters that Python's codec (IDNA 2003) replaces, but browsers keep (IDNA 2008).
_KEPT_BY_BROWSERS = frozenset("ßς\u200c\u200d")


def read_tuple_origin(text: str) -> Origin:
    """Read an origin without a ``*``.

    Capital letters, a default port and a slash at the end are normalized.

    :raises Mistake: if it is not valid.
    """
    scheme, rest = _split_scheme(text)
    authority = _without_path(scheme, rest)
    host, port = _split_port(scheme, authority)
    return _checked(scheme, _read_host(scheme, host, text), _read_port(scheme, host, port))


def _split_scheme(text: str) -> tuple[str, str]:
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise Mistake("origin-no-scheme", _NO_SCHEME, write=with_scheme(text), hint=AN_ORIGIN)
    write = f"https://{rest}" if rest else None
    if not scheme:
        raise Mistake("origin-no-scheme", _NO_SCHEME, write=write, hint=AN_ORIGIN)
    scheme = scheme.lower()
    if not _SCHEME.fullmatch(scheme):
        what = "does not start with a valid scheme."
        raise Mistake("origin-scheme-invalid", what, write=write, hint=AN_ORIGIN)
    if scheme == "file":
        what = "is a file. Browsers do not send the path of a file as an origin."
        hint = 'Serve the page over HTTP. Browsers send "null" for files, and some web views send '
        hint += '"file://", but allowing these would allow many other pages, too.'
        raise Mistake("origin-is-file", what, hint=hint)
    if scheme in ("ws", "wss"):
        what = "is a WebSocket URL, but browsers send the origin of the page."
        page = f"{'https' if scheme == 'wss' else 'http'}://{rest}"
        raise Mistake("origin-is-websocket", what, write=page)
    if scheme not in ("http", "https"):
        meant = get_close_matches(scheme, ("http", "https"), n=1, cutoff=0.75)
        if meant:
            what = f'has the unknown scheme "{scheme}".'
            raise Mistake("origin-scheme-misspelled", what, write=f"{meant[0]}://{rest}")
    return scheme, rest


def _without_path(scheme: str, rest: str) -> str:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    beyond = rest[len(authority) :]
    origin = f"{scheme}://{authority.rpartition('@')[2]}"
    if "@" in authority:
        raise Mistake("origin-has-user", f"has a user name. {_PARTS}", write=origin)
    if beyond.startswith("?"):
        raise Mistake("origin-has-query", f"has a query. {_PARTS}", write=origin)
    if beyond.startswith("#"):
        raise Mistake("origin-has-fragment", f"has a fragment. {_PARTS}", write=origin)
    if beyond not in ("", "/"):
        raise Mistake("origin-has-path", f"has a path. {_PARTS}", write=origin)
    return authority


def _split_port(scheme: str, authority: str) -> tuple[str, str | None]:
    if authority.startswith("["):
        host, bracket, tail = authority.partition("]")
        if not bracket or (tail and tail[0] != ":"):
            raise Mistake("origin-ipv6-invalid", _BAD_IPV6, hint=_AN_IPV6_HOST)
        return host + bracket, tail[1:] if tail else None
    host, colon, port = authority.partition(":")
    if ":" in port:
        if serialize_ipv6(f"[{authority}]"):
            what = "has an IPv6 address without brackets."
            raise Mistake("origin-ipv6-bare", what, write=f"{scheme}://[{authority}]")
        what = "has more than one colon after the scheme."
        raise Mistake("origin-extra-colon", what, hint="Write at most one port.")
    return host, port if colon else None


def _read_port(scheme: str, host: str, port: str | None) -> int | None:
    if port is None:
        return None
    without = f"{scheme}://{host}"
    hint = f'Write a port from 1 to 65535, such as "{without}:8443", or leave it out.'
    if not (port.isascii() and port.isdigit()):
        raise Mistake(
            "origin-port-not-a-number",
            "has a port that is not a number.",
            write=None if port else without,
            hint=hint,
        )
    if port[0] == "0" and port.strip("0"):
        what = "has a port with leading zeros."
        raise Mistake("origin-port-leading-zeros", what, write=f"{without}:{port.lstrip('0')}")
    if len(port) > 5 or not 1 <= int(port) <= 65535:
        what = "has a port that is out of range."
        raise Mistake("origin-port-out-of-range", what, hint=hint)
    return int(port) if int(port) != DEFAULT_PORTS.get(scheme) else None


def _checked(scheme: str, host: str, port: int | None) -> Origin:
    origin = Origin(scheme, host, port)
    if len(str(origin)) > MAX_ORIGIN_LENGTH:
        raise _too_long()
    return origin


def _too_long() -> Mistake:
    what = f"is too long. An origin has at most {MAX_ORIGIN_LENGTH} characters."
    return Mistake("origin-too-long", what, hint="Write a host of at most 253 characters.")


def _read_host(scheme: str, host: str, text: str) -> str:
    hint = f'Write an origin such as "{scheme}://app.example.com".'
    if not host:
        raise Mistake("origin-no-host", "has no host.", hint=hint)
    if len(host) > MAX_ORIGIN_LENGTH:
        # Converting a longer host to Punycode could take very long.
        raise _too_long()
    if not host.isascii():
        ascii_host = _ascii_host(host)
        raise Mistake(
            "origin-host-not-ascii",
            "has a host that is not ASCII. Browsers send such hosts in Punycode.",
            write=text.replace(host, ascii_host) if ascii_host else None,
            hint="Write the host in Punycode, with labels that start with xn--.",
        )
    if host[0] == "[":
        address = serialize_ipv6(host.lower())
        if address is None:
            raise Mistake("origin-ipv6-invalid", _BAD_IPV6, hint=_AN_IPV6_HOST)
        return address
    if scheme in SPECIAL_SCHEMES:
        return _read_domain(scheme, host.lower(), hint)
    if host != "." and not _HOST.fullmatch(host):
        raise Mistake("origin-host-invalid", "has a malformed host.", hint=hint)
    return host


def _read_domain(scheme: str, host: str, hint: str) -> str:
    if not _HOST.fullmatch(host):
        write = _subdomains_of(scheme, host.removeprefix("."))
        raise Mistake("origin-host-invalid", "has a malformed host.", write=write, hint=hint)
    if not has_valid_punycode(host):
        what = "has a label that starts with xn-- but is not valid Punycode."
        hint = "Write the host as browsers send it."
        raise Mistake("origin-punycode-invalid", what, hint=hint)
    if ends_in_number(host) and not is_ipv4(host):
        bare = host.removesuffix(".")
        what = "has an invalid IPv4 address. Browsers read any host that ends in a number as one."
        hint = f'Write four numbers from 0 to 255, such as "{scheme}://127.0.0.1".'
        write = f"{scheme}://{bare}" if is_ipv4(bare) else None
        raise Mistake("origin-ipv4-invalid", what, write=write, hint=hint)
    return host


def _subdomains_of(scheme: str, host: str) -> str | None:
    """Return a pattern for a host with a leading dot, as in Django's ``ALLOWED_HOSTS``."""
    if not _HOST.fullmatch(host) or not _has_subdomains(host):
        return None
    return f"{scheme}://*.{host}"


def _has_subdomains(host: str) -> bool:
    """Return whether all subdomains of a host can belong to one owner, unlike those of ``com``."""
    return "." in host.removesuffix(".") or host.removesuffix(".") == "localhost"


def _ascii_host(host: str) -> str | None:
    # Longer hosts are not valid in DNS, and the codec is slow.
    labels = host.split(".") if len(host) <= 253 else []
    try:
        ascii_host = ".".join(map(_ascii_label, labels))
    except UnicodeError:
        return None
    return ascii_host if _HOST.fullmatch(ascii_host) else None


def _ascii_label(label: str) -> str:
    if len(label) > 63:
        raise UnicodeError
    if _KEPT_BY_BROWSERS.isdisjoint(label):
        return label.encode("idna").decode("ascii")
    return "xn--" + label.lower().encode("punycode").decode("ascii")


def read_wildcard(text: str) -> OriginPattern:
    """Read an origin with a ``*`` as its first label, its host or its port.

    :raises Mistake: if it is not valid.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        write = instead_of_glob(text)
        raise Mistake("origin-no-scheme", _NO_SCHEME, write=write, hint=A_PATTERN)
    if "*" in scheme:
        what = "has * as its scheme. That includes http, which anyone on the network can forge."
        raise Mistake("origin-any-scheme", what, write=with_scheme(rest))
    scheme, rest = _split_scheme(text)
    authority = _without_path(scheme, rest)
    subdomains = authority.startswith("*.")
    host, port_text = _split_port(scheme, authority.removeprefix("*."))
    is_any_host = host == ANY_HOST and not subdomains
    if is_any_host and scheme in ("http", "https"):
        what = "would allow every host."
        write = instead_of_glob(f"{scheme}://{authority}")
        raise Mistake("origin-any-host", what, write=write, hint=A_PATTERN)
    if ("*" in host and not is_any_host) or (port_text and "*" in port_text and port_text != "*"):
        what = "has a * in the wrong place. It can only be the whole first label or the whole port."
        write = instead_of_glob(f"{scheme}://{authority}")
        raise Mistake("origin-star-misplaced", what, write=write, hint=A_PATTERN)
    written = authority.removesuffix(f":{port_text}")
    port = ANY_PORT if port_text == "*" else _read_port(scheme, written, port_text)
    if is_any_host:
        return OriginPattern(scheme, ANY_HOST, port, subdomains=False)
    host = _checked(scheme, _read_host(scheme, host, text), None).host
    if subdomains and (host[0] == "[" or ends_in_number(host)):
        what = "has a * before an IP address, but IP addresses have no subdomains."
        raise Mistake("origin-star-before-ip", what, write=text.replace("*.", "", 1))
    if subdomains and not _has_subdomains(host):
        what = f"would allow every host under {host}, no matter who owns it."
        hint = f'Write a domain that you own, such as "{scheme}://*.example.{host}".'
        raise Mistake("origin-star-before-label", what, hint=hint)
    return OriginPattern(scheme, host, port, subdomains)
