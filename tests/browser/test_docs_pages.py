"""The pages of the documentation fit on the screens of a laptop and a phone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from .engine import Engine
from .pages import Runner
from .servers import Server

for module in ("sphinx", "furo", "sphinx_copybutton"):
    pytest.importorskip(module, reason=f"{module} builds the documentation: --group docs")

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(
    path.relative_to(DOCS).with_suffix(".html").as_posix() for path in DOCS.rglob("*.rst")
)

#: Give, for each page, what is wider than its space. A table may scroll where Furo lets it.
_MEASURE = """
const frame = document.createElement("iframe");
frame.style = `border: 0; width: ${argument.width}px; height: 900px`;
document.body.append(frame);
const start = (element) => element.textContent.trim().slice(0, 60);
const measured = [];
for (const name of argument.pages) {
  await new Promise((resolve) => {
    frame.onload = resolve;
    frame.src = "/" + name;
  });
  const page = frame.contentDocument;
  const blocks = [...page.querySelectorAll("pre")];
  const tables = [...page.querySelectorAll("main table")];
  measured.push({
    name,
    title: page.title,
    width: frame.clientWidth,
    blocks: blocks.length,
    wide: [page.documentElement, ...blocks]
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map(start),
    cut: tables.filter((table) => table.closest(".table-wrapper") === null).map(start),
  });
}
return measured;
"""


@pytest.fixture(scope="module")
def documentation(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the documentation, built as ``tox run -e docs`` does."""
    built = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(DOCS), str(built)]
    subprocess.run(command, check=True)
    app = Flask(__name__, static_folder=str(built), static_url_path="/")
    with Server(runner.pages(app)) as server:
        yield server


# One engine is enough, since this is not about CORS.
@pytest.mark.parametrize("engine_name", ["chromium"], indirect=True, scope="session")
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_cut_off(
    width: int, engine: Engine, documentation: Server, runner: Runner
) -> None:
    argument = {"pages": PAGES, "width": width}
    measured = runner.evaluate(engine, documentation.origin(), _MEASURE, argument, timeout=120.0)
    # The pages were there, and as wide as they should be.
    assert [page["name"] for page in measured if page["title"]] == PAGES
    assert {page["width"] for page in measured} == {width}
    assert sum(page["blocks"] for page in measured) > len(PAGES)
    assert [page for page in measured if page["wide"] or page["cut"]] == []
