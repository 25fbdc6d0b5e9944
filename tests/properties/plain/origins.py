"""Decide which origins browsers send, and which of them a rule allows."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from string import ascii_lowercase, digits, hexdigits
from typing import Any

from .regexes import has_lone_dot

PlainOrigin = tuple[str, str, "int | None"]

LABEL_CHARACTERS = frozenset(ascii_lowercase + digits + "-_")
SPECIAL = frozenset({"http", "https", "ws", "wss", "ftp", "file"})
OPAQUE = frozenset({"null", "file://"})
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}


@lru_cache(maxsize=512)
def split_origin(text: str) -> PlainOrigin | None:
    """Return scheme, host and port of an ``Origin`` header, or None if no browser sends it."""
    scheme, separator, rest = text.partition("://")
    if len(text) > 326 or not separator or not is_scheme(scheme):
        return None
    bracketed = rest.startswith("[")
    before, bracket, after = rest.partition("]") if bracketed else ("", "", rest)
    host, colon, digits_of_port = after.partition(":")
    host = before + bracket + host
    port = None
    if colon:
        port = plain_number(digits_of_port)
        if port is None or not 0 < port < 65536 or port == DEFAULT_PORTS.get(scheme):
            return None
    if bracketed:
        fits = host == canonical_address(host)
    elif scheme in SPECIAL:
        bare = host.removesuffix(".")
        fits = is_domain(bare) and (bare == host or bare.rpartition(".")[2].strip(digits) != "")
    else:
        # Check isascii() first: lower() turns the Kelvin sign into the ASCII letter k.
        fits = host == "." or (host.isascii() and is_name(host.removesuffix(".").lower()))
    return (scheme, host, port) if fits and scheme != "file" else None


def is_sent_by_browsers(text: str) -> bool:
    """Return whether a text can be the value of an ``Origin`` header."""
    return text in OPAQUE or split_origin(text) is not None


def is_scheme(text: str) -> bool:
    """Return whether a text is a scheme in lower case."""
    if not text or text[0] not in ascii_lowercase:
        return False
    return all(character in ascii_lowercase + digits + "+-." for character in text)


def is_name(host: str) -> bool:
    """Return whether a host consists of labels."""
    return all(label and LABEL_CHARACTERS.issuperset(label) for label in host.split("."))


def is_domain(host: str) -> bool:
    """Return whether a host is an IPv4 address, or a name that can't be read as one."""
    if not is_name(host):
        return False
    labels = host.split(".")
    last = labels[-1]
    if last.startswith("0x") and all(character in hexdigits for character in last[2:]):
        return False
    if not all(character in digits for character in last):
        return True
    octets = [plain_number(label) for label in labels]
    return len(octets) == 4 and all(octet is not None and octet < 256 for octet in octets)


def plain_number(text: str) -> int | None:
    """Return a number of at most five digits without leading zeros, or None if it isn't one."""
    if not 0 < len(text) < 6 or not all(character in digits for character in text):
        return None
    return int(text) if str(int(text)) == text else None


def packed_address(host: str) -> bytes | None:
    """Return the bytes of an IPv6 address in brackets, or None if it isn't one."""
    if not (host.startswith("[") and host.endswith("]")) or "\0" in host:
        return None
    try:
        return socket.inet_pton(socket.AF_INET6, host[1:-1])
    except (OSError, UnicodeError):
        return None


def canonical_address(host: str) -> str | None:
    """Return an IPv6 address as the URL standard serializes it, or None if it isn't one."""
    packed = packed_address(host)
    if packed is None:
        return None
    pieces = [format(int.from_bytes(packed[i : i + 2], "big"), "x") for i in range(0, 16, 2)]
    runs = [(piece, len(list(run))) for piece, run in groupby(pieces)]
    longest = max((length for piece, length in runs if piece == "0"), default=0)
    written, compressed = "", False
    for piece, length in runs:
        if piece == "0" and length == longest > 1 and not compressed:
            written, compressed = written.removesuffix(":") + "::", True
        else:
            written += f"{piece}:" * length
    if not written.endswith("::"):
        written = written.removesuffix(":")
    return f"[{written}]"


def allows(rules: Iterable[Any], origin: str) -> bool:
    """Return whether any of the rules allows an origin. All rules must be valid."""
    return any(matches(rule, origin) for rule in rules)


def matches(rule: Any, origin: str) -> bool:
    """Return whether one rule allows an origin."""
    if rule == "*":
        return True
    if not is_sent_by_browsers(origin):
        return False
    if isinstance(rule, re.Pattern):
        return rule.fullmatch(origin) is not None
    if not isinstance(rule, str):
        return is_true(rule, origin)
    if is_origin_regex(rule):
        return re.fullmatch(rule, origin) is not None
    if origin in OPAQUE or rule in OPAQUE or rule == "none":
        return origin == rule
    asked = split_origin(origin)
    assert asked is not None
    scheme, host, port = split_rule(rule)
    if scheme != asked[0] or not is_port_of(port, scheme, asked[2]):
        return False
    if host == "*":
        return True
    if host.startswith("*."):
        return asked[1].endswith(host[1:]) and not asked[1].startswith("[")
    return asked[1] == (canonical_address(host) or host)


def is_true(rule: Any, origin: str) -> bool:
    """Return whether a callable allows an origin; False if it raises an exception."""
    try:
        return bool(rule(origin))
    except Exception:
        return False


def is_port_of(written: str, scheme: str, port: int | None) -> bool:
    """Return whether a rule's port matches; None is the default port of the scheme."""
    default = DEFAULT_PORTS.get(scheme)
    return written == "*" or (int(written) if written else default) == (port or default)


def split_rule(rule: str) -> tuple[str, str, str]:
    """Return scheme, host and port of a literal origin or a pattern."""
    scheme, _, rest = rule.partition("://")
    scheme = scheme.lower()
    rest = (rest.lower() if scheme in SPECIAL else rest).removesuffix("/")
    before, bracket, after = rest.rpartition("]")
    host, _, port = after.partition(":")
    return scheme, before + bracket + host, port


def is_origin_regex(rule: str) -> bool:
    """Return whether a string is a regex; the brackets of an IPv6 address don't make it one."""
    scheme, host, port = split_rule(rule)
    is_address = packed_address(host.removeprefix("*.")) and not port.strip(digits + "*")
    written = "" if is_address else rule
    if is_scheme(scheme) and "://" in rule:
        # A "+" in the scheme doesn't make it a regex.
        written = written.partition("://")[2]
    else:
        written += scheme
    return bool(set(written) & set(r"\^$()[|+?{"))


def must_be_accepted(rule: str) -> bool:
    """Return whether a rule is certainly not a mistake."""
    if rule in {"*", "none", *OPAQUE}:
        return True
    parts = split_origin(rule.replace("://*.", "://", 1).removesuffix(":*"))
    if parts is None or parts[0] not in {"http", "https"} or (parts[2] and rule.endswith("*")):
        return False
    scheme, host, _ = parts
    if "xn--" in host or len(rule) > 250:
        return False
    if f"{scheme}://*." not in rule:
        return True
    is_domain_name = "." in host.removesuffix(".") and host[-1] not in digits + "]"
    return is_domain_name or host in {"localhost", "localhost."}


def may_be_accepted(rule: str) -> bool:
    """Return whether a rule can be valid: an origin with or without ``*``, or a regex."""
    if rule in {"*", "none", *OPAQUE}:
        return True
    if is_origin_regex(rule):
        return not has_lone_dot(rule)
    scheme, host, port = split_rule(rule)
    bare = "any" if host == "*" and scheme not in {"http", "https"} else host.removeprefix("*.")
    labels = bare.removesuffix(".").split(".")
    # An address has no subdomains, and anybody can register a domain below a single label.
    is_owned = len(labels) > 1 and not bare.endswith("]") and labels[-1].strip(digits) != ""
    if host.startswith("*.") and labels != ["localhost"] and not is_owned:
        return False
    number = "" if port in {"", "*", str(DEFAULT_PORTS.get(scheme))} else f":{port}"
    return split_origin(f"{scheme}://{canonical_address(bare) or bare}{number}") is not None


def allows_anybody(rule: Any) -> bool:
    """Return whether a rule that the tests use allows any origin or an opaque one."""
    text = rule.pattern if isinstance(rule, re.Pattern) else rule
    return isinstance(text, str) and (text in {"*", r"https://.*", "file://"} or "null" in text)


def only_literal(rules: Iterable[Any]) -> str | None:
    """Return the origin if the rules of a test are only one literal origin; otherwise None."""
    normalized = {
        serialized(rule).removesuffix(":443") if isinstance(rule, str) else rule for rule in rules
    }
    only, *others = normalized
    if others or only == "none" or not isinstance(only, str) or set(only) & set("*\\"):
        return None
    return only


def serialized(rule: str) -> str:
    """Return a rule in the case that browsers use, and without the slash at the end."""
    scheme, separator, rest = rule.partition("://")
    if rule in OPAQUE or not separator:
        return rule
    rest = rest.lower() if scheme.lower() in SPECIAL else rest
    return f"{scheme.lower()}://{rest.removesuffix('/')}"
