"""The paths that a URL rule matches, to compare them with path patterns."""

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
    """Return the subdomain of a rule, or its host with ``host_matching``."""
    return rule.host if rule.map.host_matching else rule.subdomain


class RulePaths:
    """The paths that a URL rule matches.

    Variable parts are assumed to match more than their converters do, so that a pattern is never
    reported as useless when it isn't.
    """

    def __init__(self, rule: Rule) -> None:
        #: An ordinary path of the rule. Its variable parts are texts that no pattern would contain.
        self.sample = ""
        self._grammar = Grammar()
        self._state = ""
        self._overlaps: dict[PathPattern, bool] = {}
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

    def overlap(self, pattern: PathPattern) -> bool:
        """Return whether a pattern can match one of the paths."""
        if self._is_literal:
            return pattern.matches(self.sample)
        if pattern not in self._overlaps:
            self._overlaps[pattern] = self._grammar.is_possible(pattern.regex)
        return self._overlaps[pattern]
