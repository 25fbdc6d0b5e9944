"""A regex, read from Python's own syntax tree into the parts that an automaton is made of.

It is one module because each kind of part is made of parts of every kind.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from .characters import CharacterClass, constants, parser

#: The longest regex in a string, in characters.
MAX_REGEX_LENGTH = 10_000
#: How many places that take a character a regex may have: one that is matched by an automaton,
#: and one that is only judged. Each count of a repeat has places of its own.
MAX_PLACES = 2_000
MAX_JUDGED_PLACES = 10_000
#: Up to how many places a repeat is judged as it is written. A longer one is taken for one
#: without an end, so that one repeat inside another doesn't multiply.
_LONGEST_JUDGED_REPEAT = 32
#: How many places a regex may have to be judged as it is written, however long its repeats are.
_MAX_WRITTEN_PLACES = 300
#: So many choices between two ways to match the empty text make very many ways.
_MANY_CHOICES = 16
#: A repeat is open if the number of rounds may vary by more than this.
_FEW = 3
_TOO_DEEP = "parts that are nested too deeply"

# Where a part may match the empty text: with characters on both sides of it, at the start of the
# text, at its end, or where the text is empty.
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
# As numbers: the operators of enums are slow.
_MULTILINE = int(re.MULTILINE)
_TYPE_FLAGS = int(re.ASCII | re.UNICODE | re.LOCALE)


class UnreadableError(Exception):
    """A regex has something that no automaton is made of. The message names it."""


class Part(NamedTuple):
    """A part of a regex. Its places are numbered from its end, the last of them zero."""

    #: How many places it has.
    size: int
    #: Where it may match the empty text.
    empty: int
    #: The places that may take its first character, a bit for each: after another character,
    #: and at the start of the text.
    first: int = 0
    first_at_start: int = 0
    kind: str = ""
    #: What a character takes.
    takes: CharacterClass | None = None
    #: What the others are made of, as it is written from left to right.
    parts: tuple[Part, ...] = ()
    #: Whether it is a repeat whose number of rounds isn't one of a few.
    is_open: bool = False
    #: Whether it has a repeat without an end in it.
    is_endless: bool = False


class Regex(NamedTuple):
    """A regex that has been read."""

    part: Part
    #: Whether a ``.`` stands for one character, where most people mean a dot.
    has_single_dot: bool = False
    #: Whether what was read matches more than the regex does.
    is_widened: bool = False
    #: Whether each round of a repeat can do the same in two ways.
    goes_on_twice: bool = False
    #: Whether parts that follow each other can be empty in very many ways.
    is_empty_often: bool = False
    #: What the look-arounds have in them, which isn't read.
    around: tuple[Part, ...] = ()


def read_string(text: str, flags: int) -> Regex:
    """Read a regex that a user wrote as a string.

    :raises re.error: if it isn't a regex, or if Python warns about it.
    :raises UnreadableError: if it has something that is only there for compiled regexes.
    """
    check_length(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            tree = parser.parse(text, flags)
        except (OverflowError, RecursionError, Warning) as error:
            raise re.error(str(error)) from None
    return _read(tree, _Reader(MAX_PLACES))


def check_length(text: str) -> None:
    """Check that a regex in a string is not too long to be read.

    :raises re.error: if it is.
    """
    if len(text) > MAX_REGEX_LENGTH:
        raise re.error(f"it is longer than {MAX_REGEX_LENGTH} characters")


def read_pattern(pattern: re.Pattern[str], *, as_written: bool = False) -> Regex:
    """Read a compiled regex to be judged.

    What no automaton can do is read as something that matches more: a look-around as if it weren't
    there, a back-reference as whatever its group matches.

    :param as_written: whether each round of a repeat has places of its own, also if it is long or
        may be empty. That is possible for short regexes.
    :raises UnreadableError: if it is too long, or nested too deeply.
    """
    with warnings.catch_warnings():
        # The flags repeat what the pattern's own "(?i)" said, and Python warns about some patterns.
        warnings.simplefilter("ignore")
        try:
            tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
        except RecursionError:
            raise UnreadableError(_TOO_DEEP) from None
    max_places = _MAX_WRITTEN_PLACES if as_written else MAX_JUDGED_PLACES
    return _read(tree, _Reader(max_places, widens=True, as_written=as_written))


def add_flags(pattern: re.Pattern[str], flags: int) -> re.Pattern[str]:
    """Compile a pattern again, with more flags."""
    with warnings.catch_warnings():
        # Python said what it warns about when the user compiled it.
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
    """Reads the nodes of a syntax tree into parts."""

    def __init__(self, max_places: int, *, widens: bool = False, as_written: bool = False) -> None:
        self.has_single_dot = False
        self.is_widened = False
        self.goes_on_twice = False
        self.around: list[Part] = []
        #: How many parts so far match the empty text in two ways, each as often as it repeats.
        self.choices = 0
        self._widens = widens
        self._as_written = as_written
        self._max_places = max_places
        self._groups: dict[int, Part] = {}

    def read(self, nodes: Sequence[Any], flags: int, rounds: int = 1) -> Part:
        """Read nodes that follow each other.

        :param rounds: how often all of them together may repeat.
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
            # Newer versions of Python read "(?!)" as the first.
            return Part(0, 0)
        if kind in (constants.ASSERT, constants.ASSERT_NOT):
            self._widen("a look-ahead" if argument[0] > 0 else "a look-behind")
            self.around.append(self.read(argument[1], flags))
            return Part(0, _ANYWHERE)
        if kind is constants.GROUPREF:
            self._widen("a back-reference")
            part = self._groups[argument]
            # The text is repeated, but not the anchors in it.
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
        self._widen("a ^ or $ for single lines" if argument in _ANCHORS else r"a \b or \B")
        return _ANYWHERE

    def _widen(self, what: str) -> None:
        if not self._widens:
            raise UnreadableError(what)
        self.is_widened = True

    def _repeat(self, part: Part, least: int, most: int) -> Part:
        if not part.size or not most:
            return part if least else Part(0, _ANYWHERE)
        if part.empty:
            # Each round that is needed may be empty, or not.
            self.choices += max(least, least == 0 or most > 1)
        if part.empty == _ANYWHERE and not self._as_written:
            # Then no round is needed.
            least = 0
        is_open = most - least > _FEW
        is_long = most * part.size > _LONGEST_JUDGED_REPEAT or (part.is_endless and is_open)
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
        """Repeat a part up to so many times, each round only after the one before."""
        if most == 1:
            return part._replace(empty=_ANYWHERE)
        size = self._checked(most * part.size)
        first, at_start = (bits << size - part.size for bits in (part.first, part.first_at_start))
        return _joined("run", [part] * most, size, _ANYWHERE, first, at_start)

    def _sequence(self, parts: Iterable[Part]) -> Part:
        parts = list(_without_needless(parts))
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
        if size > self._max_places:
            raise UnreadableError(f"more than {self._max_places} places that take a character")
        return size


def _joined(
    kind: str, parts: Sequence[Part], size: int, empty: int, first: int, first_at_start: int
) -> Part:
    is_endless = any(part.is_endless for part in parts)
    return Part(size, empty, first, first_at_start, kind, parts=tuple(parts), is_endless=is_endless)


def _without_needless(parts: Iterable[Part]) -> Iterator[Part]:
    """Leave out what changes nothing, and join neighbours that take no character."""
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
