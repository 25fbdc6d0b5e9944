"""The syntax tree of a regular expression, as Python reads it, and what its parts match."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

if sys.version_info >= (3, 11):  # pragma: no cover
    from re import _constants, _parser
else:  # pragma: no cover
    import sre_constants as _constants
    import sre_parse as _parser

constants = _constants
parser = _parser

#: What nodes are asked about: ASCII, those beyond that go with a letter of ASCII when case
#: is ignored, and some of each kind: letters, a digit, a space and a symbol.
CHARACTERS = [
    *map(chr, range(128)),
    *"\u0130\u0131\u017f\u212a",
    *"\u00e9\u4e2d\u0663\u2003\U0001f600",
]
_CATEGORIES = {
    constants.CATEGORY_DIGIT: r"\d",
    constants.CATEGORY_NOT_DIGIT: r"\D",
    constants.CATEGORY_SPACE: r"\s",
    constants.CATEGORY_NOT_SPACE: r"\S",
    constants.CATEGORY_WORD: r"\w",
    constants.CATEGORY_NOT_WORD: r"\W",
}
#: The kinds of nodes that repeat others.
REPEATS = {
    constants.MAX_REPEAT,
    constants.MIN_REPEAT,
    getattr(constants, "POSSESSIVE_REPEAT", constants.MAX_REPEAT),
}
#: The kinds of nodes that put others in brackets.
GROUPS = {constants.SUBPATTERN, getattr(constants, "ATOMIC_GROUP", constants.SUBPATTERN)}


@lru_cache(maxsize=64)
def syntax_tree(pattern: re.Pattern[str]) -> Any:
    """Give the nodes of a pattern, each as its kind and its argument."""
    # The flags say again what the pattern's own "(?i)" said; both together are no error.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)


def group(kind: Any, argument: Any) -> Any:
    """Give the flags that a group adds and removes, and the nodes in it."""
    return argument[1:] if kind is constants.SUBPATTERN else (0, 0, argument)


def characters(kind: Any, argument: Any, flags: int) -> list[str]:
    """Give the characters that one node matches, of those asked about and those it spells out."""
    return _characters(kind, tuple(argument) if isinstance(argument, list) else argument, flags)


@lru_cache(maxsize=256)
def _characters(kind: Any, argument: Any, flags: int) -> list[str]:
    if kind is constants.ANY:
        return [c for c in CHARACTERS if c != "\n" or flags & re.DOTALL]
    if kind is constants.NOT_LITERAL:
        items: Any = ((constants.NEGATE, None), (constants.LITERAL, argument))
    else:
        items = argument if kind is constants.IN else ((kind, argument),)
    negated = items[0][0] is constants.NEGATE
    items = items[negated:]
    spelled = [
        chr(written if kind is constants.LITERAL else written[1])
        for kind, written in items
        if kind in (constants.LITERAL, constants.RANGE)
    ]
    asked = dict.fromkeys([*CHARACTERS, *spelled])
    found = {character for item in items for character in _in_item(asked, *item)}
    if flags & re.IGNORECASE:
        # With re.ASCII no letter of ASCII goes with one beyond, so that "[^\u212a]" matches "k".
        found |= {
            case
            for character in found
            for case in _cases(character)
            if not negated or case.isascii() is character.isascii()
        }
    return [character for character in asked if (character in found) is not negated]


def _in_item(asked: Iterable[str], kind: Any, argument: Any) -> Iterable[str]:
    """Give those of the characters that one item of a class matches."""
    if kind is constants.LITERAL:
        return [chr(argument)]
    if kind is constants.RANGE:
        least, most = map(chr, argument)
        return [character for character in asked if least <= character <= most]
    return filter(re.compile(_CATEGORIES[argument]).match, asked)


def _cases(character: str) -> Iterable[str]:
    """Give what a regex that ignores case takes for the same character."""
    # That of "\u0130" has two characters, of which a regex takes the first.
    lower = character.lower()[0]
    # That of "ß" has two as well, and no character is equal to both.
    upper = lower.upper()
    return {lower, upper, upper.lower()}
