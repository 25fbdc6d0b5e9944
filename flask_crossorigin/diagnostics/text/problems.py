"""Formats a ``ConfigError`` for commands."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any

import click

from .terminal import BAD, GOOD, TITLE, Terminal

if TYPE_CHECKING:
    from ...options.errors import OptionsError, Problem


def print_error(error: OptionsError, file: IO[Any] | None = None) -> None:
    """Print an error with all its problems.

    Lines are not wrapped, so that fixes can be copied.

    :param file: where to print; by default, standard error.
    """
    stream = sys.stderr if file is None else file
    terminal = Terminal.current(stream)
    title = str(error).partition("\n")[0]
    lines = [f"{terminal.paint('Error:', BAD)} {title}"]
    lines += (_painted(problem, terminal) for problem in error.problems)
    click.echo("\n".join(lines), stream, color=terminal.color)


def _painted(problem: Problem, terminal: Terminal) -> str:
    place = "" if problem.place is None else f"{terminal.paint(str(problem.place), TITLE)}: "
    hint = f"\n    {terminal.paint(problem.hint, GOOD)}" if problem.hint else ""
    return f"- {place}{problem.where}: {problem.message}{hint}"
