from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from .packages import ALL_REQUIRED

PAGE = (Path(__file__).parents[2] / "docs" / "flask-world.rst").read_text("utf-8")
ROWS = re.findall(r"^   \* - (.+)\n     - (.+)$", PAGE, re.MULTILINE)
TESTED = [
    (name, tested)
    for names, versions in ROWS
    if versions[0].isdigit()
    for name, tested in zip(names.split(", "), versions.split(", "), strict=True)
]


def test_every_package_is_in_the_table() -> None:
    assert len(TESTED) == 25


@pytest.mark.skipif(not ALL_REQUIRED, reason="Other versions than the table's may be installed")
@pytest.mark.parametrize(("name", "tested"), TESTED)
def test_version_in_the_table_is_the_one_that_is_tested(name: str, tested: str) -> None:
    assert f"{version(name)}.".startswith(f"{tested}.")
