from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask

from flask_crossorigin import CORS, cross_origin

from .exchanges import APP, Exchange, ask, check, cors_headers, preflight
from .packages import require

flask_restful = require("flask_restful")
Resource: Any = flask_restful.Resource
reqparse = require("flask_restful.reqparse")


class Items(Resource):
    def get(self) -> Any:
        return [{"name": "apple"}]

    def put(self) -> Any:
        parser = reqparse.RequestParser()
        parser.add_argument("name", required=True, location="json")
        return parser.parse_args()

    def delete(self) -> Any:
        flask_restful.abort(401, message="Log in first")


class Broken(Resource):
    def get(self) -> Any:
        raise RuntimeError


def create_app() -> Flask:
    app = Flask(__name__)
    blueprint = Blueprint("api", __name__, url_prefix="/api")
    CORS(blueprint, origins=APP, supports_credentials=True)
    api = flask_restful.Api(blueprint)
    api.add_resource(Items, "/items")
    api.add_resource(Broken, "/broken")
    app.register_blueprint(blueprint)
    return app


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("GET", "/api/items", 200),
        Exchange("PUT", "/api/items", 200, json={"name": "pear"}),
        Exchange("PUT", "/api/items", 400, json={}),
        Exchange("DELETE", "/api/items", 401),
        Exchange("PATCH", "/api/items", 405),
        Exchange("GET", "/api/broken", 500),
        Exchange("GET", "/api/nothing", 404),
    ],
    ids=str,
)
def test_exchange(exchange: Exchange) -> None:
    check(create_app(), exchange)


def test_decorators_of_the_api_give_every_resource_a_policy() -> None:
    app = Flask(__name__)
    api = flask_restful.Api(app, decorators=[cross_origin(origins=APP)])
    api.add_resource(Items, "/items")
    CORS(app, resources=[])
    assert cors_headers(ask(app, "/items")) == {"Access-Control-Allow-Origin": APP}
    assert preflight(app, "/items").status_code == 204
