"""One thread interrupts another at each possible place, and both get the right results.

A scheduler switches threads at a place that depends on chance. Here, a test tries one place after
the other: it stops a thread before an instruction, lets another thread do its work, and lets the
first one continue.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from threading import Thread
from types import FrameType
from typing import Any, TypeVar

import pytest
from flask import Flask, Response
from flask.views import MethodView

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.core.policy import Policy
from flask_crossorigin.options.errors import Problem
from flask_crossorigin.options.policy import make_policy
from flask_crossorigin.options.table import read_options

pytestmark = pytest.mark.once

FIRST, SECOND, STRANGER = "https://first.test", "https://second.test", "https://stranger.test"

Shared = TypeVar("Shared")
Question = TypeVar("Question", bound=Hashable)


class Interruption:
    """A context in which another thread runs before the nth instruction of a module."""

    def __init__(self, module: str, place: int, other: Callable[[], object]) -> None:
        self.module = module
        self.place = place
        self.other = other
        self.executed = 0

    def __enter__(self) -> Interruption:
        self.before = sys.gettrace()
        sys.settrace(self.trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self.before)

    def trace(self, frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_globals["__name__"] != self.module:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.executed += 1
            if self.executed == self.place:
                thread = Thread(target=self.other)
                thread.start()
                thread.join(timeout=60)
                assert not thread.is_alive()
        return self.trace


def interrupt_everywhere(
    module: str,
    make: Callable[[], Shared],
    ask: Callable[[Shared, Question], object],
    questions: Sequence[Question],
) -> int:
    """Check that each question has the same result, whether or not others interrupt it.

    :returns: the number of places at which a question was interrupted.
    """
    alone = {question: ask(make(), question) for question in questions}
    places = 0
    for question in questions:
        others = [other for other in questions if other != question]
        answers = [alone[other] for other in others]
        # The questions that were asked before, whose results may be cached.
        for before in ([], [question], others):

            def begin(before: Sequence[Question] = before) -> Shared:
                shared = make()
                _ask_all(ask, shared, before, [])
                return shared

            shared = begin()
            with Interruption(module, 0, list) as uninterrupted:
                ask(shared, question)
            for place in range(1, uninterrupted.executed + 1):
                shared = begin()
                told: list[object] = []
                with Interruption(module, place, partial(_ask_all, ask, shared, others, told)):
                    found = ask(shared, question)
                assert found == alone[question], (question, before, place)
                assert told == answers, (question, before, place)
                # No wrong result may be cached either. Ask the latest question first, because
                # the others may replace its cached result.
                for each in [*reversed(others), question]:
                    assert ask(shared, each) == alone[each], (question, before, place, each)
            places += uninterrupted.executed
    return places


def _ask_all(
    ask: Callable[[Shared, Question], object],
    shared: Shared,
    questions: Sequence[Question],
    told: list[object],
) -> None:
    told += [ask(shared, question) for question in questions]


@pytest.mark.parametrize(
    "options",
    [{"origins": re.compile("https://[fs].*"), "max_age": 5}, {"origins": [FIRST, SECOND]}],
)
def test_what_a_policy_remembers(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    # Caches so small that each request replaces the entries of another.
    monkeypatch.setattr("flask_crossorigin.core.policy.REMEMBERED_ORIGINS", 1)
    monkeypatch.setattr("flask_crossorigin.core.policy.REMEMBERED_PREFLIGHTS", 1)

    def make() -> Policy:
        problems: list[Problem] = []
        layer = read_options({**options, "allow_headers": ["X-A", "X-B"]}, "", problems)
        return make_policy("CORS(app)", [layer], problems)

    def ask(policy: Policy, question: tuple[str, ...]) -> object:
        decision = policy.preflight(*question) if question[1:] else policy.actual(*question)
        return decision.headers, decision.reason, decision.origin, decision.refused_headers

    questions = [
        (FIRST,),
        (SECOND,),
        (STRANGER,),
        ("null",),
        (FIRST, "PUT"),
        (SECOND, "GET", "x-a,x-b"),
        (STRANGER, "PUT", "x-a"),
    ]
    assert interrupt_everywhere("flask_crossorigin.core.policy", make, ask, questions) > 1000


class Basket(MethodView):
    def get(self) -> str:
        return "get"

    @cross_origin(origins=FIRST)
    def put(self) -> str:
        return "put"


def test_what_is_remembered_of_paths(monkeypatch: pytest.MonkeyPatch) -> None:

    def make() -> Flask:
        app = Flask("shop")
        CORS(app, resources={"/a/*": {"origins": FIRST}, "/b/*": {"origins": SECOND}})
        app.add_url_rule("/<part>/<int:n>", "item", lambda part, n: "item", methods=["GET", "PUT"])
        app.add_url_rule("/b/basket", view_func=Basket.as_view("basket"))

        @app.get("/a/own")
        @cross_origin(origins=STRANGER)
        def own() -> str:
            return "own"

        # The policies are made at the first request.
        app.test_client().get("/c/1")
        return app

    def ask(app: Flask, question: tuple[str, str]) -> object:
        methods, path = question
        method, _, wanted = methods.partition(" ")
        headers = {"Origin": SECOND}
        if wanted:
            headers["Access-Control-Request-Method"] = wanted
        response = app.test_client().open(path, method=method, headers=headers)
        return response.status_code, sorted(response.headers)

    questions = [
        ("GET", "/a/1"),
        ("GET", "/b/2"),
        ("PUT", "/b/basket"),
        ("OPTIONS GET", "/b/basket"),
        ("OPTIONS PUT", "/b/basket"),
        ("GET", "/a/own"),
    ]
    assert interrupt_everywhere("flask_crossorigin.scope", make, ask, questions) > 1000


@pytest.mark.once
@pytest.mark.parametrize("plain", [False, True])
def test_a_response_object_that_requests_share(plain: bool) -> None:
    def make() -> Flask:
        app = Flask("shop")
        kept = Response("kept", headers={"Vary": "Accept"})
        kept.headers["Access-Control-Allow-Credentials"] = "true"
        if plain:
            # Some extensions set a plain dict.
            kept.headers = dict(kept.headers)  # type: ignore[assignment]
        CORS(app, resources={"/a": {"origins": [FIRST, SECOND], "supports_credentials": True}})
        app.add_url_rule("/<path>", "kept", lambda path: kept)
        # The policies are made at the first request.
        app.add_url_rule("/first/request", "first", lambda: "first")
        app.test_client().get("/first/request", headers={"Origin": FIRST})
        return app

    def ask(app: Flask, question: tuple[str, str | None]) -> object:
        path, origin = question
        headers = {} if origin is None else {"Origin": origin}
        return sorted(app.test_client().get(path, headers=headers).headers)

    questions = [("/a", FIRST), ("/a", SECOND), ("/b", None)]
    assert interrupt_everywhere("flask_crossorigin.responses", make, ask, questions) > 300
