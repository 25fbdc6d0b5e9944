"""Which hooks a request enters, and which headers each response has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    g,
    request,
    request_finished,
    request_tearing_down,
    session,
)
from flask.ctx import AppContext
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
    # The page can only learn that it has to log in if preflights need no login.
    assert Browser(app, origin=PAGE).fetch("/x", method="PUT").status == 401
    assert ran == ["PUT"]
    assert app.test_client().options("/x").status_code == 401


class Shop(Flask):
    """An application class that overrides ``preprocess_request``."""

    work: Callable[[], None] | None = None

    # Flask 3.2 passes the context, and warns unless it is annotated.
    def preprocess_request(self, *context: AppContext) -> Any:
        if self.work is not None:
            self.work()
        return super().preprocess_request(*context)


def later(hook: Callable[[], Any]) -> Callable[[], Any]:
    async def async_hook() -> Any:
        return hook()

    return async_hook


#: The kinds of hooks that run before views.
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
def test_no_hook_runs_before_a_preflight_or_a_refusal(
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
    """Flask opens the session first and fails, but a preflight still gets its usual response."""
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


def measure(app: Flask) -> None:
    """Rely in one hook on what an earlier hook set, like code that measures the time."""

    @app.before_request
    def start() -> None:
        g.started = 1

    @app.after_request
    def stop(response: Response) -> Response:
        response.headers["X-Ran"] = str(g.started)
        return response


def close_sessions(app: Flask) -> None:
    app.session_interface = CannotBeSaved()


def count_on_a_connection(app: Flask) -> None:
    """Open something in one hook and close it in its counterpart."""

    @app.before_request
    def connect() -> None:
        g.db = "connected"

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        assert g.db == "connected"


def count_on_signals(app: Flask) -> None:
    """Connect receivers that rely on an earlier signal, like those of tracers."""

    def end(*_sender: object, **_extra: object) -> None:
        assert g.begun

    for signal in (request_finished, request_tearing_down):
        signal.connect(end, app, weak=False)


@pytest.mark.parametrize("config", [{}, {"DEBUG": True}, {"TESTING": True}])
@pytest.mark.parametrize(
    "interfere", [measure, count_on_a_connection, count_on_signals, close_sessions]
)
def test_a_preflight_enters_none_of_the_hooks(
    interfere: Callable[[Flask], None],
    config: dict[str, Any],
    preflight: Send,
    send: Send,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app(origins=PAGE, enforce=True)
    app.config.update(config)
    interfere(app)
    response = preflight(app, "/x")
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert response.headers["Access-Control-Allow-Methods"] == METHODS
    assert preflight(app, "/x", origin="https://evil.test").status_code == 403
    assert send(app, "/x", origin="https://evil.test").status_code == 403
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_what_a_callable_opened_is_closed(preflight: Send) -> None:
    closed = []

    def is_page(origin: str) -> bool:
        g.db = "connected"
        return origin == PAGE

    app = make_app(origins=is_page)
    app.teardown_appcontext(lambda _error: closed.append(g.pop("db")))
    for origin in (PAGE, "https://evil.test"):
        preflight(app, "/x", origin=origin)
    assert closed == ["connected"] * 2


def test_no_session_is_saved_for_a_preflight(preflight: Send) -> None:
    app = make_app(origins=PAGE)
    app.secret_key = "secret"

    def is_page(origin: str) -> bool:
        session["asked"] = origin
        return True

    CORS(app, resources="/session", origins=is_page)
    assert "Set-Cookie" not in preflight(app, "/session").headers


def test_what_patches_the_class_later_is_not_bypassed(preflight: Send, send: Send) -> None:
    """Tracers may replace methods of the class at any time."""

    class Shop(Flask):
        pass

    calls = []

    def trace(name: str) -> None:
        method = getattr(Shop, name)

        def traced(self: Flask, *arguments: Any, **options: Any) -> Any:
            calls.append(name)
            return method(self, *arguments, **options)

        setattr(Shop, name, traced)

    app = Shop("shop")
    CORS(app, origins=PAGE)
    app.add_url_rule("/x", "x", lambda: "x")
    names = ["full_dispatch_request", "preprocess_request", "process_response"]
    for name in (*names, "do_teardown_request", "handle_exception"):
        trace(name)
    assert send(app, "/x").text == "x"
    assert calls == [*names, "do_teardown_request"]
    calls.clear()
    assert preflight(app, "/x").status_code == 204
    assert calls == []


def test_a_method_that_was_replaced_on_the_application_stays(send: Send) -> None:
    app = Flask("shop")
    dispatch = app.full_dispatch_request

    def full_dispatch_request(*context: Any) -> Any:
        response = dispatch(*context)
        response.headers["X-Mine"] = "1"
        return response

    app.full_dispatch_request = full_dispatch_request  # type: ignore[method-assign]
    CORS(app, origins=PAGE)
    app.add_url_rule("/x", "x", lambda: "x")
    response = send(app, "/x")
    assert response.headers["X-Mine"] == "1"
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


def test_the_context_that_newer_versions_of_flask_pass_is_passed_on() -> None:
    passed: list[tuple[Any, ...]] = []

    class Newer(Flask):
        def full_dispatch_request(self, *context: Any) -> Response:
            passed.append(context)
            return Response("shop")

    app = Newer("shop")
    CORS(app, origins=PAGE)
    with app.test_request_context("/") as context:
        dispatch: Any = app.full_dispatch_request
        assert dispatch(context).data == b"shop"
    assert passed == [(context,)]


def test_a_teardown_that_was_replaced_on_the_application_stays(send: Send, preflight: Send) -> None:
    app = Flask("shop")
    teardown = app.do_teardown_request
    ran = []

    def do_teardown_request(*arguments: Any) -> None:
        ran.append(request.method)
        teardown(*arguments)

    app.do_teardown_request = do_teardown_request  # type: ignore[assignment,method-assign]
    app.teardown_request(lambda _error: None)
    CORS(app, origins=PAGE)
    app.add_url_rule("/x", "x", lambda: "x")
    for _ in range(2):
        preflight(app, "/x")
        send(app, "/x")
    assert ran == ["GET", "GET"]


def test_an_extension_that_handles_exceptions_in_flasks_place(send: Send) -> None:
    """The extension's response has the headers, although no ``after_request`` function gets it."""
    app = make_app(origins=PAGE)
    app.add_url_rule("/crash", "crash", lambda: str(1 / 0))

    # Flask 3.2 passes the context before the error.
    def handle_exception(*_arguments: object) -> Response:
        return Response("handled", status=503)

    app.handle_exception = handle_exception  # type: ignore[assignment,method-assign]
    for origin, allowed in ((PAGE, PAGE), ("https://evil.test", None)):
        for _ in range(2):
            response = send(app, "/crash", origin=origin)
            assert (response.status_code, response.text) == (503, "handled")
            assert response.headers.get("Access-Control-Allow-Origin") == allowed
            assert response.headers.getlist("Vary") == ["Origin"]


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_other_requests_enter_them(method: str, send: Send) -> None:
    app = make_app(origins=PAGE)
    app.add_url_rule("/fine", "fine", lambda: "fine")
    close_sessions(app)
    response = send(app, "/fine", method)
    assert response.status_code == 500
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


def test_a_preflight_that_the_view_answers_enters_them(preflight: Send) -> None:
    app = make_app(origins=PAGE, automatic_options=False)
    close_sessions(app)
    assert preflight(app, "/x").status_code == 500
