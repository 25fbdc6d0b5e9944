"""Bytes, read into what a target takes. All bytes are some input, so that none is thrown away."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

#: What a control character stands for: texts that are hard to hit by chance. A line feed parts
#: one line from the next.
WORDS = [
    "\x00",
    "https://",
    "http://",
    ".example.com",
    "*.",
    ":*",
    "localhost",
    ":443",
    "null",
    "\t",
    "",
    "\n",
    ".*",
    "\r",
    "[::1]",
    "[::ffff:1.2.3.4]",
    "127.0.0.1",
    "/api/",
    "/*",
    "/../",
    "X-",
    "Content-Type",
    "[a-z]",
    "x-y," * 64,
    "a" * 300,
    "Set-Cookie",
    "\u0661",
    "\u212a",
    "\u0130",
    "\ud800",
    "0x7f",
    "(?i)",
]

#: The longest that is written for a rule or an option, in characters. More takes long to compile.
LONGEST_RULE = 80

_QUANTIFIER = re.compile(r"[*+?{]")


def text(data: bytes) -> str:
    """Read bytes as Latin-1, the way headers arrive, but for the words."""
    return "".join(WORDS[byte] if byte < len(WORDS) else chr(byte) for byte in data)


def lines(data: bytes) -> list[str]:
    """Read each line as ``text`` does; there is one at least."""
    return [text(line) for line in data.split(b"\n")]


def rule(line: str) -> str | re.Pattern[str] | None:
    """Read one rule: ``re:`` and ``rei:`` begin a compiled regex; None if it is no regex."""
    line = line[:LONGEST_RULE]
    start, colon, pattern = line.partition(":")
    if not colon or start not in {"re", "rei"}:
        return line
    flags = re.IGNORECASE if start == "rei" else 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return re.compile(pattern, flags)
        except (re.error, OverflowError, RecursionError):
            return None


def is_slow(written: str | re.Pattern[str]) -> bool:
    """Tell whether a regex may take long. That is for whoever wrote it, and no finding."""
    pattern = written.pattern if isinstance(written, re.Pattern) else written
    return len(_QUANTIFIER.findall(pattern)) > 3 or bool(re.search(r"\)[*+?{]", pattern))


#: The names of options, with the option that each means; and names of none.
OPTION_NAMES = {
    "origins": "origins",
    "origin": "origins",
    "allow_origins": "origins",
    "methods": "methods",
    "allow_methods": "methods",
    "allow_headers": "allow_headers",
    "headers": "allow_headers",
    "expose_headers": "expose_headers",
    "supports_credentials": "supports_credentials",
    "allow_credentials": "supports_credentials",
    "max_age": "max_age",
    "send_wildcard": "send_wildcard",
    "vary_header": "vary_header",
    "always_send": "always_send",
    "allow_private_network": "allow_private_network",
    "automatic_options": "automatic_options",
    "preflight_status": "preflight_status",
    "enforce": "enforce",
    "intercept_exceptions": "intercept_exceptions",
    "resources": "resources",
    "Access-Control-Allow-Origin": "origins",
    "access-control-max-age": "max_age",
    "attach_to_all": None,
    "Origins": None,
    "cors_origins": None,
}


class Odd:
    """A value that answers nothing as it should."""

    def __repr__(self) -> str:
        raise ValueError("odd")

    def __iter__(self) -> Iterator[object]:
        raise ValueError("odd")

    def __bool__(self) -> bool:
        raise ValueError("odd")


def _json(written: str) -> Any:
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return written


def _items(written: str) -> list[Any]:
    value = _json(written)
    return value if isinstance(value, list) else [value]


def _timedelta(written: str) -> Any:
    value = _json(written)
    try:
        return timedelta(seconds=value)
    except (TypeError, ValueError, OverflowError):
        return timedelta(milliseconds=len(written) * 500)


def _set(written: str) -> Any:
    return {item for item in _items(written) if isinstance(item, (str, int, type(None)))}


#: What the value of an option may be made into, by the character that asks for it.
KINDS: dict[str, Callable[[str], Any]] = {
    "s": str,
    "j": _json,
    "l": lambda written: written.split(" "),
    "g": lambda written: iter(_items(written)),
    "S": _set,
    "t": _timedelta,
    "r": lambda written: rule(f"re:{written}"),
    "R": lambda written: [rule(f"re:{written}"), written],
    "b": lambda written: written.encode("utf-8", "replace"),
    "f": lambda written: lambda origin: origin == written,
    "o": lambda written: Odd(),
}


class Written(NamedTuple):
    """One option, written in one place."""

    in_config: bool
    name: str
    value: Any


def options(data: bytes) -> list[Written]:
    """Read one option a line: characters for the place, the kind and the name, and the value.

    The place is ``k`` for a keyword, ``c`` for the configuration, and ``e`` for what Flask makes
    of the environment: JSON, or the string as it is.
    """
    found = []
    for line in data.split(b"\n"):
        if len(line) < 3:
            continue
        place = _pick(line[0], "kce")
        kind = "j" if place == "e" else _pick(line[1], KINDS)
        name = list(OPTION_NAMES)[(line[2] - ord("A")) % len(OPTION_NAMES)]
        found.append(Written(place != "k", name, KINDS[kind](text(line[3:])[:LONGEST_RULE])))
    return found


def _pick(byte: int, of: Iterable[str]) -> str:
    choices = list(of)
    return chr(byte) if chr(byte) in choices else choices[byte % len(choices)]
