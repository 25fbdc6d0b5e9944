from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from flask_crossorigin.cli import cors

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.rst").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks of the README that are in one language."""
    found = re.findall(
        rf"^\.\. code-block:: {language}\n\n((?:    .*\n|\n)+)", README, re.MULTILINE
    )
    return [dedent(block) for block in found]


def run_first_block() -> Flask:
    namespace: dict[str, Any] = {"__name__": "readme"}
    exec(compile(blocks("python")[0], "README.rst", "exec"), namespace)
    app: Flask = namespace["app"]
    return app


def test_the_page_it_names_may_read() -> None:
    client = run_first_block().test_client()
    answer = client.get("/api/items", headers={"Origin": "https://app.example.com"})
    assert answer.json == ["apple", "pear"]
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"


def test_other_pages_may_not_read() -> None:
    client = run_first_block().test_client()
    for origin in ("https://evil.example", "http://app.example.com", "null"):
        answer = client.get("/api/items", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_everything_below_api_and_nothing_else() -> None:
    client = run_first_block().test_client()
    headers = {"Origin": "https://app.example.com"}
    below = client.get("/api/nothing", headers=headers)
    assert below.status_code == 404
    assert "Access-Control-Allow-Origin" in below.headers
    assert "Access-Control-Allow-Origin" not in client.get("/other", headers=headers).headers


def test_moving_is_one_import() -> None:
    namespace: dict[str, Any] = {}
    exec(blocks("python")[1], namespace)
    assert {"CORS", "cross_origin"} <= namespace.keys()


def test_commands_and_links_name_files_that_exist() -> None:
    paths = re.findall(r"\S+\.py\b", "".join(blocks("console")))
    paths += re.findall(r"<(\S+?)>`_", README)
    paths += re.findall(r"^\.\. image:: (\S+)$", README, re.MULTILINE)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_terminal_shows_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    picture = (ROOT / "docs" / "_static" / "explain.svg").read_text("utf-8")
    shown = [line.text or "" for line in ElementTree.fromstring(picture) if "text" in line.tag]
    program, _, written = shown[0].partition(" cors ")
    assert program == "$ flask --app examples/ten_lines.py"
    app: Flask = runpy.run_path(str(ROOT / "examples" / "ten_lines.py"), run_name="shop")["app"]
    printed = app.test_cli_runner().invoke(cors, shlex.split(written)).output
    assert "\n".join(shown[2:]) + "\n" == printed
    drawn: str = runpy.run_path(str(ROOT / "docs" / "terminal.py"))["draw"]("\n".join(shown))
    assert picture == drawn


def test_the_application_of_the_terminal_is_that_of_the_readme() -> None:
    example = (ROOT / "examples" / "ten_lines.py").read_text("utf-8")
    policy = re.findall(r"^CORS\(.+\)$", blocks("python")[0], re.MULTILINE)
    assert policy == re.findall(r"^CORS\(.+\)$", example, re.MULTILINE)
    assert len(policy) == 1
