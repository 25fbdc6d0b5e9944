"""The examples in the documentation run as printed."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytest.importorskip("flask_crossorigin.extension", reason="the examples need the server's side")

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"\.\. code-block:: python\n    :caption: (\S+)\n\n((?:(?:    .*)?\n)+)")


@pytest.mark.parametrize("page", ["testing", "browser"])
def test_each_prompt(page: str) -> None:
    path = str(DOCS / f"{page}.rst")
    outcome = doctest.testfile(path, module_relative=False, globs={"__name__": "__main__"})
    assert outcome.attempted > 20
    assert outcome.failed == 0


def test_the_fixtures(tmp_path: Path) -> None:
    files = dict(BLOCK.findall((DOCS / "testing.rst").read_text("utf-8")))
    assert sorted(files) == ["conftest.py", "test_cors.py", "test_policies.py"]
    for name, block in files.items():
        (tmp_path / name).write_text(textwrap.dedent(block), "utf-8")
    options = ["-q", "-W", "error", "-p", "no:cacheprovider"]
    # If the package is installed, pytest also loads its plugin by itself. Turn that off.
    plugin = ["-p", "no:crossorigin", "-p", "flask_crossorigin.pytest_plugin"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *plugin, "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 passed" in run.stdout, run.stdout + run.stderr
