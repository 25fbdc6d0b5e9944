"""Test which decisions the debug page remembers, and how much of each one."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import request_allowed, request_refused, request_reported

from .asking import FRIEND, NAMES, PAGE, STRANGER, decisions, get, make_app

SIGNALS = (request_allowed, request_refused, request_reported)


def ask(app: Flask, origin: str, method: str = "GET", url: str = "/items", **headers: str) -> None:
    app.test_client().open(url, method=method, headers={"Origin": origin, **headers})


def told(app: Flask, *keys: str) -> list[Any]:
    return [tuple(each[key] for key in keys) for each in decisions(app)]


def test_what_is_told_of_a_decision() -> None:
    app = make_app(report_only={"methods": ["GET"]}, allow_headers=["X-Token"])
    ask(app, STRANGER)
    ask(app, FRIEND, "PUT")
    preflight = {"Access-Control-Request-Method": "PUT"}
    ask(app, FRIEND, "OPTIONS", **preflight, **{"Access-Control-Request-Headers": "x-token"})
    keys = ("verdict", "method", "is_preflight", "header_names", "origin", "policy")
    assert told(app, *keys) == [
        ("reported", "PUT", True, "x-token", FRIEND, "CORS(app).report_only"),
        ("allowed", "PUT", True, "x-token", FRIEND, "CORS(app)"),
        ("allowed", "PUT", False, "", FRIEND, "CORS(app)"),
        ("refused", "GET", False, "", STRANGER, "CORS(app)"),
    ]
    first = decisions(app)[-1]
    assert first["reason"].startswith(f'origin "{STRANGER}" is not allowed by CORS(app)')
    assert first["url"] == "http://localhost/items"
    assert first["place"]["file"].endswith("asking.py")


def test_a_policy_for_any_origin() -> None:
    app = make_app(origins="*")
    ask(app, STRANGER)
    assert told(app, "verdict", "origin") == [("allowed", STRANGER)]


def test_where_no_policy_is() -> None:
    app = make_app(resources=["/x"])
    ask(app, STRANGER)
    assert told(app, "reason", "policy", "place") == [("no policy covers this URL", None, None)]


def test_repeats_are_counted_and_come_first_again() -> None:
    app = make_app()
    for origin in (STRANGER, FRIEND, STRANGER, STRANGER, "null"):
        ask(app, origin)
    assert told(app, "origin", "times", "id", "number") == [
        ("null", 1, 3, 5),
        (STRANGER, 3, 1, 4),
        (FRIEND, 1, 2, 2),
    ]
    assert [each["time"] for each in decisions(app)] == sorted(
        (each["time"] for each in decisions(app)), reverse=True
    )


def test_only_what_is_new_is_sent() -> None:
    app = make_app()
    for origin in (STRANGER, FRIEND):
        ask(app, origin)
    poll = app.test_client().get(f"{PAGE}/crossorigin-decisions.json").get_json()
    run = poll["run"]
    assert len(poll["decisions"]) == 2
    assert decisions(app, after=2, run=run) == []
    ask(app, STRANGER)
    assert [each["times"] for each in decisions(app, after=2, run=run)] == [2]
    # A number from another run is ignored, and so is a value that is not a number.
    assert len(decisions(app, after=2, run="x")) == 2
    assert len(decisions(app, after="x", run=run)) == 2
    assert get(make_app(), f"{PAGE}/crossorigin-decisions.json").get_json()["run"] != run


def test_what_asks_for_the_page_is_not_decided_on() -> None:
    app = make_app(enforce=True)
    for _ in range(2):
        for name in NAMES:
            assert get(app, PAGE + name, HTTP_ORIGIN="http://localhost").status_code == 200
    assert decisions(app) == []


def test_as_many_different_ones_are_remembered() -> None:
    app = make_app()
    ask(app, FRIEND)
    for number in range(250):
        ask(app, f"https://{number}.example")
    ask(app, "https://100.example")
    found = told(app, "origin")
    assert len(found) == 200
    assert found[:2] == [("https://100.example",), ("https://249.example",)]
    assert found[-1] == ("https://50.example",)


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_what_attackers_send_is_cut_and_escaped(method: str) -> None:
    app = make_app()
    environ = {
        "HTTP_ORIGIN": "\u202e\n<b>" * 1000,
        "HTTP_HOST": "<b>\n\xff" * 1000,
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "<b>\r" * 1000,
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "<b>\x1b," * 10_000,
        "PATH_INFO": "/<b>\n\xe2\x80\xae" * 1000,
        "REQUEST_METHOD": method,
    }
    app.test_client().get("/", environ_overrides=environ)
    (decision,) = decisions(app)
    for value in decision.values():
        if isinstance(value, str):
            assert len(value) < 8000
            assert value.isprintable()
            assert value.isascii()


def test_many_threads_are_counted() -> None:
    app = make_app()
    ask(app, STRANGER)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ask(app, STRANGER), range(400)))
    assert told(app, "times") == [(401,)]


class Meeting(Flask):
    """An app in debug mode that can make threads serve its first request at the same time.

    If ``barrier`` is set, each thread waits there when it reads ``debug`` for the first time.
    """

    met = threading.local()
    barrier: threading.Barrier | None = None

    @property
    def debug(self) -> bool:
        if self.barrier is not None and not hasattr(self.met, "once"):
            self.met.once = True
            self.barrier.wait(30)
        return True

    @debug.setter
    def debug(self, value: bool) -> None:
        pass


def test_two_first_requests_at_once_open_one_page() -> None:
    app = make_app(Meeting("shop", static_folder=None))
    vars(app)["barrier"] = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: ask(app, STRANGER), range(2)))
    del vars(app)["barrier"]
    assert told(app, "origin", "times") == [(STRANGER, 2)]


@pytest.mark.parametrize(("debug", "options"), [(False, {}), (True, {"debug_page": None})])
def test_nothing_is_remembered_unless_there_is_a_page(debug: bool, options: Any) -> None:
    app = make_app(debug=debug, **options)
    before = app.full_dispatch_request
    ask(app, STRANGER)
    assert not any(signal.has_receivers_for(app) for signal in SIGNALS)
    assert app.full_dispatch_request is before


def test_apps_do_not_share_their_decisions() -> None:
    one, other = make_app(), make_app()
    ask(one, STRANGER)
    ask(other, FRIEND)
    assert told(one, "origin") == [(STRANGER,)]
    assert told(other, "origin") == [(FRIEND,)]


def test_an_app_that_is_gone_leaves_nothing() -> None:
    app = make_app()
    ask(app, STRANGER)
    gone = weakref.ref(app)
    del app
    gc.collect()
    assert gone() is None
