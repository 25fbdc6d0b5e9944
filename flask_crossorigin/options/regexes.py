"""Regexes for origins: what is wrong with one, and what to write instead."""

from __future__ import annotations

import re

from ..core.ambiguity import find_slow_part
from ..core.regexes import can_match, compile_regex, has_single_dot
from .errors import Mistake

#: An origin with something behind it that belongs to a URL.
BEYOND_ORIGIN = re.compile(
    r"(?P<origin>[A-Za-z][A-Za-z0-9.\-]*://[^/?#\\^$()|+{}*]+)(?:[/#].*|\?[^\\^$()|+{}\[]*)",
    re.DOTALL,
)
_DOMAIN = re.compile(r"(?:\\?\.)?([a-z0-9_\-]+(?:\\?\.[a-z0-9_\-]+)+)")


def read_regex(text: str) -> re.Pattern[str]:
    """Read a string that is a regex for origins.

    :raises Mistake: if it does not compile, can match no origin, can take very long, or
        has a dot that stands for any character.
    """
    try:
        pattern = compile_regex(text)
    except re.error as error:
        what = f"has a character that makes it a regex, but does not compile: {error}."
        hint = 'Write an origin such as "https://app.example.com", or fix the regex.'
        raise Mistake("origin-regex-invalid", what, hint=hint) from None
    check_reach(pattern)
    slow = find_slow_part(pattern)
    if slow:
        what = f"has {slow}, which can take very long to match."
        hint = 'Write a pattern such as "https://*.example.com" for subdomains of any depth.'
        raise Mistake("origin-regex-slow", what, hint=hint)
    if has_single_dot(pattern):
        what = "has an unescaped dot, which matches any character."
        raise Mistake("origin-regex-unescaped-dot", what, write=_escape_dots(text))
    return pattern


def _escape_dots(text: str) -> str:
    """Escape the dots of a regex that are neither escaped, repeated, nor in a class."""
    parts = re.findall(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\.[*+{]|.", text, flags=re.DOTALL)
    return "".join(r"\." if part == "." else part for part in parts)


def check_reach(pattern: re.Pattern[str]) -> None:
    """Check that a regex can match an origin in full.

    :raises Mistake: if it cannot.
    """
    if can_match(pattern, _origin_step, _ORIGIN_ENDS):
        return
    text = pattern.pattern
    write = None
    hint = "Write the whole origin, from the scheme to the host or port, in lower case."
    beyond = BEYOND_ORIGIN.fullmatch(text)
    if text.endswith(("/", "/$")):
        write = text.removesuffix("$").rstrip("/")
    elif beyond:
        write = beyond["origin"]
    elif "://" not in text:
        write = _whole(text)
        hint = "Write a regex for the whole origin, starting with https://."
    raise Mistake("origin-regex-impossible", "cannot match any origin.", write=write, hint=hint)


def _whole(text: str) -> str | None:
    domain = _DOMAIN.fullmatch(text.removeprefix("^").removesuffix("$"))
    if domain is None:
        return None
    labels = re.split(r"\\?\.", domain[1])
    return "https://[a-z0-9-]+" + "".join(rf"\.{label}" for label in labels)


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
