from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort, session
from werkzeug.test import Client

from .exchanges import APP, Exchange, allow_app, ask, check, cors_headers, names_origin, preflight
from .packages import require

flask_session = require("flask_session")
cachelib = require("cachelib")


@pytest.fixture
def api(tmp_path: Path) -> Flask:
    app = Flask(__name__)
    app.config.update(
        SESSION_TYPE="cachelib",
        SESSION_CACHELIB=cachelib.FileSystemCache(str(tmp_path)),
        SESSION_COOKIE_SAMESITE="None",
        SESSION_COOKIE_SECURE=True,
    )
    flask_session.Session(app)
    allow_app(app)

    @app.put("/api/login")
    def login() -> Any:
        session["name"] = "someone"
        return {}

    @app.get("/api/me")
    def me() -> Any:
        return {"name": session["name"]} if "name" in session else abort(401)

    @app.get("/api/broken")
    def broken() -> Any:
        session["broken"] = True
        raise RuntimeError

    return app


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("PUT", "/api/login", 200, json={}),
        Exchange("GET", "/api/me", 401),
        Exchange("GET", "/api/broken", 500),
        Exchange("GET", "/api/nothing", 404),
    ],
    ids=str,
)
def test_exchange(api: Flask, exchange: Exchange) -> None:
    check(api, exchange)


def test_session_lasts_and_both_headers_vary(api: Flask) -> None:
    client = Client(api)
    sent: dict[str, Any] = {"base_url": "https://localhost", "headers": {"Origin": APP}}
    assert "SameSite=None" in client.put("/api/login", **sent).headers["Set-Cookie"]
    answer = client.get("/api/me", **sent)
    assert answer.json == {"name": "someone"}
    assert cors_headers(answer)["Access-Control-Allow-Origin"] == APP
    assert names_origin(answer)
    assert "Cookie" in ", ".join(answer.headers.getlist("Vary"))


def test_preflight_makes_no_session(api: Flask, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    assert "Set-Cookie" not in preflight(api, "/api/login").headers
    assert sorted(tmp_path.iterdir()) == before
    ask(api, "/api/login", "PUT")
    assert sorted(tmp_path.iterdir()) != before
