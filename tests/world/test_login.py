from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from flask_crossorigin.testing import Browser

from .exchanges import APP, STRANGER, Exchange, allow_app, check, cors_headers, preflight
from .packages import require

flask_login = require("flask_login")
UserMixin: Any = flask_login.UserMixin

# Flask-Login 0.6.3 computes the cookie's expiry with utcnow(), which is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


class User(UserMixin):
    def __init__(self, name: str) -> None:
        self.id = name


def create_app(*, required: bool = False, login_view: bool = False, **config: str) -> Flask:
    """Create an API with a login.

    :param required: whether a ``before_request`` function registered before CORS requires a login.
    :param login_view: whether requests without a login are redirected to a page.
    :param config: settings that override those of this function.
    """
    app = Flask(__name__)
    app.secret_key = "not secret"
    app.config.update(SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True)
    app.config.update(REMEMBER_COOKIE_SAMESITE="None", REMEMBER_COOKIE_SECURE=True)
    app.config.update(config)
    manager = flask_login.LoginManager(app)
    manager.user_loader(User)
    if login_view:
        manager.login_view = "login"

    if required:

        @app.before_request
        def ask_for_login() -> Any:
            if not flask_login.current_user.is_authenticated:
                return manager.unauthorized()
            return None

    @app.post("/api/login")
    def login() -> Any:
        flask_login.login_user(User("someone"), remember=True)
        return {}

    @app.route("/api/me", methods=["GET", "PUT"])
    @flask_login.login_required
    def me() -> Any:
        return {"name": flask_login.current_user.id}

    @app.get("/api/broken")
    @flask_login.login_required
    def broken() -> Any:
        raise RuntimeError

    allow_app(app)
    return app


@pytest.mark.parametrize("required", [False, True])
@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("GET", "/api/me", 401),
        Exchange("PUT", "/api/me", 401, json={}),
        Exchange("GET", "/api/broken", 401),
    ],
    ids=str,
)
def test_login_refused(exchange: Exchange, required: bool) -> None:
    check(create_app(required=required), exchange)


@pytest.mark.parametrize("required", [False, True])
def test_redirect_to_the_login_page_is_readable(required: bool) -> None:
    app = create_app(required=required, login_view=True)
    answer = check(app, Exchange("GET", "/api/me", 302))
    assert answer.location == "/api/login?next=%2Fapi%2Fme"


@pytest.mark.parametrize(
    ("path", "status"), [("/api/me", 200), ("/api/broken", 500), ("/api/nothing", 404)]
)
def test_logged_in(path: str, status: int) -> None:
    client = Client(create_app())
    client.post("/api/login", base_url="https://localhost")
    answer = client.get(path, base_url="https://localhost", headers={"Origin": APP})
    assert answer.status_code == status
    assert cors_headers(answer) == {
        "Access-Control-Allow-Origin": APP,
        "Access-Control-Allow-Credentials": "true",
    }


def test_preflight_carries_no_cookie_and_needs_no_login() -> None:
    app = create_app(required=True)
    asked = preflight(app, "/api/me")
    assert asked.status_code == 204
    assert "Set-Cookie" not in asked.headers
    assert preflight(app, "/api/me", origin=STRANGER).status_code == 403


@pytest.mark.parametrize(
    ("session", "remember", "status"),
    [("None", "None", 200), ("None", "Lax", 200), ("Lax", "None", 200), ("Lax", "Lax", 401)],
)
def test_cookies_travel_to_another_site_only_if_they_say_so(
    session: str, remember: str, status: int
) -> None:
    app = create_app(SESSION_COOKIE_SAMESITE=session, REMEMBER_COOKIE_SAMESITE=remember)
    browser = Browser({"https://api.elsewhere.example": app}, origin=APP)
    url = "https://api.elsewhere.example/api/"
    assert browser.fetch(f"{url}login", method="POST", credentials="include").status == 200
    assert browser.fetch(f"{url}me", credentials="include").status == status
    assert browser.fetch(f"{url}me").status == 401
