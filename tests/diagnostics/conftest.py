"""Fixtures that write a program to a file and load its app."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from flask import Flask

from .audited import SHOP, Load


@pytest.fixture
def load_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return a function that runs a program from a file, and returns the app of the program."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def load(program: str, file: str = "shop.py") -> Flask:
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(program).lstrip("\n"), "utf-8")
        namespace: dict[str, Any] = {"__name__": path.stem}
        exec(compile(path.read_text("utf-8"), str(path), "exec"), namespace)
        app: Flask = namespace["app"]
        return app

    return load


@pytest.fixture
def shop(load_program: Load) -> Flask:
    return load_program(SHOP)
