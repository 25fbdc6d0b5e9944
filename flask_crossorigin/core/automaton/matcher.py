"""Match several regexes at once.

The cost of a text doesn't multiply by the number of regexes: one automaton holds all of them, and
a state is the set of positions that can match the next character. The steps from state to state
are cached, so a character usually costs one look-up in a dictionary. What it costs otherwise is
known in advance: see :func:`~.transitions.effort`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from .automaton import Automaton
from .characters import CharacterClass, Takes
from .positions import END
from .transitions import Transitions

#: The most steps in the cache, and the most bits that the sets in them may have in total. A full
#: cache is cleared: attackers choose the text, so it must not grow without a limit.
MAX_REMEMBERED_STEPS = 2_000
_MAX_REMEMBERED_BITS = 40_000_000
#: How often non-ASCII characters may be tested against character classes in one text.
_MAX_COMPARISONS = 10_000
# After this many characters, check whether their steps were worth caching.
_AT_ONCE = 16
#: What :meth:`Matcher.find` returns if no regex matches, and if it is unknown which one does.
NOTHING: Final = -1
UNDECIDED: Final = -2


class Matcher:
    """Find the first of several regexes that matches a text.

    :param automata: the regexes, in order of preference.
    :param start: the text that every match of every regex begins with.

    >>> matcher = Matcher([Automaton.of("/a/.*"), Automaton.of("/.*")], "/")
    >>> [matcher.find(text, 100) for text in ("/a/b", "/b", "/")]
    [0, 1, 1]
    """

    def __init__(self, automata: Sequence[Automaton], start: str = "") -> None:
        transitions = Transitions(automata)
        distances = transitions.distances.items()
        self._down = [(distance, those) for distance, those in distances if distance >= 0]
        self._up = [(-distance, those) for distance, those in distances if distance < 0]
        self._fields = [(each.all, list(each.carried.items())) for each in transitions.fields]
        self._groups = transitions.groups
        classes: dict[CharacterClass, int] = {}
        self._ends: dict[int, int] = {}
        self._resting = positions = offset = 0
        for number, automaton in enumerate(automata):
            # The first regex has the lowest bits. The lowest bit of each regex is its end.
            self._ends[END << offset] = number
            positions |= automaton.start << offset
            self._resting |= automaton.taking_the_rest << offset
            for taken, those in automaton.classes.items():
                classes[taken] = classes.get(taken, 0) | those << offset
            offset += automaton.size
        self._all_ends = sum(self._ends)
        self._most_steps = min(MAX_REMEMBERED_STEPS, _MAX_REMEMBERED_BITS // offset)
        self._ascii: dict[str, int] = {}
        self._literals: dict[str, int] = {}
        self._beyond_ascii = 0
        # The classes that match only some non-ASCII characters, so each character is tested.
        self._tested: list[tuple[Takes, int]] = []
        self._index_classes(classes)
        self._taking = {**self._ascii}
        for character in start:
            positions = self.after(positions & self._positions_taking(character))
        self._skipped = len(start)
        self._start = positions
        self._states: dict[int, _State] = {}
        self._clear_cache()

    def _index_classes(self, classes: Mapping[CharacterClass, int]) -> None:
        """Build the tables that say which positions match a character."""
        for taken, positions in classes.items():
            literal = taken.literal
            if literal is not None and not literal.isascii():
                self._literals[literal] = self._literals.get(literal, 0) | positions
                continue
            for character in taken.in_ascii if literal is None else literal:
                self._ascii[character] = self._ascii.get(character, 0) | positions
            if taken.beyond_ascii is None:
                self._tested.append((taken.compiled(), positions))
            elif taken.beyond_ascii:
                self._beyond_ascii |= positions

    def find(self, text: str, most: int) -> int:
        """Find the first regex that matches the whole text.

        :param text: a text that begins with ``start``.
        :param most: the most characters to read.
        :returns: the index of the regex; :data:`NOTHING` if no regex matches; :data:`UNDECIDED` if
            that depends on characters that were not read.
        """
        state = self._first
        read = text[self._skipped : most]
        if not read.isascii():
            # If the ASCII characters before them decide, the others needn't be tested at all.
            ascii_end = next(i for i, character in enumerate(read) if not character.isascii())
            state = self._walk(state, read[:ascii_end])
            if not state.is_settled and len({*read}) * len(self._tested) > _MAX_COMPARISONS:
                return UNDECIDED
            read = read[ascii_end:]
        state = self._walk(state, read)
        if len(text) > most and not state.is_settled:
            return UNDECIDED
        return state.found

    def _walk(self, state: _State, text: str) -> _State:
        """Return the state after a text, or the first state that settles the result."""
        try:
            for start in range(0, len(text), _AT_ONCE):
                steps = self._steps
                for character in text[start : start + _AT_ONCE]:
                    state = state[character]
                if self._steps - steps > _AT_ONCE // 2:
                    return self._walk_uncached(state, text[start + _AT_ONCE :])
        except KeyError:
            # The result is settled: see _State.__missing__.
            pass
        return state

    def _walk_uncached(self, state: _State, text: str) -> _State:
        """Return the state after a text, without caching the steps, most of which are new."""
        positions = state.positions
        for character in text:
            positions = self.after(positions & self._positions_taking(character))
            if not positions:
                break
        return _State(self, positions)

    def step(self, state: _State, character: str) -> _State:
        """Compute the state that a character leads to, and cache the step."""
        if self._steps >= self._most_steps:
            self._clear_cache()
        self._steps += 1
        positions = self.after(state.positions & self._positions_taking(character))
        after = self._states.get(positions)
        if after is None:
            after = self._states[positions] = _State(self, positions)
        state[character] = after
        return after

    def _positions_taking(self, character: str) -> int:
        known = self._taking.get(character)
        if known is not None:
            return known
        positions = 0
        if not character.isascii():
            positions = self._beyond_ascii | self._literals.get(character, 0)
            for takes, those in self._tested:
                if takes(character):
                    positions |= those
        if len(self._taking) < MAX_REMEMBERED_STEPS:
            self._taking[character] = positions
        return positions

    def after(self, positions: int) -> int:
        """Return the positions that can match the character after the one these matched."""
        after = 0
        for distance, those in self._down:
            after |= (positions & those) >> distance
        for distance, those in self._up:
            after |= (positions & those) << distance
        for fields, carried in self._fields:
            sums = (positions & fields) + fields
            for distance, those in carried:
                after |= (sums & those) >> distance
        for those, following in self._groups:
            if positions & those:
                after |= following
        return after

    def _clear_cache(self) -> None:
        """Clear the cache. Other threads can go on with the states that they already have."""
        forgotten = self._states
        self._steps = 0
        self._taking = {**self._ascii}
        self._first = _State(self, self._start)
        self._states = {self._start: self._first}
        # States refer to each other, and the garbage collector may be disabled.
        for state in forgotten.copy().values():
            state.clear()

    def decide(self, positions: int) -> tuple[int, bool]:
        """Return which regex matches if the text ends here, and whether that is settled.

        It is settled if the result is the same for every longer text.

        :param positions: the positions that can match the next character.
        :returns: the index of the regex or :data:`NOTHING`, and whether it is settled.
        """
        ends = positions & self._all_ends
        found = ends & -ends
        if not found:
            return NOTHING, not positions
        # Lower bits belong to the regexes before it, which would be preferred.
        higher_ends = self._all_ends & -(found << 1)
        own_resting = self._resting & ((higher_ends & -higher_ends) - found)
        is_settled = not positions & (found - 1) and bool(positions & own_resting)
        return self._ends[found], is_settled


class _State(dict[str, "_State"]):
    """A set of positions. As a dict, it is the cache of the steps: from character to next state."""

    # Attackers can make the matcher create a state for each character, so states are small.
    __slots__ = ("_matcher", "found", "is_settled", "positions")

    def __init__(self, matcher: Matcher, positions: int) -> None:
        self._matcher = matcher
        self.positions = positions
        #: The result if the text ends here, and whether it is the same for every longer text.
        self.found, self.is_settled = matcher.decide(positions)

    def __missing__(self, character: str) -> _State:
        if self.is_settled:
            raise KeyError(character)
        return self._matcher.step(self, character)
