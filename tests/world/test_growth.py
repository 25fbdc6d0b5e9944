"""Decorators of Flask-RESTX and Flask-RESTful resources leak no memory.

Both extensions apply them again at each request.
"""

from __future__ import annotations

import gc
import logging
from collections import Counter
from types import FunctionType
from typing import Any

import pytest
from flask import Flask, Response

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.state import State

from .exchanges import APP, STRANGER, ask, preflight
from .packages import require

AROUND: dict[str, dict[str, Any] | None] = {
    "without CORS(app)": None,
    "resources=[]": {"resources": []},
    "any origin": {"origins": "*"},
    "enforce": {"origins": [APP, "https://other.example.com"], "enforce": True},
}


def every_request(method: Any) -> Any:
    """Apply a new :func:`cross_origin`, as code does whose options depend on the request."""
    return cross_origin(origins=APP, max_age=600)(method)


DECORATORS: dict[str, list[Any]] = {
    "made once": [cross_origin(origins=APP, supports_credentials=True)],
    "made at each request": [every_request],
    "around another": [lambda method: lambda *args: method(*args), cross_origin(origins=APP)],
}


def create_app(framework: Any, decorators: list[Any], around: dict[str, Any] | None) -> Flask:
    app = Flask(__name__)
    api = framework.Api(app)

    class Items(framework.Resource):
        method_decorators = decorators

        def get(self) -> Any:
            return {}

        def put(self) -> Any:
            framework.abort(409)

        def delete(self) -> Any:
            return Response(status=204)

        def patch(self) -> Any:
            raise RuntimeError

    api.add_resource(Items, "/items")
    if around is not None:
        CORS(app, **around)
    return app


def some_requests(app: Flask) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        for origin in (APP, STRANGER, None):
            ask(app, "/items", method, origin=origin).close()
        preflight(app, "/items", method).close()


def live_objects(app: Flask) -> tuple[Counter[str], int]:
    """Count the objects and functions of the package, and the policies of the application."""
    gc.collect()
    counts = Counter(map(_place, gc.get_objects()))
    counts = Counter({k: n for k, n in counts.items() if k.startswith("flask_crossorigin.")})
    return counts, len(list(State.of(app).policies.all()))


def _place(each: object) -> str:
    # Don't use isinstance(): it raises an exception for a weak proxy whose object is gone.
    if type(each) is FunctionType:
        # All functions have the same type, so count them by module and name.
        return f"{each.__globals__.get('__name__')}.{each.__code__.co_name}"
    return f"{type(each).__module__}.{type(each).__qualname__}"


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("decorators", DECORATORS)
@pytest.mark.parametrize("framework", ["flask_restx", "flask_restful"])
def test_nothing_is_kept_of_a_request(
    framework: str, decorators: str, around: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Don't capture log records: their tracebacks would keep objects alive.
    caplog.set_level(logging.CRITICAL)
    app = create_app(require(framework), DECORATORS[decorators], AROUND[around])
    some_requests(app)
    before = live_objects(app)
    assert before[0]["flask_crossorigin.state.State"] > 0
    for _ in range(20):
        some_requests(app)
    assert live_objects(app) == before
