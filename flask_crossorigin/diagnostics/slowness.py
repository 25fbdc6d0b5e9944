"""Finds compiled regexes that can take very long to fail to match (catastrophic backtracking).

A *place* is a position in the regex that takes one character. A place is one bit of an integer, so
that an integer is a set of places, as in :mod:`flask_crossorigin.core.automaton`. A *way* is a
sequence of places that takes a text, and ``re`` may try every way before it fails.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import combinations, product

from ..core.automaton import (
    ANYTHING,
    END,
    Automaton,
    CharacterClass,
    UnreadableError,
    each_position,
)

#: The limits of the search. A regex that exceeds one of them is reported as too large to judge.
_MAX_PLACES = 300
_MAX_PAIRS = 20_000
_MAX_LOOKS = 1_000_000
#: The number of ways to match one text from which a regex counts as slow.
_MANY_WAYS = 100_000
#: How many candidate texts the search for such a text keeps at each length.
_TEXTS = 4
#: With this many repeats in a row, a text of a few thousand characters takes seconds.
_TOO_MANY_REPEATS = 3


class _TooManyError(Exception):
    """Raised if a regex exceeds a limit of the search."""


def find_slow_part(regex: re.Pattern[str]) -> str | None:
    """Return what can make ``re`` try very many ways through a regex; None if nothing does.

    A regex with too many parts to be judged is reported, because it may be slow.
    """
    try:
        automaton = _read(regex)
        for part in (automaton, *automaton.around):
            if part.goes_on_twice:
                return "a repeat inside a repeat"
            ways = _Ways(part)
            if ways.meet_again():
                return "alternatives inside a repeat that match the same"
            repeats = ways.count_repeats()
            if repeats >= _TOO_MANY_REPEATS:
                return f"{repeats} repeats in a row that match the same"
            if part.is_empty_often or ways.are_many():
                return "parts in a row that match the same in very many ways"
    except (UnreadableError, _TooManyError):
        return "too many parts to be judged"
    return None


def _bound(count: int, most: int) -> None:
    if count > most:
        raise _TooManyError


def _read(regex: re.Pattern[str]) -> Automaton:
    """Read a regex exactly; or, if it is too long, with its bounded repeats as unbounded ones."""
    try:
        return Automaton.judging(regex, as_written=True)
    except UnreadableError:
        return Automaton.judging(regex)


class _Ways:
    """The ways through an automaton."""

    def __init__(self, automaton: Automaton) -> None:
        places = 0
        for those in automaton.classes.values():
            places |= those
        self._start = automaton.start & ~END
        self._following = {place: automaton.after(place) & ~END for place in each_position(places)}
        self._taken = {
            place: _characters(taken)
            for taken, those in automaton.classes.items()
            for place in each_position(those & places)
        }
        self._resting = automaton.taking_the_rest
        repeated = 0
        for place, following in self._following.items():
            # Following places are lower numbers, unless a repeat leads back.
            if following >= place:
                repeated |= (1 << following.bit_length()) - place
        repeated &= places
        _bound(repeated.bit_count(), _MAX_PLACES)
        self._behind = {place: self._reach(place, -1) for place in each_position(repeated)}

    def _reach(self, start: int, characters: int) -> int:
        """Return the places that can be reached from one.

        :param characters: the characters that all places on the way must take one of; -1 for any.
        """
        reached, new = 0, start
        while new:
            following = 0
            for place in each_position(new):
                following |= self._following[place]
            new = 0
            for place in each_position(following & ~reached):
                if self._taken[place] & characters:
                    new |= place
            reached |= new
        return reached

    def meet_again(self) -> bool:
        """Return whether two ways take the same text through one repeat, part and meet again.

        Then each round of the repeat doubles the number of ways (Weber and Seidl, *On the degree of
        ambiguity of finite automata*, 1991).
        """
        seen = {
            pair
            for place in self._behind
            for pair in combinations(self._in_the_same_repeat(place), 2)
            if self._take_the_same(*pair)
        }
        waiting = list(seen)
        while waiting:
            _bound(len(seen), _MAX_PAIRS)
            one, other = map(self._in_the_same_repeat, waiting.pop())
            for pair in product(one, other):
                if self._take_the_same(*pair):
                    if pair[0] == pair[1]:
                        return True
                    if pair not in seen:
                        seen.add(pair)
                        waiting.append(pair)
        return False

    def _in_the_same_repeat(self, place: int) -> list[int]:
        """Return the places that follow one and lead back to it."""
        following = each_position(self._following[place])
        return [after for after in following if self._behind.get(after, 0) & place]

    def _take_the_same(self, one: int, other: int) -> bool:
        return bool(self._taken[one] & self._taken[other])

    def count_repeats(self) -> int:
        """Return the length of the longest row of repeats that can share one text in any way.

        Each of them multiplies the number of ways by the length of the text.
        """
        repeats = [
            place
            for place in self._behind
            if self._following[place] & place and not place & self._resting
        ]
        longest: dict[int, int] = {}
        # Later places are lower numbers.
        for place in repeats:
            longest[place] = 1 + max(
                (longest[other] for other in longest if self._takes_over(place, other)), default=0
            )
        return max(longest.values(), default=0)

    def are_many(self) -> bool:
        """Return whether some text is matched in very many ways even without going round a repeat.

        The search extends candidate texts by one character at a time, and keeps those with the most
        ways.
        """
        characters = self._representative_characters()
        texts = [dict.fromkeys(each_position(self._start), 1)]
        looks = 0
        while texts:
            longer: dict[int, dict[int, int]] = {}
            for ways in texts:
                looks += len(ways) * len(characters)
                for character in characters:
                    after: dict[int, int] = {}
                    for place, count in ways.items():
                        if self._taken[place] & character:
                            # Following places are lower numbers, unless a repeat leads back.
                            for following in each_position(self._following[place] & (place - 1)):
                                after[following] = after.get(following, 0) + count
                                looks += 1
                    if after:
                        longer[sum(after.values())] = after
            _bound(looks, _MAX_LOOKS)
            most = sorted(longer, reverse=True)[:_TEXTS]
            if most and most[0] > _MANY_WAYS:
                return True
            texts = [longer[count] for count in most]
        return False

    def _representative_characters(self) -> list[int]:
        """Return one character, as a bit, for each set of characters that the same places take."""
        taken = {*self._taken.values()}
        representatives = {
            tuple(characters >> number & 1 for characters in taken): 1 << number
            for number in range(len(ANYTHING))
        }
        return [character for places, character in representatives.items() if any(places)]

    def _takes_over(self, place: int, other: int) -> bool:
        shared = self._taken[place] & self._taken[other]
        return bool(shared and self._reach(place, shared) & other)


@lru_cache(maxsize=256)
def _characters(taken: CharacterClass) -> int:
    """Return the characters that a place takes, as a set of bits."""
    takes = taken.compiled()
    return sum(1 << number for number, character in enumerate(ANYTHING) if takes(character))
