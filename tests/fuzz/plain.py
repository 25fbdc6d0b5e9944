"""The rules a second time, slowly and plainly: by splitting strings, and without the package."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import lru_cache
from itertools import groupby
from string import ascii_letters, ascii_lowercase, digits, hexdigits

PlainOrigin = tuple[str, str, "int | None"]

#: What a value is read into that has something wrong with it.
WRONG = object()

TOKEN_CHARACTERS = frozenset("!#$%&'*+-.^_`|~" + digits + ascii_letters)
_TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_ELEMENT = rf"[ \t]*(?:{_TOKEN.pattern}[ \t]*)?"
_TOKEN_LIST = re.compile(rf"{_ELEMENT}(?:,{_ELEMENT})*")
LABEL_CHARACTERS = frozenset(ascii_lowercase + digits + "-_")
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}


@lru_cache(maxsize=512)
def origin(text: str) -> PlainOrigin | None:
    """Take apart what a browser writes into ``Origin``; None for what none writes."""
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
    fits = host == canonical_address(host) if bracketed else is_domain(host)
    return (scheme, host, port) if fits else None


def is_scheme(text: str) -> bool:
    """Tell whether a text is a scheme as browsers write it, in lower case."""
    if not text or text[0] not in ascii_lowercase:
        return False
    return all(character in ascii_lowercase + digits + "+-." for character in text)


def is_domain(host: str) -> bool:
    """Tell whether a host is an IPv4 address, or a name that browsers read as none."""
    labels = host.split(".")
    for label in labels:
        if not label or not LABEL_CHARACTERS.issuperset(label):
            return False
    last = labels[-1]
    if last.startswith("0x") and all(character in hexdigits for character in last[2:]):
        return False
    if not all(character in digits for character in last):
        return True
    octets = [plain_number(label) for label in labels]
    return len(octets) == 4 and all(octet is not None and octet < 256 for octet in octets)


def plain_number(text: str) -> int | None:
    """Read a number as it is printed, of a length that any port and octet has."""
    if not 0 < len(text) < 6 or not all(character in digits for character in text):
        return None
    return int(text) if str(int(text)) == text else None


def address(host: str) -> bytes | None:
    """Read an IPv6 address in brackets; None for what is none."""
    if not (host.startswith("[") and host.endswith("]")) or "\0" in host:
        return None
    try:
        return socket.inet_pton(socket.AF_INET6, host[1:-1])
    except (OSError, UnicodeError):
        return None


def canonical_address(host: str) -> str | None:
    """Write an IPv6 address as the URL standard does; None for what is none."""
    packed = address(host)
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


def is_in_grammar(text: str) -> bool:
    """Tell whether browsers write this into ``Origin``; ``null`` is such a thing too."""
    return text == "null" or origin(text) is not None


def allows(rules: Iterable[str | re.Pattern[str]], asking: str) -> bool:
    """Tell whether one of the rules, all of them without mistakes, lets in an ``Origin``."""
    return any(matches(rule, asking) for rule in rules)


def matches(rule: str | re.Pattern[str], asking: str) -> bool:
    """Hold an ``Origin`` against one thing that was written, and is no mistake."""
    if rule == "*":
        return True
    if not is_in_grammar(asking):
        return False
    if isinstance(rule, re.Pattern):
        return rule.fullmatch(asking) is not None
    written = split_rule(rule)
    if written is None:
        return re.fullmatch(rule, asking) is not None
    if asking == "null" or rule == "null":
        return asking == rule
    asked = origin(asking)
    assert asked is not None
    scheme, host, port = written
    if scheme != asked[0] or not is_port_of(port, scheme, asked[2]):
        return False
    if host.startswith("*."):
        return asked[1].endswith(host[1:]) and not asked[1].startswith("[")
    return asked[1] == (canonical_address(host) or host)


def is_port_of(written: str, scheme: str, port: int | None) -> bool:
    """Tell whether a port is the one that is written; None is the scheme's own."""
    default = DEFAULT_PORTS.get(scheme)
    return written == "*" or (int(written) if written else default) == (port or default)


def split_rule(rule: str) -> tuple[str, str, str] | None:
    """Take apart a literal or a pattern: scheme, host and port; None for a regex."""
    if rule == "null":
        return ("null", "", "")
    scheme, _, rest = rule.lower().partition("://")
    rest = rest.removesuffix("/")
    before, bracket, after = rest.rpartition("]")
    host, _, port = after.partition(":")
    host = before + bracket + host
    is_address = address(host.removeprefix("*.")) is not None and not port.strip(digits + "*")
    around = scheme if is_address else rule
    return None if set(around) & set(r"\^$()[|+?{") else (scheme, host, port)


def must_be_read(rule: str) -> bool:
    """Tell whether a rule is right beyond doubt."""
    literal = rule.replace("://*.", "://", 1).removesuffix(":*")
    parts = origin(literal)
    if rule in {"*", "null"}:
        return True
    if parts is None or parts[0] not in {"http", "https"} or (parts[2] and rule.endswith("*")):
        return False
    if "://*." not in rule:
        return True
    return "." in parts[1] and parts[1][-1] not in digits + "]" and len(rule) < 300


def may_be_read(rule: str) -> bool:
    """Tell whether a rule may be right: an origin once its ``*`` are away, or a regex for one."""
    written = split_rule(rule)
    if rule in {"*", "null"}:
        return True
    if written is None:
        return not has_lone_dot(rule)
    scheme, host, port = written
    bare = host.removeprefix("*.")
    labels = bare.split(".")
    # An address has no subdomains, and everybody's are those of a single label.
    if bare != host and (len(labels) == 1 or bare.endswith("]") or not labels[-1].strip(digits)):
        return False
    number = "" if port in {"", "*", str(DEFAULT_PORTS.get(scheme))} else f":{port}"
    return origin(f"{scheme}://{canonical_address(bare) or bare}{number}") is not None


def glob(pattern: str, text: str) -> bool:
    """Hold a text against a pattern in which ``*`` stands for anything, and all else for itself."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    text = text[len(first) :]
    *between, last = rest
    for part in between:
        _, found, text = text.partition(part) if part else ("", "", text)
        if part and not found:
            return False
    return text.endswith(last)


def is_glob(pattern: str) -> bool:
    """Tell whether a path pattern has nothing of a regex in it."""
    return not re.search(r"[\\\[()|^$+?{]|\.[*+?{]", pattern)


def path_regex(pattern: str) -> str:
    """Write a path pattern as a regex: a ``*`` behind what stands for itself is anything."""
    written, is_literal, index = "", True, 0
    while index < len(pattern):
        length = regex_length(pattern[index:])
        part = pattern[index : index + max(length, 1)]
        index += len(part)
        if length:
            written += part
        elif part == "*":
            written += ".*" if is_literal else part
            continue
        else:
            written += re.escape(part)
        is_literal = length == 0
    return written


def regex_length(text: str) -> int:
    """Give how many characters a text begins with that are one piece of a regex."""
    if text[0] == "\\":
        return min(2, len(text))
    if text[0] == "[":
        index = 2 if text[1:2] == "^" else 1
        index += text[index : index + 1] == "]"
        while index < len(text) and text[index] != "]":
            index += 2 if text[index] == "\\" else 1
        return min(index + 1, len(text))
    if text[0] == "{":
        inner, end, _ = text[1:].partition("}")
        least, _, most = inner.partition(",")
        return len(inner) + 2 if end and not (least + most).strip(digits) else 0
    if text[0] == ".":
        return int(text[1:2] in set("*+?") or (text[1:2] == "{" and text[2:3] in set(digits)))
    return 1 if text[0] in "()|^$+?" else 0


def has_lone_dot(regex: str) -> bool:
    """Tell whether a dot stands for one character beyond doubt."""
    index = 0
    while index < len(regex) and "(?" not in regex:
        if regex[index] == "." and regex[index + 1 : index + 2] not in set("*+?{)|"):
            return True
        index += max(regex_length(regex[index:]), 1)
    return False


def has_dot_segment(path: str) -> bool:
    """Tell whether a part of a path is ``.`` or ``..``."""
    return any(segment in {".", ".."} for segment in path.split("/"))


def is_token(text: str) -> bool:
    """Tell whether a text can be the name of a header or a method."""
    return text != "" and TOKEN_CHARACTERS.issuperset(text)


def token_list(text: str) -> list[str] | None:
    """Read a list of tokens, some of which may be missing; None for what is no such list."""
    return _TOKEN.findall(text) if _TOKEN_LIST.fullmatch(text) else None


def header_allowed(rules: Iterable[str], name: str) -> bool:
    """Hold a header name, which is a token, against what was written."""
    for rule in rules:
        if re.search(r"[\\()\[\]{}?]|\.[*+]", rule):
            if re.fullmatch(rule, name, re.IGNORECASE):
                return True
        elif glob(rule.lower(), name.lower()):
            return True
    return False


def method_allowed(rules: Iterable[str], method: str) -> bool:
    """Hold a method against what was written; three of them need not be."""
    if method in {"GET", "HEAD", "POST"}:
        return True
    if not is_token(method) or method.upper() in {"CONNECT", "TRACE", "TRACK"}:
        return False
    return any(rule in {"*", method} for rule in map(method_name, rules))


def method_name(written: str) -> str:
    """Give a method as it counts: a standard one in upper case, another as it is."""
    standard = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
    return written.upper() if written.upper() in standard else written


def read_bool(value: object) -> object:
    """Read a flag, or give ``WRONG``."""
    word = value.strip().lower() if isinstance(value, str) else value
    for truth, words in ((True, "true 1 yes on"), (False, "false 0 no off")):
        if isinstance(word, str) and word in words.split():
            return truth
        if type(word) in {bool, int} and word == truth:
            return truth
    return WRONG


def read_number(value: object, least: int, most: int) -> object:
    """Read a whole number, or the digits of one; ``WRONG`` if it is none within the bounds."""
    if isinstance(value, str) and 0 < len(value.strip().removeprefix("-")) < 20:
        digits_of = value.strip().removeprefix("-")
        if all(character in digits for character in digits_of):
            value = int(value)
    if type(value) is not int or not least <= value <= most:
        return WRONG
    return value


def read_seconds(value: object) -> object:
    """Read ``max_age``, or give ``WRONG``."""
    if isinstance(value, timedelta):
        value = WRONG if value.microseconds else value.days * 86400 + value.seconds
    return read_number(value, 0, 10**18 - 1)


def read_status(value: object) -> object:
    """Read ``preflight_status``, or give ``WRONG``."""
    return read_number(value, 200, 299)


def read_tokens(value: object) -> list[str] | None:
    """Read a list of names, in whichever way it may be written; None for what is none."""
    if isinstance(value, str):
        try:
            items = json.loads(value) if value.lstrip().startswith("[") else value.split(",")
        except (ValueError, RecursionError):
            return None
        if not value.lstrip().startswith("["):
            items = [item.strip() for item in items if item.strip()]
    elif isinstance(value, (bytes, bytearray, Mapping)) or not isinstance(value, Iterable):
        return None
    else:
        try:
            items = list(value)
        except ValueError:
            return None
    if all(isinstance(item, str) and is_token(item) for item in items):
        return [str(item) for item in items]
    return None


def read_methods(value: object) -> object:
    """Read ``methods`` into a set, or give ``WRONG``."""
    names = read_tokens(value)
    if names is None or {"CONNECT", "TRACE", "TRACK"} & {name.upper() for name in names}:
        return WRONG
    return {method_name(name) for name in names}


def read_exposed(value: object) -> object:
    """Read ``expose_headers`` into a set of lower-case names, or give ``WRONG``."""
    names = read_tokens(value)
    if names is None or any("*" in name and name != "*" for name in names):
        return WRONG
    lowered = [name.lower() for name in names]
    if "set-cookie" in lowered or "set-cookie2" in lowered:
        return WRONG
    return {"*"} if "*" in names else set(lowered)
