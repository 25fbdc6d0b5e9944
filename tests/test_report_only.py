"""``report_only``, the signals, and a log that attackers can't flood."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_crossorigin import (
    CORS,
    ConfigError,
    Decision,
    cross_origin,
    explain,
    request_allowed,
    request_refused,
    request_reported,
)
from flask_crossorigin.reporting import MOST_LINES, PAUSE, Throttle
from flask_crossorigin.state import State

Send = Callable[..., TestResponse]

APP = "https://app.example.com"
OTHER = "https://other.example.com"
STRICTER: dict[str, Any] = {"origins": [APP], "enforce": True}


class Clock:
    """A clock that only moves when a test sets it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def log_at_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@contextmanager
def heard(*signals: Any) -> Iterator[list[tuple[str, str, str]]]:
    found: list[tuple[str, str, str]] = []
    receivers = []
    for signal in signals:

        def receive(_app: Flask, decision: Decision, name: str = signal.name) -> None:
            found.append((name, decision.reason, decision.origin or ""))

        signal.connect(receive)
        receivers.append((signal, receive))
    yield found
    for signal, receive in receivers:
        signal.disconnect(receive)


def make_app(**options: Any) -> Flask:
    app = Flask("shop")
    CORS(app, **options)
    app.add_url_rule("/x", "x", lambda: "x", methods=["GET", "POST", "PUT"])
    return app


def everything(app: Flask, send: Send, preflight: Send) -> list[tuple[int, Any]]:
    responses = [
        answer
        for origin in (APP, OTHER, "null", None)
        for answer in (
            send(app, "/x", origin=origin),
            send(app, "/x", "POST", origin=origin),
            send(app, "/nowhere", origin=origin),
        )
    ]
    responses += [preflight(app, "/x", "PUT", origin=origin) for origin in (APP, OTHER, "null")]
    return [(response.status_code, [*response.headers]) for response in responses]


@pytest.mark.parametrize(
    "options",
    [
        {"origins": "*"},
        {"origins": [APP, OTHER], "supports_credentials": True},
        {"origins": lambda origin: origin == APP},
        {"origins": "*", "for_origins": {OTHER: {"max_age": 5}}},
    ],
    ids=lambda options: str([*options]),
)
def test_nothing_changes_on_the_wire(options: Any, send: Send, preflight: Send) -> None:
    plain = everything(make_app(**options), send, preflight)
    assert everything(make_app(**options, report_only=STRICTER), send, preflight) == plain


def test_what_would_be_refused_is_logged_and_sent(
    send: Send, preflight: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(origins="*", report_only=STRICTER)
    with heard(request_reported, request_refused) as found:
        send(app, "/x", origin=APP)
        send(app, "/x", origin=None)
        assert not found
        assert not caplog.records
        send(app, "/x", origin=OTHER)
        preflight(app, "/x", "PUT", origin=OTHER)
    assert found == [("request-reported", "origin", OTHER)] * 2
    [record] = caplog.records
    assert record.getMessage() == (
        "GET '/x': allowed, but report_only would refuse it: "
        f'origin "{OTHER}" is not allowed by CORS(app).report_only'
    )


def test_what_is_refused_anyway_is_not_reported(send: Send) -> None:
    app = make_app(origins=APP, report_only={"origins": APP, "methods": []})
    with heard(request_reported, request_refused) as found:
        send(app, "/x", origin=OTHER)
    assert found == [("request-refused", "origin", OTHER)]


def test_stricter_methods_and_headers(preflight: Send) -> None:
    app = make_app(origins="*", report_only={"methods": "GET", "allow_headers": "X-A"})
    with heard(request_reported) as found:
        preflight(app, "/x", "PUT", origin=APP)
        preflight(
            app, "/x", "GET", origin=APP, headers={"Access-Control-Request-Headers": "x-a,x-b"}
        )
        preflight(app, "/x", "GET", origin=APP, headers={"Access-Control-Request-Headers": "x-a"})
    assert [reason for _, reason, _ in found] == ["method", "headers"]


def test_enforcing_without_origin_is_reported() -> None:
    app = make_app(origins="*", report_only=STRICTER)
    client = app.test_client()
    with heard(request_reported) as found:
        assert client.post("/x", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
        assert client.get("/x", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
        assert client.post("/x").status_code == 200
    assert found == [("request-reported", "cross-site", "")]


def test_pages_of_the_server_itself_are_not_reported(send: Send) -> None:
    app = make_app(origins="*", report_only=STRICTER)
    with heard(request_reported, request_allowed) as found:
        send(app, "/x", "POST", origin="http://localhost")
    assert found == []


def test_of_a_view_and_of_a_resource(send: Send) -> None:
    app = make_app(
        resources={"/x": {"report_only": STRICTER}, "/*": {}},
    )
    decorate = cross_origin(origins="*", report_only={"origins": OTHER})
    app.add_url_rule("/y", "y", decorate(lambda: "y"))
    with heard(request_reported) as found:
        for path in ("/x", "/y", "/nowhere"):
            send(app, path, origin=OTHER)
            send(app, path, origin=APP)
    assert [origin for _, _, origin in found] == [OTHER, APP]


def test_explain_shows_what_report_only_would_refuse() -> None:
    app = make_app(origins="*", report_only={"origins": APP, "methods": "GET"})
    assert explain(app, "GET", "/x", origin=APP).notes == []
    [note] = explain(app, "GET", "/x", origin=OTHER).notes
    assert note.startswith(f'report_only would refuse this: origin "{OTHER}" is not allowed')
    explanation = explain(app, "PUT", "/x", origin=APP)
    assert explanation.verdict == "allowed"
    assert any("report_only would refuse this: method 'PUT'" in each for each in explanation.notes)


MISTAKES: list[tuple[Any, str, str]] = [
    (True, "report_only", "not-a-mapping"),
    ({"orgins": APP}, "report_only.orgins", "unknown-option"),
    ({"origins": "app.test"}, "report_only.origins", "origin-no-scheme"),
    ({"report_only": {}}, "report_only.report_only", "option-misplaced"),
    ({"supports_credentials": True}, "report_only.supports_credentials", "credentials-any-origin"),
]


@pytest.mark.parametrize(("written", "where", "code"), MISTAKES)
def test_mistakes(written: Any, where: str, code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_app(report_only=written)
    [problem] = caught.value.problems
    assert (problem.where, problem.code) == (where, code)


def test_allowed_and_refused_are_sent(send: Send, preflight: Send) -> None:
    app = make_app(origins=APP)
    with heard(request_allowed, request_refused, request_reported) as found:
        send(app, "/x", origin=APP)
        preflight(app, "/x", "PUT", origin=APP)
        send(app, "/x", origin=OTHER)
        send(app, "/x", origin=None)
    assert found == [
        ("request-allowed", "allowed", APP),
        ("request-allowed", "allowed", APP),
        ("request-refused", "origin", OTHER),
    ]


@pytest.mark.parametrize("signal", [request_allowed, request_reported, request_refused])
def test_a_receiver_that_fails_is_logged(
    signal: Any, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(
        resources={"/x": {"origins": "*", "report_only": STRICTER}, "/y": {"origins": APP}}
    )

    def fail(_app: Flask, **_decision: Any) -> None:
        raise RuntimeError("on purpose")

    with signal.connected_to(fail):
        assert send(app, "/x", origin=OTHER).status_code == 200
        assert send(app, "/y", origin=OTHER).status_code == 404
    assert f"a receiver of {signal.name.replace('-', '_')} failed" in caplog.text


def refusals(app: Flask, send: Send, origins: list[str]) -> None:
    for origin in origins:
        send(app, "/x", origin=origin)


def test_the_same_refusal_is_logged_once_a_minute(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(origins=APP)
    clock = Clock()
    State.of(app).throttle = Throttle(clock)
    refusals(app, send, [OTHER, OTHER, "null", OTHER])
    assert len(caplog.messages) == 2
    clock.now = PAUSE - 1
    refusals(app, send, [OTHER])
    assert len(caplog.messages) == 2
    clock.now = PAUSE
    refusals(app, send, [OTHER])
    assert len(caplog.messages) == 3
    assert caplog.messages[-1].endswith(" (3 more refusals were not logged)")


def test_a_flood_of_refusals_does_not_hide_what_is_reported(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(
        resources={"/x": {"origins": "*", "report_only": STRICTER}, "/y": {"origins": APP}}
    )
    for number in range(MOST_LINES + 1):
        send(app, "/y", origin=f"https://{number}.test")
    assert len(caplog.messages) == MOST_LINES
    send(app, "/x", origin=OTHER)
    assert "report_only would refuse it" in caplog.messages[-1]


def test_in_debug_mode_every_refusal_is_logged(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(origins=APP)
    app.debug = True
    refusals(app, send, [OTHER, OTHER])
    assert len(caplog.messages) == 2


def test_a_flood_of_distinct_origins_is_not_logged_whole() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    taken = [throttle.take(number) for number in range(10_000)]
    assert [left_out for left_out in taken if left_out is not None] == [0] * MOST_LINES
    clock.now = PAUSE
    assert throttle.take("another") == 10_000 - MOST_LINES
    assert throttle.take("a third") == 0


def test_what_was_left_out_is_not_forgotten() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    assert [throttle.take("a") for _ in range(3)] == [0, None, None]
    clock.now = PAUSE / 2
    assert throttle.take("b") == 0
    clock.now = PAUSE
    # The next line that is logged counts the suppressed lines, even if it is a different one.
    assert throttle.take("c") == 2
    assert throttle.take("b") is None
    assert throttle.take("a") == 0


def test_two_views_stay_the_same_policy(preflight: Send) -> None:
    """With ``report_only``, a preflight lists the same methods as without it."""
    found = []
    for stricter in ({}, {"report_only": {"origins": OTHER}}):
        app = Flask("shop")
        CORS(app, resources=[])
        options: dict[str, Any] = {"origins": APP, "max_age": 600, **stricter}
        for method in ("GET", "PUT"):
            view = cross_origin(**options)(lambda: "x")
            app.add_url_rule("/x", method, view, methods=[method])
        found.append([*preflight(app, "/x", "PUT", origin=APP).headers])
        found.append([*app.test_client().delete("/x", headers={"Origin": APP}).headers])
    assert found[:2] == found[2:]


def test_report_only_applies_to_every_resource(send: Send) -> None:
    """This includes resources with their own origins, which users often want to restrict."""
    app = make_app(
        report_only={"origins": APP},
        resources={"/x": {"origins": "*"}, "/y": {"origins": OTHER}},
    )
    with heard(request_reported) as found:
        send(app, "/x", origin=OTHER)
        send(app, "/y", origin=OTHER)
        send(app, "/x", origin=APP)
    assert len(found) == 2


def test_it_is_logged_without_setting_a_level(send: Send, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    send(make_app(origins="*", report_only=STRICTER), "/x", origin=OTHER)
    assert "report_only would refuse it" in caplog.text


def test_an_async_callable_that_cannot_be_called() -> None:
    class WithoutAsync(Flask):
        def ensure_sync(self, func: Any) -> Any:
            raise RuntimeError("Install Flask with the 'async' extra")

    async def ask(_origin: str) -> bool:
        return True

    with pytest.raises(ConfigError, match="async function"):
        CORS(WithoutAsync("shop"), origins=APP, report_only={"origins": ask})
