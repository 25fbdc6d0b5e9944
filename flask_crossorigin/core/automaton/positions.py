"""Number the places of a regex that match a character, and find out which can follow which.

These are the sets *first*, *last* and *follow* of Glushkov's construction
(https://en.wikipedia.org/wiki/Glushkov%27s_construction_algorithm). A position is a bit, and a set
of positions is an integer. The last place of the regex has the lowest bit, after :data:`END`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .characters import CharacterClass, Takes
from .syntax import ALONE, AT_END, MIDDLE, Part, UnreadableError

#: The most groups of positions that an automaton may have. A step that is not cached costs time
#: for each of them.
MAX_GROUPS = 100
# A distance up to this many bits is stored as a distance instead of in groups, if it is the
# distance between more than so many pairs of positions.
_MAX_DISTANCE, _MIN_PAIRS = 32, 8

#: The bit that means the end of the text in a set of positions.
END = 1


def each_position(positions: int) -> Iterator[int]:
    """Yield each position of a set, as a set with one element."""
    while positions:
        lowest = positions & -positions
        yield lowest
        positions ^= lowest


class Positions:
    """The positions of a regex, and the transitions between them."""

    def __init__(self, part: Part) -> None:
        self.open = self.last = 0
        self.goes_on_twice = False
        self._following = [END] * (part.size + 1)
        self.classes: dict[CharacterClass, int] = {}
        self._place(part, 1, END)
        self.start = part.first_at_start << 1 | (END if part.empty & ALONE else 0)

    def _place(self, part: Part, least: int, following: int) -> None:
        """Assign a bit to each position of a part, and record which positions can follow each.

        :param least: the number of its last position, which is the lowest.
        :param following: the positions that can follow the part.
        """
        if part.is_open:
            self.open |= ((1 << part.size) - 1) << least
        if part.takes is not None:
            self._following[least] = following
            position = 1 << least
            self.last |= position if following & END else 0
            self.classes[part.takes] = self.classes.get(part.takes, 0) | position
            return
        after = following
        for inner in reversed(part.parts):
            first = inner.first << least
            if part.kind == "loop":
                after = self._join(first, following)
            if inner.size:
                self._place(inner, least, after)
            if part.kind == "sequence":
                passed = after & ~END if inner.empty & MIDDLE else 0
                passed |= after & END if inner.empty & AT_END else 0
                after = self._join(first, passed)
            elif part.kind == "run":
                after = self._join(first, following)
            least += inner.size

    def _join(self, one: int, other: int) -> int:
        self.goes_on_twice |= bool(one & other)
        return one | other

    def by_distance(self) -> tuple[dict[int, int], list[tuple[int, int]]]:
        """Split the transitions into distances and groups.

        :returns: by distance, the positions whose next position is that many bits lower; and the
            groups: other positions, each set with the next positions that all of them lead to.
        :raises UnreadableError: there are more than :data:`MAX_GROUPS` groups.
        """
        distances, others = self._split(range(2))
        if len(others) > MAX_GROUPS:
            # Each round of a counted repeat has the same distances as the one before.
            distances, others = self._split(range(_MAX_DISTANCE + 1))
            usual = [each for each in distances if distances[each].bit_count() > _MIN_PAIRS]
            distances, others = self._split({0, 1, *usual})
        if len(others) > MAX_GROUPS:
            raise UnreadableError("too many optional or repeated parts")
        return distances, [(those, following) for following, those in others.items()]

    def _split(self, among: Collection[int]) -> tuple[dict[int, int], dict[int, int]]:
        distances = dict.fromkeys(among, 0)
        others: dict[int, int] = {}
        for number, following in enumerate(self._following[1:], 1):
            position = 1 << number
            for distance in among:
                if following & position >> distance:
                    distances[distance] |= position
                    following ^= position >> distance
            if following:
                others[following] = others.get(following, 0) | position
        return distances, others

    def by_character(self) -> tuple[dict[str, int], list[tuple[Takes, int]]]:
        """Group the positions by what they match.

        :returns: the positions that match one literal character, by that character; and for the
            others, functions that test a character, each with its positions.
        """
        literals: dict[str, int] = {}
        others: list[tuple[Takes, int]] = []
        for taken, positions in self.classes.items():
            if taken.literal is not None:
                literals[taken.literal] = literals.get(taken.literal, 0) | positions
            else:
                others.append((taken.compiled(), positions))
        return literals, others
