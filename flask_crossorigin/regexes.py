"""What a regular expression can match, read from its syntax tree.

The answers err on one side only: an assertion counts as fulfilled and a back-reference as
anything, so that a pattern is never called impossible when it is not.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

if sys.version_info >= (3, 11):  # pragma: no cover
    from re import _constants as constants
    from re import _parser as parser
else:  # pragma: no cover
    import sre_constants as constants
    import sre_parse as parser

#: One step of an automaton: the state reached from a state by a character, None if none is.
Step = Callable[[int, str], int | None]

#: The longest regex that is worth compiling, in characters.
MAX_REGEX_LENGTH = 10_000

#: What an automaton is asked about: ASCII, those beyond that go with a letter of ASCII when case
#: is ignored, and some of each kind: letters, a digit, a space and a symbol.
_CHARACTERS = [
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
_REPEATS = {
    constants.MAX_REPEAT,
    constants.MIN_REPEAT,
    getattr(constants, "POSSESSIVE_REPEAT", constants.MAX_REPEAT),
}
_GROUPS = {constants.SUBPATTERN, getattr(constants, "ATOMIC_GROUP", constants.SUBPATTERN)}


def compile_regex(text: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a regex that a user wrote as a string.

    :raises re.error: if it does not compile, for whichever reason, or if Python warns of it.
    """
    if len(text) > MAX_REGEX_LENGTH:
        raise re.error(f"it is longer than {MAX_REGEX_LENGTH} characters")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            # Unlike re.compile, which remembers, the parser warns each time it is asked.
            parser.parse(text, flags)
            return re.compile(text, flags)
        except (OverflowError, RecursionError, Warning) as error:
            raise re.error(str(error)) from None


def add_flags(pattern: re.Pattern[str], flags: int) -> re.Pattern[str]:
    """Compile a pattern once more, with more flags.

    What Python warns of in it was said when the user compiled it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return re.compile(pattern.pattern, (pattern.flags | flags) & ~re.DEBUG)


def glob_regex(text: str) -> str:
    r"""Write a text in which ``*`` stands for anything as a regex.

    Several ``.*`` in a row would try each of their ways with each of the others', and strangers
    choose what it is held against. The first place where a text between two stars fits is as
    good as a later one, and a look-ahead is left but once.

    >>> glob_regex("/api/v1.0/*")
    '/api/v1\\.0/.*'
    """
    first, *rest = map(re.escape, re.split(r"\*+", text))
    if not rest:
        return first
    *between, last = rest
    found = "".join(f"(?=(?P<g{n}>.*?{part}))(?P=g{n})" for n, part in enumerate(between))
    return f"{first}{found}.*{last}"


def literal_start(pattern: re.Pattern[str]) -> tuple[str, bool]:
    r"""Give the text with which every match of a pattern begins.

    :returns: the text, and whether it is all that the pattern matches.

    >>> literal_start(re.compile(r"/api/v\d+"))
    ('/api/v', False)
    >>> literal_start(re.compile(r"/api/"))
    ('/api/', True)
    """
    start, complete = _literal_start(_tree(pattern))
    if pattern.flags & re.IGNORECASE:
        kept = re.split(r"[A-Za-z\x80-\U0010ffff]", start)[0]
        return kept, complete and kept == start
    return start, complete


def _literal_start(nodes: Iterable[Any]) -> tuple[str, bool]:
    text = ""
    for kind, argument in nodes:
        if kind is constants.LITERAL:
            text += chr(argument)
        elif kind is constants.SUBPATTERN and not argument[1]:
            inner, complete = _literal_start(argument[3])
            text += inner
            if not complete:
                return text, False
        elif kind is not constants.AT:
            return text, False
    return text, True


def can_match(pattern: re.Pattern[str], step: Step, accepting: frozenset[int]) -> bool:
    """Tell whether a pattern can match, in full, a text that an automaton accepts.

    The automaton starts in state 0. It is asked about ASCII, some characters of each kind
    beyond, and what the pattern spells out.
    """
    flags = pattern.flags & (re.IGNORECASE | re.DOTALL)
    return not accepting.isdisjoint(_advance(_tree(pattern), frozenset({0}), step, flags))


def _advance(
    nodes: Iterable[Any], states: frozenset[int], step: Step, flags: int
) -> frozenset[int]:
    """Give the states in which the automaton can be after the nodes, from the given ones."""
    for kind, argument in nodes:
        if not states:
            break
        if kind in _REPEATS:
            states = _advance_repeat(argument, states, step, flags)
        elif kind in _GROUPS:
            added, removed, inner = _group(kind, argument)
            states = _advance(inner, states, step, (flags | added) & ~removed)
        elif kind is constants.BRANCH:
            states = frozenset().union(*(_advance(n, states, step, flags) for n in argument[1]))
        elif kind in (constants.AT, constants.ASSERT, constants.ASSERT_NOT):
            continue
        elif kind in (constants.GROUPREF, constants.GROUPREF_EXISTS):
            states = _closure(states, step, _CHARACTERS)
        else:
            states = _take(states, step, _characters(kind, _frozen(argument), flags))
    return states


def _group(kind: Any, argument: Any) -> Any:
    """Give the flags that a group adds and removes, and the nodes in it."""
    return argument[1:] if kind is constants.SUBPATTERN else (0, 0, argument)


def _advance_repeat(
    argument: Any, states: frozenset[int], step: Step, flags: int
) -> frozenset[int]:
    least, most, nodes = argument
    # Rounds that change nothing are left out, so that nested repeats do not multiply.
    for _ in range(min(least, 64)):
        before, states = states, _advance(nodes, states, step, flags)
        if states == before:
            break
    reached = states
    for _ in range(min(most - least, 64)):
        states = _advance(nodes, states, step, flags) - reached
        if not states:
            break
        reached |= states
    return reached


def _closure(states: frozenset[int], step: Step, characters: Sequence[str]) -> frozenset[int]:
    reached = states
    while states:
        states = _take(states, step, characters) - reached
        reached |= states
    return reached


def _take(states: frozenset[int], step: Step, characters: Sequence[str]) -> frozenset[int]:
    after = {step(state, character) for state in states for character in characters}
    return frozenset(state for state in after if state is not None)


def _frozen(argument: Any) -> Any:
    return tuple(argument) if isinstance(argument, list) else argument


@lru_cache(maxsize=256)
def _characters(kind: Any, argument: Any, flags: int) -> list[str]:
    """Give the characters that one node matches, of those asked about and those it spells out."""
    if kind is constants.ANY:
        return [c for c in _CHARACTERS if c != "\n" or flags & re.DOTALL]
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
    asked = dict.fromkeys([*_CHARACTERS, *spelled])
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


def has_single_dot(pattern: re.Pattern[str]) -> bool:
    r"""Tell whether a ``.`` stands for one character, where most people mean a dot.

    >>> has_single_dot(re.compile(r"https://app.example\.com"))
    True
    >>> has_single_dot(re.compile(r"https://.*\.example\.com"))
    False
    """
    return any(kind is constants.ANY and longest <= 1 for kind, longest, _ in _walk(_tree(pattern)))


def has_nested_quantifier(pattern: re.Pattern[str]) -> bool:
    """Tell whether a repeat of open length stands inside another, as in ``(a+)+``.

    The time that such a pattern takes can double with each character of what it is held against.
    """
    return any(is_nested for _, _, is_nested in _walk(_tree(pattern)))


def _walk(
    nodes: Sequence[Any], longest: int = 1, around: int = 1
) -> Iterable[tuple[Any, int, bool]]:
    """Give every node with how often it may repeat at once, and whether it nests repeats.

    :param longest: how often the nodes may repeat at once.
    :param around: the longest of all repeats around them.
    """
    if len(nodes) > 1:
        # What repeats is the whole of them, so that each by itself stands there once.
        longest = 1
    for kind, argument in nodes:
        if kind in _REPEATS:
            least, most, inner = argument
            nests = around > 1 and most > 1 and constants.MAXREPEAT in (around, most)
            yield kind, longest, nests and least != most
            yield from _walk(inner, most, max(around, most))
            continue
        yield kind, longest, False
        if kind in _GROUPS:
            yield from _walk(_group(kind, argument)[2], longest, around)
        elif kind is constants.BRANCH:
            for branch in argument[1]:
                yield from _walk(branch, longest, around)
        elif kind in (constants.ASSERT, constants.ASSERT_NOT):
            yield from _walk(argument[1], 1, around)
        elif kind is constants.GROUPREF_EXISTS:
            for branch in argument[1:]:
                yield from _walk(branch or (), 1, around)


@lru_cache(maxsize=64)
def _tree(pattern: re.Pattern[str]) -> Any:
    # The flags say again what the pattern's own "(?i)" said; both together are no error.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
