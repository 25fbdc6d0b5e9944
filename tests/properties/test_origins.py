"""Test which ``Origin`` headers are valid, and which origins the rules of ``origins`` allow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from flask_crossorigin import CORS

from . import corpus
from .inputs import near, problems_of, send, without_none
from .plain import origins as plain
from .plain import regexes

#: Origins that few rules should allow, and a malformed one.
ASKING = [
    "https://page.test",
    "null",
    "file://",
    "https://evil.test",
    "http://evil.example:81",
    "https://a.example.com",
    "nonsense",
]
#: The longest rule of a test, in characters. Longer ones take long to compile.
LONGEST = 80

WRITTEN = [rule for rules, _ in corpus.RULES for rule in rules]
TEXTS = [rule for rule in WRITTEN if isinstance(rule, str)]
COMPILED = [rule.pattern for rule in WRITTEN if isinstance(rule, re.Pattern)]


def make_app(rules: list[Any], **options: Any) -> Flask:
    app = Flask("shop", static_folder=None)
    CORS(app, origins=rules, **options)
    return app


ECHOING = make_app(["*"], send_wildcard=False)


def check_origin(origin: str) -> None:
    """Check that an origin is echoed if, and only if, browsers can send it."""
    sent = send(ECHOING, ORIGIN=origin)["access-control-allow-origin"]
    assert sent == (origin if plain.is_sent_by_browsers(origin) else "*")


@pytest.mark.parametrize("origin", corpus.ORIGINS)
def test_an_origin_of_the_corpus(origin: str) -> None:
    check_origin(origin)


@given(near(corpus.ORIGINS) | near([origin for _, origin in corpus.RULES]))
def test_an_origin(origin: str) -> None:
    check_origin(origin)


def check_rules(rules: list[Any], origin: str) -> None:
    """Check which rules are reported as mistakes, and which origins the other rules allow."""
    rules = [rule.strip() if isinstance(rule, str) else rule for rule in rules]
    rules = [rule for rule in rules if not regexes.is_slow(rule)]
    accepted = list(filter(is_accepted, rules))
    asking = {origin, *ASKING}.union(*map(near_origins, rules))
    for rule in rules:
        if isinstance(rule, re.Pattern):
            # The only mistake that a compiled regex can have is that it matches no origin.
            matching = any(plain.matches(rule, each) for each in asking - plain.OPAQUE)
            assert rule in accepted or not matching, rule
        elif rule in accepted:
            assert plain.may_be_accepted(rule), rule
        else:
            assert not plain.must_be_accepted(rule), rule
    if accepted:
        app = make_app(without_none(accepted))
        for each in asking:
            allowed = "access-control-allow-origin" in send(app, ORIGIN=each)
            assert allowed is plain.allows(accepted, each), (accepted, each)


def is_accepted(rule: Any) -> bool:
    """Return whether a rule is accepted. If it isn't, check that the suggested fixes are."""
    problems = problems_of(lambda: CORS(origins=[rule]))
    for problem in problems:
        assert problem.where
        assert problem.message
        for compiled, text in re.findall(r'Write (re\.compile\(r)?"([^"]*)"', problem.hint):
            CORS(origins=[re.compile(text) if compiled else text])
    return not problems


def near_origins(rule: str | re.Pattern[str]) -> Iterable[str]:
    """Yield origins that a rule may allow, and some that it must not."""
    written = rule.pattern if isinstance(rule, re.Pattern) else rule
    written = re.sub(r"\\(.)", r"\1", written)
    filled = written.replace("://*.", "://a.b.").removesuffix("/")
    scheme, _, host = filled.partition("://")
    bare = filled.removesuffix(":*")
    yield from (bare, bare.lower(), f"{bare}.evil.test", f"{scheme}://evil{host}")
    yield from (filled.replace(":*", ":8080"), f"{bare}:8443", f"{bare}\n")
    yield written.replace("*.", "")


@pytest.mark.parametrize(("rules", "origin"), corpus.RULES)
def test_rules_of_the_corpus(rules: list[Any], origin: str) -> None:
    check_rules(rules, origin)


compiled_regexes = st.builds(
    regexes.compiled,
    near([*COMPILED, *TEXTS]).map(lambda text: text[:LONGEST]),
    st.sampled_from([0, re.IGNORECASE]),
).filter(bool)
written_rules = near(TEXTS).map(lambda text: text[:LONGEST]) | compiled_regexes


@given(st.lists(written_rules, min_size=1, max_size=3), near(corpus.ORIGINS))
def test_rules(rules: list[Any], origin: str) -> None:
    check_rules(rules, origin)
