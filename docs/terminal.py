"""Draw the terminal that the README shows: a command, and what it prints.

Run ``python docs/terminal.py`` after a change to what ``flask cors explain`` prints.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from html import escape
from pathlib import Path

DOCS = Path(__file__).parent
PICTURE = DOCS / "_static" / "explain.svg"
COMMAND = (
    "flask --app examples/ten_lines.py cors explain GET /api/items --origin http://app.example.com"
)

# Of a width in which a browser's own monospace font leaves no line too long.
_CHARACTER, _LINE, _MARGIN = 8.5, 19, 16
_BACKGROUND, _TEXT = "#1e2430", "#d6dbe5"
#: The colour of a line, by what it starts with.
_COLOURS = {"$ ": "#8f9bb3", "REFUSED": "#ff8f85", "  > ": "#8ec7ff", "  < ": "#a6da95"}


def main() -> None:
    """Run the command, and keep its picture."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", *shlex.split(COMMAND)],
        cwd=DOCS.parent,
        env={**os.environ, "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        text=True,
        # 1 says that the page is refused.
        check=False,
    )
    PICTURE.write_text(draw(f"$ {COMMAND}\n\n{done.stdout}"), "utf-8")


def draw(text: str) -> str:
    """Draw what a terminal shows, each of its lines as one of text.

    :returns: an SVG.
    """
    lines = text.rstrip("\n").split("\n")
    width = round(max(map(len, lines)) * _CHARACTER) + 2 * _MARGIN
    height = len(lines) * _LINE + 2 * _MARGIN
    rows = "\n".join(
        f'<text x="{_MARGIN}" y="{_MARGIN + number * _LINE - 5}" fill="{_colour(line)}" '
        f'xml:space="preserve">{escape(line, quote=False)}</text>'
        for number, line in enumerate(lines, 1)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="monospace" font-size="14">\n'
        f'<rect width="100%" height="100%" rx="8" fill="{_BACKGROUND}"/>\n{rows}\n</svg>\n'
    )


def _colour(line: str) -> str:
    return next((_COLOURS[start] for start in _COLOURS if line.startswith(start)), _TEXT)


if __name__ == "__main__":
    main()
