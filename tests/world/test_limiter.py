from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from .exchanges import Exchange, allow_app, ask, check, preflight
from .packages import require

flask_limiter = require("flask_limiter")
util = require("flask_limiter.util")


def create_app(*, limit: str = "100/hour", cors_first: bool = True, **options: Any) -> Flask:
    app = Flask(__name__)
    if cors_first:
        allow_app(app, **options)
    flask_limiter.Limiter(
        util.get_remote_address,
        app=app,
        application_limits=[limit],
        headers_enabled=True,
        storage_uri="memory://",
    )
    if not cors_first:
        allow_app(app, **options)

    @app.route("/api/items", methods=["GET", "PUT"])
    def items() -> Any:
        return {}

    @app.get("/api/broken")
    def broken() -> Any:
        raise RuntimeError

    return app


@pytest.mark.parametrize("cors_first", [False, True])
@pytest.mark.parametrize(
    ("limit", "exchange"),
    [
        ("100/hour", Exchange("GET", "/api/items", 200)),
        ("100/hour", Exchange("PUT", "/api/items", 200, json={})),
        ("100/hour", Exchange("GET", "/api/broken", 500)),
        ("100/hour", Exchange("GET", "/api/nothing", 404)),
        # Before these requests, check() sends one from another origin, which uses up the limit.
        ("1/hour", Exchange("GET", "/api/items", 429)),
        ("1/hour", Exchange("PUT", "/api/items", 429, json={})),
    ],
    ids=str,
)
def test_exchange(exchange: Exchange, limit: str, cors_first: bool) -> None:
    check(create_app(limit=limit, cors_first=cors_first), exchange)


@pytest.mark.parametrize("cors_first", [False, True])
def test_preflights_do_not_count(cors_first: bool) -> None:
    app = create_app(limit="1/hour", cors_first=cors_first)
    for _ in range(3):
        assert preflight(app, "/api/items").status_code == 204
    assert ask(app, "/api/items").status_code == 200
    assert ask(app, "/api/items").status_code == 429
    # Preflights still succeed when the limit is used up.
    assert preflight(app, "/api/items").status_code == 204


def test_headers_that_tell_the_limit_have_to_be_exposed() -> None:
    exposed = "Retry-After, X-RateLimit-Remaining"
    app = create_app(limit="1/hour", expose_headers=exposed)
    answer = check(app, Exchange("GET", "/api/items", 429), exposed=exposed)
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert "Retry-After" in answer.headers
