"""The tables of the documentation, made from the cases; ``python -m migration.table`` in tests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from textwrap import indent

from . import answers, effects, names, options, origins, paths, preflights
from .comparing import Case

PAGE = Path(__file__).parents[2] / "docs" / "migration.rst"

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


def tables() -> dict[str, str]:
    """Make each table of the page, by its name."""
    made = {name: "\n".join(map(_comparison, cases)) for name, cases in CASES.items()}
    made.update((name, _name_table(found)) for name, found in NAMES.items())
    return made


def _comparison(case: Case) -> str:
    topic = case.topic if case.topic.startswith("``") else case.topic[:1].upper() + case.topic[1:]
    # A table for each: one for all would be wider than a page, with the code in a column.
    rows = [
        ["Request", f"``{case.request}``"],
        ["Flask-CORS", f"``{case.before}``"],
        ["Here", f"``{case.after}``"],
        ["Why", case.reason],
    ]
    return (
        f".. rubric:: {topic}\n\n"
        f".. code-block:: python\n\n{indent(case.written, '    ')}\n\n"
        f".. list-table::\n   :stub-columns: 1\n   :widths: 20 80\n   :width: 100%\n\n"
        f"{_rows(rows)}"
    )


def _name_table(found: Iterable[names.Name]) -> str:
    rows = [["There", "Here"]]
    for name in found:
        here = "nothing" if not name.option else f"``{name.option}``"
        if name.explained is not None:
            here += "; the name itself is a mistake, and explained"
        elif name.option != name.elsewhere:
            here += "; the name itself is read too"
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


def fill(page: str) -> str:
    """Put the tables where the page names them."""
    for name, table in tables().items():
        start, end = f".. table {name}\n", f".. end of {name}\n"
        pattern = re.compile(f"(?<={re.escape(start)}).*?(?={re.escape(end)})", re.DOTALL)
        filled = f"\n{table}\n"
        page, count = pattern.subn(lambda _, text=filled: text, page)  # type: ignore[misc]
        if count != 1:
            raise LookupError(f"the page has {count} places for the table {name}")
    return page


if __name__ == "__main__":
    PAGE.write_text(fill(PAGE.read_text("utf-8")), "utf-8")
