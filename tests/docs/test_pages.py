"""The documentation names files, examples and APIs that exist, and shows real output."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from flask import Flask

import flask_crossorigin
from flask_crossorigin import explain
from flask_crossorigin.cli import cors

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.rst"))


def text(name: str) -> str:
    return (ROOT / "docs" / f"{name}.rst").read_text("utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the code blocks of a page that are in one language."""
    found = re.findall(
        rf"^\.\. code-block:: {language}\n\n((?:    .*\n|\n)+)", text(name), re.MULTILINE
    )
    return [dedent(block).strip("\n") for block in found]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_files_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`((?:tests|examples|docs)/[\w/.]+)`", page.read_text("utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_promises_name_the_tests_that_hold_them() -> None:
    promises = text("attacks").partition("\nGuarantees\n")[2].partition("What is not")[0]
    rows = re.split(r"\n   \* - ", promises)[2:]
    assert len(rows) > 10
    assert [row for row in rows if not re.search(r"`tests/(\w+/)?test_\w+\.py`", row)] == []


def test_every_example_is_listed() -> None:
    listed = set(re.findall(r"^   \* - `([\w.]+)`", text("examples"), re.MULTILINE))
    there = {path.name for path in (ROOT / "examples").iterdir() if path.name != "__pycache__"}
    assert listed == there


def test_the_tree_is_that_of_the_package() -> None:
    tree = text("contributing").partition("    flask_crossorigin/\n")[2].partition("\n\n")[0]
    listed = [line.split()[0].rstrip("/") for line in tree.splitlines()]
    package = Path(flask_crossorigin.__file__).parent
    rooms = {path.name for path in package.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert sorted(listed) == sorted(rooms - {"__init__.py", "__pycache__"})


def test_the_reference_has_every_public_name() -> None:
    named = re.findall(r"^\.\. (?:auto)?\w+:: (\w+)(?:\(\))?$", text("api"), re.MULTILINE)
    assert set(flask_crossorigin.__all__) <= set(named)


CONSOLE = blocks("console", "console")


@pytest.fixture
def shop() -> Flask:
    namespace: dict[str, Any] = {"__name__": "shop"}
    exec(compile(blocks("console", "python")[0], "console.rst", "exec"), namespace)
    app: Flask = namespace["app"]
    return app


def test_the_application_of_the_commands_runs(shop: Flask) -> None:
    client = shop.test_client()
    assert client.get("/api/items").json == []
    assert client.get("/open/status").json == {"status": "up"}


@pytest.mark.parametrize("block", CONSOLE, ids=lambda block: block.split("\n")[0][30:80])
def test_commands_begin_with_what_is_shown(
    block: str, shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    command, _, shown = block.partition("\n")
    arguments = shlex.split(command)
    assert arguments[:5] == ["$", "flask", "--app", "shop", "cors"]
    result = shop.test_cli_runner().invoke(cors, arguments[5:])
    assert f"{shown}\n\n" in result.output
    assert result.output.startswith(shown)


def test_llms_txt_links_to_pages_and_is_built() -> None:
    summary = (ROOT / "docs" / "llms.txt").read_text("utf-8")
    linked = re.findall(r"\]\(([\w-]+)\.html\): ", summary)
    assert len(linked) == summary.count("](")
    assert {*linked} <= {page.stem for page in PAGES}
    assert 'html_extra_path = ["llms.txt"]' in (ROOT / "docs" / "conf.py").read_text("utf-8")


def test_program_of_llms_txt_does_what_it_says() -> None:
    summary = (ROOT / "docs" / "llms.txt").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.+?)```", summary, re.DOTALL)
    namespace: dict[str, Any] = {"__name__": "llms"}
    exec(compile(code, "llms.txt", "exec"), namespace)
    for origin, verdict in (("https://app.example.com", "allowed"), ("https://a.test", "refused")):
        explanation = explain(namespace["app"], "GET", "/api/items", origin=origin)
        assert explanation.verdict == verdict


def test_versions_that_are_named_are_in_the_changelog() -> None:
    named = [
        version
        for file in (*PAGES, *(ROOT / "flask_crossorigin").rglob("*.py"))
        for version in re.findall(
            r"^ *\.\. (?:versionadded|versionchanged|deprecated):: (\S+)",
            file.read_text("utf-8"),
            re.MULTILINE,
        )
    ]
    changelog = (ROOT / "CHANGES.rst").read_text("utf-8")
    assert [version for version in named if f"Version {version}\n" not in changelog] == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md"])
def test_links_of_community_files_lead_to_files(name: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / name).read_text("utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
