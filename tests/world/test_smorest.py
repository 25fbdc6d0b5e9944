from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.views import MethodView

from flask_crossorigin import CORS

from .exchanges import APP, Exchange, check
from .packages import require

flask_smorest = require("flask_smorest")
marshmallow = require("marshmallow")
Schema: Any = marshmallow.Schema


class ItemSchema(Schema):
    name = marshmallow.fields.String(required=True)


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.update(API_TITLE="Items", API_VERSION="1", OPENAPI_VERSION="3.0.3")
    api = flask_smorest.Api(app)
    blueprint = flask_smorest.Blueprint("items", __name__, url_prefix="/api")
    CORS(blueprint, origins=APP, supports_credentials=True, expose_headers="X-Pagination")

    @blueprint.route("/items")
    class Items(MethodView):
        @blueprint.response(200, ItemSchema(many=True))
        @blueprint.paginate(max_page_size=10)
        def get(self, pagination_parameters: Any) -> Any:
            pagination_parameters.item_count = 1
            return [{"name": "apple"}]

        @blueprint.arguments(ItemSchema)
        @blueprint.response(200, ItemSchema)
        def put(self, item: Any) -> Any:
            return item

        def delete(self) -> Any:
            flask_smorest.abort(401, message="Log in first")

    api.register_blueprint(blueprint)
    return app


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("GET", "/api/items", 200),
        Exchange("GET", "/api/items?page_size=99", 422),
        Exchange("PUT", "/api/items", 200, json={"name": "pear"}),
        Exchange("PUT", "/api/items", 422, json={"name": 1}),
        Exchange("DELETE", "/api/items", 401),
        Exchange("GET", "/api/nothing", 404),
    ],
    ids=str,
)
def test_exchange(exchange: Exchange) -> None:
    check(create_app(), exchange, exposed="X-Pagination")


def test_pagination_is_in_a_header_that_has_to_be_exposed() -> None:
    answer = check(create_app(), Exchange("GET", "/api/items", 200), exposed="X-Pagination")
    assert '"total": 1' in answer.headers["X-Pagination"]
