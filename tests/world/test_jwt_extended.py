from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from flask_crossorigin.testing import Browser

from .exchanges import APP, Exchange, allow_app, check, cors_headers, preflight
from .packages import require

jwt = require("flask_jwt_extended")


def create_app(**config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update(JWT_SECRET_KEY="not secret" * 4, **config)
    jwt.JWTManager(app)

    @app.post("/api/login")
    def login() -> Any:
        token = jwt.create_access_token("someone")
        answer = app.json.response(token=token, csrf=jwt.get_csrf_token(token))
        if "cookies" in app.config["JWT_TOKEN_LOCATION"]:
            jwt.set_access_cookies(answer, token)
        return answer

    @app.route("/api/me", methods=["GET", "PUT"])
    @jwt.jwt_required()
    def me() -> Any:
        return {"name": jwt.get_jwt_identity()}

    allow_app(app)
    return app


COOKIES: dict[str, Any] = {
    "JWT_TOKEN_LOCATION": ["cookies"],
    "JWT_COOKIE_SAMESITE": "None",
    "JWT_COOKIE_SECURE": True,
    "JWT_CSRF_IN_COOKIES": True,
}


@pytest.mark.parametrize("config", [{}, COOKIES], ids=["headers", "cookies"])
@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("GET", "/api/me", 401),
        Exchange("PUT", "/api/me", 401, json={}),
        Exchange("POST", "/api/login", 200),
        Exchange("GET", "/api/nothing", 404),
    ],
    ids=str,
)
def test_exchange(exchange: Exchange, config: dict[str, Any]) -> None:
    check(create_app(**config), exchange)


def log_in(client: Client) -> Any:
    return client.post("/api/login", base_url="https://localhost").json


@pytest.mark.parametrize(("token", "status"), [("right", 200), ("wrong", 422)])
def test_token_in_a_header(token: str, status: int) -> None:
    app = create_app()
    if token == "right":
        token = log_in(Client(app))["token"]
    sent = {"Authorization": f"Bearer {token}"}
    check(app, Exchange("GET", "/api/me", status, sent))
    asked = preflight(app, "/api/me", names="authorization")
    assert asked.headers["Access-Control-Allow-Headers"] == "authorization"


@pytest.mark.parametrize(("csrf", "status"), [(True, 200), (False, 401)])
def test_token_in_a_cookie_needs_the_csrf_header(csrf: bool, status: int) -> None:
    app = create_app(**COOKIES)
    client = Client(app)
    token = log_in(client)["csrf"]
    asked = preflight(app, "/api/me", names="x-csrf-token")
    assert asked.headers["Access-Control-Allow-Headers"] == "x-csrf-token"
    sent = {"Origin": APP, **({"X-CSRF-TOKEN": token} if csrf else {})}
    answer = client.put("/api/me", base_url="https://localhost", headers=sent)
    assert answer.status_code == status
    assert cors_headers(answer) == {
        "Access-Control-Allow-Origin": APP,
        "Access-Control-Allow-Credentials": "true",
    }


def test_header_that_the_policy_leaves_out_is_not_allowed() -> None:
    app = Flask(__name__)
    allow_app(app, allow_headers=["Content-Type"])
    asked = preflight(app, "/api/me", names="x-csrf-token")
    assert "Access-Control-Allow-Headers" not in asked.headers


@pytest.mark.parametrize(("samesite", "status"), [("None", 200), ("Lax", 401)])
def test_page_of_another_site_gets_the_csrf_token_from_the_body(samesite: str, status: int) -> None:
    app = create_app(**{**COOKIES, "JWT_COOKIE_SAMESITE": samesite})
    browser = Browser({"https://api.elsewhere.example": app}, origin=APP)
    url = "https://api.elsewhere.example/api/"
    token = browser.fetch(f"{url}login", method="POST", credentials="include").json["csrf"]
    sent = {"X-CSRF-TOKEN": token}
    reply = browser.fetch(f"{url}me", method="PUT", headers=sent, credentials="include")
    assert reply.status == status
