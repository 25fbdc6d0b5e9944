"""Compare the gains and losses that ``diff`` reports with the decisions of the policies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import assume, given
from hypothesis import strategies as st

from flask_crossorigin import CORS, ConfigError
from flask_crossorigin.core.policy import Policy
from flask_crossorigin.diagnostics.diff import Change, Diff
from flask_crossorigin.diagnostics.routes import Routes
from flask_crossorigin.state import State

METHODS = ["GET", "PUT"]
HEADERS = "x-a, x-a-b, x-b, authorization, other"
LITERALS = [
    "https://a.example.com",
    "https://b.a.example.com",
    "https://a.example.com:8443",
    "null",
]
PATTERNS = ["https://*.example.com", "https://*.a.example.com", "https://a.example.com:*"]
REGEXES = [
    r"https://[a-c]\.example\.com",
    r"https://[a-z]+\.example\.(?:com|org)",
    r"https://(?:a|b\.a)\.example\.com",
    r"https://.+\.example\.com(?::8443)?",
]
ORIGINS = [
    *LITERALS,
    "https://b.example.com",
    "https://x.example.com",
    "https://x.y.a.example.com",
    "https://a.example.com:1",
    "https://b.a.example.com:8443",
    "https://abc.example.org",
    "https://example.com",
    "https://other.example",
]

#: The options that can differ between origins.
parts = st.fixed_dictionaries(
    {},
    optional={
        "methods": st.sampled_from(["GET", "PUT", "*"]),
        "supports_credentials": st.booleans(),
        "allow_headers": st.lists(st.sampled_from(["X-A", "X-A-*", "X-?.*", "Authorization"])),
        "expose_headers": st.lists(st.sampled_from(["X-A", "X-B"])),
    },
)
written = st.sampled_from([*LITERALS, *PATTERNS, *REGEXES])
policies = st.builds(
    lambda origins, own, for_origins: {"origins": origins, "for_origins": for_origins, **own},
    st.just(["*"]) | st.just(["none"]) | st.lists(written, min_size=1, max_size=3, unique=True),
    parts,
    st.just({}) | st.dictionaries(written, parts, max_size=3),
)


def make_app(options: dict[str, Any]) -> Flask:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "items", lambda: "", methods=METHODS)
    try:
        CORS(app, **options)
    except ConfigError:
        assume(False)
    return app


def policy_of(app: Flask) -> Policy:
    policy = State.of(app).survey()[0].paths.find("/items")
    assert policy is not None
    return policy


def diff(before: Flask, now: Flask) -> Diff:
    saved = Routes.of(before).select(sort="rule", all_methods=False).to_dict()
    return Diff.of(now, json.dumps(saved).encode())


def abilities(policy: Policy, origin: str, method: str) -> set[tuple[str, str]]:
    """Return what a page may do with a method: use it, send credentials, set and read headers."""
    decision = policy.preflight(origin, method, HEADERS)
    if decision.reason not in ("allowed", "headers"):
        return set()
    headers = dict(policy.actual(origin).headers) | dict(decision.headers)
    lists = ("Access-Control-Allow-Headers", "Access-Control-Expose-Headers")
    found = {(name, each) for name in lists for each in headers.get(name, "").split(", ") if each}
    found.add(("route", "used"))
    if "Access-Control-Allow-Credentials" in headers:
        found.add(("credentials", "sent"))
    return found


@given(policies, policies)
def test_who_gains_and_who_loses(before: dict[str, Any], now: dict[str, Any]) -> None:
    old, new = make_app(before), make_app(now)
    found = diff(old, new)
    for changes, earlier, later in ((found.gained, old, new), (found.lost, new, old)):
        by_method: dict[str, list[Change]] = {method: [] for method in METHODS}
        for route, change in changes:
            by_method[route.method].append(change)
        for method, own in by_method.items():
            gains = {
                origin: abilities(policy_of(later), origin, method)
                - abilities(policy_of(earlier), origin, method)
                for origin in ORIGINS
            }
            # Every gain is reported.
            assert own or not any(gains.values()), (method, gains)
            # If a gain is reported for one origin, it is real.
            for change in own:
                if change.origin in LITERALS and change.note is None:
                    assert gains[change.origin], (method, change)


@given(policies)
def test_nobody_gains_if_nothing_changes(options: dict[str, Any]) -> None:
    found = diff(make_app(options), make_app(options))
    assert (found.gained, found.lost) == ([], [])


@given(policies, st.randoms())
def test_the_order_of_origins_does_not_matter(options: dict[str, Any], random: Any) -> None:
    origins = [*options["origins"]]
    random.shuffle(origins)
    found = diff(make_app(options), make_app({**options, "origins": origins}))
    assert (found.gained, found.lost) == ([], [])


@pytest.mark.parametrize("method", METHODS)
def test_a_part_that_comes_first_decides(method: str) -> None:
    """The first part that matches an origin decides, so swapping two parts is a change."""
    first, second = REGEXES[0], REGEXES[3]
    parts = {first: {"supports_credentials": False}, second: {"supports_credentials": True}}
    before = make_app({"origins": "none", "for_origins": parts})
    now = make_app({"origins": "none", "for_origins": dict(reversed(parts.items()))})
    gained = {change.what for route, change in diff(before, now).gained if route.method == method}
    assert gained == {"credentials"}
