"""Whether a regular expression matches one text in ever more ways, the longer the text is.

Python tries each of them before it says no. Read for this is the automaton of Glushkov (*The
abstract theory of automata*, 1961), whose states are the places that take a character. The ways
multiply where two of them lead from a state back to it over the same text (Weber and Seidl, *On the
degree of ambiguity of finite automata*, 1991).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations, product
from typing import Any, NamedTuple

from .regex_syntax import GROUPS, REPEATS, characters, constants, group, syntax_tree
from .regexes import has_nested_quantifier

#: How much is looked at, so that this takes no longer than what it guards against.
_MAX_STEPS = 100_000
_FLAGS = re.IGNORECASE | re.DOTALL
_LOOKING_AROUND = {
    constants.AT,
    constants.ASSERT,
    constants.ASSERT_NOT,
    constants.GROUPREF,
    constants.GROUPREF_EXISTS,
}


def find_slow_part(pattern: re.Pattern[str]) -> str | None:
    """Name what a pattern has that can take very long before it fails, None if it has nothing."""
    if has_nested_quantifier(pattern):
        return "a repeat inside a repeat"
    if has_overlapping_alternatives(pattern):
        return "alternatives inside a repeat that match the same"
    return None


def has_overlapping_alternatives(pattern: re.Pattern[str]) -> bool:
    r"""Tell whether alternatives inside a repeat match the same texts, as in ``(?:a|aa)+``.

    The time that such a pattern takes can double with each character of what it is held against.
    Of a repeat that looks ahead or back, or is very long, nothing is known, and the answer is no.

    >>> has_overlapping_alternatives(re.compile(r"https://(?:www|[a-z])+\.example\.com"))
    True
    >>> has_overlapping_alternatives(re.compile(r"https://(?:www-|[a-z])+\.example\.com"))
    False
    """
    automaton = _Automaton()
    try:
        automaton.read(syntax_tree(pattern), pattern.flags & _FLAGS, repeated=False)
        return automaton.doubled or automaton.is_ambiguous()
    except _UnknownError:
        return False


class _UnknownError(Exception):
    """Whether a pattern is ambiguous is not known."""


class _Part(NamedTuple):
    """A part of a regex."""

    #: The places at which it may begin and end.
    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()
    #: In how many ways it matches the empty text: none, one, or two for more than one.
    ways_to_be_empty: int = 1


class _Automaton:
    def __init__(self) -> None:
        #: Whether something inside a repeat can be done in two ways without taking a character.
        self.doubled = False
        #: What each place inside a repeat takes, and the places that may follow it.
        self._taken: list[frozenset[str]] = []
        self._following: list[set[int]] = []
        self._steps = 0

    def is_ambiguous(self) -> bool:
        """Tell whether two ways from one place meet again over the same text.

        From where they meet, the repeat that they are in leads back to where they parted.
        """
        seen: set[tuple[int, int]] = set()
        for following in set(map(frozenset, self._following)):
            self._spend(len(following) ** 2)
            seen |= set(filter(self._take_the_same, combinations(following, 2)))
        ways = list(seen)
        while ways:
            one, other = (self._following[place] for place in ways.pop())
            self._spend(len(one) * len(other))
            for way in filter(self._take_the_same, product(one, other)):
                if way[0] == way[1]:
                    return True
                if way not in seen:
                    seen.add(way)
                    ways.append(way)
        return False

    def _take_the_same(self, places: tuple[int, int]) -> bool:
        one, other = places
        return not self._taken[one].isdisjoint(self._taken[other])

    def read(self, nodes: Sequence[Any], flags: int, *, repeated: bool) -> _Part:
        """Read what stands in a row.

        Outside of repeats nothing is kept of it: no way leads back to there.

        :param repeated: whether it stands inside a repeat of open length.
        :raises _UnknownError: if it has something that is not understood, or too much.
        """
        self._spend(1 + len(nodes))
        whole = _Part()
        for kind, argument in nodes:
            if kind in REPEATS:
                part = self._read_repeat(argument, flags, repeated=repeated)
            elif kind in GROUPS:
                added, removed, inner = group(kind, argument)
                part = self.read(inner, (flags | added) & ~removed, repeated=repeated)
            elif kind is constants.BRANCH:
                part = self._read_branch(argument[1], flags, repeated=repeated)
            elif kind in _LOOKING_AROUND:
                if repeated:
                    raise _UnknownError
                continue
            else:
                part = self._read_character(kind, argument, flags, repeated=repeated)
            if repeated:
                self.doubled |= part.ways_to_be_empty > 1 and len(nodes) > 1
                whole = self._join(whole, part)
        return whole

    def _read_character(self, kind: Any, argument: Any, flags: int, *, repeated: bool) -> _Part:
        if not repeated:
            return _Part()
        place = frozenset({len(self._taken)})
        self._taken.append(frozenset(characters(kind, argument, flags)))
        self._following.append(set())
        return _Part(place, place, 0)

    def _read_branch(self, branches: Sequence[Any], flags: int, *, repeated: bool) -> _Part:
        parts = [self.read(branch, flags, repeated=repeated) for branch in branches]
        return _Part(
            frozenset().union(*(part.first for part in parts)),
            frozenset().union(*(part.last for part in parts)),
            min(2, sum(part.ways_to_be_empty for part in parts)),
        )

    def _read_repeat(self, argument: Any, flags: int, *, repeated: bool) -> _Part:
        least, most, nodes = argument
        if most is constants.MAXREPEAT:
            whole = self.read(nodes, flags, repeated=True)
            self._let_follow(whole.last, whole.first)
        else:
            # Where its ends are further apart than "?", it is a repeat inside a repeat.
            whole = self.read(nodes, flags, repeated=repeated) if most else _Part()
            for _ in range(most - 1 if repeated else 0):
                whole = self._join(whole, self.read(nodes, flags, repeated=True))
        ways = whole.ways_to_be_empty + (least == 0 < most)
        return whole._replace(ways_to_be_empty=min(2, ways))

    def _join(self, before: _Part, after: _Part) -> _Part:
        self._let_follow(before.last, after.first)
        return _Part(
            before.first | after.first if before.ways_to_be_empty else before.first,
            before.last | after.last if after.ways_to_be_empty else after.last,
            min(2, before.ways_to_be_empty * after.ways_to_be_empty),
        )

    def _let_follow(self, places: frozenset[int], after: frozenset[int]) -> None:
        self._spend(len(places) * len(after))
        for place in places:
            # What follows within one round may begin the next one as well.
            self.doubled |= not after.isdisjoint(self._following[place])
            self._following[place] |= after

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > _MAX_STEPS:
            raise _UnknownError
