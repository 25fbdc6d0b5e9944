"""Grammars, and whether a regex can match any text of one, such as any origin at all.

The automaton of the regex and the grammar go through the same characters side by side. Each pair of
a position and a state of the grammar is visited once, so that takes polynomial time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .automaton import Automaton, Plain
from .positions import END, each_position
from .syntax import UnreadableError

#: Every ASCII character, and some of each kind of non-ASCII ones: letters, a digit, a space and a
#: symbol. Grammars use it for "any character".
ANYTHING = "".join(map(chr, range(128))) + "\u00e9\u0130\u212a\u4e2d\u0663\u2003\U0001f600"

#: For each character so far, the positions that were reached for the first time, by the state of
#: the grammar.
_Trail = list[dict[str, int]]


class Grammar:
    """A regular grammar: states, and the characters that move from one to another.

    A text begins in the state ``""``.

    :param longest: the most characters of a text; None if there is no limit.
    """

    def __init__(self, longest: int | None = None) -> None:
        self._longest = longest
        # By state: the characters, which positions may match them (see add), and the next state.
        self._moves: dict[str, list[tuple[str, bool | None, str]]] = {}
        #: The states in which a text can end.
        self.ends: set[str] = set()

    def add(self, before: str, characters: str, after: str, *, marked: bool | None = None) -> None:
        """Add a move from the state ``before`` to the state ``after``.

        :param characters: the characters that make the move.
        :param marked: True if only marked positions of the automaton may match the characters,
            False if only unmarked ones may, None if all may. The methods that take an automaton say
            which positions are marked.
        """
        self._moves.setdefault(before, []).append((characters, marked, after))

    def spell(self, before: str, words: Iterable[str]) -> list[tuple[str, set[str]]]:
        """Add moves that spell words, one character at a time.

        :param before: the state in which the words begin.
        :returns: the states, each named ``before`` plus the characters so far, with the characters
            that continue a word from there.
        """
        starts = sorted({word[:end] for word in words for end in range(len(word) + 1)})
        found = []
        for start in starts:
            going_on = {longer[-1] for longer in starts if longer and longer[:-1] == start}
            for character in sorted(going_on):
                self.add(before + start, character, before + start + character)
            found.append((before + start, going_on))
        return found

    def is_possible(self, regex: Automaton | Plain | re.Pattern[str]) -> bool:
        """Return whether a regex can match a text of the grammar, or is too complex to tell."""
        try:
            return self._end(self._walk(Automaton.judging(regex), 0)) is not None
        except UnreadableError:
            return True

    def find(self, automaton: Automaton, marked: int) -> str | None:
        """Find a shortest text of the grammar that an automaton matches.

        :param marked: the positions that are marked.
        :returns: the text; None if there is none.
        """
        trail = self._walk(automaton, marked)
        end = self._end(trail)
        return None if end is None else self._retrace(automaton, marked, trail, end)

    def reach(self, automaton: Automaton, marked: int, state: str) -> int:
        """Return the positions that an automaton can have reached when the grammar is in a state.

        :param marked: the positions that are marked.
        """
        reached = 0
        for new in self._walk(automaton, marked):
            reached |= new.get(state, 0)
        return reached

    def _walk(self, automaton: Automaton, marked: int) -> _Trail:
        """Go through the characters until a text ends in both, or nothing new is reached."""
        among = {None: -1, True: marked, False: ~marked}
        taking: dict[str, int] = {}
        reached: dict[str, int] = {}
        trail = [{"": automaton.start}]
        while trail[-1] and self._end(trail) is None and len(trail) - 1 != self._longest:
            following: dict[str, int] = {}
            for state, positions in trail[-1].items():
                reached[state] = reached.get(state, 0) | positions
                for characters, is_marked, after in self._moves.get(state, ()):
                    if characters not in taking:
                        taking[characters] = automaton.taking(_with_spelled(characters, automaton))
                    moved = positions & taking[characters] & among[is_marked]
                    if moved:
                        following[after] = following.get(after, 0) | automaton.after(moved)
            new = {state: those & ~reached.get(state, 0) for state, those in following.items()}
            trail.append({state: those for state, those in new.items() if those})
        return trail

    def _end(self, trail: _Trail) -> str | None:
        """Return the state in which a text ends in both; None if there is no such text."""
        ends = (state for state, positions in trail[-1].items() if positions & END)
        return next((state for state in ends if state in self.ends), None)

    def _retrace(self, automaton: Automaton, marked: int, trail: _Trail, state: str) -> str:
        """Return the text that led to a state, read from its end to its start."""
        text, following = "", END
        for before in reversed(trail[:-1]):
            text, following, state = next(
                (character + text, position, earlier)
                for earlier, positions in before.items()
                for characters, is_marked, after in self._moves.get(earlier, ())
                if after == state
                for position in each_position(positions)
                if is_marked in (None, bool(position & marked))
                if automaton.after(position) & following
                for character in _with_spelled(characters, automaton)
                if automaton.taking(character) & position
            )
        return text


def _with_spelled(characters: str, automaton: Automaton) -> str:
    """Add the non-ASCII characters that a regex spells out to a class that has such characters."""
    if characters.isascii():
        return characters
    spelled = (taken.spelled + taken.ends_of_ranges for taken in automaton.classes)
    return characters + "".join(char for chars in spelled for char in chars if not char.isascii())
