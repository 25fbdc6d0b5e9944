"""Test what the response to a preflight allows."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from flask_crossorigin import CORS

from . import corpus
from .inputs import near, problems_of, send
from .plain import regexes
from .plain.options import WRONG, read_methods
from .plain.responses import DEFAULTS, preflight_headers

PAGE = "https://page.test"


def check_preflight(methods: list[str], rules: list[str], method: str, names: str) -> None:
    """Check the headers of the response to a preflight, or that the options are a mistake."""
    read = read_methods(methods)
    rules = [rule for rule in rules if not is_slow(rule)]
    app = Flask("shop", static_folder=None)
    problems = problems_of(lambda: CORS(app, origins=PAGE, methods=methods, allow_headers=rules))
    assert any("methods" in problem.where for problem in problems) is (read is WRONG)
    if problems:
        return
    options = {**DEFAULTS, "origins": [PAGE], "methods": read, "allow_headers": rules}
    asked = {
        "ORIGIN": PAGE,
        "ACCESS_CONTROL_REQUEST_METHOD": method,
        "ACCESS_CONTROL_REQUEST_HEADERS": names,
    }
    # The second time, the decision may come from the cache.
    for _ in range(2):
        found = send(app, "/", "OPTIONS", **asked)
        assert found == preflight_headers(options, PAGE, method, names)


def is_slow(rule: str) -> bool:
    return regexes.is_header_regex(rule) and regexes.is_slow(rule)


@pytest.mark.parametrize(("methods", "rules", "method", "names"), corpus.PREFLIGHTS)
def test_a_preflight_of_the_corpus(
    methods: list[str], rules: list[str], method: str, names: str
) -> None:
    check_preflight(methods, rules, method, names)


METHODS = ["*", "GET", "PUT", "put", "patch", "PURGE", "TRACE", "a b"]
RULES = sorted({rule for _, rules, _, _ in corpus.PREFLIGHTS for rule in rules})
NAMES = sorted({names for _, _, _, names in corpus.PREFLIGHTS if len(names) < 100})


@given(
    st.lists(st.sampled_from(METHODS[:-2]), max_size=3) | st.lists(near(METHODS), max_size=3),
    st.lists(st.sampled_from(RULES) | near(RULES).map(str.strip).filter(bool), max_size=3),
    st.sampled_from(METHODS) | near(METHODS),
    st.sampled_from(NAMES) | near(NAMES),
)
def test_a_preflight(methods: list[str], rules: list[str], method: str, names: str) -> None:
    check_preflight(methods, rules, method, names)
