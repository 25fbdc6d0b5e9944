from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, abort
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from flask_crossorigin import CORS

from .exchanges import APP, STRANGER, Exchange, allow_app, ask, check, cors_headers


def create_shop() -> Flask:
    app = Flask(__name__)
    allow_app(app)

    @app.route("/api/items/", methods=["GET", "PUT"])
    def items() -> Any:
        return {}

    @app.get("/api/private")
    def private() -> Any:
        abort(401)

    @app.get("/api/broken")
    def broken() -> Any:
        raise RuntimeError

    return app


def create_server() -> Any:
    """Mount the shop at /shop, and an application that allows every origin at /open."""
    front, anybody = Flask("front"), Flask("anybody")
    CORS(anybody)
    anybody.get("/api/items/", endpoint="items")(dict)
    return DispatcherMiddleware(front, {"/shop": create_shop(), "/open": anybody})


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("GET", "/shop/api/items/", 200),
        Exchange("PUT", "/shop/api/items/", 200, json={}),
        Exchange("GET", "/shop/api/items", 308),
        Exchange("GET", "/shop/api/private", 401),
        Exchange("GET", "/shop/api/broken", 500),
        Exchange("GET", "/shop/api/nothing", 404),
    ],
    ids=str,
)
def test_patterns_are_those_below_the_mount_point(exchange: Exchange) -> None:
    check(create_server(), exchange)


def test_each_application_has_its_own_policy() -> None:
    server = create_server()
    answer = ask(server, "/open/api/items/", origin=STRANGER)
    assert cors_headers(answer) == {"Access-Control-Allow-Origin": "*"}
    assert cors_headers(ask(server, "/shop/api/items/", origin=STRANGER)) == {}
    # The front application, which has no policy, responds to all other paths.
    answer = ask(server, "/api/items/")
    assert answer.status_code == 404
    assert cors_headers(answer) == {}


def test_application_that_is_called_from_another_keeps_its_own_policy() -> None:
    outer, inner = Flask("outer"), create_shop()
    CORS(outer, origins=STRANGER)

    @outer.get("/calls")
    def calls() -> Any:
        return {"origin": ask(inner, "/api/items/").headers["Access-Control-Allow-Origin"]}

    answer = ask(outer, "/calls", origin=STRANGER)
    assert answer.json == {"origin": APP}
    assert cors_headers(answer) == {"Access-Control-Allow-Origin": STRANGER}
