"""Preflights are answered before whatever else an application does first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, abort, request
from preflights import METHODS, PAGE, Send, headers_of, make_app
from sessions import CannotBeOpened

from flask_crossorigin import CORS
from flask_crossorigin.testing import Browser


@pytest.mark.parametrize("first", [True, False])
def test_before_hooks_do_not_run(first: bool, preflight: Send) -> None:
    ran = []

    def log_in() -> None:
        ran.append(request.method)
        abort(401)

    app = Flask("shop")
    if first:
        app.before_request(log_in)
    CORS(app, origins=PAGE)
    app.before_request(log_in)
    assert preflight(app, "/x").status_code == 204
    assert ran == []
    # The page learns that it has to log in, which takes a preflight that needs no login.
    assert Browser(app, origin=PAGE).fetch("/x", method="PUT").status == 401
    assert ran == ["PUT"]
    assert app.test_client().options("/x").status_code == 401


def close_sessions(app: Flask) -> None:
    app.session_interface = CannotBeOpened()


def preprocess(app: Flask) -> None:
    @app.url_value_preprocessor
    def stop(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        abort(401)


def hook_first(app: Flask) -> None:
    app.before_request_funcs[None].insert(0, lambda: ("log in", 401, {"X-Login": "1"}))


@pytest.mark.parametrize("interfere", [close_sessions, preprocess, hook_first])
def test_whatever_else_would_answer_first(
    interfere: Callable[[Flask], None], preflight: Send, send: Send
) -> None:
    app = make_app(origins=PAGE, preflight_status=200)
    interfere(app)
    response = preflight(app, "/x")
    assert (response.status_code, response.data) == (200, b"")
    assert headers_of(response) == {
        "Access-Control-Allow-Origin": PAGE,
        "Access-Control-Allow-Methods": METHODS,
        "Content-Length": "0",
        "Vary": "Origin",
    }
    assert send(app, "/x").status_code >= 401
    assert send(app, "/x").headers["Access-Control-Allow-Origin"] == PAGE


def test_a_hook_may_replace_the_answer(preflight: Send) -> None:
    app = make_app()

    @app.after_request
    def replace(_response: Response) -> Response:
        return Response("teapot", status=218, headers={"X-Mine": "1"})

    response = preflight(app, "/x")
    assert (response.status_code, response.data) == (218, b"teapot")
    assert response.headers["X-Mine"] == "1"
    assert response.headers["Access-Control-Allow-Methods"] == METHODS
