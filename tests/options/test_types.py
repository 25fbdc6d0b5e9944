"""Test what a type checker reports about programs that use the package."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import flask_crossorigin

pytest.importorskip("mypy", reason="mypy is not installed")

PACKAGE = Path(flask_crossorigin.__file__).parent

RIGHT = """
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, Flask, Response, current_app
from flask.views import MethodView
from typing_extensions import assert_type

from flask_crossorigin import CORS, ConfigError, Problem, cross_origin

app = Flask(__name__)
blueprint = Blueprint("api", __name__)


def is_ours(origin: str) -> bool:
    return origin.endswith(".example.com")


async def is_known(origin: str, request: object) -> bool:
    return bool(origin and request)


CORS(app)
CORS(app, origins="*", resources={r"/api/*": {"origins": "http://localhost:3000"}})
CORS(app, resources={re.compile("/v[0-9]/.*"): {"max_age": 5}}, expose_headers=["X-A"])
CORS(app, resources=["/a", "/b*"], allow_origins=[re.compile("https://a"), "null", is_ours])
CORS(app, resources=re.compile("/v[0-9]/.*"), origins=is_known, max_age="600")
CORS(blueprint, origins=("https://a.example", "https://b.example"), allow_credentials=True)
CORS(origins={"https://a.example"}, max_age=timedelta(1)).init_app(current_app, max_age=None)
settings: Mapping[str, Mapping[str, Any]] = {"/x": {"origins": "*"}}
CORS(app, resources=settings, allow_headers=["X-*", re.compile("X-[AB]")], methods="GET, PUT")


@app.get("/report/<int:number>")
@cross_origin(origins="https://a.example", automatic_options=False, preflight_status=200)
def report(number: int) -> Response:
    return Response(str(number))


@app.get("/bare")
@cross_origin
def bare() -> str:
    return "bare"


@app.get("/async")
@cross_origin(send_wildcard=False)
async def asynchronous() -> str:
    return "async"


class Item(MethodView):
    decorators = [cross_origin(origins="*")]

    @cross_origin(max_age=5)
    def get(self, number: int) -> str:
        return str(number)


assert_type(report(5), Response)
assert_type(bare(), str)
assert_type(Item().get(5), str)

try:
    CORS(app)
except ConfigError as error:
    problems: tuple[Problem, ...] = error.problems
    where: str = problems[0].where
"""

WRONG = [
    'CORS(app, orgins="*")',
    "CORS(app, origins=5)",
    "CORS(app, origins=None)",
    'CORS(app, max_age=b"5")',
    "CORS(app, max_age=1.5)",
    "CORS(app, resources=5)",
    'CORS(app, "*")',
    'CORS("app")',
    "CORS().init_app()",
    'cross_origin(resources=["/x"])',
    'cross_origin("https://a.example")',
    "cross_origin()(5)",
    'cross_origin(view)("x")',
    'cross_origin()(view)("x")',
    "view_result: str = cross_origin()(view)(5)",
]
PROGRAM = """from flask import Flask

from flask_crossorigin import CORS, cross_origin

app = Flask(__name__)


def view(number: int) -> bytes:
    return bytes(number)


"""


def check(program: Path) -> str:
    """Run mypy on a program as a user does."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    # Don't check the package itself.
    command += ["--follow-imports", "silent"]
    # Don't use the configuration of the user who runs the tests.
    settings = program.with_name("mypy.ini")
    settings.write_text("[mypy]\n")
    command += ["--config-file", str(settings), "--cache-dir", str(program.parent / "cache")]
    done = subprocess.run(
        [*command, program.name],
        cwd=program.parent,
        env={**os.environ, "MYPYPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return done.stdout


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").read_bytes() == b""


def test_a_valid_program_has_no_errors(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(RIGHT)
    assert check(program) == ""


def test_each_wrong_line_has_an_error(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM + "".join(f"{line}\n" for line in WRONG))
    first = PROGRAM.count("\n") + 1
    said = check(program)
    found = re.findall(r"^program\.py:([0-9]+): error: ", said, re.MULTILINE)
    assert [int(line) - first for line in found] == [*range(len(WRONG))], said
