"""Read Python's own syntax tree of a regex into the parts that an automaton is made of.

It is one module because each kind of part can contain parts of every other kind.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from .characters import CharacterClass, constants, parser

#: The longest regex that a user may write as a string, in characters.
MAX_REGEX_LENGTH = 10_000
#: The most positions (places that match a character) of a regex that an automaton matches, and of
#: one that is only analyzed. A repeat such as ``a{3}`` has three of them.
MAX_POSITIONS = 2_000
MAX_ANALYZED_POSITIONS = 10_000
#: The most positions of a repeat that is analyzed as it is written. A longer one is analyzed as if
#: it had no upper limit. Otherwise nested repeats would multiply.
_LONGEST_ANALYZED_REPEAT = 32
#: The most positions of a regex that is analyzed as it is written, whatever repeats it has.
_MAX_WRITTEN_POSITIONS = 300
#: This many choices between two ways to match the empty text multiply to very many ways.
_MANY_CHOICES = 16
#: A repeat is open if its count can vary by more than this.
_FEW = 3
_TOO_DEEP = "groups that are nested too deeply"

# Where a part can match the empty text: between two characters, at the start of the text, at its
# end, or in an empty text. They are flags.
MIDDLE, AT_START, AT_END, ALONE = 1, 2, 4, 8
_ANYWHERE = MIDDLE | AT_START | AT_END | ALONE

_ANCHORS = {
    constants.AT_BEGINNING: AT_START | ALONE,
    constants.AT_BEGINNING_STRING: AT_START | ALONE,
    constants.AT_END: AT_END | ALONE,
    constants.AT_END_STRING: AT_END | ALONE,
}
_LINE_ANCHORS = {constants.AT_BEGINNING, constants.AT_END}
_ATOMIC_GROUP = getattr(constants, "ATOMIC_GROUP", None)
_POSSESSIVE_REPEAT = getattr(constants, "POSSESSIVE_REPEAT", None)
_REPEATS = {constants.MAX_REPEAT, constants.MIN_REPEAT, _POSSESSIVE_REPEAT}
# Plain integers, because the operators of enums are slow.
_MULTILINE = int(re.MULTILINE)
_TYPE_FLAGS = int(re.ASCII | re.UNICODE | re.LOCALE)


class UnreadableError(Exception):
    """A regex uses something that no automaton can match. The message names it."""


class Part(NamedTuple):
    """A part of a regex. Its positions are numbered from its end: the last one is number 0."""

    #: The number of its positions.
    size: int
    #: Where it can match the empty text: flags such as :data:`MIDDLE`.
    empty: int
    #: The positions that can match its first character, one bit for each: in the middle of the
    #: text, and at the start of the text.
    first: int = 0
    first_at_start: int = 0
    #: ``character``, ``sequence``, ``branch``, ``loop`` or ``run``; empty without positions. A loop
    #: repeats without an upper limit, a run up to a limit.
    kind: str = ""
    #: For a character, what it matches.
    takes: CharacterClass | None = None
    #: For the other kinds, the parts inside it, from left to right.
    parts: tuple[Part, ...] = ()
    #: Whether it is a repeat with many possible counts.
    is_open: bool = False
    #: Whether there is a repeat without an upper limit in it.
    is_endless: bool = False


class Regex(NamedTuple):
    """A regex as it was read."""

    part: Part
    #: Whether there is an unescaped ``.`` that is not repeated, usually by mistake.
    has_single_dot: bool = False
    #: Whether the parts match more texts than the regex.
    is_widened: bool = False
    #: Whether a repeat is ambiguous: each round can match the same in two ways.
    goes_on_twice: bool = False
    #: Whether the regex can match the empty text in very many ways.
    is_empty_often: bool = False
    #: The contents of its look-arounds, which are not among the parts.
    around: tuple[Part, ...] = ()


def read_string(text: str, flags: int) -> Regex:
    """Read a regex that a user wrote as a string.

    :raises re.error: it is not a valid regex, or Python warns about it.
    :raises UnreadableError: it uses something that no automaton can match.
    """
    check_length(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            tree = parser.parse(text, flags)
        except (OverflowError, RecursionError, Warning) as error:
            raise re.error(str(error)) from None
    return _read(tree, _Reader(MAX_POSITIONS))


def check_length(text: str) -> None:
    """Check the length of a regex that a user wrote as a string.

    :raises re.error: it is longer than :data:`MAX_REGEX_LENGTH`.
    """
    if len(text) > MAX_REGEX_LENGTH:
        raise re.error(f"it is longer than {MAX_REGEX_LENGTH} characters")


def read_pattern(pattern: re.Pattern[str], *, as_written: bool = False) -> Regex:
    """Read a compiled regex in order to analyze it.

    What no automaton can match is widened, so that nothing the regex matches is missed: a
    look-around matches everywhere, and a back-reference matches whatever its group can match.

    :param as_written: give each round of a repeat its own positions, even if the repeat is long or
        can be empty. Only short regexes can be read like that.
    :raises UnreadableError: it is too long, or nested too deeply.
    """
    with warnings.catch_warnings():
        # Python warned about the pattern when the user compiled it. The flags now include those
        # of an inline "(?i)", about which it may warn as well.
        warnings.simplefilter("ignore")
        try:
            tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
        except RecursionError:
            raise UnreadableError(_TOO_DEEP) from None
    most = _MAX_WRITTEN_POSITIONS if as_written else MAX_ANALYZED_POSITIONS
    return _read(tree, _Reader(most, widens=True, as_written=as_written))


def add_flags(pattern: re.Pattern[str], flags: int) -> re.Pattern[str]:
    """Compile a pattern again with additional flags."""
    with warnings.catch_warnings():
        # Python warned about the pattern when the user compiled it.
        warnings.simplefilter("ignore")
        return re.compile(pattern.pattern, (pattern.flags | flags) & ~re.DEBUG)


def _read(tree: Any, reader: _Reader) -> Regex:
    try:
        part = reader.read(tree, int(tree.state.flags))
    except RecursionError:
        raise UnreadableError(_TOO_DEEP) from None
    return Regex(
        part,
        reader.has_single_dot,
        reader.is_widened,
        reader.goes_on_twice,
        reader.choices >= _MANY_CHOICES,
        tuple(reader.around),
    )


class _Reader:
    """Reads the nodes of a syntax tree into parts.

    :param max_positions: the most positions that a part may have.
    :param widens: read what no automaton can match as something that matches more, instead of
        raising an error.
    :param as_written: see :func:`read_pattern`.
    """

    def __init__(
        self, max_positions: int, *, widens: bool = False, as_written: bool = False
    ) -> None:
        self.has_single_dot = False
        self.is_widened = False
        self.goes_on_twice = False
        self.around: list[Part] = []
        #: The number of choices so far between two ways to match the empty text. In a repeat, each
        #: round counts.
        self.choices = 0
        self._widens = widens
        self._as_written = as_written
        self._max_positions = max_positions
        self._groups: dict[int, Part] = {}

    def read(self, nodes: Sequence[Any], flags: int, rounds: int = 1) -> Part:
        """Read the nodes of a sequence.

        :param rounds: the highest count of the repeat around the sequence; 1 without a repeat.
        """
        if len(nodes) > 1:
            rounds = 1
        return self._sequence(
            [self._read_node(kind, argument, flags, rounds) for kind, argument in nodes]
        )

    def _read_node(self, kind: Any, argument: Any, flags: int, rounds: int) -> Part:
        if kind in _REPEATS:
            if kind is _POSSESSIVE_REPEAT:
                self._widen("a possessive repeat")
            least, most, nodes = argument
            before = self.choices
            part = self.read(nodes, flags, most)
            inside = self.choices - before
            self.goes_on_twice |= most - least > _FEW and inside > 0
            self.choices = before + inside * most
            return self._repeat(part, least, most)
        if kind is constants.SUBPATTERN:
            number, added, removed, nodes = argument
            kept = flags & ~_TYPE_FLAGS if added & _TYPE_FLAGS else flags
            part = self.read(nodes, (kept | added) & ~removed, rounds)
            if number is not None:
                self._groups[number] = part
            return part
        if kind is constants.BRANCH:
            return self._branch([self.read(nodes, flags, rounds) for nodes in argument[1]])
        if kind is constants.AT:
            return Part(0, self._read_anchor(argument, flags))
        if kind is constants.FAILURE or (kind is constants.ASSERT_NOT and not argument[1]):
            # Since Python 3.11, "(?!)" is read as FAILURE.
            return Part(0, 0)
        if kind in (constants.ASSERT, constants.ASSERT_NOT):
            self._widen("a look-ahead" if argument[0] > 0 else "a look-behind")
            self.around.append(self.read(argument[1], flags))
            return Part(0, _ANYWHERE)
        if kind is constants.GROUPREF:
            self._widen("a back-reference")
            part = self._groups[argument]
            # It repeats the text of the group, but the group's anchors don't apply to it.
            return part._replace(empty=_ANYWHERE) if part.empty else part
        if kind is constants.GROUPREF_EXISTS:
            self._widen("a condition on a group")
            return self._branch([self.read(nodes or (), flags) for nodes in argument[1:]])
        if kind is _ATOMIC_GROUP:
            self._widen("an atomic group")
            return self.read(argument, flags, rounds)
        self.has_single_dot |= kind is constants.ANY and rounds <= 1
        argument = tuple(argument) if kind is constants.IN else argument
        return Part(1, 0, 1, 1, "character", CharacterClass(kind, argument, flags))

    def _read_anchor(self, argument: Any, flags: int) -> int:
        if argument in _ANCHORS and not (argument in _LINE_ANCHORS and flags & _MULTILINE):
            return _ANCHORS[argument]
        self._widen("a ^ or $ that matches at each line" if argument in _ANCHORS else r"a \b or \B")
        return _ANYWHERE

    def _widen(self, what: str) -> None:
        if not self._widens:
            raise UnreadableError(what)
        self.is_widened = True

    def _repeat(self, part: Part, least: int, most: int) -> Part:
        if not part.size or not most:
            return part if least else Part(0, _ANYWHERE)
        if part.empty:
            # Each required round can match the empty text or not.
            self.choices += max(least, least == 0 or most > 1)
        if part.empty == _ANYWHERE and not self._as_written:
            # A required round can match the empty text, so no round is required.
            least = 0
        is_open = most - least > _FEW
        is_long = most * part.size > _LONGEST_ANALYZED_REPEAT or (part.is_endless and is_open)
        if self._widens and not self._as_written and is_long and most > 1:
            least, most = min(least, 2), constants.MAXREPEAT
        self._checked(least * part.size)
        if most is constants.MAXREPEAT:
            loop = Part(
                size=part.size,
                empty=part.empty if least else _ANYWHERE,
                first=part.first,
                first_at_start=part.first_at_start,
                kind="loop",
                parts=(part,),
                is_open=is_open,
                is_endless=True,
            )
            return self._sequence([part] * (least - 1) + [loop])
        rounds = [part] * least
        if most > least:
            rounds.append(self._run(part, most - least)._replace(is_open=is_open))
        return self._sequence(rounds)

    def _run(self, part: Part, most: int) -> Part:
        """Repeat a part up to ``most`` times, each round after the one before."""
        if most == 1:
            return part._replace(empty=_ANYWHERE)
        size = self._checked(most * part.size)
        first, at_start = (bits << size - part.size for bits in (part.first, part.first_at_start))
        return _joined("run", [part] * most, size, _ANYWHERE, first, at_start)

    def _sequence(self, parts: Iterable[Part]) -> Part:
        parts = list(_without_redundant(parts))
        if len(parts) == 1:
            return parts[0]
        size = first = at_start = 0
        empty = _ANYWHERE
        for part in reversed(parts):
            first = part.first << size | (first if part.empty & MIDDLE else 0)
            at_start = part.first_at_start << size | (at_start if part.empty & AT_START else 0)
            size = self._checked(size + part.size)
            empty &= part.empty
        return _joined("sequence", parts, size, empty, first, at_start)

    def _branch(self, parts: Sequence[Part]) -> Part:
        empty = 0
        for part in parts:
            self.choices += bool(empty & part.empty)
            empty |= part.empty
        taking = [part for part in parts if part.size]
        if len(taking) == 1:
            return taking[0]._replace(empty=empty)
        size = first = at_start = 0
        for part in reversed(taking):
            first |= part.first << size
            at_start |= part.first_at_start << size
            size = self._checked(size + part.size)
        return _joined("branch", taking, size, empty, first, at_start)

    def _checked(self, size: int) -> int:
        if size > self._max_positions:
            raise UnreadableError(
                f"more than {self._max_positions} characters once its repeats are expanded"
            )
        return size


def _joined(
    kind: str, parts: Sequence[Part], size: int, empty: int, first: int, first_at_start: int
) -> Part:
    is_endless = any(part.is_endless for part in parts)
    return Part(size, empty, first, first_at_start, kind, parts=tuple(parts), is_endless=is_endless)


def _without_redundant(parts: Iterable[Part]) -> Iterator[Part]:
    """Leave out parts that change nothing, and merge adjacent parts without positions."""
    waiting: Part | None = None
    for part in parts:
        if not part.size:
            waiting = part if waiting is None else Part(0, waiting.empty & part.empty)
            continue
        if waiting is not None and waiting.empty != _ANYWHERE:
            yield waiting
        waiting = None
        yield part
    if waiting is not None and waiting.empty != _ANYWHERE:
        yield waiting
