"""The characters that one place in a regex takes, as Python's own compiler says."""

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

# As numbers: the operators of enums are slow.
_IGNORECASE, _DOTALL = int(re.IGNORECASE), int(re.DOTALL)

Takes = Callable[[str], object]


class CharacterClass(NamedTuple):
    """A node of the syntax tree that takes one character, with the flags that hold for it."""

    kind: Any
    argument: Any
    flags: int

    @property
    def literal(self) -> str | None:
        """The one character that it takes, if it is written as such."""
        if self.kind is not constants.LITERAL:
            return None
        character = chr(self.argument)
        has_case = self.flags & _IGNORECASE and (character.isalpha() or not character.isascii())
        return None if has_case else character

    @property
    def takes_anything(self) -> bool:
        """Whether it takes any character."""
        return self.kind is constants.ANY and bool(self.flags & _DOTALL)

    @property
    def spelled(self) -> list[str]:
        """The characters that are written one by one, in a class or alone."""
        if self.kind in (constants.LITERAL, constants.NOT_LITERAL):
            return [chr(self.argument)]
        items = self.argument if self.kind is constants.IN else ()
        return [chr(written) for kind, written in items if kind is constants.LITERAL]

    @property
    def ends_of_ranges(self) -> list[str]:
        """The first and last characters of the ranges in it."""
        items = self.argument if self.kind is constants.IN else ()
        return [chr(end) for kind, ends in items if kind is constants.RANGE for end in ends]

    def compiled(self) -> Takes:
        """Return a function that says whether it takes a character, as Python itself says."""
        return _compiled(*self)


@lru_cache(maxsize=256)
def _compiled(kind: Any, argument: Any, flags: int) -> Takes:
    state = parser.State()
    state.flags = flags
    node = (kind, list(argument) if kind is constants.IN else argument)
    pattern: re.Pattern[str] = _compiler.compile(parser.SubPattern(state, [node]), flags)
    return pattern.fullmatch
