"""What ``CORS(...)`` makes of what it is called with."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask, current_app

from flask_crossorigin import CORS, ConfigError

RETIRED: dict[str, Any] = {"intercept_exceptions": False}


@pytest.mark.parametrize(
    ("where", "options", "config"),
    [
        ("intercept_exceptions", RETIRED, {}),
        ('resources["/x"].intercept_exceptions', {"resources": {"/x": RETIRED}}, {}),
        ("CORS_INTERCEPT_EXCEPTIONS", {}, {"CORS_INTERCEPT_EXCEPTIONS": "no"}),
    ],
)
@pytest.mark.parametrize("told", ["at once", "before", "in the factory"])
def test_what_has_no_effect_is_warned_of(
    where: str, options: dict[str, Any], config: dict[str, Any], told: str
) -> None:
    app = Flask("shop")
    app.config.update(config)

    def call() -> None:
        if told == "at once":
            CORS(app, **options)
        elif told == "before":
            CORS(**options).init_app(app)
        else:
            CORS().init_app(app, **options)

    with pytest.warns(DeprecationWarning, match="has no effect") as caught:
        call()
    assert {str(warning.message) for warning in caught} == {
        f"{where} has no effect: errors always carry the headers"
    }
    assert {warning.filename for warning in caught} == {__file__}


def test_the_application_at_hand_stands_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    app = Flask("shop")
    app.debug = True
    with app.app_context():
        CORS(current_app)

    @app.route("/x")
    def fail() -> str:
        raise RuntimeError

    # Of crashes a signal tells, and what sends it is no proxy.
    with pytest.raises(RuntimeError):
        app.test_client().get("/x", headers={"Origin": "https://app.test"})
    assert "It is the exception: RuntimeError" in caplog.text


def test_the_options_of_a_blueprints_paths_are_checked_at_once() -> None:
    blueprint = Blueprint("api", __name__)
    with pytest.raises(ConfigError, match="credentials with any origin"):
        CORS(blueprint, resources={"/x": {"origins": "*"}}, supports_credentials=True)
