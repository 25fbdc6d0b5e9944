"""Lists of regexes, and which of them match a text. The work is bounded, whatever the text is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .automaton import NOTHING, UNDECIDED, Automaton, Matcher, Plain, UnreadableError, effort

#: The most characters of a text that are read. If the regexes make each character expensive, fewer
#: are read. If fewer than the minimum could be read, the regexes are refused.
MAX_READ, MIN_READ = 2_048, 100
#: The longest header name that is compared with patterns.
MAX_MATCHED_NAME_LENGTH = 128
#: The most work for one text. The unit is the time that an operation on two sets of positions takes
#: for each bit. The maximum takes less than a hundred times as long as refusing a plain request.
MAX_WORK = 52_000_000

Regex = Automaton | Plain | re.Pattern[str]


class TooMuchWorkError(Exception):
    """There are too many regexes, or they are too long, to match them in bounded time."""


class Patterns:
    """A list of regexes.

    Those that users wrote as strings are matched by automata, and those that begin with the same
    literal text are matched at once. Python matches compiled ones, one after the other.

    :param regexes: the regexes, in order of preference.
    :raises TooMuchWorkError: fewer than :data:`MIN_READ` characters of a text could be read.
    """

    def __init__(self, regexes: Iterable[Regex] = ()) -> None:
        self.regexes = tuple(regexes)
        by_start = _group_by_start(self.regexes)
        #: How many characters of a text the automata read.
        self.most = _max_read(by_start)
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
        """Return whether one of the regexes matches the whole text."""
        return any(group.match(text, self.most) for group in self._groups_of(text))

    def find(self, text: str) -> int:
        """Find the most specific regex that matches the whole text.

        That is the one with the longest literal start. If several have it, the first of them.

        :returns: the index of the regex; :data:`~.automaton.NOTHING` if no regex matches;
            :data:`~.automaton.UNDECIDED` if that depends on characters that were not read.
        """
        for group in self._groups_of(text):
            found = group.find(text, self.most)
            if found != NOTHING:
                return found
        return NOTHING

    def first(self, text: str) -> int:
        """Find the first regex that matches the whole text, whatever its literal start is.

        :returns: the index of the regex; :data:`~.automaton.NOTHING` if no regex matches, as far as
            the text is read.
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
        self._matcher = Matcher(automata, start) if automata else None
        self._others = [each for each in members if not isinstance(each[1], Automaton)]

    def match(self, text: str, most: int) -> bool:
        """Return whether one of the regexes matches a text: see :meth:`Patterns.match`."""
        matches = self._find_automaton(text, most) >= 0
        return matches or any(regex.fullmatch(text) for _, regex in self._others)

    def find(self, text: str, most: int) -> int:
        """Find the first regex that matches a text: see :meth:`Patterns.find`."""
        found = self._find_automaton(text, most)
        first = self._numbers[0] if found == UNDECIDED else found
        for number, regex in self._others:
            if first != NOTHING and number > first:
                break
            if regex.fullmatch(text):
                return number
        return found

    def _find_automaton(self, text: str, most: int) -> int:
        if self._matcher is None:
            return NOTHING
        found = self._matcher.find(text, most)
        return self._numbers[found] if found >= 0 else found


def check_work(regexes: Iterable[Regex]) -> None:
    """Check that regexes can be matched in bounded time.

    :raises TooMuchWorkError: there are too many of them, or they are too long.
    """
    _max_read(_group_by_start(regexes))


def _group_by_start(regexes: Iterable[Regex]) -> dict[str, list[tuple[int, Regex]]]:
    by_start: dict[str, list[tuple[int, Regex]]] = {}
    for number, regex in enumerate(regexes):
        start, kept = _start_of(regex)
        group = by_start.setdefault(start, [])
        last = group[-1][1] if group else None
        # After one that matches any rest, as "/api/*" does, no other with the same start is found.
        if not (isinstance(last, Plain) and last.has_rest):
            group.append((number, kept))
    return by_start


def _start_of(regex: Regex) -> tuple[str, Regex]:
    """Return the literal start of a regex, and the same regex in the form that is matched."""
    if isinstance(regex, Plain):
        return regex.start, regex
    try:
        automaton = Automaton.judging(regex)
    except UnreadableError:
        return "", regex
    start, _ = automaton.literal_start()
    is_plain = regex is automaton and automaton.matches_any_rest
    return start, Plain(start, has_rest=True) if is_plain else regex


def _max_read(by_start: dict[str, list[tuple[int, Regex]]]) -> int:
    """Return how many characters of any text can be read within :data:`MAX_WORK`."""
    hardest = 0
    # A text that begins with "/a/b" also begins with "/a", so the efforts of nested starts add up.
    # The stack holds the starts that the current one begins with, each with the effort up to it.
    stack: list[tuple[str, int]] = [("", 0)]
    for start in sorted(by_start):
        while not start.startswith(stack[-1][0]):
            stack.pop()
        automata = [regex for _, regex in by_start[start] if isinstance(regex, Automaton)]
        own = effort(automata) if automata else 0
        stack.append((start, stack[-1][1] + own))
        hardest = max(hardest, stack[-1][1])
    most = min(MAX_READ, MAX_WORK // hardest) if hardest else MAX_READ
    if most < MIN_READ:
        raise TooMuchWorkError
    return most
