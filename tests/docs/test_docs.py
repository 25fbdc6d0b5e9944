from __future__ import annotations

import re
from pathlib import Path

from flask_crossorigin.options.table import OPTIONS

CONFIGURATION = (Path(__file__).parents[2] / "docs" / "configuration.rst").read_text("utf-8")


def rows(heading: str) -> dict[str, str]:
    """Return the names in a table's first column, with the text of its last column."""
    table = CONFIGURATION.partition(f"   * - Option\n     - {heading}\n")[2].partition("\n\n")[0]
    found = re.findall(r"\* - `(\w+)`\n(?:.*\n)*?     - ([^\n]*)(?=\n   \* |$)", table)
    return dict(found)


def test_every_option_is_explained() -> None:
    assert list(rows("What it says")) == [
        *(option.name for option in OPTIONS),
        "resources",
        "debug_page",
    ]


def test_every_spelling_is_listed() -> None:
    listed = {
        name: tuple(re.findall(r"`([^`]+)`", text)) for name, text in rows("Also spelled").items()
    }
    assert listed == {option.name: option.spellings for option in OPTIONS if option.spellings}


def test_plain_defaults_are_those_of_the_package() -> None:
    listed = rows("What it says")
    for option in OPTIONS:
        if isinstance(option.default, int):
            assert listed[option.name].strip("`") == str(option.default)
