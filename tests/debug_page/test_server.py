"""Test the debug page under ``flask run --debug``, which restarts the server after changes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.request import ProxyHandler, build_opener

import pytest

from .asking import PAGE

ROOT = Path(__file__).parents[2]
PROGRAM = """
from flask import Flask
from flask_crossorigin import CORS

app = Flask("shop")
CORS(app, origins="{origin}", debug_page="/_cors")
"""

# Don't use the proxies in the environment: the server is on this machine.
_fetch = build_opener(ProxyHandler({})).open


def read_until(log: IO[str], pattern: str) -> tuple[re.Match[str], list[str]]:
    """Read a program's output up to a line that matches. Return the match and all lines."""
    lines = []
    for line in log:
        lines.append(line)
        if match := re.search(pattern, line):
            return match, lines
    pytest.fail(f"the program ended: {''.join(lines)}")


class Served:
    """A running server and its output."""

    def __init__(self, program: Path, log: IO[str]) -> None:
        self.program = program
        self.log = log
        self.origin = read_until(log, r"http://127\.0\.0\.1:\d+")[0][0]
        read_until(log, "Debugger PIN")

    def get(self, path: str) -> str:
        with _fetch(self.origin + path, timeout=30) as response:
            text: str = response.read().decode()
        return text

    def poll(self) -> Any:
        return json.loads(self.get(f"{PAGE}/crossorigin-decisions.json?after=0"))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    program = tmp_path / "shop.py"
    program.write_text(PROGRAM.format(origin="https://one.example"), "utf-8")
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    # The new program has the size of the old one, and may have the same modification time in
    # seconds. Then Python would use the old bytecode.
    environ["PYTHONDONTWRITEBYTECODE"] = "1"
    # The reloader has a child process. In a new session, both can be killed as one group.
    with subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "shop", "run", "--debug", "--port", "0"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as server:
        assert server.stdout is not None
        try:
            yield Served(program, server.stdout)
        finally:
            os.killpg(server.pid, 9)


def test_the_reloader(served: Served) -> None:
    assert "<title>CORS debug page</title>" in served.get(PAGE)
    before = served.poll()
    served.program.write_text(PROGRAM.format(origin="https://two.example"), "utf-8")
    _, lines = read_until(served.log, "Debugger PIN")
    assert f"GET {PAGE} HTTP" in "".join(lines)
    assert "crossorigin-decisions" not in "".join(lines)
    assert served.poll()["run"] != before["run"]
    assert "https://two.example" in served.get(f"{PAGE}/policies.json")
