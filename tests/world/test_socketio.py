from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, abort

from flask_crossorigin import CORS

from .exchanges import APP, STRANGER, Exchange, allow_app, ask, check, cors_headers
from .packages import require

flask_socketio = require("flask_socketio")

HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


def create_app(**options: Any) -> Flask:
    app = Flask(__name__)
    allow_app(app)
    # With monitor_clients=True, a thread would outlive the test.
    flask_socketio.SocketIO(app, async_mode="threading", monitor_clients=False, **options)

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
    check(create_app(cors_allowed_origins=APP), exchange)


@pytest.mark.parametrize(
    ("allowed", "origin", "status"),
    [
        (None, APP, 400),
        (APP, APP, 200),
        (APP, STRANGER, 400),
        ([APP], APP, 200),
        ("*", STRANGER, 200),
    ],
)
def test_socket_goes_by_its_own_option(allowed: Any, origin: str, status: int) -> None:
    app = create_app(cors_allowed_origins=allowed)
    answer = ask(app, HANDSHAKE, origin=origin)
    assert answer.status_code == status
    assert cors_headers(answer).get("Access-Control-Allow-Origin") == (
        origin if status == 200 else None
    )


def test_socket_is_no_part_of_a_policy_for_every_path() -> None:
    app = Flask(__name__)
    CORS(app, origins=STRANGER, enforce=True)
    flask_socketio.SocketIO(
        app, async_mode="threading", monitor_clients=False, cors_allowed_origins=APP
    )
    assert ask(app, HANDSHAKE).headers["Access-Control-Allow-Origin"] == APP
    assert ask(app, "/nothing").status_code == 403
