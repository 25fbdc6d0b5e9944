"""Transitions between the positions of several automata, in the form that is fastest to follow.

A position is a bit, and a set of positions is one large integer (see :mod:`~.positions`). One
step finds the positions that can come after those of a set. Its cost is the number of operations
on integers of that size, so this module stores the transitions in as few of them as it can:

- **distances**: the next position is a fixed number of bits away, so one shift moves them all;
- **fields**: adjacent positions lead to the same next ones, so one addition finds them;
- **groups**: everything else, one comparison for each set of next positions.
"""

from __future__ import annotations

from collections.abc import Sequence

from .automaton import Automaton
from .positions import each_position

# The fixed cost of a step, and of each operation on sets. The unit is the time that an operation
# takes for one more bit.
_STEP_COST, _OPERATION_COST = 6_000, 2_000
# If there are more groups than this, try to store them as distances and fields instead.
_FEW_GROUPS = 8
# The longest distance, in bits, for which a group is split up.
_MAX_DISTANCE = 32
# A group becomes a field only if it leads to at most this many positions, and, unless its own
# positions are adjacent, only if it has at most this many of them.
_MAX_TARGETS, _MAX_SCATTERED = 4, 8


def effort(automata: Sequence[Automaton]) -> int:
    """Return what one step of several automata costs.

    :returns: the cost in the unit of :data:`~flask_crossorigin.core.patterns.MAX_WORK`: the time
        that an operation on sets takes for each bit.
    """
    return Transitions(automata).effort


class Transitions:
    """The transitions of several automata, whose positions are numbered one after the other.

    :param automata: the first one has the lowest bits.
    """

    def __init__(self, automata: Sequence[Automaton]) -> None:
        self._size = sum(automaton.size for automaton in automata)
        #: By distance, the positions whose next position is that many bits lower.
        self.distances: dict[int, int] = {}
        #: Adjacent positions that lead to the same next positions.
        self.fields: list[_Fields] = []
        #: Other positions, each set with the next positions that all of them lead to.
        self.groups: list[tuple[int, int]] = []
        offset = 0
        for automaton in automata:
            for distance, positions in automaton.distances.items():
                _add(self.distances, distance, positions << offset)
            for positions, following in automaton.groups:
                self.groups.append((positions << offset, following << offset))
            offset += automaton.size
        if len(self.groups) > _FEW_GROUPS:
            # An app's regexes often have the same structure, so their distances are the same too.
            before = self.effort, self.distances, self.groups
            self._split_groups()
            if self.effort > before[0]:
                _, self.distances, self.groups = before
                self.fields = []

    def _split_groups(self) -> None:
        """Store groups as distances or fields where that is possible."""
        groups, self.groups, self.distances = self.groups, [], {**self.distances}
        for positions, following in groups:
            found = _split_by_distance(positions, following)
            if found is not None:
                for distance, moved in found.items():
                    _add(self.distances, distance, moved)
            elif not self._add_fields(positions, following):
                self.groups.append((positions, following))

    def _add_fields(self, positions: int, following: int) -> bool:
        """Store a group as a field, or as one field for each position if there are few.

        :returns: whether that is possible. If not, nothing has changed.
        """
        is_field = not _above(positions) & positions
        is_small = is_field or positions.bit_count() <= _MAX_SCATTERED
        if not is_small or following.bit_count() > _MAX_TARGETS:
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
        """What one step costs: see :func:`effort`."""
        operations = len(self.distances) + len(self.groups)
        operations += sum(1 + len(fields.carried) for fields in self.fields)
        return _STEP_COST + operations * (self._size + _OPERATION_COST)


class _Fields:
    """Several runs of adjacent positions. Those of a run all lead to the same next positions.

    A run is found by addition: the sum of a run with all bits set and any of its bits carries one
    bit to the place above the run. So one addition finds all runs that have an active position.
    """

    def __init__(self, positions: int, following: int) -> None:
        #: The positions of all runs.
        self.all = 0
        self._used = 0
        #: By distance, the places above the runs whose next position is that many bits lower.
        self.carried: dict[int, int] = {}
        self.add(positions, following)

    def add(self, positions: int, following: int) -> bool:
        """Add a run, and return whether there was room for it and for the place above it."""
        above = _above(positions)
        if self._used & (positions | above):
            return False
        self.all |= positions
        self._used |= positions | above
        for position in each_position(following):
            _add(self.carried, above.bit_length() - position.bit_length(), above)
        return True


def _above(run: int) -> int:
    """Return the place above a run of adjacent positions, to which the addition carries a bit."""
    return run + (run & -run)


def _add(distances: dict[int, int], distance: int, positions: int) -> None:
    if positions:
        distances[distance] = distances.get(distance, 0) | positions


def _split_by_distance(positions: int, following: int) -> dict[int, int] | None:
    """Split a group by the distances between its positions and the next ones.

    :returns: the positions by distance; None if a distance is longer than ``_MAX_DISTANCE``.
    """
    pairs = positions.bit_count() * following.bit_count()
    # Work on small numbers, however high the bits of the regex are.
    lowest = min(positions & -positions, following & -following).bit_length() - 1
    positions, following = positions >> lowest, following >> lowest
    found = {}
    for distance in range(-_MAX_DISTANCE, _MAX_DISTANCE + 1):
        moved = positions & (following << distance if distance > 0 else following >> -distance)
        if moved:
            found[distance] = moved << lowest
            pairs -= moved.bit_count()
    return None if pairs else found
