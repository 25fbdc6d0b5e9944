"""The pages of the documentation fit on the screens of a laptop and a phone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from .engine import Engine
from .servers import Server

for module in ("sphinx", "furo", "sphinx_copybutton"):
    pytest.importorskip(module, reason=f"{module} builds the documentation: --group docs")

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(
    path.relative_to(DOCS).with_suffix(".html").as_posix() for path in DOCS.rglob("*.rst")
)

#: Finds elements that are wider than their space. Tables may scroll inside Furo's wrapper.
_MEASURE = """
const root = document.documentElement;
const blocks = [...document.querySelectorAll("pre")];
const tables = [...document.querySelectorAll("main table")];
const cut = [
  ...[root, ...blocks].filter((element) => element.scrollWidth > element.clientWidth),
  ...tables.filter((table) => table.closest(".table-wrapper") === null),
];
return {
  title: document.title,
  width: innerWidth,
  blocks: blocks.length,
  cut: cut.map((element) => element.textContent.trim().slice(0, 60)),
};
"""


@pytest.fixture(scope="module")
def documentation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build the documentation like ``tox run -e docs``, serve it, and yield its origin."""
    built = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(DOCS), str(built)]
    subprocess.run(command, check=True)
    with Server(Flask(__name__, static_folder=str(built), static_url_path="/")) as server:
        yield server.origin()


# One engine is enough, because this is not about CORS.
@pytest.mark.parametrize("engine_name", ["chromium"], indirect=True, scope="session")
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_cut_off(width: int, engine: Engine, documentation: str) -> None:
    def measure(page: str) -> Any:
        engine.open(f"{documentation}/{page}")
        return engine.run(_MEASURE)

    engine.resize(width, 900)
    measured = {page: measure(page) for page in PAGES}
    # The pages have loaded and have the right width.
    assert all("flask_crossorigin" in found["title"] for found in measured.values())
    assert {found["width"] for found in measured.values()} == {width}
    assert sum(found["blocks"] for found in measured.values()) > len(PAGES)
    assert {page: found["cut"] for page, found in measured.items() if found["cut"]} == {}
