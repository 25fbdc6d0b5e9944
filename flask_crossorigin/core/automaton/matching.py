"""A regex as an automaton, which takes time linear in the text, whatever the text is.

Python's ``re`` tries one way through a regex after another, which can take years. A regex that a
user wrote as a string is matched without trying: by the automaton of Glushkov (*The abstract theory
of automata*, 1961). Its positions are the places in the regex that take a character, and a set of
positions is an integer with a bit for each.

The same automaton, walked together with a grammar, answers what a regex can match at all: see
:mod:`~.reach`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache

from .characters import CharacterClass
from .positions import END, Positions
from .syntax import Regex, UnreadableError, read_pattern, read_string


class Automaton:
    r"""A regex, to be matched in full or to be asked what it can match.

    >>> Automaton.of(r"https://[a-z]+\.example\.com").fullmatch("https://a.example.com")
    True
    """

    def __init__(self, pattern: str, flags: int, regex: Regex) -> None:
        #: The regex, and the flags that hold for all of it.
        self.pattern = pattern
        self.flags = flags
        self.has_single_dot = regex.has_single_dot
        #: Whether it matches more than the regex does: see :func:`~.syntax.read_pattern`.
        self.is_widened = regex.is_widened
        #: What its look-arounds have in them, as automata of their own.
        self.around = [Automaton(pattern, flags, Regex(part)) for part in regex.around]
        positions = Positions(regex.part)
        #: The positions that may take the first character.
        self.start = positions.start
        #: The positions in repeats whose number of rounds isn't one of a few.
        self.open = positions.open
        #: Whether a repeat can go on in two ways that take the same characters.
        self.goes_on_twice = regex.goes_on_twice or positions.goes_on_twice
        #: Whether parts that follow each other can be empty in very many ways.
        self.is_empty_often = regex.is_empty_often
        #: The positions that take the same characters.
        self.classes: Mapping[CharacterClass, int] = positions.classes
        self._literals, self._others = positions.by_character()
        #: The positions that others follow at a distance, by the distance.
        self.distances: Mapping[int, int]
        #: What else follows, and which positions.
        self.groups: Sequence[tuple[int, int]]
        self.distances, self.groups = positions.by_distance()
        #: How many positions it has, together with that of the end.
        self.size = regex.part.size + 1
        #: The positions that take whatever comes, up to the end of the text.
        self.taking_the_rest = positions.last & self.distances[0]
        for taken, those in self.classes.items():
            if not taken.takes_anything:
                self.taking_the_rest &= ~those
        self._taking: dict[str, int] = {}

    @classmethod
    def of(cls, text: str, flags: int = 0) -> Automaton:
        """Read a regex that a user wrote as a string.

        :raises re.error: if it isn't a regex, or if Python warns about it.
        :raises UnreadableError: if it has something that is only there for compiled regexes.
        """
        return cls(text, flags, read_string(text, flags))

    @classmethod
    def judging(cls, regex: re.Pattern[str] | Automaton, *, as_written: bool = False) -> Automaton:
        """Read a regex to be asked what it can match. What can't be read is widened.

        :param as_written: see :func:`~.syntax.read_pattern`.
        :raises UnreadableError: if it is too long, or nested too deeply.
        """
        if isinstance(regex, Automaton):
            return regex
        judged = _judging(regex, as_written)
        if isinstance(judged, UnreadableError):
            raise judged
        return judged

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Automaton) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, int]:
        return self.pattern, self.flags

    def __repr__(self) -> str:
        return f"Automaton.of({self.pattern!r}, {self.flags})"

    def fullmatch(self, text: str) -> bool:
        """Return whether the regex matches the whole of a text, in time linear in the text.

        It is called as that of :class:`re.Pattern`, so that the two can be asked alike. Nothing is
        remembered: what requests send is matched by a :class:`~.together.Matcher`.
        """
        positions = self.start
        for character in text:
            positions = self.after(positions & self.taking(character))
            if not positions:
                break
        return bool(positions & END)

    def _positions_taking(self, character: str) -> int:
        positions = self._literals.get(character, 0)
        for takes, those in self._others:
            if takes(character):
                positions |= those
        self._taking[character] = positions
        return positions

    def taking(self, characters: Iterable[str]) -> int:
        """Return the positions that take at least one of some characters."""
        positions = 0
        for character in characters:
            taking = self._taking.get(character)
            positions |= self._positions_taking(character) if taking is None else taking
        return positions

    def after(self, positions: int) -> int:
        """Return the positions that may take the next character, after one that these took."""
        after = 0
        for distance, those in self.distances.items():
            after |= (positions & those) >> distance
        for those, following in self.groups:
            if positions & those:
                after |= following
        return after

    def literal_start(self) -> tuple[str, bool]:
        """Return the text with which every match begins, and whether nothing else matches."""
        text, positions = self._after_start
        return text, positions == END and not self.is_widened

    @property
    def matches_any_rest(self) -> bool:
        """Whether every text matches that begins with the literal start."""
        _, positions = self._after_start
        return bool(positions & END and positions & self.taking_the_rest)

    @cached_property
    def _after_start(self) -> tuple[str, int]:
        """The literal start, and the positions that may take the next character."""
        text = ""
        positions, passed = self.start, END
        # What comes round again never ends, as in "a+$b".
        while positions.bit_count() == 1 and not positions & passed:
            character = next((c for c, those in self._literals.items() if positions & those), None)
            if character is None:
                break
            text += character
            passed |= positions
            positions = self.after(positions)
        return text, positions


# Several questions are asked about each.
@lru_cache(maxsize=1024)
def _judging(regex: re.Pattern[str], as_written: bool) -> Automaton | UnreadableError:
    try:
        read = read_pattern(regex, as_written=as_written)
        return Automaton(regex.pattern, regex.flags, read)
    except UnreadableError as error:
        return error.with_traceback(None)
