"""Test who gets the debug page. For all other requests, the app responds as without a page."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from .asking import NAMES, PAGE, STRANGER, get, is_page, make_app

# Requests that get the page, as changes to the WSGI environ of the test client.
LOCAL: list[dict[str, str]] = [
    {},
    {"HTTP_HOST": "localhost:5000"},
    {"HTTP_HOST": "LocalHost"},
    {"HTTP_HOST": "localhost:80"},
    {"HTTP_HOST": "api.localhost:5000"},
    {"HTTP_HOST": "127.0.0.1:5000"},
    {"HTTP_HOST": "127.1.2.3"},
    {"HTTP_HOST": "[::1]:5000", "REMOTE_ADDR": "::1"},
    {"REMOTE_ADDR": "127.8.8.8"},
    {"REMOTE_ADDR": "::ffff:127.0.0.1"},
    {"REMOTE_ADDR": "::1%lo"},
    {"HTTP_SEC_FETCH_SITE": "none", "HTTP_SEC_FETCH_DEST": "document"},
    {"HTTP_SEC_FETCH_SITE": "same-origin"},
    {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": "http://localhost"},
    {"HTTP_ORIGIN": "http://localhost"},
    {"REQUEST_METHOD": "HEAD"},
]
# Requests that don't get the page, and the reason in the log.
REMOTE: list[tuple[dict[str, str], str]] = [
    *(
        ({"REMOTE_ADDR": address}, "the client is not on this machine")
        for address in ("192.168.1.7", "172.17.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "::2")
    ),
    # A server on a Unix socket doesn't know the address of the client.
    *(({"REMOTE_ADDR": a}, "the client is not on this machine") for a in ("", "<local>", "x")),
    *(
        ({"HTTP_HOST": host}, "the Host is not localhost, 127.0.0.1 or [::1]")
        for host in (
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil-localhost",
            "192.168.1.7:5000",
            "0.0.0.0:5000",
            "[::2]",
            "localhost@evil.example",
            "localhost, evil.example",
            "localhost/x",
            "",
        )
    ),
    *(
        ({f"HTTP_{name}": "127.0.0.1"}, "the request came through a proxy, which added ")
        for name in (
            "FORWARDED",
            "VIA",
            "X_FORWARDED_FOR",
            "X_FORWARDED_HOST",
            "X_FORWARDED_PROTO",
            "X_REAL_IP",
            "CF_CONNECTING_IP",
        )
    ),
    *(
        (environ, "a page on another origin requested it")
        for environ in (
            {"HTTP_SEC_FETCH_SITE": "cross-site"},
            {"HTTP_SEC_FETCH_SITE": "same-site", "HTTP_SEC_FETCH_DEST": "script"},
            {"HTTP_ORIGIN": STRANGER},
            {"HTTP_ORIGIN": "http://localhost:3000"},
            {"HTTP_ORIGIN": "null"},
            {"HTTP_ORIGIN": STRANGER, "HTTP_SEC_FETCH_SITE": "same-site"},
        )
    ),
]


def environ_id(value: object) -> str:
    return str(value) if isinstance(value, dict) else ""


@pytest.fixture(params=["its 404", "a view"])
def app(request: pytest.FixtureRequest) -> Flask:
    """Return an app with a debug page, without and with a view at the same URLs."""
    app = make_app()
    if request.param == "a view":
        app.add_url_rule("/<path:path>", "own", lambda path: "own")
        app.add_url_rule("/<path:path>/", "own/", lambda path: "own")
    return app


def is_own(app: Flask, url: str, **environ: str) -> bool:
    response = get(app, url, **environ)
    has_view = "own" in app.view_functions
    return (response.status_code, response.text == "own") == (200 if has_view else 404, has_view)


@pytest.mark.parametrize("environ", LOCAL, ids=environ_id)
def test_it_is_there_for_this_machine(environ: dict[str, str]) -> None:
    app = make_app()
    assert [get(app, PAGE + name, **environ).status_code for name in NAMES] == [200] * len(NAMES)


@pytest.mark.parametrize(("environ", "reason"), REMOTE, ids=environ_id)
def test_it_is_there_for_nobody_else(
    environ: dict[str, str], reason: str, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        assert all(is_own(app, PAGE + name, **environ) for name in NAMES)
    told = [record for record in caplog.records if "The debug page at" in record.getMessage()]
    assert [record.levelno for record in told] == [logging.WARNING]
    assert reason in told[0].getMessage()


def test_links_lead_to_the_page_from_everywhere_and_to_nothing_else() -> None:
    app = make_app()
    link = {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_SEC_FETCH_DEST": "document"}
    found = [get(app, PAGE + name, **link).status_code for name in NAMES]
    assert found == [200, 200, *[404] * (len(NAMES) - 2)]
    assert not is_page(get(app, PAGE, **{**link, "HTTP_SEC_FETCH_DEST": "iframe"}))


@pytest.mark.parametrize(
    ("debug", "options"),
    [(False, {}), (True, {"debug_page": None}), (True, {"debug_page": False})],
)
def test_without_debug_mode_or_a_word_of_it_there_is_no_page(
    debug: bool, options: dict[str, Any]
) -> None:
    app = make_app(debug=debug, **options)
    assert {get(app, PAGE + name).status_code for name in NAMES} == {404}


def test_it_ends_with_debug_mode() -> None:
    app = make_app()
    assert is_page(get(app))
    app.debug = False
    assert get(app).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "DELETE"])
@pytest.mark.parametrize("name", NAMES)
def test_other_methods_are_the_apps_own(name: str, method: str) -> None:
    app = make_app()
    app.add_url_rule("/<path:path>", "own", lambda path: "own", methods=[method])
    assert app.test_client().open(PAGE + name, method=method).text == "own"


@pytest.mark.parametrize("url", ["/_cors/more", "/_corsage", "/_cor", "/x/_cors", "/_cors//"])
def test_other_urls_are_the_apps_own(url: str) -> None:
    assert get(make_app(), url).status_code == 404


def test_preflights_for_the_page_are_answered_as_for_any_url() -> None:
    headers = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"}
    response = make_app().test_client().options(PAGE, headers=headers)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "https://app.example.com"


def test_behind_a_proxy_that_the_app_trusts() -> None:
    app = make_app()
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_host=1)  # type: ignore[method-assign]
    assert is_page(get(app))
    # The app now sees a local client and host, but the headers of the proxy are still there.
    forwarded = {"HTTP_X_FORWARDED_FOR": "127.0.0.1", "HTTP_X_FORWARDED_HOST": "localhost"}
    assert get(app, **forwarded).status_code == 404
