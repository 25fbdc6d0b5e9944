from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
from docs.snippets import code_blocks
from flask import Flask, abort

from .exchanges import APP, STRANGER, Exchange, allow_app, check
from .packages import require
from .servers import serving

flask_sock = require("flask_sock")


def create_app(**options: Any) -> Flask:
    app = Flask(__name__)
    allow_app(app, **options)
    sock = flask_sock.Sock(app)

    @sock.route("/api/echo")
    def echo(socket: Any) -> None:
        socket.send(socket.receive())

    @app.route("/api/items", methods=["GET", "PUT"])
    def items() -> Any:
        return {}

    @app.get("/api/private")
    def private() -> Any:
        abort(401)

    @app.get("/api/broken")
    def broken() -> Any:
        raise RuntimeError

    return app


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("GET", "/api/items", 200),
        Exchange("PUT", "/api/items", 200, json={}),
        Exchange("GET", "/api/private", 401),
        Exchange("GET", "/api/broken", 500),
        Exchange("GET", "/api/nothing", 404),
    ],
    ids=str,
)
def test_views_beside_the_socket(exchange: Exchange) -> None:
    check(create_app(), exchange)


def handshake(port: int, origin: str, path: str = "/api/echo") -> int:
    """Open a WebSocket from a page on this origin, and return the status of the response."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(
            "GET",
            path,
            headers={
                "Origin": origin,
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Version": "13",
            },
        )
        return connection.getresponse().status


@pytest.mark.parametrize("origin", [APP, STRANGER])
def test_cors_keeps_nobody_from_a_socket(origin: str) -> None:
    with serving(create_app()) as port:
        assert handshake(port, origin) == 101


def test_enforce_does() -> None:
    with serving(create_app(enforce=True)) as port:
        assert handshake(port, APP) == 101
        assert handshake(port, f"http://127.0.0.1:{port}") == 101
        assert handshake(port, STRANGER) == 403


def test_the_recipe() -> None:
    (code,) = code_blocks("recipes/streams", "python")
    names: dict[str, Any] = {"__name__": "shop"}
    exec(compile(code, "streams.rst", "exec"), names)
    with serving(names["app"]) as port:
        assert handshake(port, APP, "/chat") == 101
        assert handshake(port, STRANGER, "/chat") == 403
