"""Tuple origins as users write them: ``scheme://host[:port]``, maybe with a ``*``, or explained."""

from __future__ import annotations

import re
from difflib import get_close_matches

from ..core.origins import ANY_PORT, OriginPattern
from ..fetch.grammar import (
    DEFAULT_PORTS,
    MAX_ORIGIN_LENGTH,
    Origin,
    ends_in_number,
    has_valid_punycode,
    is_ipv4,
    serialize_ipv6,
)
from .errors import Mistake

AN_ORIGIN = 'Write an origin such as "https://app.example.com".'
_A_PATTERN = (
    'Write a pattern such as "https://*.example.com" or "http://localhost:*", or a re.compile(...).'
)
_AN_IPV6_HOST = 'Write an IPv6 address in brackets, such as "http://[::1]".'
_PARTS = "An origin is scheme://host[:port]."
_NO_SCHEME = f"has no scheme. {_PARTS}"
_BAD_IPV6 = "has a malformed IPv6 address."

_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*")
_HOST = re.compile(r"[a-z0-9_\-]+(?:\.[a-z0-9_\-]+)*")
#: Characters that Python's IDNA, which is that of 2003, folds away and browsers keep.
_KEPT_BY_BROWSERS = frozenset("ßς\u200c\u200d")


def read_tuple_origin(text: str) -> Origin:
    """Read an origin without a ``*``, in any case, with a default port or a slash at the end.

    :raises Mistake: if it is not one.
    """
    scheme, rest = _split_scheme(text)
    authority = _without_path(scheme, rest)
    host, port = _split_port(scheme, authority)
    return _checked(scheme, _read_host(scheme, host, text), _read_port(scheme, host, port))


def _split_scheme(text: str) -> tuple[str, str]:
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise Mistake("origin-no-scheme", _NO_SCHEME, write=_with_scheme(text), hint=AN_ORIGIN)
    write = f"https://{rest}" if rest else None
    if not scheme:
        raise Mistake("origin-no-scheme", _NO_SCHEME, write=write, hint=AN_ORIGIN)
    scheme = scheme.lower()
    if not _SCHEME.fullmatch(scheme):
        what = "does not start with a valid scheme."
        raise Mistake("origin-scheme-invalid", what, write=write, hint=AN_ORIGIN)
    if scheme == "file":
        what = "is not an origin that browsers send: a page in a file has the origin null."
        hint = 'Serve the page over HTTP; "null" would also allow every sandboxed page.'
        raise Mistake("origin-is-file", what, hint=hint)
    if scheme in ("ws", "wss"):
        what = "is a WebSocket address, but an Origin header names the page that connects."
        page = f"{'https' if scheme == 'wss' else 'http'}://{rest}"
        raise Mistake("origin-is-websocket", what, write=page)
    if scheme not in ("http", "https"):
        meant = get_close_matches(scheme, ("http", "https"), n=1, cutoff=0.75)
        if meant:
            what = f'has the unknown scheme "{scheme}".'
            raise Mistake("origin-scheme-misspelled", what, write=f"{meant[0]}://{rest}")
    return scheme, rest


def _with_scheme(text: str) -> str | None:
    rest = re.sub(r"^(?:https?(?=:|//))?:?/{0,2}", "", text, flags=re.IGNORECASE).rstrip("/")
    host, _, port = rest.partition(":")
    if not host or (port and not re.fullmatch(r"[0-9]+|\*", port)):
        return None
    local = host == "localhost" or is_ipv4(host) or text.lower().startswith("http:")
    return f"{'http' if local else 'https'}://{rest}"


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
        raise Mistake("origin-extra-colon", what, hint="Write one port, or none.")
    return host, port if colon else None


def _read_port(scheme: str, host: str, port: str | None) -> int | None:
    if port is None:
        return None
    without = f"{scheme}://{host}"
    if not (port.isascii() and port.isdigit()):
        raise Mistake("origin-port-not-a-number", "has a port that is not a number.", write=without)
    if port[0] == "0" and port.strip("0"):
        what = "has a port with leading zeros."
        raise Mistake("origin-port-leading-zeros", what, write=f"{without}:{port.lstrip('0')}")
    if len(port) > 5 or not 1 <= int(port) <= 65535:
        what = "has a port that is not from 1 to 65535."
        raise Mistake("origin-port-out-of-range", what, write=without)
    return int(port) if int(port) != DEFAULT_PORTS.get(scheme) else None


def _checked(scheme: str, host: str, port: int | None) -> Origin:
    origin = Origin(scheme, host, port)
    if len(str(origin)) > MAX_ORIGIN_LENGTH:
        raise _too_long()
    return origin


def _too_long() -> Mistake:
    what = f"is longer than an origin can be, which is {MAX_ORIGIN_LENGTH} characters."
    return Mistake("origin-too-long", what, hint="Write a host of at most 253 characters.")


def _read_host(scheme: str, host: str, text: str) -> str:
    such = f'Write an origin such as "{scheme}://app.example.com".'
    if not host:
        raise Mistake("origin-no-host", "has no host.", hint=such)
    if len(host) > MAX_ORIGIN_LENGTH:
        # Nothing that follows is made for longer ones, and Punycode would take ever longer.
        raise _too_long()
    if not host.isascii():
        ascii_host = _ascii_host(host)
        raise Mistake(
            "origin-host-not-ascii",
            "has a host that is not ASCII. Browsers send such a host in its xn-- form.",
            write=text.replace(host, ascii_host) if ascii_host else None,
            hint="Write the host as browsers send it, in labels that start with xn--.",
        )
    host = host.lower()
    if host[0] == "[":
        address = serialize_ipv6(host)
        if address is None:
            raise Mistake("origin-ipv6-invalid", _BAD_IPV6, hint=_AN_IPV6_HOST)
        return address
    if not _HOST.fullmatch(host):
        write = _without_outer_dots(scheme, host)
        raise Mistake("origin-host-invalid", "has a malformed host.", write=write, hint=such)
    if not has_valid_punycode(host):
        what = "has a label that begins with xn-- and is not valid Punycode."
        hint = "Write the host as browsers send it."
        raise Mistake("origin-punycode-invalid", what, hint=hint)
    if ends_in_number(host) and not is_ipv4(host):
        what = "has a host that browsers read as an IPv4 address, but it is not a valid one."
        hint = f'Write four numbers from 0 to 255, such as "{scheme}://127.0.0.1".'
        raise Mistake("origin-ipv4-invalid", what, hint=hint)
    return host


def _without_outer_dots(scheme: str, host: str) -> str | None:
    inner = host.strip(".")
    if not _HOST.fullmatch(inner):
        return None
    # A cookie's Domain, or ALLOWED_HOSTS of Django, writes subdomains so.
    subdomains = host.startswith(".") and "." in inner
    return f"{scheme}://{'*.' if subdomains else ''}{inner}"


def _ascii_host(host: str) -> str | None:
    # DNS carries no more, and the codec takes its time.
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
    """Read an origin with a ``*`` as its first label, as its port, or as both.

    :raises Mistake: if it is not one.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise Mistake("origin-no-scheme", _NO_SCHEME, write=_narrow_pattern(text), hint=_A_PATTERN)
    if "*" in scheme:
        what = "has * as its scheme, which includes http: anyone on the network can fake that."
        raise Mistake("origin-any-scheme", what, write=f"https://{rest}")
    scheme, rest = _split_scheme(text)
    authority = _without_path(scheme, rest)
    subdomains = authority.startswith("*.")
    host, port_text = _split_port(scheme, authority.removeprefix("*."))
    if host == "*":
        hint = 'Write the hosts that you mean, or "*" to allow any origin.'
        raise Mistake("origin-any-host", "would allow every host.", hint=hint)
    if "*" in host or (port_text is not None and "*" in port_text and port_text != "*"):
        what = "has a * that is not the whole first label or the whole port."
        write = _narrow_pattern(text)
        raise Mistake("origin-star-misplaced", what, write=write, hint=_A_PATTERN)
    any_port = port_text == "*"
    written = authority.removesuffix(f":{port_text}")
    port = ANY_PORT if any_port else _read_port(scheme, written, port_text)
    host = _checked(scheme, _read_host(scheme, host, text), None).host
    if subdomains and (host[0] == "[" or ends_in_number(host)):
        what = "has a * before an IP address, which has no subdomains."
        raise Mistake("origin-star-before-ip", what, write=f"{scheme}://{host}")
    if subdomains and "." not in host:
        raise _everyones(scheme, host)
    return OriginPattern(scheme, host, port, subdomains)


def _everyones(scheme: str, label: str) -> Mistake:
    """Return the mistake of a wildcard before a single label."""
    localhost = re.compile(rf"{scheme}://[a-z0-9-]+\.localhost(:[0-9]+)?")
    return Mistake(
        "origin-star-before-label",
        f"would allow every host under {label}, whoever owns it.",
        write=localhost if label == "localhost" else None,
        hint=f'Write a domain that you own, such as "{scheme}://*.example.{label}".',
    )


def _narrow_pattern(text: str) -> object:
    """Return what allows no more than a text with a misplaced ``*``; None if that is not known."""
    # A regex with a capital letter in it could match no origin.
    text = text.lower()
    if len(text) > MAX_ORIGIN_LENGTH:
        return None
    if re.fullmatch(r"[a-z0-9-]+:\*", text):
        return _with_scheme(text)
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "https", text
    rest = rest.lstrip(".")
    before, _, after = rest.partition("*")
    if not re.fullmatch(r"[a-z0-9_-]*(?:\.[a-z0-9_-]+){2,}", after):
        return None
    if before == "" and after.startswith("."):
        return f"{scheme}://{rest}"
    written = re.escape(rest).replace(r"\-", "-").replace(r"\*", "[a-z0-9-]+")
    return re.compile(f"{scheme}://{written}")
