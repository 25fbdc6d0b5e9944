"""Write the tables of the documentation: ``python -m tests.migration.table``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from textwrap import indent

from . import answers, effects, names, options, origins, paths, preflights
from .comparing import Case

_DOCS = Path(__file__).parents[2] / "docs"
PAGE = _DOCS / "migration.rst"
CASES_PAGE = _DOCS / "flask-cors.rst"

CASES = {
    "effects": effects.CASES,
    "origins": origins.CASES,
    "options": options.CASES,
    "paths": paths.CASES,
    "answers": answers.CASES,
    "preflights": preflights.CASES,
}
NAMES = {
    "starlette": names.STARLETTE,
    "django": names.DJANGO,
    "crossdomain": names.CROSSDOMAIN,
}

_HEADING = ".. list-table::\n   :header-rows: 1\n"


def tables() -> dict[Path, dict[str, str]]:
    """Return the tables of each page, by name."""
    return {
        CASES_PAGE: {name: "\n".join(map(_comparison, cases)) for name, cases in CASES.items()},
        PAGE: {name: _name_table(found) for name, found in NAMES.items()},
    }


def _comparison(case: Case) -> str:
    topic = case.topic if case.topic.startswith("``") else case.topic[:1].upper() + case.topic[1:]
    # Each case has its own table. One table for all, with a column of code, would be too wide.
    rows = [
        ["Request", f"``{case.request}``"],
        ["Flask-CORS", f"``{case.before}``"],
        ["flask_crossorigin", f"``{case.after}``"],
        ["Reason", case.reason],
    ]
    return (
        f".. rubric:: {topic}\n\n"
        f".. code-block:: python\n\n{indent(case.written, '    ')}\n\n"
        f".. list-table::\n   :stub-columns: 1\n   :widths: 22 78\n   :width: 100%\n\n"
        f"{_rows(rows)}"
    )


def _name_table(found: Iterable[names.Name]) -> str:
    rows = [["Old", "New"]]
    for name in found:
        here = f"``{name.option}``" if name.option else "not needed"
        if name.explained is not None:
            here += "; the old name is an error that tells you what to write"
        elif name.option != name.elsewhere:
            here += "; the old name works, too"
        rows.append([f"``{name.elsewhere}``", here])
    return f"{_HEADING}\n" + _rows(rows)


def _rows(rows: Iterable[Iterable[str]]) -> str:
    lines = []
    for row in rows:
        marks = ["* - ", *["  - "] * 3]
        for mark, cell in zip(marks, row, strict=False):
            first, _, rest = cell.partition("\n")
            lines.append(f"   {mark}{first}")
            if rest:
                lines.append(indent(rest, "       "))
    return "\n".join(lines) + "\n"


def fill(page: Path) -> str:
    """Return the text of a page with its tables filled in."""
    text = page.read_text("utf-8")
    for name, table in tables()[page].items():
        start, end = f".. table {name}\n", f".. end of {name}\n"
        pattern = re.compile(f"(?<={re.escape(start)}).*?(?={re.escape(end)})", re.DOTALL)
        filled = f"\n{table}\n"
        text, count = pattern.subn(lambda _, filled=filled: filled, text)  # type: ignore[misc]
        if count != 1:
            raise LookupError(f"{page.name} has {count} places for the table {name}")
    return text


if __name__ == "__main__":
    for page in tables():
        page.write_text(fill(page), "utf-8")
