"""Preflights are answered before whatever else an application does first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, abort, g, request
from preflights import METHODS, PAGE, Send, headers_of, make_app
from sessions import CannotBeOpened, CannotBeSaved

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


class Shop(Flask):
    """An application that has work of its own to do before each request."""

    work: Callable[[], None] | None = None

    def preprocess_request(self, *context: Any) -> Any:
        if self.work is not None:
            self.work()
        return super().preprocess_request(*context)


def later(hook: Callable[[], Any]) -> Callable[[], Any]:
    async def async_hook() -> Any:
        return hook()

    return async_hook


#: Where a hook may stand that runs before the views.
PLACES: dict[str, Callable[[Shop, Blueprint, Callable[..., Any]], Any]] = {
    "of the application": lambda app, _, hook: app.before_request(hook),
    "that is async": lambda app, _, hook: app.before_request(later(hook)),
    "of the blueprint": lambda _, blueprint, hook: blueprint.before_request(hook),
    "of a blueprint, for all": lambda _, blueprint, hook: blueprint.before_app_request(hook),
    "for the URL": lambda app, _, hook: app.url_value_preprocessor(hook),
    "for the blueprint's URLs": lambda _, blueprint, hook: blueprint.url_value_preprocessor(hook),
    "of a subclass": lambda app, _, hook: setattr(app, "work", hook),
}


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("place", PLACES)
def test_no_hook_runs_before_a_preflight_is_answered_or_a_stranger_refused(
    place: str, first: bool, preflight: Send, send: Send
) -> None:
    ran = []

    def hook(*_values: object) -> None:
        ran.append(request.method)

    app = Shop("shop")
    blueprint = Blueprint("sales", __name__)
    blueprint.add_url_rule("/x", "x", lambda: "x", methods=["PUT"])

    def install() -> None:
        PLACES[place](app, blueprint, hook)
        app.register_blueprint(blueprint)

    if first:
        install()
    CORS(app, origins=PAGE, enforce=True)
    if not first:
        install()
    assert preflight(app, "/x").status_code == 204
    assert preflight(app, "/x", origin="https://evil.test").status_code == 403
    assert send(app, "/x", "PUT", "https://evil.test").status_code == 403
    assert ran == []
    assert send(app, "/x", "PUT").status_code == 200
    assert ran == ["PUT"]


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


def measure(app: Flask) -> None:
    """Count on a hook before, as who measures the time does."""

    @app.before_request
    def start() -> None:
        g.started = 1

    @app.after_request
    def stop(response: Response) -> Response:
        response.headers["X-Ran"] = str(g.started)
        return response


def close_sessions(app: Flask) -> None:
    app.session_interface = CannotBeSaved()


@pytest.mark.parametrize("config", [{}, {"DEBUG": True}, {"TESTING": True}])
@pytest.mark.parametrize("interfere", [measure, close_sessions])
def test_a_preflight_survives_what_fails_after_it(
    interfere: Callable[[Flask], None],
    config: dict[str, Any],
    preflight: Send,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app(origins=PAGE)
    app.config.update(config)
    interfere(app)
    response = preflight(app, "/x")
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert response.headers["Access-Control-Allow-Methods"] == METHODS
    assert preflight(app, "/x", origin="https://evil.test").status_code == 403
    (told, *_) = [record for record in caplog.records if record.name == "flask_crossorigin"]
    assert told.getMessage() == (
        "OPTIONS '/x': this preflight is answered, but what runs after views has failed. No "
        "before_request hook runs for a preflight, and what one sets is not there"
    )
    assert told.exc_info is not None


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_other_requests_do_not(method: str, send: Send) -> None:
    app = make_app(origins=PAGE)
    app.add_url_rule("/fine", "fine", lambda: "fine")
    close_sessions(app)
    assert send(app, "/fine", method).status_code == 500


def test_a_preflight_that_the_view_answers_does_not(preflight: Send) -> None:
    app = make_app(origins=PAGE, automatic_options=False)
    close_sessions(app)
    assert preflight(app, "/x").status_code == 500
