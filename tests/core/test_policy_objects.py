from __future__ import annotations

import inspect
import itertools
from typing import Any

import pytest

from flask_crossorigin.core.patterns import Patterns
from flask_crossorigin.core.policy import (
    LONGEST_REMEMBERED_PREFLIGHT,
    MAX_REQUEST_HEADERS,
    REMEMBERED_ORIGINS,
    REMEMBERED_PREFLIGHTS,
    HeaderNames,
    Methods,
    Policy,
)
from flask_crossorigin.options.errors import Problem
from flask_crossorigin.options.policy import make_policy
from flask_crossorigin.options.table import OPTIONS, read_options

APP = "https://app.example.com"
OTHER = "https://other.example.com"
LONGEST = "https://" + "a" * 318


def policy(**options: Any) -> Policy:
    problems: list[Problem] = []
    made = make_policy("CORS(app)", [read_options(options, "", problems)], problems)
    assert not problems
    return made


@pytest.mark.parametrize(
    ("origins", "origin", "remembered"),
    [
        (APP, APP, True),
        (APP, None, True),
        (APP, OTHER, True),
        (APP, "null", True),
        (APP, "no origin", True),
        (APP, LONGEST, True),
        (APP, LONGEST + "a", False),
        # The result of a callable can be different the next time.
        (lambda _: True, APP, False),
        ([APP, lambda _: True], APP, True),
        ([APP, lambda _: True], OTHER, False),
        ([APP, lambda _: True], None, True),
    ],
)
def test_decisions_on_origins_are_cached(
    origins: Any, origin: str | None, remembered: bool
) -> None:
    made = policy(origins=origins)
    assert (made.actual(origin) is made.actual(origin)) is remembered


def test_the_cache_of_origins_is_bounded() -> None:
    made = policy(origins=[APP, OTHER])
    origins = [f"https://{number}.test" for number in range(2 + REMEMBERED_ORIGINS)]
    decisions = [made.actual(origin) for origin in origins]
    assert all(made.actual(o) is d for o, d in zip(origins, decisions, strict=True))
    made.actual("https://one-more.test")
    assert made.actual(origins[0]) is not decisions[0]
    assert made.actual(origins[0]) is made.actual(origins[0])


@pytest.mark.parametrize(
    ("origins", "origin", "method", "names", "remembered"),
    [
        (APP, APP, "PUT", None, True),
        (APP, APP, "PUT", "x-a", True),
        (APP, OTHER, "PUT", None, True),
        ("*", "a" * 200, "b" * 50, "c" * (LONGEST_REMEMBERED_PREFLIGHT - 250), True),
        ("*", "a" * 200, "b" * 50, "c" * (LONGEST_REMEMBERED_PREFLIGHT - 249), False),
        ("*", "a" * LONGEST_REMEMBERED_PREFLIGHT, "", None, True),
        ("*", "a" * LONGEST_REMEMBERED_PREFLIGHT, "b", None, False),
        ([APP, lambda _: True], APP, "PUT", None, False),
    ],
)
def test_decisions_on_preflights_are_cached(
    origins: Any, origin: str, method: str, names: str | None, remembered: bool
) -> None:
    made = policy(origins=origins)
    decisions = [made.preflight(origin, method, names) for _ in range(2)]
    assert (decisions[0] is decisions[1]) is remembered


def test_the_cache_of_preflights_is_bounded() -> None:
    made = policy()
    methods = [f"M{number}" for number in range(REMEMBERED_PREFLIGHTS)]
    decisions = [made.preflight(APP, method) for method in methods]
    assert all(made.preflight(APP, m) is d for m, d in zip(methods, decisions, strict=True))
    made.preflight(APP, "ONE-MORE")
    assert made.preflight(APP, methods[0]) is not decisions[0]
    assert made.preflight(APP, methods[0]) is made.preflight(APP, methods[0])


REQUESTS = list(
    itertools.product(
        [APP, APP.upper(), f"{APP}:443", OTHER, "null", ""],
        ["PUT", "put", "PATCH", ""],
        [None, "X-A", "x-a", "X-B", "X-A, X-B"],
        [False, True],
    )
)


@pytest.mark.parametrize("origins", [[APP, "null"], "*"])
@pytest.mark.parametrize("send_wildcard", [True, False])
def test_a_cached_decision_is_not_used_for_another_request(
    origins: Any, send_wildcard: bool
) -> None:
    options: dict[str, Any] = {"origins": origins, "send_wildcard": send_wildcard}
    options.update(methods=["PUT", "PATCH"], allow_headers="X-A", allow_private_network=True)

    def decide(made: Policy, request: tuple[str, str, str | None, bool]) -> list[Any]:
        origin, method, names, private = request
        preflight = made.preflight(origin, method, names, private_network=private)
        decisions = (made.actual(origin), preflight)
        return [(decision.headers, decision.reason, decision.status) for decision in decisions]

    made = policy(**options)
    # In several orders, because the cache is cleared when it is full.
    for step in (1, 7, 61):
        for number in range(len(REQUESTS)):
            request = REQUESTS[number * step % len(REQUESTS)]
            assert decide(made, request) == decide(policy(**options), request)


def test_the_limits_of_the_caches() -> None:
    # Attackers choose the requests, so these limits bound the memory that they can use up.
    assert (REMEMBERED_ORIGINS, REMEMBERED_PREFLIGHTS) == (64, 64)
    assert (LONGEST_REMEMBERED_PREFLIGHT, MAX_REQUEST_HEADERS) == (256, 128)


def test_a_policy_has_a_parameter_for_each_option() -> None:
    options = [option.name for option in OPTIONS if option.name != "intercept_exceptions"]
    assert set(inspect.signature(Policy).parameters) == {
        "where",
        "place",
        "misconfigured",
        *options,
    }
    assert repr(policy()) == "<Policy CORS(app)>"


def test_policies_with_the_same_options_are_different_objects() -> None:
    assert len({policy(), policy()}) == 2


def test_methods_and_headers_are_empty_by_default() -> None:
    assert Methods() == (frozenset(), False)
    assert HeaderNames() == (frozenset(), Patterns(), False)
