"""The state of an application, and mistakes that show only in several ``CORS(...)`` together."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Blueprint, Flask
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, ConfigError, cross_origin
from flask_crossorigin.options.errors import Problem

Send = Callable[..., TestResponse]

FRIEND = "https://app.example.com"


def test_the_application_knows_the_extension() -> None:
    app = Flask("shop")
    CORS(app)
    assert "crossorigin" in app.extensions


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("second", [False, True])
def test_two_policies_for_the_same_paths_are_found_late(
    first: bool, second: bool, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("shop")
    app.add_url_rule("/x", "x", lambda: "x")
    CORS(app, origins=FRIEND, enforce=first)
    CORS(app, origins=FRIEND, resources="/x", enforce=second, max_age=5)
    app.config["CORS_RESOURCES"] = "/x"
    with caplog.at_level("INFO", "flask_crossorigin"):
        response = send(app, "/x", origin=FRIEND)
    assert caplog.messages[-1] == (
        "GET '/x': the options of resources[\"/x\"] are invalid, so they allow nothing"
    )
    # With enforce, a mistake must not allow requests from other origins.
    assert response.status_code == (403 if first or second else 200)
    assert "Access-Control-Allow-Origin" not in response.headers
    mistakes = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [re.sub(r"\S+\.py:[0-9]+", "a.py:1", each.getMessage()) for each in mistakes] == [
        "1 problem in the CORS configuration:\n"
        '- a.py:1: resources["/x"]: there are two policies for the paths /x. '
        "The other one is at a.py:1.\n"
        "    Give each CORS(app) its own paths: CORS(app, resources={...}).\n"
        "Until they are fixed, the policies with these problems allow no origin."
    ]


def test_the_mistake_of_a_view_that_is_found_late_is_logged_once(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("shop")
    CORS(app)
    app.config["CORS_SUPPORTS_CREDENTIALS"] = "1"
    hidden: Any = cross_origin(origins=FRIEND, supports_credentials=False)(lambda: "x")
    wrong: Any = cross_origin(max_age=600)(lambda: "x")
    app.add_url_rule("/x", "x", lambda: hidden())
    app.add_url_rule("/y", "y", lambda: wrong())
    for url in ("/x", "/y", "/y"):
        send(app, url, origin=FRIEND)
    mistakes = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(mistakes) == 2
    assert all("credentials with any origin" in record.getMessage() for record in mistakes)


def test_two_policies_for_the_same_paths_are_a_mistake() -> None:
    app = Flask("shop")
    CORS(app)
    (problem,) = problems_of(partial(CORS, app, max_age=60))
    assert (problem.where, problem.value) == ("CORS(app)", "*")


def test_two_that_say_the_same_are_one(send: Send) -> None:
    app = Flask("shop")
    app.config["CORS_MAX_AGE"] = 60
    for _ in range(2):
        CORS(app, origins=[FRIEND], resources=["/x", "/y"])
    CORS(app, max_age="60", resources={"/x": {"origin": FRIEND}})
    app.add_url_rule("/x", "x", lambda: "x")
    assert send(app, "/x", origin=FRIEND).headers["Access-Control-Allow-Origin"] == FRIEND


def problems_of(call: Callable[[], Any]) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        call()
    return caught.value.problems


def test_a_second_or_late_cors_blueprint_is_reported() -> None:
    twice, late = Blueprint("twice", __name__), Blueprint("late", __name__)
    CORS(twice)
    Flask("shop").register_blueprint(late)
    for blueprint, message in ((twice, "already has a CORS(...)."), (late, "comes too late.")):
        (problem,) = problems_of(partial(CORS, blueprint))
        assert problem.value is blueprint
        assert problem.message.startswith(f'the blueprint "{blueprint.name}" ')
        assert problem.message.endswith(message)


def test_a_mistake_is_logged_by_the_application_if_our_logger_is_disabled(
    send: Send, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By default, logging.config.dictConfig() disables every existing logger.
    monkeypatch.setattr(logging.getLogger("flask_crossorigin"), "disabled", True)
    app = Flask("shop")
    CORS(app)
    app.config["CORS_SUPPORTS_CREDENTIALS"] = True
    send(app, "/", origin=FRIEND)
    (mistake,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert mistake.name == app.logger.name
    assert "credentials with any origin" in mistake.getMessage()
