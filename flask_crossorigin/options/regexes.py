"""Regexes for origins: what is wrong with one, and what to write instead."""

from __future__ import annotations

import re

from ..core.ambiguity import find_slow_part
from ..core.regexes import can_match, compile_regex, has_single_dot

#: An origin with something behind it that belongs to a URL.
BEYOND_ORIGIN = re.compile(
    r"(?P<origin>[A-Za-z][A-Za-z0-9.\-]*://[^/?#\\^$()|+{}*]+)(?:[/#].*|\?[^\\^$()|+{}\[]*)",
    re.DOTALL,
)
_DOMAIN = re.compile(r"(?:\\?\.)?([a-z0-9_\-]+(?:\\?\.[a-z0-9_\-]+)+)")


class OriginError(Exception):
    """What is wrong with something written for an origin, and what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        #: What is wrong.
        self.message = message
        #: What to write instead; empty when nothing can be proposed.
        self.hint = hint


def read_regex(text: str) -> re.Pattern[str]:
    """Read a string that is a regex for origins.

    :raises OriginError: if it does not compile, can match no origin, can take very long, or
        has a dot that stands for any character.
    """
    try:
        pattern = compile_regex(text)
    except re.error as error:
        raise OriginError(
            f"{text!r} has a character that makes it a regex, and it does not compile: {error}",
            'Write an origin such as "https://app.example.com", or mend the regex',
        ) from None
    check_reach(pattern)
    slow = find_slow_part(pattern)
    if slow:
        raise OriginError(
            f"{text!r} has {slow}, which can take very long to match",
            'Write "https://*.example.com" for subdomains of any depth',
        )
    if has_single_dot(pattern):
        raise OriginError(
            rf"{text!r} has an unescaped dot, which stands for any character",
            rf"Write \. for a dot: {_escape_dots(text)!r}",
        )
    return pattern


def _escape_dots(text: str) -> str:
    """Escape the dots of a regex that are neither escaped, repeated, nor in a class."""
    parts = re.findall(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\.[*+{]|.", text, flags=re.DOTALL)
    return "".join(r"\." if part == "." else part for part in parts)


def check_reach(pattern: re.Pattern[str]) -> None:
    """Check that a regex can match an origin in full.

    :raises OriginError: if it cannot.
    """
    if can_match(pattern, _origin_step, _ORIGIN_ENDS):
        return
    text = pattern.pattern
    hint = "Write the whole origin, from the scheme to the host or port, in lower case"
    beyond = BEYOND_ORIGIN.fullmatch(text)
    if text.endswith(("/", "/$")):
        hint = f"Write it without the slash: {text.removesuffix('$').removesuffix('/')!r}"
    elif beyond:
        hint = f"Write {beyond['origin']!r}"
    elif "://" not in text:
        hint = f"A regex has to match the whole origin: {_whole(text)}"
    raise OriginError(f"{text!r} can match no origin", hint)


def _whole(text: str) -> str:
    domain = _DOMAIN.fullmatch(text.removeprefix("^").removesuffix("$"))
    if domain is None:
        return "begin it with https://"
    labels = re.split(r"\\?\.", domain[1])
    return "write r'https://[a-z0-9-]+" + "".join(rf"\.{label}" for label in labels) + "'"


_START, _IN_SCHEME, _COLON, _SLASH, _SLASHES, _HOST_LABEL, _DOT, _BRACKET = range(8)
_BRACKET_END, _PORT_COLON, _PORT = range(8, 11)
_ORIGIN_ENDS = frozenset({_HOST_LABEL, _BRACKET_END, _PORT})
_ALPHA = frozenset("abcdefghijklmnopqrstuvwxyz")
_DIGITS = frozenset("0123456789")
_LABEL = _ALPHA | _DIGITS | frozenset("_-")
_MOVES: dict[int, tuple[tuple[frozenset[str], int], ...]] = {
    _START: ((_ALPHA, _IN_SCHEME),),
    _IN_SCHEME: ((_ALPHA | _DIGITS | frozenset("+.-"), _IN_SCHEME), (frozenset(":"), _COLON)),
    _COLON: ((frozenset("/"), _SLASH),),
    _SLASH: ((frozenset("/"), _SLASHES),),
    _SLASHES: ((_LABEL, _HOST_LABEL), (frozenset("["), _BRACKET)),
    _HOST_LABEL: (
        (_LABEL, _HOST_LABEL),
        (frozenset("."), _DOT),
        (frozenset(":"), _PORT_COLON),
    ),
    _DOT: ((_LABEL, _HOST_LABEL),),
    _BRACKET: ((frozenset("0123456789abcdef:"), _BRACKET), (frozenset("]"), _BRACKET_END)),
    _BRACKET_END: ((frozenset(":"), _PORT_COLON),),
    _PORT_COLON: ((_DIGITS, _PORT),),
    _PORT: ((_DIGITS, _PORT),),
}
_STEPS = {
    (state, character): after
    for state, moves in _MOVES.items()
    for characters, after in moves
    for character in characters
}


def _origin_step(state: int, character: str) -> int | None:
    """Step through the grammar of a serialized tuple origin, for :func:`can_match`."""
    return _STEPS.get((state, character))
