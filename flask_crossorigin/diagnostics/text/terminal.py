"""The terminal that a command prints to: its width, its colors, and the layout of text."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any, NamedTuple

import click

#: The maximum width of the output in columns. Longer lines are hard to read.
WIDEST = 120
#: A first cell up to this length always stays on the line of its row.
_ALWAYS_BESIDE = 16


class Style(NamedTuple):
    """A color and weight. It only emphasizes: no information is in the style alone."""

    #: One of the 256 terminal colors; None for the default color.
    color: int | None
    bold: bool = False


# The colors have a contrast of at least 3.8:1 on black as well as on white.
GOOD = Style(28, bold=True)
BAD = Style(160, bold=True)
WARNING = Style(130, bold=True)
HEADER = Style(31)
TITLE = Style(None, bold=True)

#: The styles of verdicts.
VERDICTS = {"ALLOWED": GOOD, "REFUSED": BAD, "FAILED": BAD}
#: The styles of severities.
SEVERITIES = {"high": BAD, "medium": WARNING, "low": HEADER}


class Terminal:
    """A terminal to print to.

    :param width: its width in columns.
    :param color: whether to print colors.
    """

    def __init__(self, width: int = 80, *, color: bool = False) -> None:
        self.width = width
        self.color = color

    @classmethod
    def current(cls, stream: IO[Any] | None = None) -> Terminal:
        """Return the terminal that this process prints to.

        Files and pipes count as 80 columns wide. Colors are printed on a terminal unless
        ``NO_COLOR`` is set, and everywhere if ``FORCE_COLOR`` is set.

        :param stream: where to print; by default, standard output.
        """
        width = shutil.get_terminal_size((80, 24)).columns
        return cls(min(max(width, 40), WIDEST), color=_shows_colors(stream or sys.stdout))

    def paint(self, text: str, style: Style) -> str:
        """Return a text in a style, or unchanged if no colors are printed."""
        if not self.color:
            return text
        return click.style(text, fg=style.color, bold=style.bold or None)

    def title(self, text: str) -> str:
        """Return a text in the style of a title."""
        return self.paint(text, TITLE)

    def header(self, mark: str, name: str, value: str) -> str:
        """Return a line with an HTTP header.

        :param mark: ``>`` for a request header, ``<`` for a response header.
        """
        return f"  {mark} {self.paint(f'{name}:', HEADER)} {value}"

    def fill(
        self,
        text: str,
        indent: str = "",
        later: str | None = None,
        styles: Mapping[str, Style] | None = None,
    ) -> str:
        """Wrap a text at spaces.

        :param indent: the indent of the first line.
        :param later: the indent of the other lines; by default, the same.
        :param styles: the words to style. Only the first occurrence of each is styled.
        """
        filled = textwrap.fill(
            text,
            self.width,
            initial_indent=indent,
            subsequent_indent=indent if later is None else later,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for word, style in (styles or {}).items():
            filled = filled.replace(word, self.paint(word, style), 1)
        return filled

    def table(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        flexible: int,
        styles: Mapping[str, Style] | None = None,
    ) -> list[str]:
        """Lay out a table like that of ``flask routes``.

        If a first cell leaves no room for the other columns, it gets a line to itself.

        :param heads: the titles of the columns.
        :param rows: the cells of each row.
        :param flexible: how many columns, counted from the last, may wrap if the table doesn't fit.
        :param styles: the cells to style, by their text.
        :returns: the lines, without trailing spaces.
        """
        columns = list(zip(heads, *rows, strict=True))
        widths = [max(map(len, column)) for column in columns]
        # Words are never broken, so that they can be searched for.
        least = [max(map(len, " ".join(column).split())) for column in columns]
        is_first_whole = flexible < len(heads)
        if is_first_whole:
            fixed = len(heads) - flexible
            room = self.width - sum(widths[1:fixed]) - sum(least[fixed:]) - 2 * (len(heads) - 1)
            short = [len(cell) for cell in columns[0] if len(cell) <= max(room, _ALWAYS_BESIDE)]
            widths[0] = max(short)
        for index in range(len(heads) - flexible, len(heads)):
            others = sum(widths[:index]) + sum(least[index + 1 :]) + 2 * (len(heads) - 1)
            room = max(self.width - others, least[index])
            widths[index] = max(len(line) for cell in columns[index] for line in _wrap(cell, room))
        lines = self._row(heads, widths, dict.fromkeys(heads, TITLE))
        lines += self._row(["-" * width for width in widths], widths, {})
        for row in rows:
            cells = row
            if is_first_whole and len(row[0]) > widths[0]:
                lines.append(row[0])
                cells = ["", *row[1:]]
            lines += self._row(cells, widths, styles or {})
        return lines

    def _row(
        self, row: Sequence[str], widths: Iterable[int], styles: Mapping[str, Style]
    ) -> list[str]:
        wrapped = [_wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
        lines = []
        for number in range(max(map(len, wrapped))):
            line = ""
            for cell, parts, width in zip(row, wrapped, widths, strict=True):
                part = parts[number] if number < len(parts) else ""
                painted = self.paint(part, styles[cell]) if part and cell in styles else part
                line += painted + " " * (width - len(part) + 2)
            lines.append(line.rstrip())
        return lines


def printable(text: str) -> str:
    """Escape characters that could control the terminal, or that it might show misleadingly."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _shows_colors(stream: IO[Any]) -> bool:
    """Return whether to print colors: https://no-color.org and https://force-color.org."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
