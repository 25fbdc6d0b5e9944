"""What is raised when a configuration cannot be right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_LONGEST_TEXT = 500
_LONGEST_VALUE = 80


def shown(value: object) -> str:
    """Write a value as Python does, but no longer than a line, and whatever it is."""
    try:
        text = repr(value)
    except Exception:
        # A __repr__ may raise, that of a number with thousands of digits too.
        text = object.__repr__(value)
    return _shortened(text, _LONGEST_VALUE)


def _shortened(text: str, longest: int) -> str:
    # What is wrong stands at the end of a message, so it is the middle that can go.
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half]}...{text[-half:]}"


@dataclass(frozen=True)
class Problem:
    """One mistake in a configuration, with the text to write instead."""

    #: Where it was written: ``resources["/api/*"].origins[1]``, ``CORS_ORIGINS``.
    where: str
    #: What was written there.
    value: Any
    #: What is wrong with it.
    message: str
    #: What to write instead; empty when nothing can be proposed.
    hint: str = ""

    def __post_init__(self) -> None:
        for name in ("where", "message", "hint"):
            object.__setattr__(self, name, _shortened(getattr(self, name), _LONGEST_TEXT))

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}"
        return f"{text}\n    {self.hint}" if self.hint else text


class ConfigError(ValueError):
    """A configuration that cannot be right, with every problem found in it.

    :param problems: at least one :class:`Problem`.
    """

    #: Every problem found, in the order in which the options were read.
    problems: tuple[Problem, ...]

    def __init__(self, problems: Iterable[Problem]) -> None:
        # One mistake may have been met on several ways.
        self.problems = tuple({str(problem): problem for problem in problems}.values())
        count = len(self.problems)
        title = "1 problem" if count == 1 else f"{count} problems"
        listed = "\n".join(f"- {problem}" for problem in self.problems)
        super().__init__(f"{title} in the CORS configuration:\n{listed}")

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[Problem, ...]]]:
        # BaseException would hand the message, not the problems, to __init__.
        return type(self), (self.problems,)
