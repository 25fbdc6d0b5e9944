"""Test which pattern of ``resources`` decides for a path."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from flask_crossorigin import CORS

from . import corpus
from .inputs import near, problems_of, send
from .plain import paths as plain
from .plain import regexes

#: The longest pattern of a test, in characters. Longer ones take long to compile.
LONGEST = 80

WRITTEN = [pattern for patterns, _ in corpus.PATTERNS for pattern in patterns]
TEXTS = [pattern for pattern in WRITTEN if isinstance(pattern, str)]
COMPILED = [pattern.pattern for pattern in WRITTEN if isinstance(pattern, re.Pattern)]


def check_patterns(patterns: list[Any], path: str) -> None:
    """Check which patterns are mistakes, and which of the others decides for each path."""
    patterns = [each for each in patterns if not is_slow(each)]
    accepted: dict[str, Any] = {}
    for pattern in patterns:
        if is_accepted(pattern):
            # Two patterns with the same regex would be a mistake, so keep only the first one.
            accepted.setdefault(pattern_regex(pattern), pattern)
        else:
            assert not isinstance(pattern, str) or not plain.must_be_accepted(pattern), pattern
    asking = {path, "/", "/api/items", "/x/../api/"}.union(*map(near_paths, patterns))
    app = Flask("shop", static_folder=None)
    names = {name: f"https://{index}.test" for index, name in enumerate(accepted)}
    CORS(app, resources={accepted[name]: {"origins": names[name]} for name in accepted})
    for each in asking:
        # Flask merges the slashes at the start of a path into one.
        asked = "/" + each.lstrip("/")
        decides = send(app, asked).get("access-control-allow-origin")
        matching = [name for name in accepted if plain.matches(accepted[name], asked)]
        if plain.has_dot_segment(asked) or not matching:
            assert decides is None, (patterns, asked)
        elif any(is_regex(accepted[name]) for name in matching):
            # The plain rules can't tell which regex is the most specific.
            assert decides in [names[name] for name in matching], (patterns, asked)
        else:
            most_specific = plain.most_specific([accepted[name] for name in matching], asked)
            assert decides == names[pattern_regex(most_specific)], (patterns, asked)


def is_accepted(pattern: Any) -> bool:
    return not problems_of(lambda: CORS(resources={pattern: {"origins": "https://app.test"}}))


def is_regex(pattern: Any) -> bool:
    return isinstance(pattern, re.Pattern) or regexes.is_path_regex(pattern)


def is_slow(pattern: Any) -> bool:
    return is_regex(pattern) and regexes.is_slow(pattern)


def pattern_regex(pattern: Any) -> str:
    if isinstance(pattern, re.Pattern):
        return str(pattern.pattern)
    return re.sub(r"(\.\*)+", ".*", regexes.path_regex(pattern))


def near_paths(pattern: str | re.Pattern[str]) -> set[str]:
    """Return paths that a pattern may match, and some that it must not."""
    written = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
    filled = re.sub(r"\\(.)", r"\1", written.lstrip("^").rstrip("$"))
    tried = {filled.replace("*", put) for put in ("", "x", "a/b\n")}
    tried |= {f"{filled}y", f"/x{filled}"}
    return {path for path in tried if path.startswith("/") and len(path) < 100}


@pytest.mark.parametrize(("patterns", "path"), corpus.PATTERNS)
def test_patterns_of_the_corpus(patterns: list[Any], path: str) -> None:
    check_patterns(patterns, path)


compiled_regexes = st.builds(
    regexes.compiled,
    near([*COMPILED, *TEXTS]).map(lambda text: text[:LONGEST]),
    st.sampled_from([0, re.IGNORECASE, re.DOTALL]),
).filter(bool)
written_patterns = near(TEXTS).map(lambda text: text[:LONGEST]) | compiled_regexes


@given(
    st.lists(written_patterns, min_size=1, max_size=3),
    near([path for _, path in corpus.PATTERNS]),
)
def test_patterns(patterns: list[Any], path: str) -> None:
    check_patterns(patterns, path)
