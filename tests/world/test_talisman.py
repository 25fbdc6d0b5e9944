from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, abort

from .exchanges import Exchange, allow_app, ask, check, preflight
from .packages import require

flask_talisman = require("flask_talisman")

OTHERS = (
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Embedder-Policy",
    "Cross-Origin-Resource-Policy",
)


def create_app(*, cors_first: bool) -> Flask:
    app = Flask(__name__)
    if cors_first:
        allow_app(app)
    flask_talisman.Talisman(app)
    if not cors_first:
        allow_app(app)

    @app.route("/api/items", methods=["GET", "PUT"])
    def items() -> Any:
        return {}

    @app.get("/api/private")
    def private() -> Any:
        abort(401)

    @app.get("/api/broken")
    def broken() -> Any:
        raise RuntimeError

    return app


@pytest.mark.parametrize("cors_first", [False, True])
@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("GET", "/api/items", 200),
        Exchange("PUT", "/api/items", 200, json={}),
        Exchange("GET", "/api/private", 401),
        Exchange("GET", "/api/broken", 500),
        Exchange("GET", "/api/nothing", 404),
    ],
    ids=str,
)
def test_exchange(exchange: Exchange, cors_first: bool) -> None:
    app = create_app(cors_first=cors_first)
    answer = check(app, exchange, base_url="https://localhost")
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("cors_first", [False, True])
def test_plain_http_is_sent_to_https_but_a_preflight_is_answered(cors_first: bool) -> None:
    app = create_app(cors_first=cors_first)
    assert preflight(app, "/api/items").status_code == 204
    moved = check(app, Exchange("GET", "/api/items", 302))
    assert moved.location == "https://localhost/api/items"


def test_headers_about_opening_and_embedding_are_left_alone() -> None:
    app = create_app(cors_first=False)

    @app.get("/api/embedded")
    def embedded() -> Any:
        return {}, dict.fromkeys(OTHERS, "same-origin")

    answer = check(app, Exchange("GET", "/api/embedded", 200), base_url="https://localhost")
    assert [answer.headers.getlist(name) for name in OTHERS] == [["same-origin"]] * len(OTHERS)
    plain = ask(app, "/api/items", base_url="https://localhost")
    assert not [name for name in OTHERS if name in plain.headers]
