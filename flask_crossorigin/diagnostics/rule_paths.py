"""The paths that a URL rule leads to, and which path patterns can match one of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from werkzeug.routing import FloatConverter, IntegerConverter

from ..core.regexes import can_match

if TYPE_CHECKING:
    from werkzeug.routing import Rule

    from ..core.paths import PathPattern

_VARIABLE = re.compile(r"<(?:(?P<converter>[A-Za-z_]\w*)(?:\(.*?\))?:)?[A-Za-z_]\w*>")
_NUMBER_CHARACTERS = frozenset("-.0123456789")


class _Item(NamedTuple):
    """What may stand at one place of a path."""

    #: None for any character.
    characters: frozenset[str] | None
    is_slash_allowed: bool
    repeats: bool

    def takes(self, character: str) -> bool:
        if self.characters is not None:
            return character in self.characters
        return self.is_slash_allowed or character != "/"


class RulePaths:
    """The paths that a rule leads to, as an automaton over ASCII.

    A variable part is taken for more than its converter lets through, so that a pattern is never
    called useless when it is not.
    """

    def __init__(self, rule: Rule) -> None:
        self._items: list[_Item] = []
        #: A path as most requests have it, with nothing in its variable parts that a pattern
        #: would name.
        self.sample = ""
        position = 0
        for match in _VARIABLE.finditer(rule.rule):
            self._add_literal(rule.rule[position : match.start()])
            self._add_variable(rule, match["converter"] or "default")
            position = match.end()
        self.is_literal = position == 0
        self._add_literal(rule.rule[position:])
        self._accepting = frozenset() if self.is_literal else self._accepting_states()

    def _add_literal(self, text: str) -> None:
        self._items += [_Item(frozenset(character), True, False) for character in text]
        self.sample += text

    def _add_variable(self, rule: Rule, converter_name: str) -> None:
        converter = rule.map.converters[converter_name]
        if issubclass(converter, (IntegerConverter, FloatConverter)):
            self._items.append(_Item(_NUMBER_CHARACTERS, False, True))
            self.sample += "7"
            return
        self._items.append(_Item(None, not converter.part_isolating, True))
        self.sample += "~" if converter.part_isolating else "~/~"

    def meet(self, pattern: PathPattern) -> bool:
        """Tell whether a pattern can match one of the paths."""
        if self.is_literal:
            return pattern.matches(self.sample)
        return can_match(pattern.regex, self._state_after, self._accepting)

    # A state is a set of places in the rule, a bit for each, moved by one so that state 0, in
    # which every automaton starts, is the first place alone.

    def _state_after(self, state: int, character: str) -> int | None:
        places, after = state + 1, 0
        for place, item in enumerate(self._items):
            if places >> place & 1 and item.takes(character):
                after |= 2 << place | (1 << place if item.repeats else 0)
        return after - 1 if after else None

    def _accepting_states(self) -> frozenset[int]:
        # The slash is one of these: every rule begins with it.
        named = {c for item in self._items for c in item.characters or ()}
        # All characters that no item names lead to the same states.
        other = next(chr(code) for code in range(33, 127) if chr(code) not in named)
        known, new = {0}, [0]
        while new:
            state = new.pop()
            for character in {*named, other}:
                after = self._state_after(state, character)
                if after is not None and after not in known:
                    known.add(after)
                    new.append(after)
        return frozenset(state for state in known if (state + 1) >> len(self._items) & 1)
