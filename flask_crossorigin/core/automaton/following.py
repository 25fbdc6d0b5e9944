"""Which positions of several regexes follow each other, in the form that takes the least work."""

from __future__ import annotations

from collections.abc import Sequence

from .matching import Automaton
from .positions import each_position

# What a step takes beside its work on sets, and what each time takes that two sets are combined, in
# bits that could be combined instead.
_STEP, _COMBINATION = 6_000, 2_000
# Up to how far positions may follow each other to be sorted by their distance, if there are more
# than so many groups.
_FAR, _FEW_GROUPS = 32, 8
# How many positions may follow others, to be sorted by how far they are, and how many that don't
# lie side by side may be followed by the same.
_FEW_FOLLOWING, _FEW = 4, 8


def effort(automata: Sequence[Automaton]) -> int:
    """Return what a step takes, as how many bits could be combined instead."""
    return Following(automata).effort


class Following:
    """Which positions of several regexes follow each other, in the form that takes less effort."""

    def __init__(self, automata: Sequence[Automaton]) -> None:
        self._size = sum(automaton.size for automaton in automata)
        #: The positions that others follow at a distance, by the distance.
        self.distances: dict[int, int] = {}
        #: The positions that lie side by side and are followed by the same.
        self.fields: list[_Fields] = []
        #: What else follows, and which positions.
        self.groups: list[tuple[int, int]] = []
        offset = 0
        for automaton in automata:
            for distance, positions in automaton.distances.items():
                _add(self.distances, distance, positions << offset)
            for positions, following in automaton.groups:
                self.groups.append((positions << offset, following << offset))
            offset += automaton.size
        if len(self.groups) > _FEW_GROUPS:
            # Different regexes are often built alike, so that much follows at the same distances.
            before = self.effort, self.distances, self.groups
            self._sort_groups()
            if self.effort > before[0]:
                _, self.distances, self.groups = before
                self.fields = []

    def _sort_groups(self) -> None:
        groups, self.groups, self.distances = self.groups, [], {**self.distances}
        for positions, following in groups:
            found = _at_distances(positions, following)
            if found is not None:
                for distance, those in found.items():
                    _add(self.distances, distance, those)
            elif not self._add_fields(positions, following):
                self.groups.append((positions, following))

    def _add_fields(self, positions: int, following: int) -> bool:
        """Add the positions of a group as one field, or each as its own if they are few."""
        is_field = not _above(positions) & positions
        is_small = is_field or positions.bit_count() <= _FEW
        if not is_small or following.bit_count() > _FEW_FOLLOWING:
            return False
        fields = [positions] if is_field else list(each_position(positions))
        if any(following > _above(field) for field in fields):
            return False
        for field in fields:
            if not any(known.add(field, following) for known in self.fields):
                self.fields.append(_Fields(field, following))
        return True

    @property
    def effort(self) -> int:
        """What a step takes, as how many bits could be combined instead."""
        combinations = len(self.distances) + len(self.groups)
        combinations += sum(1 + len(fields.carried) for fields in self.fields)
        return _STEP + combinations * (self._size + _COMBINATION)


class _Fields:
    """Positions that lie side by side, several times, and are followed by the same each time.

    If all bits of a field are added to some of them, one is carried to the place above. So one
    addition finds out where any of the positions is.
    """

    def __init__(self, positions: int, following: int) -> None:
        #: The positions of every field.
        self.all = 0
        self._taken = 0
        #: The places above the fields, by how far what follows is below.
        self.carried: dict[int, int] = {}
        self.add(positions, following)

    def add(self, positions: int, following: int) -> bool:
        """Add a field, unless it would disturb another."""
        above = _above(positions)
        if self._taken & (positions | above):
            return False
        self.all |= positions
        self._taken |= positions | above
        for position in each_position(following):
            _add(self.carried, above.bit_length() - position.bit_length(), above)
        return True


def _above(field: int) -> int:
    """Return the place to which a bit is carried."""
    return field + (field & -field)


def _add(distances: dict[int, int], distance: int, positions: int) -> None:
    if positions:
        distances[distance] = distances.get(distance, 0) | positions


def _at_distances(positions: int, following: int) -> dict[int, int] | None:
    """Return the positions of a group that are followed at each distance; None if one is far."""
    pairs = positions.bit_count() * following.bit_count()
    # Regexes with higher bits than others would make large numbers.
    lowest = min(positions & -positions, following & -following).bit_length() - 1
    positions, following = positions >> lowest, following >> lowest
    found = {}
    for distance in range(-_FAR, _FAR + 1):
        those = positions & (following << distance if distance > 0 else following >> -distance)
        if those:
            found[distance] = those << lowest
            pairs -= those.bit_count()
    return None if pairs else found
