"""A regex as an automaton, which matches any text in time linear in the length of the text.

Python's ``re`` backtracks: it tries one way through a regex after another, which can take years.
A regex that a user wrote as a string is matched without backtracking, by the automaton of Glushkov
(*The abstract theory of automata*, 1961). Its positions are the places in the regex that match a
character. A set of positions is an integer with one bit for each.

The same automaton also says what a regex can match at all: see
:mod:`flask_crossorigin.core.reach`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from .characters import CharacterClass
from .positions import END, Positions
from .syntax import Regex, UnreadableError, read_pattern, read_string


class Plain(NamedTuple):
    """A regex that matches a literal text, or every text that begins with it.

    It has what callers use of :class:`Automaton` and :class:`re.Pattern`, but is faster to make.
    """

    start: str
    #: Whether any text may follow the start.
    has_rest: bool = False

    @property
    def pattern(self) -> str:
        """The same as a regex."""
        return re.escape(self.start) + (".*" if self.has_rest else "")

    @property
    def flags(self) -> int:
        """The flags of that regex."""
        return re.DOTALL

    def fullmatch(self, text: str) -> bool:
        """Return whether it matches the whole text."""
        return text.startswith(self.start) if self.has_rest else text == self.start


class Automaton:
    r"""A regex that can be matched against a whole text, or analyzed.

    >>> Automaton.of(r"https://[a-z]+\.example\.com").fullmatch("https://a.example.com")
    True
    """

    def __init__(self, pattern: str, flags: int, regex: Regex) -> None:
        #: The regex as written, and the flags that apply to all of it.
        self.pattern = pattern
        self.flags = flags
        #: Whether the regex has an unescaped ``.`` that is not repeated, usually by mistake.
        self.has_single_dot = regex.has_single_dot
        #: Whether it matches more texts than the regex: see :func:`~.syntax.read_pattern`.
        self.is_widened = regex.is_widened
        #: The contents of its look-arounds, one automaton for each.
        self.around = [Automaton(pattern, flags, Regex(part)) for part in regex.around]
        positions = Positions(regex.part)
        #: The positions that can match the first character.
        self.start = positions.start
        #: The positions inside repeats with many possible counts, such as ``*`` or ``{1,9}``.
        self.open = positions.open
        #: Whether a repeat is ambiguous: it can match the same characters in two ways.
        self.goes_on_twice = regex.goes_on_twice or positions.goes_on_twice
        #: Whether the regex can match the empty text in very many ways.
        self.is_empty_often = regex.is_empty_often
        #: The positions by the characters that they match.
        self.classes: Mapping[CharacterClass, int] = positions.classes
        self._literals, self._others = positions.by_character()
        #: By distance, the positions whose next position is that many bits lower.
        self.distances: Mapping[int, int]
        #: Other positions, each set with the next positions that all of them lead to.
        self.groups: Sequence[tuple[int, int]]
        self.distances, self.groups = positions.by_distance()
        #: The number of positions, including :data:`END`.
        self.size = regex.part.size + 1
        #: The positions that match any character again and again until the end of the text.
        self.taking_the_rest = positions.last & self.distances[0]
        for taken, those in self.classes.items():
            if not taken.takes_anything:
                self.taking_the_rest &= ~those
        self._taking: dict[str, int] = {}

    @classmethod
    def of(cls, text: str, flags: int = 0) -> Automaton:
        """Read a regex that a user wrote as a string.

        :raises re.error: it is not a valid regex, or Python warns about it.
        :raises UnreadableError: it uses something that no automaton can match.
        """
        return cls(text, flags, read_string(text, flags))

    @classmethod
    def judging(
        cls, regex: re.Pattern[str] | Automaton | Plain, *, as_written: bool = False
    ) -> Automaton:
        """Read a regex in order to analyze it.

        What no automaton can match is widened: see :func:`~.syntax.read_pattern`.

        :param as_written: keep long repeats as they are written: see
            :func:`~.syntax.read_pattern`.
        :raises UnreadableError: it is too long, or nested too deeply.
        """
        if isinstance(regex, Automaton):
            return regex
        if isinstance(regex, Plain):
            return cls.of(regex.pattern, regex.flags)
        judged = _judging(regex, as_written)
        if isinstance(judged, UnreadableError):
            # The cached error would gain a longer traceback each time that it is raised.
            raise UnreadableError(*judged.args)
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
        """Return whether the regex matches the whole text, in time linear in its length.

        It has the name of the method of :class:`re.Pattern`, so that callers can use either.
        It caches nothing, so it is slow: a :class:`~.matcher.Matcher` matches what requests send.
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
        """Return the positions that match at least one of the characters."""
        positions = 0
        for character in characters:
            taking = self._taking.get(character)
            positions |= self._positions_taking(character) if taking is None else taking
        return positions

    def after(self, positions: int) -> int:
        """Return the positions that can match the character after the one these matched."""
        after = 0
        for distance, those in self.distances.items():
            after |= (positions & those) >> distance
        for those, following in self.groups:
            if positions & those:
                after |= following
        return after

    def literal_start(self) -> tuple[str, bool]:
        """Return the text that every match begins with, and whether it is the only match."""
        text, positions = self._after_start
        return text, positions == END and not self.is_widened

    @property
    def matches_any_rest(self) -> bool:
        """Whether the regex matches every text that begins with the literal start."""
        _, positions = self._after_start
        return bool(positions & END and positions & self.taking_the_rest)

    @cached_property
    def _after_start(self) -> tuple[str, int]:
        """The literal start, and the positions that can match the character after it."""
        text = ""
        positions, passed = self.start, END
        # A regex such as "a+$b" never gets past its "a", so stop at a position seen before.
        while positions.bit_count() == 1 and not positions & passed:
            character = next((c for c, those in self._literals.items() if positions & those), None)
            if character is None:
                break
            text += character
            passed |= positions
            positions = self.after(positions)
        return text, positions


# One regex is analyzed several times, once for each check.
@lru_cache(maxsize=1024)
def _judging(regex: re.Pattern[str], as_written: bool) -> Automaton | UnreadableError:
    try:
        read = read_pattern(regex, as_written=as_written)
        return Automaton(regex.pattern, regex.flags, read)
    except UnreadableError as error:
        return error.with_traceback(None)
