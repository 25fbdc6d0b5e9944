"""The pytest fixture that comes with the package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli
from flask import Flask, session

from flask_crossorigin import CORS, pytest_plugin
from flask_crossorigin.testing import CORSError

if TYPE_CHECKING:
    from flask_crossorigin.pytest_plugin import BrowserAt

ROOT = Path(__file__).parents[1]
PAGE = "https://app.example.com"
EVIL = "https://evil.example"
API = "https://api.example.com"

browser_at = pytest_plugin.browser_at


@pytest.fixture
def app() -> Flask:
    """Return the application. pytest-flask uses a fixture with the same name."""
    app = Flask(__name__)
    app.secret_key = "only for this test"
    CORS(app, origins=PAGE, supports_credentials=True)

    @app.get("/visits")
    def visits() -> dict[str, int]:
        session["visits"] = session.get("visits", 0) + 1
        return {"visits": session["visits"]}

    return app


def test_a_page_fetches_from_the_app(browser_at: BrowserAt) -> None:
    page = browser_at(PAGE)
    assert page.fetch("/visits").json == {"visits": 1}
    assert page.exchanges[0].request.url == "http://localhost/visits"
    with pytest.raises(CORSError, match="origin"):
        browser_at(EVIL).fetch("/visits")


def test_options_are_those_of_the_browser(browser_at: BrowserAt) -> None:
    page = browser_at(page=f"{PAGE}/shop", at=API, clock=lambda: 0.0)
    assert page.fetch(f"{API}/visits").url == f"{API}/visits"
    assert page.exchanges[0].request.headers["Referer"] == f"{PAGE}/"


def test_pages_share_the_cookies_of_one_browser(browser_at: BrowserAt) -> None:
    first, second = browser_at(PAGE, at=API), browser_at(API, at=API)
    first.fetch(f"{API}/visits", credentials="include")
    assert second.fetch("/visits").json == {"visits": 2}


def test_pytest_loads_only_the_plugin(tmp_path: Path) -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"crossorigin": pytest_plugin.__name__}
    (tmp_path / "test_sum.py").write_text(
        "import sys\n\n\n"
        "def test_sum() -> None:\n"
        "    names = {'flask_crossorigin.testing', 'flask_crossorigin.extension'}\n"
        "    assert not names & sys.modules.keys()\n",
        "utf-8",
    )
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    # If the package is installed, pytest loads the plugin by itself. It must not load it twice.
    plugin = ["-p", "no:crossorigin", "-p", pytest_plugin.__name__]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *plugin, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in run.stdout, run.stdout + run.stderr
