"""How the commands write: plain text that is readable on 80 columns."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence


def console_width() -> int:
    """Give the width of the terminal; 80 where there is none."""
    return max(shutil.get_terminal_size((80, 24)).columns, 40)


def format_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, flexible: int
) -> list[str]:
    """Write a table as ``flask routes`` does.

    :param width: what the table should fit into.
    :param flexible: how many of the last columns are wrapped where it does not.
    :returns: the lines, without blanks at their ends.
    """
    columns = list(zip(heads, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    # A name that is broken could not be searched for.
    least = [max(map(len, " ".join(column).split())) for column in columns]
    for index in range(len(heads) - flexible, len(heads)):
        others = sum(widths[:index]) + sum(least[index + 1 :]) + 2 * (len(heads) - 1)
        room = max(width - others, least[index])
        widths[index] = max(len(line) for cell in columns[index] for line in _wrap(cell, room))
    table = [heads, ["-" * column for column in widths], *rows]
    lines: list[str] = []
    for row in table:
        cells = [_wrap(cell, column) for cell, column in zip(row, widths, strict=True)]
        for number in range(max(map(len, cells))):
            parts = [
                (cell[number] if number < len(cell) else "").ljust(column)
                for cell, column in zip(cells, widths, strict=True)
            ]
            lines.append("  ".join(parts).rstrip())
    return lines


def _wrap(text: str, width: int) -> list[str]:
    # A column is as wide as its longest word.
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def fill(text: str, width: int, indent: str = "", later: str | None = None) -> str:
    """Wrap a text between its words.

    :param indent: what stands before the first line.
    :param later: what stands before the others; as before the first, if it is None.
    """
    return textwrap.fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if later is None else later,
        break_long_words=False,
        break_on_hyphens=False,
    )
