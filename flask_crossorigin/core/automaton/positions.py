"""The places of a regex that take a character, as bits, and which of them follow each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .characters import CharacterClass, Takes
from .syntax import ALONE, AT_END, MIDDLE, Part, UnreadableError

#: How many sets of positions may follow in their own way. Each costs time in a step that is not
#: remembered.
MAX_GROUPS = 100
# How far others may follow below a position, and by how many positions, to be no group.
_FAR, _OFTEN = 32, 8

#: The bit that stands for the end of the text in a set of positions.
END = 1


def each_position(positions: int) -> Iterator[int]:
    """Give each position of a set as a set by itself."""
    while positions:
        lowest = positions & -positions
        yield lowest
        positions ^= lowest


class Positions:
    """The positions of a regex, and which of them follow each other."""

    def __init__(self, part: Part) -> None:
        self.open = self.last = 0
        self.goes_on_twice = False
        self._following = [END] * (part.size + 1)
        self.classes: dict[CharacterClass, int] = {}
        self._place(part, 1, END)
        self.start = part.first_at_start << 1 | (END if part.empty & ALONE else 0)

    def _place(self, part: Part, least: int, following: int) -> None:
        """Give each place of a part a number, and keep what may follow it.

        :param least: the number of its last place, the lowest one.
        :param following: the positions that may follow the part.
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
        """Sort the positions by what may follow each.

        :returns: by how far others may follow below them, the positions for which that is so; and
            what else may follow which positions.
        :raises UnreadableError: if there are too many ways to go on.
        """
        distances, others = self._split(range(2))
        if len(others) > MAX_GROUPS:
            # Repeats with a number of rounds go on in each round as in the one before.
            distances, others = self._split(range(_FAR + 1))
            usual = [each for each in distances if distances[each].bit_count() > _OFTEN]
            distances, others = self._split({0, 1, *usual})
        if len(others) > MAX_GROUPS:
            raise UnreadableError("too many parts that may be left out or repeated")
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
        """Sort the positions by what they take: one character, or what a function says."""
        literals: dict[str, int] = {}
        others: list[tuple[Takes, int]] = []
        for taken, positions in self.classes.items():
            if taken.literal is not None:
                literals[taken.literal] = literals.get(taken.literal, 0) | positions
            else:
                others.append((taken.compiled(), positions))
        return literals, others
