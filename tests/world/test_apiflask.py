from __future__ import annotations

from typing import Any

import pytest

from .exchanges import Exchange, allow_app, check
from .packages import require

apiflask = require("apiflask")
Schema: Any = apiflask.Schema


class Item(Schema):
    name = apiflask.fields.String(required=True)


def create_app() -> Any:
    app = apiflask.APIFlask(__name__)
    auth = apiflask.HTTPTokenAuth()

    @auth.verify_token
    def verify(token: str) -> str | None:
        return "someone" if token == "right" else None

    @app.get("/api/items")
    @app.output(Item(many=True))
    def items() -> Any:
        return [{"name": "apple"}]

    @app.put("/api/items")
    @app.input(Item, location="json")
    @app.auth_required(auth)
    def put(json_data: Any) -> Any:
        return json_data

    @app.get("/api/broken")
    def broken() -> Any:
        raise RuntimeError

    @app.get("/api/refused")
    def refused() -> Any:
        apiflask.abort(403, "Not for you")

    allow_app(app)
    return app


RIGHT = {"Authorization": "Bearer right"}


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("GET", "/api/items", 200),
        Exchange("PUT", "/api/items", 200, RIGHT, {"name": "pear"}),
        Exchange("PUT", "/api/items", 422, RIGHT, {}),
        Exchange("PUT", "/api/items", 401, json={"name": "pear"}),
        Exchange("GET", "/api/refused", 403),
        Exchange("GET", "/api/broken", 500),
        Exchange("GET", "/api/nothing", 404),
        Exchange("PATCH", "/api/items", 405),
    ],
    ids=str,
)
def test_exchange(exchange: Exchange) -> None:
    check(create_app(), exchange)
