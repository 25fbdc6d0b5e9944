"""Refusals are reported: in the log, by a signal and, in debug mode, in a header."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.test import EnvironBuilder, TestResponse

from flask_crossorigin import (
    CORS,
    Decision,
    cross_origin,
    request_allowed,
    request_refused,
    request_reported,
)

Logged = Callable[[], list[str]]

FRIEND = "https://app.example.com"
STRANGER = "https://stranger.example"
LOGGER = "flask_crossorigin"
HEADER = "X-Crossorigin-Reason"


def create_app(*, debug: bool = False, **options: Any) -> Flask:
    app = Flask("shop")
    app.debug = debug
    CORS(
        app,
        resources={
            "/items": {"origins": FRIEND, "methods": ["PATCH"], "allow_headers": ["X-Token"]}
        },
        **options,
    )
    app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "POST", "PATCH"])
    app.add_url_rule("/internal", "internal", lambda: "internal")
    return app


def send(app: Flask, url: str = "/items", **options: Any) -> TestResponse:
    return app.test_client().open(url, **options)


def preflight(method: str, names: str | None = None, origin: str = FRIEND) -> dict[str, Any]:
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    if names is not None:
        headers["Access-Control-Request-Headers"] = names
    return {"method": "OPTIONS", "headers": headers}


WHERE = 'resources["/items"]'
# The request, the reason for its refusal, and the log line.
REFUSALS: dict[str, tuple[dict[str, Any], str, str]] = {
    "stranger": (
        {"headers": {"Origin": STRANGER}},
        "origin",
        f"GET '/items': origin \"{STRANGER}\" is not allowed by {WHERE}",
    ),
    "nearly": (
        {"headers": {"Origin": f"{FRIEND}:8443"}},
        "origin",
        f"GET '/items': origin \"{FRIEND}:8443\" is not allowed by {WHERE}; "
        f'nearest: "{FRIEND}" (differs in port)',
    ),
    "no origin at all": (
        {"headers": {"Origin": "nonsense"}},
        "malformed-origin",
        "GET '/items': the Origin header 'nonsense' is malformed: no browser sends it",
    ),
    "no policy": (
        {"url": "/internal", "headers": {"Origin": FRIEND}},
        "no-policy",
        "GET '/internal': no policy covers this URL",
    ),
    "preflight of a stranger": (
        preflight("PATCH", origin=STRANGER),
        "origin",
        f"OPTIONS '/items': origin \"{STRANGER}\" is not allowed by {WHERE}",
    ),
    "method": (
        preflight("DELETE"),
        "method",
        f"OPTIONS '/items': method 'DELETE' is not allowed by {WHERE}",
    ),
    "method in lower case": (
        preflight("patch"),
        "method",
        f"OPTIONS '/items': method 'patch' is not allowed by {WHERE}; methods are "
        'case-sensitive, so the page must send "PATCH"',
    ),
    "header": (
        preflight("PATCH", "x-token,x-other,x-more"),
        "headers",
        'OPTIONS \'/items\': request headers "x-other", "x-more" are not allowed by ' + WHERE,
    ),
    "too many headers": (
        preflight("PATCH", ",".join(["x-token"] * 129)),
        "headers",
        "OPTIONS '/items': Access-Control-Request-Headers is too long or malformed",
    ),
}


@pytest.mark.parametrize(("options", "reason", "line"), REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("debug", [False, True])
def test_every_refusal_has_a_reason(
    options: dict[str, Any],
    reason: str,
    line: str,
    debug: bool,
    logged: Logged,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = create_app(debug=debug)
    decisions: list[Decision] = []

    def receive(sender: Flask, decision: Decision) -> None:
        assert sender is app
        decisions.append(decision)

    with request_refused.connected_to(receive):
        response = send(app, **options)
    assert logged() == [line]
    assert caplog.records[-1].levelno == (logging.WARNING if debug else logging.INFO)
    sentence = line.partition(": ")[2]
    assert response.headers.get(HEADER) == (sentence if debug else None)
    (decision,) = decisions
    assert (decision.reason, str(decision)) == (reason, sentence)
    assert decision.refused
    assert decision.origin == options["headers"]["Origin"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"headers": {"Origin": FRIEND}},
        {"url": "/internal"},
        {"method": "OPTIONS"},
        preflight("PATCH", "X-Token"),
        # Same-origin requests may have an Origin too, and are always allowed.
        {"method": "POST", "headers": {"Origin": "http://localhost"}},
        {"url": "/internal", "headers": {"Origin": "http://localhost"}},
        {"headers": {"Origin": "https://localhost", "Sec-Fetch-Site": "same-origin"}},
    ],
)
def test_allowed_requests_are_not_logged(options: dict[str, Any], logged: Logged) -> None:
    app = create_app(debug=True)

    def receive(_sender: Flask, decision: Decision) -> None:
        pytest.fail(str(decision))

    with request_refused.connected_to(receive):
        response = send(app, **options)
    assert logged() == []
    assert HEADER not in response.headers


def test_enforce_is_a_refusal_as_well(logged: Logged) -> None:
    app = create_app(debug=True, enforce=True)
    response = send(app, method="POST", headers={"Origin": STRANGER})
    assert response.status_code == 403
    assert logged() == [f"POST '/items': {response.text.strip()}"]
    assert response.headers[HEADER] == response.text.strip()


def test_a_decorator_without_cors_app_reports_refusals(logged: Logged) -> None:
    app = Flask("shop")
    app.add_url_rule("/", "report", cross_origin(origins=FRIEND)(lambda: "report"))
    for options in ({"headers": {"Origin": STRANGER}}, preflight("PUT", origin=STRANGER)):
        send(app, "/", **options)
    where = '@cross_origin on view "<lambda>"'
    # Both are the same refusal, so the second is not logged.
    assert [line.partition(": ")[2] for line in logged()] == [
        f'origin "{STRANGER}" is not allowed by {where}'
    ]


def test_mistake_found_late_is_the_reason(logged: Logged) -> None:
    app = create_app()
    app.config["CORS_MAX_AGE"] = "ten minutes"
    send(app, headers={"Origin": FRIEND})
    mistake, line = logged()
    assert 'CORS_MAX_AGE: "ten minutes" is not a whole number of seconds.' in mistake
    assert line == f"GET '/items': the options of {WHERE} are invalid, so they allow nothing"


# Texts that, without escaping, could forge a log line, end a header or control a terminal.
FORGERIES = ["\r\nINFO: all is well", "\n", "\x1b[2J\x1b[31m", "\x00", "\x85", "\u2028", "\u202e"]
PLACES: dict[str, Callable[[str], dict[str, str]]] = {
    "origin": lambda text: {"HTTP_ORIGIN": f"{STRANGER}{text}"},
    "path": lambda text: {"HTTP_ORIGIN": STRANGER, "PATH_INFO": f"/{text}"},
    "mount": lambda text: {"HTTP_ORIGIN": STRANGER, "SCRIPT_NAME": f"/{text}"},
    "method": lambda text: {"HTTP_ORIGIN": STRANGER, "REQUEST_METHOD": f"GET{text}"},
    "requested method": lambda text: {
        "HTTP_ORIGIN": FRIEND,
        "REQUEST_METHOD": "OPTIONS",
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": f"PUT{text}",
    },
    "requested header": lambda text: {
        "HTTP_ORIGIN": FRIEND,
        "REQUEST_METHOD": "OPTIONS",
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PATCH",
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": f"X-Token, X{text}",
    },
    "exception": lambda text: {
        "HTTP_ORIGIN": FRIEND,
        "PATH_INFO": "/crash",
        "HTTP_X_TEXT": text,
    },
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("text", FORGERIES, ids=ascii)
def test_requests_cannot_forge_lines(
    place: Callable[[str], dict[str, str]], text: str, logged: Logged
) -> None:
    app = create_app(debug=True)
    app.add_url_rule("/crash", "crash", crash)
    # WSGI servers decode the bytes of a request as Latin-1 (PEP 3333).
    wired = text.encode().decode("latin-1")
    try:
        response = send(app, environ_overrides=place(wired))
    except RuntimeError:
        pass
    else:
        reason = response.headers.get(HEADER, "")
        assert reason.isprintable()
        assert reason.isascii()
    (line,) = logged()
    assert line.isprintable()


def crash() -> str:
    raise RuntimeError(request.environ.get("HTTP_X_TEXT", "on purpose"))


def test_attackers_cannot_fill_the_log(logged: Logged) -> None:
    send(create_app(), headers={"Origin": "x" * 100_000})
    assert len(logged()[0]) < 300


@pytest.mark.parametrize(
    ("heard", "built"), [((), 0), (("signal",), 0), (("debug",), 3), (("log",), 1)]
)
def test_no_sentence_is_made_without_a_reader(
    heard: tuple[str, ...],
    built: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    made: list[Decision] = []

    def sentence(decision: Decision) -> str:
        made.append(decision)
        return "why"

    monkeypatch.setattr(Decision, "__str__", sentence)
    caplog.set_level(logging.INFO if "log" in heard else logging.WARNING, LOGGER)
    app = create_app(debug="debug" in heard, enforce=True)

    def receive(_sender: Flask, decision: Decision) -> None:
        assert decision.reason == "origin"

    if "signal" in heard:
        request_refused.connect(receive)
    try:
        send(app, headers={"Origin": STRANGER}, method="GET")
        send(app, **preflight("PATCH", origin=STRANGER))
    finally:
        request_refused.disconnect(receive)
    # In debug mode, every refusal is logged, and the body of the first response has the reason.
    assert len(made) == built


@pytest.mark.parametrize(
    ("heard", "asked", "built"), [("", 0, 0), ("signal", 2, 0), ("debug", 2, 2), ("log", 2, 1)]
)
def test_report_only_costs_only_what_listeners_need(
    heard: str,
    asked: int,
    built: int,
    monkeypatch: pytest.MonkeyPatch,
    logged: Logged,
    caplog: pytest.LogCaptureFixture,
) -> None:
    made: list[Decision] = []

    def sentence(decision: Decision) -> str:
        made.append(decision)
        return "why"

    monkeypatch.setattr(Decision, "__str__", sentence)
    caplog.set_level(logging.WARNING if heard in ("log", "debug") else logging.ERROR, LOGGER)
    origins: list[str] = []

    def refuse(origin: str) -> bool:
        origins.append(origin)
        return False

    app = Flask("shop")
    app.debug = heard == "debug"
    app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "PATCH"])
    CORS(app, origins=FRIEND, report_only={"origins": refuse})

    def receive(_sender: Flask, decision: Decision) -> None:
        assert decision.reason == "origin"

    if heard == "signal":
        request_reported.connect(receive)
    try:
        send(app, headers={"Origin": FRIEND})
        send(app, **preflight("PATCH"))
    finally:
        request_reported.disconnect(receive)
    assert origins == [FRIEND] * asked
    assert (len(made), len(logged())) == (built, built)


class Environ(dict[str, Any]):
    """A WSGI environ that records which of its keys were read."""

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        self.read: set[object] = set()

    def get(self, key: Any, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)


@pytest.mark.parametrize(
    ("signal", "options"),
    [
        (request_allowed, {"origins": [FRIEND, STRANGER]}),
        (request_refused, {"origins": FRIEND}),
        (request_reported, {"origins": [FRIEND, STRANGER], "report_only": {"origins": FRIEND}}),
    ],
    ids=lambda value: value.name if hasattr(value, "name") else "",
)
def test_nothing_is_computed_without_a_listener(
    signal: Any, options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, LOGGER)
    app = Flask("shop")
    app.add_url_rule("/", "view", lambda: "view")
    CORS(app, **options)
    received: list[Decision] = []

    def receive(_sender: Flask, decision: Decision) -> None:
        received.append(decision)

    def is_judged(headers: dict[str, str]) -> bool:
        """Return whether the package checked if the request is cross-origin."""
        environ = Environ(EnvironBuilder(headers=[*headers.items()]).get_environ())
        app(environ, lambda *_: len)
        return "HTTP_SEC_FETCH_SITE" in environ.read

    another = Flask("another")
    with signal.connected_to(receive, another):
        assert not is_judged({"Origin": STRANGER})
    with signal.connected_to(receive, app):
        assert is_judged({"Origin": STRANGER})
        assert not is_judged({})
    assert [decision.origin for decision in received] == [STRANGER]
    assert not is_judged({"Origin": STRANGER})


def test_the_logger_is_the_users() -> None:
    assert logging.getLogger(LOGGER).handlers == []


@pytest.mark.skipif("TRUSTED_HOSTS" not in Flask.default_config, reason="Flask 3.1 has it")
@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"Origin": STRANGER}},
        {"method": "POST", "headers": {"Origin": "http://evil.example"}},
        preflight("PATCH", origin=STRANGER),
    ],
)
def test_untrusted_host_stays_the_error_it_is(options: dict[str, Any], logged: Logged) -> None:
    app = create_app()
    app.config["TRUSTED_HOSTS"] = ["shop.example"]
    assert send(app, base_url="http://evil.example", **options).status_code == 400
    assert len(logged()) == 1
