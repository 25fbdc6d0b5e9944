"""Several regexes that are matched at once, by one automaton whose states are sets of positions.

So the cost of a text doesn't multiply with the number of regexes. Which set a character leads to is
remembered, so that usually it costs one look-up in a dictionary. What it costs otherwise depends on
how large the sets are, and that is known beforehand: see :func:`~.following.effort`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from .characters import CharacterClass, Takes
from .following import Following
from .matching import Automaton
from .positions import END

#: How many steps are remembered, and how many bits the sets in them may have together. Then they
#: are forgotten, since attackers choose the text.
MAX_REMEMBERED_STEPS = 2_000
_MAX_REMEMBERED_BITS = 40_000_000
#: How often characters beyond ASCII may be held against character classes in one text.
_MAX_COMPARISONS = 10_000
# After how many characters it is seen whether their steps were worth remembering.
_AT_ONCE = 16
#: What :meth:`Matcher.find` returns where no regex matches, and where that isn't known.
NOTHING: Final = -1
UNDECIDED: Final = -2


class Matcher:
    """Regexes of which the first that matches a text is to be found.

    :param start: a text with which everything that one of them matches begins.

    >>> matcher = Matcher([Automaton.of("/a/.*"), Automaton.of("/.*")], "/")
    >>> [matcher.find(text, 100) for text in ("/a/b", "/b", "/")]
    [0, 1, 1]
    """

    def __init__(self, automata: Sequence[Automaton], start: str = "") -> None:
        following = Following(automata)
        distances = following.distances.items()
        self._down = [(distance, those) for distance, those in distances if distance >= 0]
        self._up = [(-distance, those) for distance, those in distances if distance < 0]
        self._fields = [(each.all, list(each.carried.items())) for each in following.fields]
        self._groups = following.groups
        classes: dict[CharacterClass, int] = {}
        self._ends: dict[int, int] = {}
        self._resting = positions = offset = 0
        for number, automaton in enumerate(automata):
            # The first regex has the lowest bits, and each has that of its end below the others.
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
        self._asked: list[tuple[Takes, int]] = []
        self._sort(classes)
        self._taking = {**self._ascii}
        for character in start:
            positions = self.after(positions & self._positions_taking(character))
        self._skipped = len(start)
        self._start = positions
        self._states: dict[int, _State] = {}
        self._forget()

    def _sort(self, classes: Mapping[CharacterClass, int]) -> None:
        """Sort positions by the characters that they take."""
        for taken, positions in classes.items():
            literal = taken.literal
            if literal is not None and not literal.isascii():
                self._literals[literal] = self._literals.get(literal, 0) | positions
                continue
            for character in taken.in_ascii if literal is None else literal:
                self._ascii[character] = self._ascii.get(character, 0) | positions
            if taken.beyond_ascii is None:
                self._asked.append((taken.compiled(), positions))
            elif taken.beyond_ascii:
                self._beyond_ascii |= positions

    def find(self, text: str, most: int) -> int:
        """Find the first regex that matches the whole of a text.

        :param text: it begins with the start.
        :param most: how many characters are read.
        :returns: the number of the regex; :data:`NOTHING` if none matches; :data:`UNDECIDED` if
            more of the text would have to be read to know.
        """
        state = self._first
        read = text[self._skipped : most]
        if not read.isascii():
            # Where what comes before them decides, it doesn't matter how many there are.
            ascii_end = next(i for i, character in enumerate(read) if not character.isascii())
            state = self._walk(state, read[:ascii_end])
            if not state.is_settled and len({*read}) * len(self._asked) > _MAX_COMPARISONS:
                return UNDECIDED
            read = read[ascii_end:]
        state = self._walk(state, read)
        if len(text) > most and not state.is_settled:
            return UNDECIDED
        return state.found

    def _walk(self, state: _State, text: str) -> _State:
        """Return the state after a text, or the first in which the answer is settled."""
        try:
            for start in range(0, len(text), _AT_ONCE):
                steps = self._steps
                for character in text[start : start + _AT_ONCE]:
                    state = state[character]
                if self._steps - steps > _AT_ONCE // 2:
                    return self._run(state, text[start + _AT_ONCE :])
        except KeyError:
            # Nothing that follows would change the answer.
            pass
        return state

    def _run(self, state: _State, text: str) -> _State:
        """Return the state after a text in which most steps are new, and remember none of them."""
        positions = state.positions
        for character in text:
            positions = self.after(positions & self._positions_taking(character))
            if not positions:
                break
        return _State(self, positions)

    def step(self, state: _State, character: str) -> _State:
        """Find the state to which a character leads from another, and remember it there."""
        if self._steps >= self._most_steps:
            self._forget()
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
            for takes, those in self._asked:
                if takes(character):
                    positions |= those
        if len(self._taking) < MAX_REMEMBERED_STEPS:
            self._taking[character] = positions
        return positions

    def after(self, positions: int) -> int:
        """Return the positions that may take the next character, after one that these took."""
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

    def _forget(self) -> None:
        """Forget every step. Other threads go on with the states that they have."""
        forgotten = self._states
        self._steps = 0
        self._taking = {**self._ascii}
        self._first = _State(self, self._start)
        self._states = {self._start: self._first}
        # States refer to each other in circles, and garbage collection may be off.
        for state in forgotten.copy().values():
            state.clear()

    def decide(self, positions: int) -> tuple[int, bool]:
        """Return which regex matches a text that ends here, and whether longer ones change nothing.

        :param positions: the positions that may take the next character.
        """
        ends = positions & self._all_ends
        found = ends & -ends
        if not found:
            return NOTHING, not positions
        # What is lower belongs to the regexes before it.
        higher_ends = self._all_ends & -(found << 1)
        own_resting = self._resting & ((higher_ends & -higher_ends) - found)
        is_settled = not positions & (found - 1) and bool(positions & own_resting)
        return self._ends[found], is_settled


class _State(dict[str, "_State"]):
    """A set of positions, with the states to which characters are known to lead."""

    # Where nothing is remembered yet, one is made for each character.
    __slots__ = ("_matcher", "found", "is_settled", "positions")

    def __init__(self, matcher: Matcher, positions: int) -> None:
        self._matcher = matcher
        self.positions = positions
        #: The regex that matches a text that ends here, and whether longer ones change nothing.
        self.found, self.is_settled = matcher.decide(positions)

    def __missing__(self, character: str) -> _State:
        if self.is_settled:
            raise KeyError(character)
        return self._matcher.step(self, character)
