"""Walks through an automaton and a grammar together, to find what both match.

A walk goes through pairs of a position and a state of the grammar, each of them once, so it takes
polynomial time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .matching import Automaton
from .positions import END, each_position
from .syntax import UnreadableError

#: Every ASCII character, and some of each kind beyond: letters, a digit, a space and a symbol.
ANYTHING = "".join(map(chr, range(128))) + "\u00e9\u0130\u212a\u4e2d\u0663\u2003\U0001f600"

#: The positions that are new in each state, one character after the other.
_Trail = list[dict[str, int]]


class Grammar:
    """The moves from each state of a grammar to the next. It begins in the state ``""``.

    :param longest: how many characters a text may have; None for any number.
    """

    def __init__(self, longest: int | None = None) -> None:
        self._longest = longest
        # By state: characters, which positions may take them (see below), and the next state.
        self._moves: dict[str, list[tuple[str, bool | None, str]]] = {}
        #: The states in which a text may end.
        self.ends: set[str] = set()

    def add(self, before: str, characters: str, after: str, *, marked: bool | None = None) -> None:
        """Add a move.

        :param marked: whether only positions that are marked may take the characters, or only those
            that are not.
        """
        self._moves.setdefault(before, []).append((characters, marked, after))

    def spell(self, before: str, words: Iterable[str]) -> list[tuple[str, set[str]]]:
        """Add moves that read words.

        :returns: their states, which are ``before`` and what was read, and how each goes on.
        """
        starts = sorted({word[:end] for word in words for end in range(len(word) + 1)})
        found = []
        for start in starts:
            going_on = {longer[-1] for longer in starts if longer and longer[:-1] == start}
            for character in sorted(going_on):
                self.add(before + start, character, before + start + character)
            found.append((before + start, going_on))
        return found

    def is_possible(self, regex: Automaton | re.Pattern[str]) -> bool:
        """Return whether a regex can match a text of the grammar. What can't be judged can."""
        try:
            return self._end(self._walk(Automaton.judging(regex), 0)) is not None
        except UnreadableError:
            return True

    def find(self, automaton: Automaton, marked: int) -> str | None:
        """Find a shortest text that an automaton and the grammar match in full, None without one.

        :param marked: the positions that are marked.
        """
        trail = self._walk(automaton, marked)
        end = self._end(trail)
        return None if end is None else self._retrace(automaton, marked, trail, end)

    def reach(self, automaton: Automaton, marked: int, state: str) -> int:
        """Return the positions at which an automaton can be when the grammar is in a state."""
        reached = 0
        for new in self._walk(automaton, marked):
            reached |= new.get(state, 0)
        return reached

    def _walk(self, automaton: Automaton, marked: int) -> _Trail:
        """Walk until both may end."""
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
                        taking[characters] = automaton.taking(_completed(characters, automaton))
                    moved = positions & taking[characters] & among[is_marked]
                    if moved:
                        following[after] = following.get(after, 0) | automaton.after(moved)
            new = {state: those & ~reached.get(state, 0) for state, those in following.items()}
            trail.append({state: those for state, those in new.items() if those})
        return trail

    def _end(self, trail: _Trail) -> str | None:
        """Return the state in which a walk ended, None if it got nowhere."""
        ends = (state for state, positions in trail[-1].items() if positions & END)
        return next((state for state in ends if state in self.ends), None)

    def _retrace(self, automaton: Automaton, marked: int, trail: _Trail, state: str) -> str:
        """Read the characters of a walk from its end to its start."""
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
                for character in _completed(characters, automaton)
                if automaton.taking(character) & position
            )
        return text


def _completed(characters: str, automaton: Automaton) -> str:
    """Add what a regex spells out, where it is asked about characters beyond ASCII."""
    if characters.isascii():
        return characters
    spelled = (taken.spelled + taken.ends_of_ranges for taken in automaton.classes)
    return characters + "".join(char for chars in spelled for char in chars if not char.isascii())
