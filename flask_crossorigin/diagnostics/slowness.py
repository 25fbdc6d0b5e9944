"""Which compiled regexes can take very long before they fail to match."""

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

#: How many places in repeats, pairs of places and ways are looked at. What has more isn't judged.
_MAX_PLACES = 300
_MAX_PAIRS = 20_000
_MAX_LOOKS = 1_000_000
#: So many ways to match a text take long.
_MANY_WAYS = 100_000
#: How many texts are made longer at a time, to find one that is matched in many ways.
_TEXTS = 4
#: With so many repeats in a row, a text of some thousand characters takes seconds.
_TOO_MANY_REPEATS = 3


class _TooManyError(Exception):
    """A regex has too many parts to be judged."""


def find_slow_part(regex: re.Pattern[str]) -> str | None:
    """Name what can make ``re`` try very many ways through a regex, None if nothing does.

    What has too many parts to be judged may be slow.
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
    """Read a regex as it is written, with the bounds of its repeats, or wider if it is long."""
    try:
        return Automaton.judging(regex, as_written=True)
    except UnreadableError:
        return Automaton.judging(regex)


class _Ways:
    """The ways through an automaton that a text can take."""

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
            # What follows has a lower number, unless a repeat leads back.
            if following >= place:
                repeated |= (1 << following.bit_length()) - place
        repeated &= places
        _bound(repeated.bit_count(), _MAX_PLACES)
        self._behind = {place: self._reach(place, -1) for place in each_position(repeated)}

    def _reach(self, start: int, characters: int) -> int:
        """Return the places that lie behind one, along places that take some characters."""
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
        """Return whether two ways part inside a repeat and meet again, over the same text.

        Each round doubles the number of ways then (Weber and Seidl, *On the degree of ambiguity of
        finite automata*, 1991).
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
        """Give the places that follow one and lead back to it."""
        following = each_position(self._following[place])
        return [after for after in following if self._behind.get(after, 0) & place]

    def _take_the_same(self, one: int, other: int) -> bool:
        return bool(self._taken[one] & self._taken[other])

    def count_repeats(self) -> int:
        """Count the most repeats in a row that can share the same text in any way.

        With each of them, the number of ways to do so is multiplied by the length of the text.
        """
        repeats = [
            place
            for place in self._behind
            if self._following[place] & place and not place & self._resting
        ]
        longest: dict[int, int] = {}
        # A later place has a lower number.
        for place in repeats:
            longest[place] = 1 + max(
                (longest[other] for other in longest if self._takes_over(place, other)), default=0
            )
        return max(longest.values(), default=0)

    def are_many(self) -> bool:
        """Return whether some text is matched in very many ways without any repeat going round.

        The text is sought a character at a time, and those go on that are matched in most ways.
        """
        characters = self._telling_characters()
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
                            # What follows has a lower number, unless a repeat leads back.
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

    def _telling_characters(self) -> list[int]:
        """Return one character of those that the same places take, as a bit for each."""
        taken = {*self._taken.values()}
        telling = {
            tuple(characters >> number & 1 for characters in taken): 1 << number
            for number in range(len(ANYTHING))
        }
        return [character for places, character in telling.items() if any(places)]

    def _takes_over(self, place: int, other: int) -> bool:
        shared = self._taken[place] & self._taken[other]
        return bool(shared and self._reach(place, shared) & other)


@lru_cache(maxsize=256)
def _characters(taken: CharacterClass) -> int:
    """Return which characters a place takes, a bit for each."""
    takes = taken.compiled()
    return sum(1 << number for number, character in enumerate(ANYTHING) if takes(character))
