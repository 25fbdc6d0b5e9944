"""Programs for Flask-CORS, unchanged except for their import."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin

Send = Callable[..., TestResponse]

VITE = "http://localhost:5173"
REACT = "http://localhost:3000"
APP = "https://app.example.com"


def cors_headers(response: TestResponse) -> dict[str, str]:
    return {
        name.removeprefix("Access-Control-"): value
        for name, value in response.headers
        if name.startswith("Access-Control-")
    }


def test_a_front_end_in_development(send: Send, preflight: Send) -> None:
    app = Flask("shop")
    CORS(app, resources={r"/api/*": {"origins": "http://localhost:3000"}})

    @app.route("/api/items", methods=["GET", "POST"])
    def items() -> Any:
        return jsonify([])

    assert cors_headers(send(app, "/api/items", "POST", REACT)) == {"Allow-Origin": REACT}
    assert cors_headers(send(app, "/api/items", "POST", VITE)) == {}
    assert cors_headers(send(app, "/", "GET", REACT)) == {}
    response = preflight(app, "/api/items", "POST", REACT, names="content-type")
    assert response.status_code == 204
    assert cors_headers(response) == {
        "Allow-Origin": REACT,
        "Allow-Methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY",
        "Allow-Headers": "content-type",
    }


def test_options_under_their_shorter_names(send: Send, preflight: Send) -> None:
    app = Flask("shop")
    CORS(
        app,
        origins=["https://app.example.com", "https://admin.example.com"],
        methods=["GET", "POST", "PUT"],
        headers=["Content-Type", "Authorization"],
        expose_headers=["X-Total-Count"],
        allow_credentials=True,
        max_age=3600,
    )
    assert cors_headers(send(app, "/", origin=APP)) == {
        "Allow-Origin": APP,
        "Allow-Credentials": "true",
        "Expose-Headers": "X-Total-Count",
    }
    assert cors_headers(preflight(app, "/", "PUT", APP, names="authorization,x-other")) == {
        "Allow-Origin": APP,
        "Allow-Credentials": "true",
        "Allow-Methods": "GET, POST, PUT",
        "Allow-Headers": "authorization",
        "Max-Age": "3600",
    }


def test_one_option_under_two_names(send: Send) -> None:
    app = Flask("shop")
    CORS(
        app,
        resources={
            r"/*": {
                "origins": "http://localhost:5173",
                "supports_credentials": True,
                "Access-Control-Allow-Credentials": True,
            }
        },
    )
    assert cors_headers(send(app, "/any/where", origin=VITE)) == {
        "Allow-Origin": VITE,
        "Allow-Credentials": "true",
    }


def test_options_from_fastapi(send: Send, preflight: Send) -> None:
    app = Flask("shop")
    CORS(
        app,
        allow_origins=["https://app.example.com", "http://localhost:5173"],
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
    )
    assert cors_headers(send(app, "/", origin=VITE)) == {
        "Allow-Origin": VITE,
        "Allow-Credentials": "true",
    }
    assert cors_headers(preflight(app, "/", "PURGE", APP, names="authorization,x-a")) == {
        "Allow-Origin": APP,
        "Allow-Credentials": "true",
        "Allow-Methods": "PURGE",
        "Allow-Headers": "authorization, x-a",
    }


@pytest.mark.parametrize("everywhere", [True, False])
def test_the_decorator_of_the_flask_snippets(everywhere: bool, send: Send, preflight: Send) -> None:
    app = Flask("shop")
    if everywhere:
        CORS(app, resources=[])

    @app.route("/report", methods=["GET", "PUT", "OPTIONS"])
    @cross_origin(
        origin="https://app.example.com",
        methods=["GET", "PUT"],
        headers="X-Requested-With, Content-Type",
        max_age=timedelta(hours=6),
        automatic_options=True,
    )
    def report() -> str:
        return "report"

    assert cors_headers(send(app, "/report", origin=APP)) == {"Allow-Origin": APP}
    assert cors_headers(preflight(app, "/report", "PUT", APP, names="content-type")) == {
        "Allow-Origin": APP,
        "Allow-Methods": "GET, PUT",
        "Allow-Headers": "content-type",
        "Max-Age": "21600",
    }


def test_a_view_that_answers_preflights_itself(preflight: Send) -> None:
    app = Flask("shop")

    @app.route("/report", methods=["GET", "OPTIONS"])
    @cross_origin(origin="*", max_age=21600, automatic_options=False)
    def report() -> tuple[str, dict[str, str]]:
        return "mine", {"X-Mine": "1"}

    response = preflight(app, "/report", "GET", APP)
    assert (response.status_code, response.text, response.headers["X-Mine"]) == (200, "mine", "1")
    assert cors_headers(response)["Max-Age"] == "21600"


def test_options_by_the_names_of_their_headers(send: Send, preflight: Send) -> None:
    app = Flask("shop")
    options: dict[str, Any] = {
        "Access-Control-Allow-Origin": "https://app.example.com",
        "Access-Control-Allow-Methods": "GET, PUT",
        "Access-Control-Allow-Headers": "X-Token",
        "Access-Control-Expose-Headers": "X-Total",
        "access-control-max-age": "60",
    }
    CORS(app, **options)
    assert cors_headers(send(app, "/")) == {}
    assert cors_headers(send(app, "/", origin=APP)) == {
        "Allow-Origin": APP,
        "Expose-Headers": "X-Total",
    }
    assert cors_headers(preflight(app, "/", "PUT", APP, names="x-token"))["Max-Age"] == "60"


SETTINGS = """
CORS_ORIGINS = ["https://app.example.com"]
CORS_METHODS = ["GET", "POST"]
CORS_ALLOW_HEADERS = ["Content-Type"]
CORS_EXPOSE_HEADERS = "X-Total"
CORS_SUPPORTS_CREDENTIALS = True
CORS_MAX_AGE = 600
CORS_RESOURCES = {r"/api/*": {}, r"/open/*": {"origins": "*", "supports_credentials": False}}
"""

ENVIRONMENT = {
    "FLASK_CORS_ORIGINS": "https://app.example.com",
    "FLASK_CORS_METHODS": '["GET", "POST"]',
    "FLASK_CORS_ALLOW_HEADERS": "Content-Type",
    "FLASK_CORS_EXPOSE_HEADERS": "X-Total",
    "FLASK_CORS_SUPPORTS_CREDENTIALS": "yes",
    "FLASK_CORS_MAX_AGE": "600",
    "FLASK_CORS_RESOURCES": '{"/api/*": {}, '
    '"/open/*": {"origins": "*", "supports_credentials": false}}',
}


@pytest.mark.parametrize("source", ["file", "environment"])
@pytest.mark.parametrize("factory", [True, False])
def test_settings(
    source: str,
    factory: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    send: Send,
    preflight: Send,
) -> None:
    cors = CORS()
    app = Flask("shop")
    if source == "file":
        (tmp_path / "settings.py").write_text(SETTINGS)
        app.config.from_pyfile(str(tmp_path / "settings.py"))
    else:
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        app.config.from_prefixed_env()
    if factory:
        cors.init_app(app)
    else:
        CORS(app)
    assert cors_headers(send(app, "/api/items", origin=APP)) == {
        "Allow-Origin": APP,
        "Allow-Credentials": "true",
        "Expose-Headers": "X-Total",
    }
    assert cors_headers(preflight(app, "/api/items", "POST", APP, names="content-type")) == {
        "Allow-Origin": APP,
        "Allow-Credentials": "true",
        "Allow-Methods": "GET, POST",
        "Allow-Headers": "content-type",
        "Max-Age": "600",
    }
    assert cors_headers(send(app, "/open/a", origin=VITE))["Allow-Origin"] == "*"
    assert cors_headers(send(app, "/closed", origin=APP)) == {}
