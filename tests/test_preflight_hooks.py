"""Preflights are answered before whatever else an application does first."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Response, abort, request
from preflights import METHODS, PAGE, Send, headers_of, make_app
from sessions import CannotBeOpened

from flask_crossorigin import CORS
from flask_crossorigin.testing import Browser


@pytest.mark.parametrize("place", ["added before", "added after", "put first", "reads the URL"])
def test_before_hooks_do_not_run(place: str, preflight: Send) -> None:
    ran = []

    def log_in(*_endpoint_and_values: Any) -> None:
        ran.append(request.method)
        abort(401)

    app = Flask("shop")
    if place == "added before":
        app.before_request(log_in)
    CORS(app, origins=PAGE)
    if place == "added after":
        app.before_request(log_in)
    elif place == "put first":
        app.before_request_funcs[None].insert(0, log_in)
    elif place == "reads the URL":
        app.url_value_preprocessor(log_in)
    assert preflight(app, "/x").status_code == 204
    assert ran == []
    # The page learns that it has to log in, which takes a preflight that needs no login.
    assert Browser(app, origin=PAGE).fetch("/x", method="PUT").status == 401
    assert ran == ["PUT"]
    assert app.test_client().options("/x").status_code == 401


def test_a_session_that_cannot_be_opened(preflight: Send, send: Send) -> None:
    """Flask opens it first of all, so that its own answer is made into that to a preflight."""
    app = make_app(origins=PAGE, preflight_status=200)
    app.session_interface = CannotBeOpened()
    response = preflight(app, "/x")
    assert (response.status_code, response.data) == (200, b"")
    assert headers_of(response) == {
        "Access-Control-Allow-Origin": PAGE,
        "Access-Control-Allow-Methods": METHODS,
        "Content-Length": "0",
        "Vary": "Origin",
    }
    response = send(app, "/x")
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (500, PAGE)


def test_a_hook_may_replace_the_answer(preflight: Send) -> None:
    app = make_app()

    @app.after_request
    def replace(_response: Response) -> Response:
        return Response("teapot", status=218, headers={"X-Mine": "1"})

    response = preflight(app, "/x")
    assert (response.status_code, response.data) == (218, b"teapot")
    assert response.headers["X-Mine"] == "1"
    assert response.headers["Access-Control-Allow-Methods"] == METHODS
