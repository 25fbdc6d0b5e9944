"""``@cross_origin`` by itself, without ``CORS(app)``."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, abort
from flask.views import MethodView
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, ConfigError, cross_origin

Send = Callable[..., TestResponse]

PAGE = "https://page.test"
EVIL = "https://evil.test"


def make_app(view: Callable[..., Any], **options: Any) -> Flask:
    app = Flask("shop")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.add_url_rule("/x", "x", view, **options)
    app.add_url_rule("/other", "other", lambda: "other")
    return app


def view() -> str:
    return "x"


async def async_view() -> str:
    await asyncio.sleep(0)
    return "x"


def crash() -> str:
    raise LookupError


def stop() -> str:
    abort(401)


def allowed(response: TestResponse) -> str | None:
    return response.headers.get("Access-Control-Allow-Origin")


@pytest.mark.parametrize(
    ("function", "status"), [(view, 200), (async_view, 200), (crash, 500), (stop, 401)]
)
def test_the_view_and_its_errors(function: Callable[..., Any], status: int, send: Send) -> None:
    app = make_app(cross_origin(origins=[PAGE, "https://b.test"])(function))
    for origin in (PAGE, EVIL, None):
        response = send(app, "/x", origin=origin)
        assert response.status_code == status
        assert allowed(response) == (PAGE if origin == PAGE else None)
        assert response.headers.getlist("Vary") == ["Origin"]
    assert allowed(send(app, "/other")) is None
    assert allowed(send(app, "/nowhere")) is None


async def is_page(origin: str) -> bool:
    await asyncio.sleep(0)
    return origin == PAGE


@pytest.mark.parametrize("function", [view, async_view])
@pytest.mark.parametrize("origins", [PAGE, is_page])
def test_its_preflight(function: Callable[..., Any], origins: Any, preflight: Send) -> None:
    decorated = cross_origin(origins=origins, methods="PUT", max_age=timedelta(minutes=1))(function)
    app = make_app(decorated, methods=["GET", "PUT"])
    response = preflight(app, "/x", names="X-A")
    assert (response.status_code, response.data) == (204, b"")
    assert dict(response.headers) == {
        "Access-Control-Allow-Origin": PAGE,
        "Access-Control-Allow-Methods": "PUT",
        "Access-Control-Allow-Headers": "X-A",
        "Access-Control-Max-Age": "60",
        "Vary": "Origin",
    }
    assert preflight(app, "/x", origin=EVIL).status_code == 403
    assert allowed(preflight(app, "/other", "GET")) is None


def test_the_view_does_not_run_for_its_preflight(preflight: Send) -> None:
    ran = []

    def count() -> str:
        ran.append(1)
        return "x"

    app = make_app(cross_origin(count))
    assert preflight(app, "/x", "GET").status_code == 204
    assert app.test_client().options("/x").status_code == 200
    assert ran == []


@pytest.mark.parametrize("installed", [False, True])
def test_a_login_hook_does_not_answer_the_preflight(installed: bool, preflight: Send) -> None:
    app = make_app(cross_origin(origins=PAGE)(view))
    app.before_request(lambda: ("log in", 401))
    if installed:
        CORS(app, resources=[])
    response = preflight(app, "/x", "GET")
    assert (response.status_code, allowed(response)) == (204, PAGE)


@pytest.mark.parametrize("first", ["GET", "POST"])
def test_an_undecorated_neighbour_gets_nothing(first: str, preflight: Send) -> None:
    app = Flask("shop")
    routes: list[tuple[str, Any]] = [("GET", cross_origin(view)), ("POST", view)]
    for method, function in routes if first == "GET" else reversed(routes):
        app.add_url_rule("/x", method, function, methods=[method])
    response = preflight(app, "/x", "POST")
    assert response.status_code == 200
    assert allowed(response) is None


def test_without_options(send: Send, preflight: Send) -> None:
    for decorated in (cross_origin(view), cross_origin()(view)):
        app = make_app(decorated)
        assert allowed(send(app, "/x")) == "*"
        assert allowed(preflight(app, "/x", "GET")) == "*"


def test_missing_options_come_from_the_configuration(send: Send) -> None:
    app = make_app(cross_origin(supports_credentials=True)(view))
    app.config["CORS_ORIGINS"] = PAGE
    app.config["CORS_SUPPORTS_CREDENTIALS"] = False
    response = send(app, "/x")
    assert allowed(response) == PAGE
    assert response.headers["Access-Control-Allow-Credentials"] == "true"


def test_mistakes_that_only_the_configuration_shows(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(cross_origin(supports_credentials=True)(view))
    app.config["CORS_ORIGINS"] = "*"
    for _ in range(2):
        response = send(app, "/x")
        assert (response.status_code, allowed(response)) == (200, None)
        assert "Vary" not in response.headers
    [record] = caplog.records
    assert "credentials with any origin" in record.getMessage()


@pytest.mark.parametrize(
    "write",
    [
        lambda decorate: decorate(PAGE),
        lambda decorate: decorate([PAGE]),
        lambda decorate: decorate(view, view),
        lambda decorate: decorate(view, origins=PAGE),
    ],
)
def test_options_are_keywords(write: Callable[[Any], Any]) -> None:
    text = 'cross_origin() takes its options by name, as in origins="https://..."'
    with pytest.raises(TypeError, match=f"^{re.escape(text)}$"):
        write(cross_origin)


@pytest.mark.parametrize(
    "write",
    [
        lambda decorate: decorate()(None),
        lambda decorate: decorate()(property(lambda _self: view)),
    ],
)
def test_what_is_no_decorator(write: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="decorates a view, not"):
        write(cross_origin)


def test_all_mistakes_show_at_decoration() -> None:
    options: dict[str, Any] = {
        "origins": ["app.test", "*"],
        "max_age": -1,
        "orgins": "*",
        "resources": ["/x"],
    }
    with pytest.raises(ConfigError) as caught:
        cross_origin(**options)
    assert {problem.where for problem in caught.value.problems} == {
        "@cross_origin origins[0]",
        "@cross_origin max_age",
        "@cross_origin orgins",
        "@cross_origin resources",
    }
    with pytest.raises(ConfigError, match="credentials with any origin"):
        cross_origin(origins="*", supports_credentials=True)


def test_a_decorated_class_gets_an_error_with_the_fix() -> None:
    class Item(MethodView):
        pass

    with pytest.raises(ConfigError, match=r"decorators = \[cross_origin\(\.\.\.\)\]"):
        cross_origin(origins=PAGE)(Item)


def test_the_function_given_is_not_changed(send: Send) -> None:
    before = dict(vars(view))
    decorated = cross_origin(origins=PAGE)(view)
    assert vars(view) == before == {}
    assert decorated is not view
    assert (decorated.__name__, inspect.signature(decorated)) == ("view", inspect.signature(view))
    app = make_app(view)
    assert allowed(send(app, "/x")) is None
    assert app.test_client().options("/x").headers["Allow"].count("OPTIONS") == 1


def test_called_outside_a_request() -> None:
    assert cross_origin(view)() == "x"
    assert inspect.iscoroutinefunction(cross_origin(async_view))
    assert asyncio.run(cross_origin(async_view)()) == "x"


def test_a_view_that_has_no_name(send: Send) -> None:
    class Callable_:  # noqa: N801
        def __call__(self) -> str:
            return "called"

    response = send(make_app(cross_origin(origins=PAGE)(Callable_())), "/x")
    assert (response.text, allowed(response)) == ("called", PAGE)


@pytest.mark.parametrize("methods", [["GET"], ["GET", "PUT"]])
def test_other_options_requests_stay_flasks_own(methods: list[str]) -> None:
    decorated, plain = (
        make_app(cross_origin(view), methods=methods),
        make_app(view, methods=methods),
    )
    answers = [app.test_client().options("/x") for app in (decorated, plain)]
    for response in answers:
        assert (response.status_code, response.data) == (200, b"")
    assert len({frozenset(response.headers["Allow"].split(", ")) for response in answers}) == 1


def test_a_rule_for_any_method(send: Send) -> None:
    app = Flask("shop")
    app.url_map.add(Rule("/x", endpoint="x"))
    app.view_functions["x"] = cross_origin(origins=PAGE)(view)
    response = send(app, "/x", "OPTIONS")
    assert (response.text, allowed(response)) == ("x", PAGE)


def turn_off_in_route() -> Flask:
    return make_app(cross_origin(view), provide_automatic_options=False)


def turn_off_in_function() -> Flask:
    def closed() -> str:
        return "x"

    closed.provide_automatic_options = False  # type: ignore[attr-defined]
    return make_app(cross_origin(closed))


def turn_off_in_configuration() -> Flask:
    app = Flask("shop")
    if "PROVIDE_AUTOMATIC_OPTIONS" not in app.config:
        pytest.skip("this setting needs Flask 3.1")
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.add_url_rule("/x", "x", cross_origin(view))
    return app


@pytest.mark.parametrize(
    "make", [turn_off_in_route, turn_off_in_function, turn_off_in_configuration]
)
def test_where_flask_answers_no_options(make: Callable[[], Flask], preflight: Send) -> None:
    app = make()
    response = app.test_client().options("/x")
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD"}
    assert preflight(app, "/x", "GET").status_code == 204


def test_a_class_whose_view_is_decorated(send: Send, preflight: Send) -> None:
    class Item(MethodView):
        def get(self) -> str:
            return "got"

    app = make_app(cross_origin(origins=PAGE)(Item.as_view("item")))
    assert allowed(send(app, "/x")) == PAGE
    assert preflight(app, "/x", "GET").status_code == 204
    assert app.test_client().options("/x").status_code == 200
    assert app.test_client().delete("/x").status_code == 405


def test_a_view_that_calls_another(send: Send) -> None:
    inner = cross_origin(origins="https://inner.test")(view)
    app = make_app(cross_origin(origins=PAGE)(lambda: inner()))
    response = send(app, "/x")
    assert response.headers.getlist("Access-Control-Allow-Origin") == [PAGE]
    assert response.headers.getlist("Vary") == ["Origin"]


def test_a_decorated_error_handler(send: Send) -> None:
    app = make_app(view)
    app.register_error_handler(404, cross_origin(origins=PAGE)(lambda error: (str(error), 404)))
    response = send(app, "/nowhere")
    assert (response.status_code, allowed(response)) == (404, PAGE)


def test_a_decorated_error_handler_where_flask_answers_no_options() -> None:
    app = turn_off_in_route()
    app.register_error_handler(405, cross_origin(origins=PAGE)(lambda _error: ("mine", 405)))
    response = app.test_client().options("/x")
    assert (response.status_code, response.text) == (405, "mine")


def test_a_decorated_hook_where_there_is_no_view(send: Send) -> None:
    app = make_app(view)
    app.before_request(cross_origin(origins=PAGE)(lambda: None))
    for method in ("GET", "OPTIONS"):
        response = send(app, "/nowhere", method)
        assert (response.status_code, allowed(response)) == (404, PAGE)
