"""What a regular expression can match, read from its syntax tree.

The answers err on one side only: an assertion counts as fulfilled and a back-reference as
anything, so that a pattern is never called impossible when it is not.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .regex_syntax import (
    CHARACTERS,
    GROUPS,
    REPEATS,
    characters,
    constants,
    group,
    parser,
    syntax_tree,
)

#: One step of an automaton: the state reached from a state by a character, None if none is.
Step = Callable[[int, str], int | None]

#: The longest regex that is worth compiling, in characters.
MAX_REGEX_LENGTH = 10_000


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
    start, complete = _literal_start(syntax_tree(pattern))
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
    return not accepting.isdisjoint(_advance(syntax_tree(pattern), frozenset({0}), step, flags))


def _advance(
    nodes: Iterable[Any], states: frozenset[int], step: Step, flags: int
) -> frozenset[int]:
    """Give the states in which the automaton can be after the nodes, from the given ones."""
    for kind, argument in nodes:
        if not states:
            break
        if kind in REPEATS:
            states = _advance_repeat(argument, states, step, flags)
        elif kind in GROUPS:
            added, removed, inner = group(kind, argument)
            states = _advance(inner, states, step, (flags | added) & ~removed)
        elif kind is constants.BRANCH:
            states = frozenset().union(*(_advance(n, states, step, flags) for n in argument[1]))
        elif kind in (constants.AT, constants.ASSERT, constants.ASSERT_NOT):
            continue
        elif kind in (constants.GROUPREF, constants.GROUPREF_EXISTS):
            states = _closure(states, step, CHARACTERS)
        else:
            states = _take(states, step, characters(kind, argument, flags))
    return states


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


def _closure(states: frozenset[int], step: Step, taken: Sequence[str]) -> frozenset[int]:
    reached = states
    while states:
        states = _take(states, step, taken) - reached
        reached |= states
    return reached


def _take(states: frozenset[int], step: Step, taken: Sequence[str]) -> frozenset[int]:
    after = {step(state, character) for state in states for character in taken}
    return frozenset(state for state in after if state is not None)


def has_single_dot(pattern: re.Pattern[str]) -> bool:
    r"""Tell whether a ``.`` stands for one character, where most people mean a dot.

    >>> has_single_dot(re.compile(r"https://app.example\.com"))
    True
    >>> has_single_dot(re.compile(r"https://.*\.example\.com"))
    False
    """
    nodes = _walk(syntax_tree(pattern))
    return any(kind is constants.ANY and longest <= 1 for kind, longest, _ in nodes)


def has_nested_quantifier(pattern: re.Pattern[str]) -> bool:
    """Tell whether a repeat of open length stands inside another, as in ``(a+)+``.

    The time that such a pattern takes can double with each character of what it is held against.
    """
    return any(is_nested for _, _, is_nested in _walk(syntax_tree(pattern)))


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
        if kind in REPEATS:
            least, most, inner = argument
            nests = around > 1 and most > 1 and constants.MAXREPEAT in (around, most)
            yield kind, longest, nests and least != most
            yield from _walk(inner, most, max(around, most))
            continue
        yield kind, longest, False
        if kind in GROUPS:
            yield from _walk(group(kind, argument)[2], longest, around)
        elif kind is constants.BRANCH:
            for branch in argument[1]:
                yield from _walk(branch, longest, around)
        elif kind in (constants.ASSERT, constants.ASSERT_NOT):
            yield from _walk(argument[1], 1, around)
        elif kind is constants.GROUPREF_EXISTS:
            for branch in argument[1:]:
                yield from _walk(branch or (), 1, around)
