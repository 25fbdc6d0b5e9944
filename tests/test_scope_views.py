"""The policy of a view takes precedence over all others, however the view was decorated."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, abort
from flask.views import MethodView, View
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, ConfigError, cross_origin

Owner = Callable[..., str | None]
Send = Callable[..., TestResponse]

VIEW = cross_origin(origins="https://view.test")
OTHER = cross_origin(origins="https://other.test")


def make_app(**options: Any) -> Flask:
    app = Flask("shop")
    CORS(app, origins="https://map.test", **options)
    return app


def careful(view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(view)
    def wrapper(**arguments: Any) -> Any:
        return view(**arguments)

    return wrapper


def careless(view: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(**arguments: Any) -> Any:
        return view(**arguments)

    return wrapper


class Plain(MethodView):
    def get(self) -> str:
        return "got"

    def put(self) -> str:
        return "put"


class ByList(Plain):
    decorators = [VIEW]  # noqa: RUF012


class ByMethod(Plain):
    @VIEW
    def get(self) -> str:
        return "got"

    @VIEW
    def put(self) -> str:
        return "put"


class ByDispatch(Plain):
    @VIEW
    def dispatch_request(self, **arguments: Any) -> Any:
        return super().dispatch_request(**arguments)


class OneView(View):
    methods = ["GET", "PUT"]  # noqa: RUF012

    @VIEW
    def dispatch_request(self) -> str:
        return "one"


class Silent(View):
    """A view that doesn't declare its methods."""

    @VIEW
    def dispatch_request(self) -> str:
        return "silent"


def function() -> str:
    return "function"


async def coroutine() -> str:
    return "coroutine"


FUNCTIONS = [
    VIEW(function),
    VIEW(coroutine),
    careful(VIEW(function)),
    VIEW(careful(function)),
    VIEW(careless(function)),
    VIEW(Plain.as_view("result")),
    careful(VIEW(Plain.as_view("careful_result"))),
]
CLASSES = [
    ByList.as_view("list"),
    ByMethod.as_view("method"),
    ByDispatch.as_view("dispatch"),
    OneView.as_view("one"),
]


@pytest.mark.parametrize("view", FUNCTIONS + CLASSES, ids=lambda view: view.__name__)
@pytest.mark.parametrize("around", ["nothing", "map", "no map", "blueprint"])
def test_each_way_to_decorate(
    view: Callable[..., Any],
    around: str,
    owner: Owner,
    preflight_owner: Owner,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Flask("shop")
    target = Blueprint("sales", __name__)
    if around in ("map", "blueprint"):
        CORS(app, origins="https://map.test")
    if around == "no map":
        CORS(app, resources=[])
    if around == "blueprint":
        CORS(target, origins="https://blueprint.test")
    target.add_url_rule("/x", "x", view, methods=["GET", "PUT"])
    app.register_blueprint(target)
    methods = ("GET", "HEAD", "PUT")
    assert [owner(app, "/x", method) for method in methods] == ["view"] * 3
    assert [preflight_owner(app, "/x", method) for method in methods] == ["view"] * 3
    assert caplog.record_tuples == []


def test_without_methods_of_its_own(owner: Owner, preflight_owner: Owner) -> None:
    app = make_app()
    app.add_url_rule("/x", view_func=Silent.as_view("x"))
    assert owner(app, "/x") == "view"
    assert preflight_owner(app, "/x", "GET") == "view"


class Mixed(MethodView):
    decorators = [VIEW]  # noqa: RUF012

    def get(self) -> str:
        return "got"

    @OTHER
    def put(self) -> str:
        return "put"


class OwnHead(MethodView):
    @VIEW
    def get(self) -> str:
        return "got"

    def head(self) -> str:
        return ""

    def post(self) -> str:
        return "posted"


@pytest.mark.parametrize(
    ("view_class", "method", "expected"),
    [
        (Mixed, "GET", "view"),
        (Mixed, "HEAD", "view"),
        (Mixed, "PUT", "other"),
        (OwnHead, "GET", "view"),
        (OwnHead, "HEAD", "map"),
        (OwnHead, "POST", "map"),
    ],
)
def test_a_methods_own_decorator_wins(
    view_class: type[MethodView],
    method: str,
    expected: str,
    owner: Owner,
    preflight_owner: Owner,
) -> None:
    app = make_app()
    app.add_url_rule("/x", view_func=view_class.as_view("x"))
    assert owner(app, "/x", method) == expected
    assert preflight_owner(app, "/x", method) == expected


def test_head_falls_under_get(owner: Owner) -> None:
    app = make_app()

    class Item(MethodView):
        methods = ["get"]  # noqa: RUF012

        @VIEW
        def get(self) -> str:
            return "got"

    app.add_url_rule("/x", view_func=Item.as_view("x"))
    assert [owner(app, "/x", method) for method in ("GET", "HEAD")] == ["view"] * 2


def test_two_views_of_one_url(owner: Owner, preflight_owner: Owner) -> None:
    app = make_app()
    app.add_url_rule("/x", "get", VIEW(function), methods=["GET"])
    app.add_url_rule("/x", "put", OTHER(careful(function)), methods=["PUT"])
    app.add_url_rule("/x", "post", function, methods=["POST"])
    expected = {"GET": "view", "PUT": "other", "POST": "map"}
    assert {method: owner(app, "/x", method) for method in expected} == expected
    assert {method: preflight_owner(app, "/x", method) for method in expected} == expected


@pytest.mark.parametrize("first", ["GET", "POST"])
def test_an_undecorated_neighbour_gets_nothing(first: str, preflight: Send, owner: Owner) -> None:
    app = make_app(resources=[])
    routes = [("GET", VIEW(function)), ("POST", function)]
    for method, view in routes if first == "GET" else reversed(routes):
        app.add_url_rule("/x", method, view, methods=[method])
    assert owner(app, "/x", "POST") is None
    response = preflight(app, "/x", "POST", "https://view.test")
    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Vary" not in response.headers
    assert response.headers["Allow"].split(", ").count("POST") == 1


def test_the_first_scope_decides_even_if_it_refuses(send: Send, preflight: Send) -> None:
    app = make_app()
    app.add_url_rule("/x", "x", VIEW(function))
    for answer in (send, preflight):
        response = answer(app, "/x", "GET", "https://map.test")
        assert "Access-Control-Allow-Origin" not in response.headers
        assert response.headers["Vary"] == "Origin"


def test_for_the_errors_that_a_view_raises(owner: Owner) -> None:
    app = make_app()

    @app.get("/<int:code>")
    @VIEW
    def fail(code: int) -> str:
        abort(code)

    assert [owner(app, "/401"), owner(app, "/404"), owner(app, "/503")] == ["view"] * 3


@pytest.mark.parametrize("between", [lambda view: view, careful])
def test_decorating_twice(between: Callable[..., Any]) -> None:
    with pytest.raises(ConfigError, match="already has a @cross_origin") as caught:
        OTHER(between(VIEW(function)))
    assert caught.value.problems[0].where == '@cross_origin on view "function"'


def test_decorating_the_result_of_a_decorated_class() -> None:
    with pytest.raises(ConfigError, match="already has a @cross_origin"):
        OTHER(ByList.as_view("x"))


def test_one_function_under_two_decorators(owner: Owner) -> None:
    app = make_app()
    app.add_url_rule("/x", "x", VIEW(function))
    app.add_url_rule("/y", "y", OTHER(function))
    app.add_url_rule("/z", "z", function)
    assert [owner(app, url) for url in ("/x", "/y", "/z")] == ["view", "other", "map"]
