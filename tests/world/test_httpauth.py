from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from .exchanges import Exchange, allow_app, check, preflight
from .packages import require

flask_httpauth = require("flask_httpauth")

# The credentials someone:right and someone:wrong, in base64.
RIGHT = {"Authorization": "Basic c29tZW9uZTpyaWdodA=="}
WRONG = {"Authorization": "Basic c29tZW9uZTp3cm9uZw=="}


def create_app(*, everywhere: bool) -> Flask:
    app = Flask(__name__)
    auth = flask_httpauth.HTTPBasicAuth()

    @auth.verify_password
    def verify(name: str, password: str) -> str | None:
        return name if password == "right" else None

    @auth.get_user_roles
    def roles(_name: str) -> list[str]:
        return ["reader"]

    if everywhere:
        app.before_request(auth.login_required(lambda: None))

    @app.route("/api/items", methods=["GET", "PUT"])
    @auth.login_required
    def items() -> Any:
        return {}

    @app.get("/api/admin")
    @auth.login_required(role="admin")
    def admin() -> Any:
        return {}

    @app.get("/api/broken")
    @auth.login_required
    def broken() -> Any:
        raise RuntimeError

    allow_app(app)
    return app


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("GET", "/api/items", 200, RIGHT),
        Exchange("PUT", "/api/items", 200, RIGHT, {}),
        Exchange("GET", "/api/items", 401),
        Exchange("PUT", "/api/items", 401, WRONG, {}),
        Exchange("GET", "/api/admin", 403, RIGHT),
        Exchange("GET", "/api/broken", 500, RIGHT),
        Exchange("GET", "/api/nothing", 404, RIGHT),
    ],
    ids=str,
)
def test_exchange(exchange: Exchange, everywhere: bool) -> None:
    check(create_app(everywhere=everywhere), exchange)


@pytest.mark.parametrize("everywhere", [False, True])
def test_preflight_is_not_challenged(everywhere: bool) -> None:
    asked = preflight(create_app(everywhere=everywhere), "/api/items", names="authorization")
    assert "WWW-Authenticate" not in asked.headers
    # "*" would not allow this header.
    # https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name
    assert asked.headers["Access-Control-Allow-Headers"] == "authorization"
