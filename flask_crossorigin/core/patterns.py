"""Regexes in a row, and which of them match a text, with a bound to the work for any text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .automaton import NOTHING, UNDECIDED, Automaton, Matcher, UnreadableError, effort

#: How many characters of a text are read at most, and at least. The more work a character takes,
#: the fewer are read; where that would be too few, the regexes are too many.
MAX_READ, MIN_READ = 2_048, 100
#: The longest header name that is compared with patterns.
MAX_MATCHED_NAME_LENGTH = 128
#: The work that one text may take: so many times, a bit of one set is combined with one of another.
#: It is less than a hundred times a plain request that is refused.
MAX_WORK = 52_000_000

Regex = Automaton | re.Pattern[str]


class TooMuchWorkError(Exception):
    """Regexes are too many, or too long, to be matched together in bounded time."""


class Patterns:
    """Regexes in the order in which they are preferred.

    Those that users wrote as strings are matched by automata: all at once that begin with the same
    literal text. Compiled ones are matched one after the other, by Python.

    :raises TooMuchWorkError: if no more than a few characters of a text could be read.
    """

    def __init__(self, regexes: Iterable[Regex] = ()) -> None:
        self.regexes = tuple(regexes)
        by_start = _sorted_by_start(self.regexes)
        #: How many characters of a text are read by those that aren't compiled.
        self.most = _most(by_start)
        self._groups = {start: _Group(start, members) for start, members in by_start.items()}
        self._lengths = sorted({len(start) for start in by_start}, reverse=True)

    def __iter__(self) -> Iterator[Regex]:
        return iter(self.regexes)

    def __len__(self) -> int:
        return len(self.regexes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Patterns) and self.regexes == other.regexes

    def __hash__(self) -> int:
        return hash(self.regexes)

    def __repr__(self) -> str:
        return f"Patterns({[*self.regexes]!r})"

    def match(self, text: str) -> bool:
        """Return whether one of the regexes matches the whole of a text."""
        return any(group.match(text, self.most) for group in self._groups_of(text))

    def find(self, text: str) -> int:
        """Find the regex that matches the whole of a text.

        :returns: of those with the longest literal start the first, by its number;
            :data:`~.automaton.NOTHING` if none matches; :data:`~.automaton.UNDECIDED` if too much
            of the text would have to be read to know.
        """
        for group in self._groups_of(text):
            found = group.find(text, self.most)
            if found != NOTHING:
                return found
        return NOTHING

    def first(self, text: str) -> int:
        """Find the first regex that matches the whole of a text, whatever it starts with.

        :returns: its number; :data:`~.automaton.NOTHING` if none is known to match.
        """
        found = (group.find(text, self.most) for group in self._groups_of(text))
        return min((number for number in found if number >= 0), default=NOTHING)

    def _groups_of(self, text: str) -> Iterator[_Group]:
        for length in self._lengths:
            group = self._groups.get(text[:length])
            if group is not None:
                yield group


class _Group:
    """Regexes that begin with the same literal text."""

    def __init__(self, start: str, members: list[tuple[int, Regex]]) -> None:
        strings = [(number, regex) for number, regex in members if isinstance(regex, Automaton)]
        self._numbers = [number for number, _ in strings]
        automata = [regex for _, regex in strings]
        # Where the start decides, as it often does, nothing is to be matched.
        self._is_settled = bool(automata) and automata[0].matches_any_rest
        self._matcher = Matcher(automata, start) if automata and not self._is_settled else None
        self._compiled = [each for each in members if isinstance(each[1], re.Pattern)]

    def match(self, text: str, most: int) -> bool:
        """Return whether one of them matches a text, as :meth:`Patterns.match` does."""
        matches = self._find_string(text, most) >= 0
        return matches or any(regex.fullmatch(text) for _, regex in self._compiled)

    def find(self, text: str, most: int) -> int:
        """Find the first one that matches a text, as :meth:`Patterns.find` does."""
        found = self._find_string(text, most)
        first = self._numbers[0] if found == UNDECIDED else found
        for number, regex in self._compiled:
            if first != NOTHING and number > first:
                break
            if regex.fullmatch(text):
                return number
        return found

    def _find_string(self, text: str, most: int) -> int:
        if self._is_settled:
            return self._numbers[0]
        if self._matcher is None:
            return NOTHING
        found = self._matcher.find(text, most)
        return self._numbers[found] if found >= 0 else found


def check_work(regexes: Iterable[Regex]) -> None:
    """Check that regexes can be matched together.

    :raises TooMuchWorkError: if not.
    """
    _most(_sorted_by_start(regexes))


def _sorted_by_start(regexes: Iterable[Regex]) -> dict[str, list[tuple[int, Regex]]]:
    by_start: dict[str, list[tuple[int, Regex]]] = {}
    for number, regex in enumerate(regexes):
        try:
            start, _ = Automaton.judging(regex).literal_start()
        except UnreadableError:
            start = ""
        by_start.setdefault(start, []).append((number, regex))
    return by_start


def _most(by_start: dict[str, list[tuple[int, Regex]]]) -> int:
    """Return how many characters of a text can be read by all regexes whose start it has."""
    hardest = 0
    # The starts with which a start begins come before it, with the effort for all of them.
    around: list[tuple[str, int]] = [("", 0)]
    for start in sorted(by_start):
        while not start.startswith(around[-1][0]):
            around.pop()
        automata = [regex for _, regex in by_start[start] if isinstance(regex, Automaton)]
        # Where the start decides, no character after it is read.
        own = effort(automata) if automata and not automata[0].matches_any_rest else 0
        around.append((start, around[-1][1] + own))
        hardest = max(hardest, around[-1][1])
    most = min(MAX_READ, MAX_WORK // hardest) if hardest else MAX_READ
    if most < MIN_READ:
        raise TooMuchWorkError
    return most
