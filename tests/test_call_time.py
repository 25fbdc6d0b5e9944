"""Views that are decorated again at each request, as some frameworks and runtimes do."""

from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request
from flask.views import View
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.state import State
from flask_crossorigin.views import ViewOptions

Send = Callable[..., TestResponse]

PAGE = "https://page.test"
EVIL = "https://evil.test"

ONCE = cross_origin(origins=PAGE, max_age=600)


def inside_a_view(app: Flask) -> None:
    def view() -> Any:
        return cross_origin(origins=PAGE, max_age=600)(lambda: "x")()

    app.add_url_rule("/x", "x", view, methods=["GET", "PUT"])


def by_a_decorator_made_once(app: Flask) -> None:
    app.add_url_rule("/x", "x", lambda: ONCE(lambda: "x")(), methods=["GET", "PUT"])


def by_method_decorators(app: Flask) -> None:
    """Decorate the methods of a class at each request, like Flask-RESTful."""

    class Resource(View):
        methods = ("GET", "PUT")
        method_decorators = (ONCE,)

        def dispatch_request(self) -> Any:
            method: Callable[[], Any] = getattr(self, request.method.lower())
            for decorate in self.method_decorators:
                method = decorate(method)
            return method()

        def get(self) -> str:
            return "x"

        put = get

    app.add_url_rule("/x", view_func=Resource.as_view("x"))


WAYS = [inside_a_view, by_a_decorator_made_once, by_method_decorators]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("around", [None, {"resources": []}, {"origins": "*"}])
def test_nothing_is_kept_of_a_request(
    way: Callable[[Flask], None], around: dict[str, Any] | None, send: Send, caplog: Any
) -> None:
    caplog.set_level(logging.CRITICAL)
    app = Flask("shop")
    if around is not None:
        CORS(app, **around)
    way(app)
    send(app, "/x", origin=PAGE)
    policies = State.of(app).policies

    def kept() -> tuple[int, int]:
        gc.collect()
        live = sum(isinstance(each, ViewOptions) for each in gc.get_objects())
        return len(list(policies.all())), live

    before = kept()
    for number in range(50):
        assert send(app, "/x", origin=(PAGE, EVIL)[number % 2]).text == "x"
    assert kept() == before


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("around", [None, {"resources": []}])
def test_it_decides_where_the_url_has_no_policy(
    way: Callable[[Flask], None], around: dict[str, Any] | None, send: Send
) -> None:
    app = Flask("shop")
    if around is not None:
        CORS(app, **around)
    way(app)
    for _ in range(2):
        assert send(app, "/x", origin=PAGE).headers["Access-Control-Allow-Origin"] == PAGE
        response = send(app, "/x", origin=EVIL)
        assert "Access-Control-Allow-Origin" not in response.headers
        assert response.headers["Vary"] == "Origin"


@pytest.mark.parametrize("around", [None, {"resources": []}])
@pytest.mark.parametrize("status", [204, 200])
def test_a_preflight_that_reaches_the_view_is_answered_without_running_the_function(
    around: dict[str, Any] | None, status: int, preflight: Send, send: Send
) -> None:
    """Function runtimes serve all methods with one view, and decorate the function it calls."""
    ran: list[str] = []

    def func() -> str:
        ran.append(request.method)
        return "ran"

    app = Flask("runtime")
    if around is not None:
        CORS(app, **around)

    @app.route("/", methods=["GET", "POST", "PUT", "OPTIONS"])
    def serve() -> Any:
        options: Any = {"origins": PAGE, "max_age": 600, "preflight_status": status}
        return cross_origin(**options)(func)()

    response = preflight(app, "/", "PUT", PAGE, names="X-Token")
    assert (response.status_code, response.data) == (status, b"")
    assert dict(response.headers) == {
        **({"Content-Length": "0"} if status == 200 else {}),
        "Access-Control-Allow-Origin": PAGE,
        "Access-Control-Allow-Methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY",
        "Access-Control-Allow-Headers": "X-Token",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }
    assert preflight(app, "/", "PUT", EVIL).status_code == 403
    assert ran == []
    assert send(app, "/", "PUT", PAGE).text == "ran"
    # An OPTIONS request that is not a preflight reaches the function.
    assert send(app, "/", "OPTIONS", None).text == "ran"


def test_a_preflight_that_is_left_to_the_function(preflight: Send) -> None:
    app = Flask("runtime")
    CORS(app, resources=[])

    @app.route("/", methods=["GET", "OPTIONS"])
    def serve() -> Any:
        return cross_origin(origins=PAGE, automatic_options=False)(lambda: request.method)()

    response = preflight(app, "/", "GET", PAGE)
    assert (response.status_code, response.text) == (200, "OPTIONS")
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


async def is_page(origin: str) -> bool:
    return origin == PAGE


@pytest.mark.parametrize("is_async", [True, False])
def test_an_async_callable_works_wherever_the_view_runs(is_async: bool, send: Send) -> None:
    app = Flask("shop")
    CORS(app, resources=[])
    decorate = cross_origin(origins=is_page, enforce=True)

    async def later() -> Any:
        return decorate(lambda: "x")()

    app.add_url_rule("/x", "x", later if is_async else lambda: decorate(lambda: "x")())
    assert send(app, "/x", origin=PAGE).headers["Access-Control-Allow-Origin"] == PAGE
    assert send(app, "/x", origin=EVIL).status_code == 403


def test_unreferenced_policies_are_forgotten() -> None:
    app = Flask("shop")
    CORS(app)
    policies = State.of(app).policies
    view = cross_origin(origins=PAGE)(lambda: "x")
    options = view._cross_origin  # type: ignore[attr-defined]
    policy = weakref.ref(policies.of_view(options))
    assert policy() is policies.of_view(options)
    del view, options
    gc.collect()
    assert policy() is None
