from __future__ import annotations

import re
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

import flask_crossorigin
from flask_crossorigin import CORS, ConfigError, cross_origin
from flask_crossorigin.cli import cors

from . import table
from .comparing import Case, outcome
from .names import Name

CASES = [case for cases in table.CASES.values() for case in cases]
PAGE = "https://app.example.com"
SAME = "No difference"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_flask_cors(case: Case) -> None:
    assert outcome(case, import_module("flask_cors")) == case.before


@pytest.mark.parametrize("case", CASES, ids=str)
def test_flask_crossorigin(case: Case) -> None:
    assert outcome(case, flask_crossorigin) == case.after


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_called_the_same_is_the_same(case: Case) -> None:
    assert (case.before == case.after) == case.reason.startswith(SAME)


@pytest.mark.parametrize("page", table.tables(), ids=lambda page: page.stem)
def test_the_page_has_the_tables(page: Path) -> None:
    assert table.fill(page) == page.read_text("utf-8")


def test_the_page_says_what_was_compared() -> None:
    assert f"Flask-CORS {version('flask-cors')}" in table.CASES_PAGE.read_text("utf-8")


def preflight(app: Flask) -> TestResponse:
    headers = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "X-Token, X-Other",
        "Access-Control-Request-Private-Network": "true",
    }
    return app.test_client().options("/", headers=headers)


def answers(app: Flask) -> list[list[tuple[str, str]]]:
    """Return the headers of the responses to a preflight and to a GET request."""
    answer = app.test_client().get("/", headers={"Origin": PAGE})
    return [list(preflight(app).headers), list(answer.headers)]


def configured(**options: Any) -> list[list[tuple[str, str]]]:
    app = Flask(__name__)
    app.config.update({name: value for name, value in options.items() if name.isupper()})
    CORS(app, **{name: value for name, value in options.items() if not name.isupper()})
    return answers(app)


def decorated(**options: Any) -> list[list[tuple[str, str]]]:
    app = Flask(__name__)
    app.get("/")(cross_origin(**options)(lambda: ""))
    return answers(app)


WAYS: dict[str, Any] = {"starlette": configured, "django": configured, "crossdomain": decorated}


@pytest.mark.parametrize(
    ("way", "name"),
    [(way, name) for way, found in table.NAMES.items() for name in found],
    ids=str,
)
def test_names_from_elsewhere(way: str, name: Name) -> None:
    setup = WAYS[way]
    # Credentials cannot be combined with any origin, so set one.
    key = "CORS_ORIGINS" if name.option.isupper() else "origins"
    base = {} if name.option == key else {key: PAGE}
    if name.explained is not None:
        with pytest.raises(ConfigError) as caught:
            setup(**base, **{name.elsewhere: name.value})
        (problem,) = caught.value.problems
        assert name.elsewhere in problem.where
        assert name.explained in problem.hint
    else:
        got = setup(**base, **{name.elsewhere: name.value})
        assert got == setup(**base, **{name.option: name.given})
        if name.option != "automatic_options":
            assert got != setup(**base)


def test_hand_written_hook_that_is_left_decides_alone() -> None:
    app = Flask(__name__)
    CORS(app, origins=PAGE, supports_credentials=True)

    @app.after_request
    def add_headers(response: Any) -> Any:
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    answer = app.test_client().get("/", headers={"Origin": PAGE})
    assert answer.headers.getlist("Access-Control-Allow-Origin") == ["*"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    ("origin", "status"), [(PAGE, 0), ("https://app.example.com.evil.test", 1)]
)
def test_commands_on_the_page(origin: str, status: int) -> None:
    commands = re.findall(r"^    \$ flask cors (.+)$", table.PAGE.read_text("utf-8"), re.MULTILINE)
    audit, explain = (command.split() for command in commands)
    app = Flask(__name__)
    CORS(app, origins=PAGE, max_age=600)
    app.put("/api/items")(lambda: "")
    runner = app.test_cli_runner()
    assert runner.invoke(cors, audit).exit_code == 0
    asked = [origin if part == PAGE else part for part in explain]
    assert runner.invoke(cors, asked).exit_code == status
