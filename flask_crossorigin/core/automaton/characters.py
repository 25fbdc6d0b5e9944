"""Which characters one element of a regex matches: a literal, a dot or a character class.

Python's own compiler decides, so there are no tables of characters here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

if sys.version_info >= (3, 11):  # pragma: no cover
    from re import _compiler, _constants, _parser
else:  # pragma: no cover
    import sre_compile as _compiler
    import sre_constants as _constants
    import sre_parse as _parser

constants = _constants
parser = _parser

# Plain integers, because the operators of enums are slow.
_IGNORECASE, _DOTALL, _ASCII = int(re.IGNORECASE), int(re.DOTALL), int(re.ASCII)
_ASCII_CHARACTERS = "".join(map(chr, range(128)))
_CATEGORIES = {
    constants.CATEGORY_DIGIT: False,
    constants.CATEGORY_SPACE: False,
    constants.CATEGORY_WORD: False,
    constants.CATEGORY_NOT_DIGIT: True,
    constants.CATEGORY_NOT_SPACE: True,
    constants.CATEGORY_NOT_WORD: True,
}

Takes = Callable[[str], object]


class CharacterClass(NamedTuple):
    """A node of the syntax tree that matches one character, with the flags that apply to it."""

    #: The opcode and argument of the node, as in Python's ``re._parser``.
    kind: Any
    argument: Any
    flags: int

    @property
    def literal(self) -> str | None:
        """The only character that it matches; None if it is a class or can match either case."""
        if self.kind is not constants.LITERAL:
            return None
        character = chr(self.argument)
        has_case = self.flags & _IGNORECASE and (character.isalpha() or not character.isascii())
        return None if has_case else character

    @property
    def takes_anything(self) -> bool:
        """Whether it matches every character, line breaks included."""
        return self.kind is constants.ANY and bool(self.flags & _DOTALL)

    @property
    def spelled(self) -> list[str]:
        """The characters that are written out, in a class or alone. Ranges don't count."""
        if self.kind in (constants.LITERAL, constants.NOT_LITERAL):
            return [chr(self.argument)]
        items = self.argument if self.kind is constants.IN else ()
        return [chr(written) for kind, written in items if kind is constants.LITERAL]

    @property
    def ends_of_ranges(self) -> list[str]:
        """The first and the last character of each range in the class."""
        items = self.argument if self.kind is constants.IN else ()
        return [chr(end) for kind, ends in items if kind is constants.RANGE for end in ends]

    @property
    def in_ascii(self) -> str:
        """The ASCII characters that it matches."""
        return "".join(_compiled(*self).findall(_ASCII_CHARACTERS))

    @property
    def beyond_ascii(self) -> bool | None:
        """Whether it matches all non-ASCII characters (True), none (False) or some (None)."""
        if self.kind is constants.ANY:
            return True
        if self.flags & _IGNORECASE and self.literal is None:
            return None
        if self.kind is not constants.IN:
            is_negated = self.kind is constants.NOT_LITERAL
            return None if self.argument > 127 else is_negated
        items = [item for item in self.argument if item[0] is not constants.NEGATE]
        is_negated = len(items) < len(self.argument)
        found = {self._beyond_ascii(*item) for item in items}
        if True in found:
            return not is_negated
        return None if None in found else is_negated

    def _beyond_ascii(self, kind: Any, argument: Any) -> bool | None:
        if kind is constants.CATEGORY:
            return _CATEGORIES[argument] if self.flags & _ASCII else None
        last = argument[1] if kind is constants.RANGE else argument
        return None if last > 127 else False

    def compiled(self) -> Takes:
        """Return a function whose result is true for each character that it matches."""
        return _compiled(*self).fullmatch


@lru_cache(maxsize=256)
def _compiled(kind: Any, argument: Any, flags: int) -> re.Pattern[str]:
    state = parser.State()
    state.flags = flags
    node = (kind, list(argument) if kind is constants.IN else argument)
    pattern: re.Pattern[str] = _compiler.compile(parser.SubPattern(state, [node]), flags)
    return pattern
