from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import CORS, cross_origin

from .exchanges import APP, STRANGER, Exchange, allow_app, ask, check, cors_headers, preflight
from .packages import require

flask_restx = require("flask_restx")
Resource: Any = flask_restx.Resource


def create_app() -> Flask:
    app = Flask(__name__)
    api = flask_restx.Api(app, prefix="/api", doc="/api/docs")

    @api.errorhandler(LookupError)
    def not_found(error: LookupError) -> Any:
        return {"message": str(error)}, 404

    item = api.model("Item", {"name": flask_restx.fields.String(required=True)})

    @api.route("/items")
    class Items(Resource):
        @api.marshal_list_with(item)
        def get(self) -> Any:
            return [{"name": "apple"}]

        @api.expect(item, validate=True)
        def put(self) -> Any:
            return api.payload

    @api.route("/items/<int:number>")
    class Item(Resource):
        def get(self, number: int) -> Any:
            raise LookupError(number)

        def delete(self, number: int) -> Any:
            flask_restx.abort(401, "Log in first")

    @api.route("/status")
    class Status(Resource):
        method_decorators = [cross_origin(origins="*")]  # noqa: RUF012

        def get(self) -> Any:
            raise LookupError("status")

    allow_app(app)
    return app


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("GET", "/api/items", 200),
        Exchange("PUT", "/api/items", 200, json={"name": "pear"}),
        Exchange("PUT", "/api/items", 400, json={"name": 1}),
        Exchange("GET", "/api/items/1", 404),
        Exchange("DELETE", "/api/items/1", 401),
        Exchange("GET", "/api/swagger.json", 200),
        Exchange("GET", "/api/nothing", 404),
    ],
    ids=str,
)
def test_exchange(exchange: Exchange) -> None:
    check(create_app(), exchange)


def test_decorator_in_method_decorators_is_noticed_when_the_view_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = create_app()
    answer = ask(app, "/api/status")
    assert answer.status_code == 404
    # Such a decorator can restrict the policy of the URL, but not extend it.
    assert cors_headers(answer) == {"Access-Control-Allow-Origin": APP}
    assert "hidden from Flask" in caplog.text
    asked = preflight(app, "/api/status", "GET")
    assert asked.headers["Access-Control-Allow-Origin"] == APP


@pytest.mark.parametrize("framework", ["flask_restx", "flask_restful"])
def test_decorator_in_method_decorators_applies_where_the_url_has_no_policy(
    framework: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask(__name__)
    library = require(framework)
    api = library.Api(app)
    base: Any = library.Resource

    class Status(base):
        method_decorators = [cross_origin(origins=APP)]  # noqa: RUF012

        def get(self) -> Any:
            return {}

    api.add_resource(Status, "/status")
    CORS(app, resources=[])
    for _ in range(2):
        assert cors_headers(ask(app, "/status")) == {"Access-Control-Allow-Origin": APP}
        assert cors_headers(ask(app, "/status", origin=STRANGER)) == {}
    assert cors_headers(preflight(app, "/status", "GET")) == {}
    assert caplog.text.count("hidden from Flask") == 1


def test_decorator_on_one_method_of_a_resource() -> None:
    app = Flask(__name__)
    api = flask_restx.Api(app)

    @api.route("/items")
    class Items(Resource):
        @cross_origin(origins=APP)
        def put(self) -> Any:
            return {}

        def delete(self) -> Any:
            return {}

    allow_app(app)
    for method, found in (("PUT", APP), ("DELETE", None)):
        for answer in (ask(app, "/items", method), preflight(app, "/items", method)):
            assert answer.headers.get("Access-Control-Allow-Origin") == found
