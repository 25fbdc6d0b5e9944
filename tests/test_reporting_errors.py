"""Reports of requests that end in an error, and of nested applications."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from blinker import NamedSignal
from flask import Flask, Response, request
from sessions import CannotBeOpened, CannotBeSaved
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse, run_wsgi_app

from flask_crossorigin import CORS, Decision, cross_origin, request_refused

Logged = Callable[[], list[str]]

FRIEND = "https://app.example.com"
STRANGER = "https://stranger.example"
REASON_HEADER = "X-Crossorigin-Reason"


def create_app(**config: Any) -> Flask:
    app = Flask("shop")
    app.config.update(config)
    CORS(app, origins=FRIEND)

    @app.route("/crash")
    def crash() -> str:
        raise RuntimeError("on purpose")

    return app


def create_decorated_app(**config: Any) -> Flask:
    app = Flask("shop")
    app.config.update(config)

    @app.route("/crash")
    @cross_origin(origins=FRIEND)
    def crash() -> str:
        raise RuntimeError("on purpose")

    return app


def create_app_that_was_decorated_first(**config: Any) -> Flask:
    app = create_decorated_app(**config)
    app.add_url_rule("/fine", "fine", cross_origin(origins=FRIEND)(lambda: "fine"))
    assert app.test_client().get("/fine").text == "fine"
    CORS(app, resources=[])
    return app


def send(app: Flask, origin: str | None, url: str = "/crash") -> TestResponse:
    headers = {} if origin is None else {"Origin": origin}
    return app.test_client().get(url, headers=headers)


CRASH = (
    "GET '/crash': the browser will call this a CORS error, because the debugger's response has no "
    "CORS headers. The cause is the exception: RuntimeError: on purpose"
)


@pytest.mark.parametrize(
    ("config", "origin", "told"),
    [
        ({"DEBUG": True}, FRIEND, True),
        ({"DEBUG": True}, STRANGER, True),
        ({"DEBUG": True, "TESTING": True}, FRIEND, True),
        ({"DEBUG": True, "PROPAGATE_EXCEPTIONS": True}, FRIEND, True),
        # Here Flask makes the response, so it has the headers.
        ({"DEBUG": True, "PROPAGATE_EXCEPTIONS": False}, FRIEND, False),
        ({"DEBUG": True}, None, False),
        ({"DEBUG": True}, "http://localhost", False),
        ({}, FRIEND, False),
        ({"TESTING": True, "PROPAGATE_EXCEPTIONS": False}, FRIEND, False),
        ({"TESTING": True}, FRIEND, True),
        ({"PROPAGATE_EXCEPTIONS": True}, FRIEND, True),
    ],
)
@pytest.mark.parametrize(
    "create", [create_app, create_decorated_app, create_app_that_was_decorated_first]
)
def test_a_crash_that_looks_like_cors(
    create: Callable[..., Flask],
    config: dict[str, Any],
    origin: str | None,
    told: bool,
    logged: Logged,
) -> None:
    app = create(**config)
    # Crash a second time, because the reporting is set up only once.
    for count in (1, 2):
        check_crash(app, origin)
        assert logged() == [CRASH] * told * count


def check_crash(app: Flask, origin: str | None) -> None:
    try:
        response = send(app, origin)
    except RuntimeError:
        pass
    else:
        assert response.headers.get("Access-Control-Allow-Origin") == FRIEND


@pytest.mark.parametrize("create", [create_app, create_decorated_app])
def test_signals_are_sent_only_for_their_application(
    create: Callable[..., Flask], logged: Logged
) -> None:
    with pytest.raises(RuntimeError):
        send(create(DEBUG=True), FRIEND)
    bare = Flask("bare")
    bare.debug = True
    bare.add_url_rule("/crash", "crash", lambda: [][0])
    with pytest.raises(IndexError):
        send(bare, FRIEND)
    assert logged() == [CRASH]


@pytest.mark.parametrize(
    ("exception", "told"),
    [
        (RuntimeError(r"C:\new"), r"RuntimeError: C:\new"),
        (RuntimeError("a\n\x1b[2J\xe9"), r"RuntimeError: a\n\x1b[2J\xe9"),
        (
            SyntaxError("bad", ("x.py", 1, None, None)),
            r'File "x.py", line 1\nSyntaxError: bad',
        ),
    ],
)
def test_an_exception_is_logged_on_one_line(
    exception: Exception, told: str, logged: Logged
) -> None:
    app = create_app(DEBUG=True)

    @app.errorhandler(404)
    def fail(_error: Exception) -> str:
        raise exception

    with pytest.raises(type(exception)):
        app.test_client().get("/missing", headers={"Origin": FRIEND})
    (line,) = logged()
    assert line.partition("The cause is the exception: ")[2] == told


@pytest.mark.parametrize("fails", ["hook", "session"])
def test_a_refusal_is_reported_once(fails: str, logged: Logged) -> None:
    """A failure after the first response leads to a second one, which is not reported again."""
    app = create_app()
    if fails == "session":
        app.session_interface = CannotBeSaved()
    else:
        app.after_request(raises)

    refused: list[Decision] = []

    def receive(_sender: Flask, decision: Decision) -> None:
        refused.append(decision)

    # The URL has no view: if a view raised, there would be only one response.
    with request_refused.connected_to(receive):
        assert send(app, STRANGER, "/missing").status_code == 500
    assert len(refused) == len(logged()) == 1


def raises(_response: Response) -> Response:
    raise RuntimeError


@pytest.mark.parametrize("fails", [False, True])
def test_whichever_response_is_sent_has_the_reason(fails: bool) -> None:
    app = create_app(DEBUG=True, PROPAGATE_EXCEPTIONS=False)
    if fails:
        app.after_request(raises)
    response = send(app, STRANGER, "/missing")
    assert response.status_code == (500 if fails else 404)
    reasons = [value for name, value in response.headers if name == REASON_HEADER]
    assert reasons == [f'origin "{STRANGER}" is not allowed by CORS(app)']


def test_the_signal_has_a_name() -> None:
    assert isinstance(request_refused, NamedSignal)
    assert request_refused.name == "request-refused"


def test_a_mounted_application_is_named_by_its_whole_path(
    logged: Logged,
) -> None:
    client = Client(DispatcherMiddleware(create_app(), {"/v1": create_app()}))
    client.get("/v1/crash/not", headers={"Origin": STRANGER})
    (line,) = logged()
    assert line.startswith("GET '/v1/crash/not': origin")


def test_nested_applications_report_their_own_refusals(logged: Logged) -> None:
    outer, inner = Flask("outer"), Flask("inner")
    CORS(outer, resources={"/nested": {"origins": FRIEND}})
    CORS(inner, resources={"/*": {"origins": "https://inner.example"}})
    inner.add_url_rule("/nested", "nested", lambda: "inner")

    @outer.route("/nested")
    def nested() -> Response:
        return Response(*run_wsgi_app(inner, request.environ))

    response = outer.test_client().get("/nested", headers={"Origin": STRANGER})
    assert response.text == "inner"
    told = sorted(line.rpartition(" by ")[2] for line in logged())
    assert told == ['resources["/*"]', 'resources["/nested"]']


def test_a_preflight_that_was_answered_too_early_is_reported(
    logged: Logged,
) -> None:
    app = create_app()
    app.session_interface = CannotBeOpened()
    headers = {"Access-Control-Request-Method": "PUT"}
    client = app.test_client()
    friendly, strange = (
        client.options("/crash", headers={"Origin": origin, **headers})
        for origin in (FRIEND, STRANGER)
    )
    assert (friendly.status_code, strange.status_code) == (204, 403)
    # Only one of the two preflights was refused.
    (line,) = [line for line in logged() if "is not allowed" in line]
    assert line.startswith(f"OPTIONS '/crash': origin \"{STRANGER}\" is not allowed")
