"""The paths that a URL rule leads to, and which patterns match some of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from werkzeug.routing import FloatConverter, IntegerConverter

from ..core.automaton import ANYTHING, Grammar
from ..core.reach import DIGITS

if TYPE_CHECKING:
    from werkzeug.routing import BaseConverter, Rule

    from ..core.paths import PathPattern

_VARIABLE = re.compile(r"<(?:(?P<converter>[A-Za-z_]\w*)(?:\(.*?\))?:)?[A-Za-z_]\w*>")


def rule_domain(rule: Rule) -> str | None:
    """Give what a rule wants of the host name."""
    return rule.host if rule.map.host_matching else rule.subdomain


class RulePaths:
    """The paths that a URL rule leads to.

    A variable part is taken for more than its converter lets through, so that no pattern is called
    useless when it isn't.
    """

    def __init__(self, rule: Rule) -> None:
        #: A path as most requests have it, with nothing in its variable parts that a pattern
        #: would name.
        self.sample = ""
        self._grammar = Grammar()
        self._state = ""
        self._met: dict[PathPattern, bool] = {}
        position = 0
        for match in _VARIABLE.finditer(rule.rule):
            self._add_literal(rule.rule[position : match.start()])
            self._add_variable(rule.map.converters[match["converter"] or "default"])
            position = match.end()
        self._is_literal = position == 0
        self._add_literal(rule.rule[position:])
        self._grammar.ends.add(self._state)

    def _add_literal(self, text: str) -> None:
        self.sample += text
        for character in text:
            self._step(character)

    def _add_variable(self, converter: type[BaseConverter]) -> None:
        if issubclass(converter, (IntegerConverter, FloatConverter)):
            sample, characters = "7", DIGITS + "-."
        elif converter.part_isolating:
            sample, characters = "~", ANYTHING.replace("/", "")
        else:
            sample, characters = "~/~", ANYTHING
        self.sample += sample
        self._step(characters)
        self._grammar.add(self._state, characters, self._state)

    def _step(self, characters: str) -> None:
        before, self._state = self._state, str(int(self._state or "0") + 1)
        self._grammar.add(before, characters, self._state)

    def meet(self, pattern: PathPattern) -> bool:
        """Return whether a pattern can match one of the paths."""
        if self._is_literal:
            return pattern.matches(self.sample)
        if pattern not in self._met:
            self._met[pattern] = self._grammar.is_possible(pattern.regex)
        return self._met[pattern]
