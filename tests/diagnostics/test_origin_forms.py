"""Responses, the test browser, ``explain`` and ``routes`` agree on each form of an origin."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask

from flask_crossorigin import CORS, ConfigError, cross_origin, explain
from flask_crossorigin.diagnostics.routes import Routes
from flask_crossorigin.testing import Browser, CORSError

SERVER = "https://api.example.com"

# The option, an origin that it allows, and some that it doesn't.
FORMS = [
    ("https://app.example.", "https://app.example.", ["https://app.example"]),
    ("https://app.example", "https://app.example", ["https://app.example."]),
    ("https://*.example.com.", "https://a.example.com.", ["https://a.example.com"]),
    (
        "safari-web-extension://E1B2-C3",
        "safari-web-extension://E1B2-C3",
        ["safari-web-extension://e1b2-c3", "safari-web-extension://E1B2"],
    ),
    ("app://.", "app://.", ["app://a", "null"]),
    ("file://", "file://", ["null", "https://file"]),
    ("null", "null", ["file://"]),
    (
        "moz-extension://*",
        "moz-extension://5F1c",
        ["chrome-extension://5f1c", "moz-extension://a:81", "https://a.example", "null"],
    ),
    ("app://*:*", "app://host:81", ["web://host", "file://"]),
    ("http://*.localhost:5173", "http://a.localhost:5173", ["http://localhost:5173"]),
    ("http://*.localhost", "http://a.b.localhost", ["http://a.localhost:5173"]),
]


def make_app(origins: str) -> Flask:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/", "items", lambda: "seen")
    CORS(app, origins=origins)
    return app


@pytest.mark.parametrize(
    ("written", "origin", "is_allowed"),
    [
        (written, origin, origin == allowed)
        for written, allowed, refused in FORMS
        for origin in (allowed, *refused)
    ],
)
def test_all_agree(written: str, origin: str, is_allowed: bool) -> None:
    app = make_app(written)
    headers = app.test_client().get("/", headers={"Origin": origin}).headers
    assert headers.get("Access-Control-Allow-Origin") == (origin if is_allowed else None)
    explanation = explain(app, "GET", f"{SERVER}/", origin=origin)
    assert explanation.verdict == ("allowed" if is_allowed else "refused")
    assert explanation.origin == origin
    browser = Browser({SERVER: app}, origin=origin)
    if is_allowed:
        assert browser.fetch(f"{SERVER}/").text == "seen"
    else:
        with pytest.raises(CORSError):
            browser.fetch(f"{SERVER}/")
    assert browser.exchanges[-1].request.headers["Origin"] == origin
    assert next(route.to_dict()["origins"] for route in Routes.of(app).routes) == [written]


@pytest.mark.parametrize(
    "origin", ["https://App.example", "https://app.example..", "file://x", "app://", "app://a..b"]
)
def test_what_no_browser_sends(origin: str) -> None:
    app = make_app("https://app.example")
    headers = app.test_client().get("/", headers={"Origin": origin}).headers
    assert "Access-Control-Allow-Origin" not in headers


def on_app(app: Flask) -> None:
    CORS(app, origins="none")


def in_config(app: Flask) -> None:
    app.config["CORS_ORIGINS"] = "none"
    CORS(app)


def in_a_list(app: Flask) -> None:
    CORS(app, origins=["none"])


def in_json(app: Flask) -> None:
    CORS(app, origins='["none"]')


def in_an_entry(app: Flask) -> None:
    CORS(app, resources={"/view": {"origins": "none"}, "*": {}}, origins="*")


def on_a_view(app: Flask) -> None:
    app.view_functions["view"] = cross_origin(origins="none")(app.view_functions["view"])
    CORS(app)


def on_a_blueprint(app: Flask) -> None:
    blueprint = Blueprint("b", "shop")
    blueprint.add_url_rule("/in", "in", lambda: "seen")
    CORS(blueprint, origins="none")
    app.register_blueprint(blueprint)
    CORS(app)


@pytest.mark.parametrize(
    "write", [on_app, in_config, in_a_list, in_json, in_an_entry, on_a_view, on_a_blueprint]
)
def test_none_allows_no_origin(write: object) -> None:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/view", "view", lambda: "seen")
    assert callable(write)
    write(app)
    path = "/in" if write is on_a_blueprint else "/view"
    for origin in ("https://a.example", "null", "file://", "nonsense"):
        for method in ("GET", "OPTIONS"):
            headers = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
            response = app.test_client().open(path, method=method, headers=headers)
            assert "Access-Control-" not in str(response.headers)
    shown = {route.rule: route.to_dict()["origins"] for route in Routes.of(app).routes}
    assert shown[path] == ["none"]
    explanation = explain(app, "GET", path, origin="https://a.example")
    assert explanation.verdict == "refused"
    assert explanation.remedy == (
        f'If this is your page, write origins="https://a.example": {explanation.policy} allows '
        "no origin"
    )


def test_none_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_CORS_ORIGINS", "none")
    app = Flask("shop", static_folder=None)
    app.config.from_prefixed_env()
    CORS(app, supports_credentials=True)
    headers = app.test_client().get("/", headers={"Origin": "https://a.example"}).headers
    assert "Access-Control-Allow-Origin" not in headers


def test_none_beside_another_origin_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match='"none", which allows no origin'):
        CORS(Flask("shop"), origins=["https://a.example", "none"])


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (
            {},
            'If this is your app in a web view, add "file://" to the origins of CORS(app). But '
            "every other file that a web view opens has that origin too",
        ),
        (
            {"supports_credentials": True},
            "Serve the page over HTTP, so that it has an origin. Don't add "
            '"null" to the origins of CORS(app): any page can get the origin null',
        ),
    ],
)
def test_what_helps_a_file(options: dict[str, bool], remedy: str) -> None:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/", "root", lambda: "seen")
    CORS(app, origins="https://a.example", **options)  # type: ignore[arg-type]
    assert explain(app, "GET", "/", origin="file://").remedy == remedy
