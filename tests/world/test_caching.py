from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from flask import Flask, abort, jsonify

from flask_crossorigin import CORS, cross_origin

from .exchanges import APP, STRANGER, Exchange, allow_app, ask, check, cors_headers, names_origin
from .packages import require

flask_caching = require("flask_caching")

OTHER = "https://other.example.com"


def make_cache(app: Flask) -> Any:
    return flask_caching.Cache(app, config={"CACHE_TYPE": "SimpleCache"})


def create_app() -> Flask:
    app = Flask(__name__)
    cache = make_cache(app)
    calls = count(1)

    @app.get("/api/value")
    @cache.cached()
    def value() -> Any:
        return {"call": next(calls)}

    @app.get("/api/response")
    @cache.cached()
    def response() -> Any:
        return jsonify(call=next(calls))

    @app.get("/api/private")
    @cache.cached()
    def private() -> Any:
        abort(401)

    @app.get("/api/broken")
    @cache.cached()
    def broken() -> Any:
        raise RuntimeError

    @app.put("/api/items")
    def items() -> Any:
        cache.clear()
        return {}

    allow_app(app)
    return app


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("GET", "/api/value", 200),
        Exchange("GET", "/api/response", 200),
        Exchange("PUT", "/api/items", 200, json={}),
        Exchange("GET", "/api/private", 401),
        Exchange("GET", "/api/broken", 500),
    ],
    ids=str,
)
def test_exchange(exchange: Exchange) -> None:
    check(create_app(), exchange)


@pytest.mark.parametrize("path", ["/api/value", "/api/response"])
@pytest.mark.parametrize("first", [APP, OTHER, STRANGER, None])
def test_cached_answer_carries_no_header_for_another_origin(path: str, first: str | None) -> None:
    app = Flask(__name__)
    cache = make_cache(app)
    calls = count(1)
    CORS(app, origins=[APP, OTHER])

    @app.get(path)
    @cache.cached()
    def view() -> Any:
        call = next(calls)
        return {"call": call} if path.endswith("value") else jsonify(call=call)

    for origin in (first, APP, OTHER, STRANGER, None, first):
        answer = ask(app, path, origin=origin)
        assert answer.json == {"call": 1}
        granted = {"Access-Control-Allow-Origin": origin} if origin in (APP, OTHER) else {}
        assert cors_headers(answer) == granted
        assert names_origin(answer)


@pytest.mark.parametrize("cached_above", [False, True])
def test_decorated_view_keeps_its_policy_when_cached(cached_above: bool) -> None:
    app = Flask(__name__)
    CORS(app, resources=[])
    decorators = [make_cache(app).cached(), cross_origin(origins=[APP, OTHER])]
    if cached_above:
        decorators.reverse()

    def view() -> Any:
        return jsonify()

    decorated: Any = view
    for decorate in decorators:
        decorated = decorate(decorated)
    app.get("/")(decorated)

    for origin in (OTHER, APP, STRANGER):
        granted = {"Access-Control-Allow-Origin": origin} if origin != STRANGER else {}
        assert cors_headers(ask(app, "/", origin=origin)) == granted


@pytest.mark.parametrize("cached_above", [True, False])
def test_without_the_extension_too(cached_above: bool) -> None:
    app = Flask(__name__)
    decorators = [make_cache(app).cached(), cross_origin(origins=APP)]
    if cached_above:
        decorators.reverse()
    decorated: Any = jsonify
    for decorate in decorators:
        decorated = decorate(decorated)
    app.get("/", endpoint="view")(decorated)
    for _ in range(2):
        assert ask(app, "/").headers["Access-Control-Allow-Origin"] == APP
