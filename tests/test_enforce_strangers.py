"""Policies with ``enforce`` refuse other origins before hooks and views run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin

Send = Callable[..., TestResponse]

PAGE = "https://page.test"


def make_app(**options: Any) -> tuple[Flask, list[str]]:
    """Make an application, and a list in which it records the hooks and views that run."""
    app = Flask("shop")
    ran: list[str] = []
    app.before_request(lambda: ran.append("hook"))
    options.setdefault("origins", PAGE)
    CORS(app, enforce=True, **options)

    @app.route("/x", methods=["GET", "POST", "OPTIONS"])
    def view() -> str:
        ran.append(request.method)
        return "x"

    return app, ran


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
@pytest.mark.parametrize("origin", ["https://evil.test", "null", "", "garbage"])
def test_origins_that_are_not_allowed(method: str, origin: str, send: Send) -> None:
    app, ran = make_app()
    response = send(app, "/x", method, origin)
    assert (response.status_code, ran) == (403, [])
    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    ("origin", "options"),
    [
        (PAGE, {}),
        (None, {}),
        ("http://shop.test", {"base_url": "http://shop.test"}),
        ("http://shop.test:81", {"base_url": "http://shop.test:81"}),
        (
            "https://shop.test",
            {"base_url": "https://shop.test", "headers": {"Host": "shop.test:443"}},
        ),
        ("https://shop.test", {"headers": {"Sec-Fetch-Site": "same-origin"}}),
        ("https://shop.test", {"base_url": "https://SHOP.test"}),
    ],
)
def test_who_may_pass(origin: str | None, options: dict[str, Any], send: Send) -> None:
    app, ran = make_app()
    assert send(app, "/x", "POST", origin, **options).status_code == 200
    assert ran == ["hook", "POST"]


@pytest.mark.parametrize(
    ("origin", "base_url"),
    [
        ("http://shop.test", "https://shop.test"),
        ("https://shop.test:8443", "https://shop.test"),
        ("https://a.shop.test", "https://shop.test"),
    ],
)
def test_another_origin_on_the_same_site(origin: str, base_url: str, send: Send) -> None:
    app, ran = make_app()
    assert send(app, "/x", "POST", origin, base_url=base_url).status_code == 403
    assert ran == []


def test_what_looks_like_a_preflight_but_is_none(send: Send) -> None:
    app, ran = make_app()
    headers = {"Access-Control-Request-Method": "PUT"}
    assert send(app, "/x", "POST", "https://evil.test", headers=headers).status_code == 403
    assert ran == []


def test_preflights_that_are_left_to_the_view(preflight: Send) -> None:
    app, ran = make_app(automatic_options=False)
    assert preflight(app, "/x", "POST", "https://evil.test").status_code == 403
    assert ran == []
    assert preflight(app, "/x", "POST").status_code == 200
    assert ran == ["hook", "OPTIONS"]


def test_preflights_that_are_left_to_a_view_that_does_not_enforce(preflight: Send) -> None:
    app, ran = make_app(resources=["/other"])
    CORS(app, origins=PAGE, automatic_options=False)
    assert preflight(app, "/x", "POST", "https://evil.test").status_code == 200
    assert ran == ["hook", "OPTIONS"]


@pytest.mark.parametrize("enforcing", ["/a", "/b"])
def test_the_policy_of_the_request_says_whether(enforcing: str, send: Send) -> None:
    app = Flask("shop")
    resources = {url: {"enforce": url == enforcing} for url in ("/a", "/b")}
    CORS(app, resources=resources, origins=PAGE)
    for url in ("/a", "/b"):
        refused = send(app, url, "POST", "https://evil.test").status_code == 403
        assert refused is (url == enforcing)
    assert send(app, "/c", "POST", "https://evil.test").status_code == 404


def test_a_neighbours_preflight_is_not_refused_for_it(preflight: Send) -> None:
    app = Flask("shop")
    CORS(app, resources=[])
    app.add_url_rule("/x", "x", cross_origin(origins=PAGE, enforce=True)(lambda: "x"))
    app.add_url_rule("/x", "post", lambda: "x", methods=["POST"])
    assert preflight(app, "/x", "POST", "https://evil.test").status_code == 200
    assert preflight(app, "/x", "GET", "https://evil.test").status_code == 403


def test_websocket_handshakes(send: Send) -> None:
    app = Flask("shop")
    CORS(app, origins=PAGE, enforce=True)
    app.add_url_rule("/x", "x", lambda: "x", websocket=True)
    headers = {"Upgrade": "websocket", "Connection": "Upgrade"}
    assert send(app, "/x", origin="https://evil.test", headers=headers).status_code == 403
    assert send(app, "/x", headers=headers).status_code == 200
    for scheme in ("", "s"):
        place = {"base_url": f"ws{scheme}://shop.test", "headers": headers}
        assert send(app, "/x", origin=f"http{scheme}://shop.test", **place).status_code == 200


def test_each_callable_is_called_once(send: Send) -> None:
    asked = []

    def ask(origin: str) -> bool:
        asked.append(origin)
        return True

    app, _ = make_app(origins=ask)
    assert send(app, "/x", "POST").headers["Access-Control-Allow-Origin"] == PAGE
    assert asked == [PAGE]


def test_where_nothing_is_enforced_callables_come_after_hooks(send: Send) -> None:
    """Callables may need data that a hook has loaded."""
    app, ran = make_app(resources=["/other"])

    def ask(origin: str) -> bool:
        return bool(origin) and ran == ["hook", "POST"]

    CORS(app, origins=ask)
    assert send(app, "/x", "POST").headers["Access-Control-Allow-Origin"] == PAGE
