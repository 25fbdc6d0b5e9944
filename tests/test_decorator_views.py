"""The function that ``@cross_origin`` returns, and its error messages."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request
from flask.views import MethodView
from werkzeug.test import TestResponse

from flask_crossorigin import ConfigError, cross_origin

Send = Callable[..., TestResponse]

PAGE = "https://page.test"


def both(one: object, *, two: object) -> tuple[object, object]:
    """Return both arguments."""
    return one, two


async def both_later(one: object, *, two: object) -> tuple[object, object]:
    """Return both arguments from a coroutine."""
    return one, two


@pytest.mark.parametrize("function", [both, both_later])
def test_it_takes_and_gives_what_the_function_does(function: Callable[..., Any]) -> None:
    decorated = cross_origin(function)
    assert (decorated.__name__, decorated.__doc__) == (function.__name__, function.__doc__)
    given = decorated(1, two=2)
    assert (asyncio.run(given) if asyncio.iscoroutine(given) else given) == (1, 2)


def test_methods_that_a_view_asks_for_itself_stay() -> None:
    def view() -> str:
        return "x"

    view.required_methods = {"PURGE"}  # type: ignore[attr-defined]
    app = Flask("shop")
    app.add_url_rule("/x", "x", cross_origin(view))
    (rule,) = (rule for rule in app.url_map.iter_rules() if rule.endpoint == "x")
    assert rule.methods is not None
    assert rule.methods >= {"GET", "OPTIONS", "PURGE"}


def test_a_view_that_answers_options_does_not_run_for_a_preflight(preflight: Send) -> None:
    ran: list[str] = []

    @cross_origin
    def view() -> str:
        ran.append(request.method)
        return "x"

    app = Flask("shop")
    app.add_url_rule("/x", "x", view, methods=["PUT", "OPTIONS"])
    response = preflight(app, "/x", "PUT")
    assert (response.status_code, response.text, ran) == (204, "", [])
    assert app.test_client().options("/x").text == "x"
    assert ran == ["OPTIONS"]


def test_an_error_handler_does_not_refuse_requests(send: Send) -> None:
    app = Flask("shop")
    handler = cross_origin(origins="https://other.test", enforce=True)(lambda _: ("none", 404))
    app.register_error_handler(404, handler)
    response = send(app, "/missing")
    assert (response.status_code, response.text) == (404, "none")
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("view", [cross_origin(both), dict])
def test_what_was_decorated_is_the_value_of_the_problem(view: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        cross_origin(view)
    (problem,) = caught.value.problems
    assert problem.value is view


def test_a_view_without_a_name_is_called_by_what_it_is(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("shop")
    view = functools.partial(lambda: "x")
    app.add_url_rule("/x", "x", cross_origin(origins="https://other.test")(view))
    with caplog.at_level("INFO", "flask_crossorigin"):
        send(app, "/x")
    assert caplog.messages == [
        f'GET \'/x\': origin "{PAGE}" is not allowed by @cross_origin on view "{view!r}"'
    ]


class Helped(MethodView):
    """A view whose handler has a policy, and calls a function that has another policy."""

    @cross_origin(origins="https://other.test")
    def get(self) -> Any:
        return cross_origin(origins=PAGE)(lambda: "x")()


def test_what_a_handler_with_a_policy_calls_is_not_hidden(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("shop")
    app.add_url_rule("/x", view_func=Helped.as_view("x"))
    assert "Access-Control-Allow-Origin" not in send(app, "/x").headers
    assert send(app, "/x", origin="https://other.test").status_code == 200
    assert caplog.messages == []


def test_hidden_views_are_logged_once(send: Send, caplog: pytest.LogCaptureFixture) -> None:
    app = Flask("shop")

    @app.route("/x")
    def view() -> Any:
        return [cross_origin(origins=o)(lambda: "x")() for o in (PAGE, "https://other.test")]

    response = send(app, "/x")
    assert response.json == ["x", "x"]
    [message] = caplog.messages
    assert re.sub(r"\A\S+\.py:[0-9]+: ", "", message) == (
        '@cross_origin on view "<lambda>" is hidden from Flask by a decorator above it, so '
        "preflights for endpoint 'view' don't use it: write that decorator with functools.wraps"
    )
