"""Read the code in the documentation, so that tests can run what readers copy."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"


def code_blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page that are in one language."""
    return _directives(page, "code-block", language)


def run_example(page: str, group: str) -> dict[str, Any]:
    """Run the code of one example, which the page marks with ``.. testcode::`` and a group.

    :returns: the names that the code defines.
    """
    blocks = _directives(page, "testcode", group)
    assert blocks, f"{page} has no example {group}"
    names: dict[str, Any] = {"__name__": "shop"}
    exec(compile("\n".join(blocks), f"{page}.rst", "exec"), names)
    return names


def _directives(page: str, name: str, argument: str) -> list[str]:
    text = (DOCS / f"{page}.rst").read_text("utf-8")
    found = re.findall(
        rf"^\.\. {name}:: {re.escape(argument)}\n(?:    :.*\n|   :.*\n)*\n((?:    .*\n|\n)+)",
        text,
        re.MULTILINE,
    )
    return [dedent(block).strip("\n") for block in found]
