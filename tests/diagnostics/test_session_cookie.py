"""``explain`` says whether the session cookie is sent, and the test browser agrees."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, session

from flask_crossorigin import CORS, Explanation, explain
from flask_crossorigin.cli import cors
from flask_crossorigin.testing import Browser

PAGE = "https://app.example.com"
SERVER = "https://api.example.com"
OTHER = "https://api.example.net"
LAX = "a SameSite=Lax cookie cannot be set by a cross-site response"
UNSET = (
    "no SameSite is set, so Chromium treats the cookie as Lax (Firefox and Safari don't), and a "
    "Lax cookie cannot be set by a cross-site response"
)
CROSS_SITE: dict[str, Any] = {"SAMESITE": "None", "SECURE": True}
NONE = (
    'Set SESSION_COOKIE_SAMESITE="None" and SESSION_COOKIE_SECURE=True, so that the session cookie '
    'is sent. Then protect the app against CSRF: set enforce="unsafe" in CORS(app), or check a '
    "CSRF token"
)
BLOCKED = "only by browsers that allow third-party cookies, so not by Safari"
partitioned = pytest.mark.skipif(
    "SESSION_COOKIE_PARTITIONED" not in Flask.default_config, reason="Flask does not know it"
)


def make_app(page: str = PAGE, **settings: Any) -> Flask:
    app = Flask("shop", static_folder=None)
    app.secret_key = "not really"
    app.config.update({f"SESSION_COOKIE_{name}": value for name, value in settings.items()})

    @app.get("/shop/items")
    def items() -> str:
        session["user"] = 1
        return "seen"

    CORS(app, origins=page, supports_credentials=True)
    return app


def ask(app: Flask, server: str, page: str = PAGE) -> Explanation:
    return explain(app, "GET", f"{server}/shop/items", origin=page, credentials=True)


def is_sent(app: Flask, server: str, page: str) -> bool:
    browser = Browser({server: app}, origin=page, unblocked=["mixed-content"])
    for _ in range(2):
        browser.fetch(f"{server}/shop/items", credentials="include")
    return "Cookie" in browser.exchanges[-1].request.headers


#: The page, the server, the settings, why the cookie is not sent, and what to change.
TABLE: dict[str, tuple[str, str, dict[str, Any], str, str]] = {
    "same site": (PAGE, SERVER, {}, "", ""),
    "same origin": (SERVER, SERVER, {}, "", ""),
    "strict": (PAGE, SERVER, {"SAMESITE": "Strict"}, "", ""),
    "another site": (PAGE, OTHER, {}, UNSET, NONE),
    "another site with Lax": (PAGE, OTHER, {"SAMESITE": "Lax"}, LAX, NONE),
    "another scheme": ("http://app.example.com", SERVER, {}, UNSET, NONE),
    "None is not Secure": (
        PAGE,
        OTHER,
        {"SAMESITE": "None"},
        "a SameSite=None cookie must be Secure",
        NONE,
    ),
    "for other sites": (PAGE, OTHER, CROSS_SITE, "", ""),
    "plain http": (
        "http://app.example.com",
        "http://api.example.com",
        {"SECURE": True},
        "a Secure cookie needs https, except on localhost",
        'Set SESSION_COOKIE_SAMESITE="None" and SESSION_COOKIE_SECURE=True, and serve the app over '
        f"https{NONE[NONE.index(', so that') :]}",
    ),
    "on this machine": (PAGE, "http://localhost:5000", CROSS_SITE, "", ""),
    "local page": ("http://localhost:3000", "http://localhost:5000", {}, "", ""),
    "two names of this machine": (
        "http://localhost:3000",
        "http://127.0.0.1:5000",
        {},
        UNSET,
        "Fetch from http://localhost:5000, so that the session cookie is sent",
    ),
    "domain": (PAGE, SERVER, {"DOMAIN": "example.com"}, "", ""),
    "foreign domain": (
        PAGE,
        SERVER,
        {"DOMAIN": "example.net"},
        "Domain=example.net is neither api.example.com nor a parent domain of it",
        "Set SESSION_COOKIE_DOMAIN=None, so that the session cookie is sent",
    ),
    "path": (PAGE, SERVER, {"PATH": "/shop"}, "", ""),
    "other path": (
        PAGE,
        SERVER,
        {"PATH": "/admin"},
        "its path is /admin, which does not cover /shop/items",
        'Set SESSION_COOKIE_PATH="/", so that the session cookie is sent',
    ),
    "everything": (
        PAGE,
        "http://api.example.net",
        {"PATH": "/admin", "DOMAIN": "example.org"},
        "Domain=example.org is neither api.example.net nor a parent domain of it",
        'Set SESSION_COOKIE_SAMESITE="None" and SESSION_COOKIE_SECURE=True, and set '
        'SESSION_COOKIE_DOMAIN=None, and set SESSION_COOKIE_PATH="/", and serve the app over '
        f"https{NONE[NONE.index(', so that') :]}",
    ),
    "prefix": (
        PAGE,
        SERVER,
        {"NAME": "__Host-session"},
        "a __Host- cookie must have Secure, Path=/, no Domain",
        NONE,
    ),
    "sandboxed page": ("null", SERVER, {}, UNSET, NONE),
}


@pytest.mark.parametrize(
    ("page", "server", "settings", "reason", "remedy"), TABLE.values(), ids=TABLE
)
def test_whether_the_session_cookie_travels(
    page: str, server: str, settings: dict[str, Any], reason: str, remedy: str
) -> None:
    app = make_app(page if page != "null" else PAGE, **settings)
    cookie = ask(app, server, page).session_cookie
    assert cookie is not None
    assert cookie.name == settings.get("NAME", "session")
    assert cookie.is_sent is not bool(reason)
    assert cookie.reason in ({reason} if reason else {"", BLOCKED})
    assert cookie.remedy == remedy
    if page != "null":
        assert is_sent(app, server, page) is cookie.is_sent


@partitioned
def test_a_partitioned_cookie_is_never_blocked() -> None:
    cookie = ask(make_app(PARTITIONED=True, **CROSS_SITE), OTHER).session_cookie
    assert cookie is not None
    assert (cookie.is_sent, cookie.reason) == (True, "")


def test_some_browsers_block_the_cookies_of_other_sites() -> None:
    cookie = ask(make_app(**CROSS_SITE), OTHER).session_cookie
    assert cookie is not None
    assert (cookie.is_sent, cookie.reason, cookie.remedy) == (True, BLOCKED, "")


def test_a_cookie_that_the_app_cannot_set() -> None:
    cookie = ask(make_app(SAMESITE="Sometimes"), SERVER).session_cookie
    assert cookie is not None
    assert cookie.reason.startswith("the app can't set it: SameSite must be")
    assert cookie.remedy == NONE


def test_sometimes_nothing_helps() -> None:
    cookie = ask(make_app(NAME="__Http-session", HTTPONLY=False), SERVER).session_cookie
    assert cookie is not None
    assert cookie.reason == "a __Http- cookie must have Secure, HttpOnly"
    assert cookie.remedy == ""


def test_older_versions_of_flask_have_no_partitioned_cookies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = make_app()

    class Interface:
        def __getattr__(self, name: str) -> Any:
            if name == "get_cookie_partitioned":
                raise AttributeError(name)
            return getattr(interface, name)

    interface = app.session_interface
    monkeypatch.setattr(app, "session_interface", Interface())
    cookie = ask(app, SERVER).session_cookie
    assert cookie is not None
    assert cookie.is_sent


def test_nothing_is_shown_without_credentials_or_a_session() -> None:
    app = make_app()
    assert explain(app, "GET", "/", origin=PAGE).session_cookie is None
    app.secret_key = None
    assert ask(app, SERVER).session_cookie is None


@pytest.mark.parametrize(
    ("server", "settings", "line"),
    [
        (SERVER, {}, "Session cookie  sent\n"),
        (SERVER, {"PATH": "/a"}, "Session cookie  not sent: its path is /a, which does not cover"),
        (
            OTHER,
            CROSS_SITE,
            "Session cookie  sent: only by browsers that allow third-party cookies",
        ),
    ],
)
def test_the_session_cookie_is_shown(
    server: str, settings: dict[str, Any], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    app = make_app(**settings)
    arguments = ["explain", "GET", f"{server}/shop/items", "--origin", PAGE, "--credentials"]
    result = app.test_cli_runner().invoke(cors, arguments)
    assert result.exit_code == 0
    assert line in result.output
    fix = 'What to change\n  Set SESSION_COOKIE_PATH="/", so that the session cookie is sent.\n'
    assert (fix in result.output) is ("PATH" in settings)


CSRF = ". Then protect the app against CSRF: "
TOKEN = f"{CSRF}check a CSRF token, for example with Flask-WTF"


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"origins": PAGE}, f'{CSRF}set enforce="unsafe" in CORS(app), or check a CSRF token'),
        ({"origins": PAGE, "enforce": "unsafe"}, ""),
        ({"origins": PAGE, "enforce": True}, ""),
        ({"for_origins": {PAGE: {}}, "origins": "none", "enforce": True}, ""),
        # enforce is a mistake if any origin is allowed.
        ({"origins": "*"}, TOKEN),
        ({"origins": "*", "for_origins": {PAGE: {"supports_credentials": True}}}, TOKEN),
        ({"resources": []}, f'{CSRF}set enforce="unsafe", or check a CSRF token'),
    ],
)
def test_a_cookie_for_other_sites_needs_protection_against_csrf(
    options: dict[str, Any], advice: str
) -> None:
    app = Flask("shop", static_folder=None)
    app.secret_key = "not really"
    CORS(app, **options)
    cookie = ask(app, OTHER).session_cookie
    assert cookie is not None
    assert cookie.remedy == f"{NONE.partition('. Then')[0]}{advice}"
    app.extensions["csrf"] = object()
    cookie = ask(app, OTHER).session_cookie
    assert cookie is not None
    assert cookie.remedy == NONE.partition(". Then")[0]
