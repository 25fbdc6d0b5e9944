from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_crossorigin.core.automaton import Automaton
from flask_crossorigin.core.paths import PathPattern, ResourceMap, as_regex


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("*", ["/", "/a", "/a/b\nc", "/é"], []),
        (".*", ["/", "/a", "/a\nb"], []),
        ("/*", ["/", "/a/b"], []),
        ("**", ["/a"], []),
        ("/api/*", ["/api/", "/api/a", "/api/a/b", "/api/\n"], ["/api", "/apiary", "/x/api/a"]),
        ("/api*", ["/api", "/apiary", "/api/a"], ["/ap"]),
        ("/api", ["/api"], ["/api/", "/API", "/api\n", "/apiary"]),
        ("/*/x", ["/a/x", "/a/b/x", "//x"], ["/x", "/a/xx"]),
        ("/v1.0/a.b", ["/v1.0/a.b"], ["/v1x0/a.b", "/v1.0/axb"]),
        ("/.", ["/."], ["/a"]),
        (r"/\w*/x", ["/ab/x", "//x"], ["/a b/x", "/a/b/x"]),
        (r"/\d+", ["/12"], ["/", "/a", "/12/"]),
        ("/[a-z]*", ["/", "/abc"], ["/A", "/a/b"]),
        ("/[]a]*x", ["/]ax"], ["/bx"]),
        (r"/[\]a]x", ["/]x", "/ax"], ["/bx"]),
        ("/(a|b)/**", ["/a/", "/b/c"], ["/c/"]),
        ("/(a|b)/*", ["/a/", "/b/c"], ["/c/"]),
        ("*/(a|b)", ["/a", "/x/b"], ["/x/c", "/ax"]),
        ("/(a|b)\n*", ["/a\n", "/b\nx"], ["/a", "/bx"]),
        ("/(ab)*", ["/", "/abab"], ["/aba"]),
        ("/a|/b", ["/a", "/b"], ["/a/b"]),
        ("^/api/*$", ["/api/", "/api/a"], ["/api"]),
        ("/a{2}", ["/aa"], ["/a", "/a{2}"]),
        ("/a{1,}b", ["/aab"], ["/b"]),
        ("/a.{2}b", ["/axxb"], ["/a..{2}b"]),
        ("/{id}", ["/{id}"], ["/1", "/id"]),
        ("/a+b?", ["/a", "/aab"], ["/a+b?"]),
        ("/.+", ["/a\nb"], ["/"]),
        ("(?i)/Api/*", ["/api/x", "/API/"], ["/apix"]),
        ("*/a", ["/b/a"], ["/b/ab"]),
        (
            "/*/b/**/c/*/d",
            ["/1/b/2/c/3/d", "/1/b/2/c/3/c/4/d"],
            ["/1/c/2/b/3/d", "/1/b/2/c/3/e"],
        ),
        ("/a b#c~d-e&f", ["/a b#c~d-e&f"], ["/ab"]),
        ("/ünï*", ["/ünïcode"], ["/uni"]),
        (re.compile(r"/api/.*"), ["/api/", "/api/a\nb"], ["/api"]),
        (re.compile("/API", re.IGNORECASE), ["/api", "/Api"], ["/api/"]),
        (re.compile("/a*"), ["/", "/aaa"], ["/ab"]),
    ],
)
def test_patterns(pattern: str | re.Pattern[str], matching: list[str], others: list[str]) -> None:
    made = PathPattern.of(pattern)
    assert [path for path in matching + others if made.matches(path)] == matching
    assert str(made) == (pattern if isinstance(pattern, str) else pattern.pattern)


def test_many_stars_take_linear_time() -> None:
    # With backtracking, each star would multiply the time, and this test would take days.
    pattern = PathPattern.of("/a/*/b/*/c/*/b/*/c/*/b/*/c/d")
    assert pattern.start == "/a/"
    assert not pattern.matches("/a" + "/b/c" * 5000)
    assert pattern.matches("/a" + "/b/c" * 5000 + "/d")


def test_a_pattern_that_is_too_long_to_analyze_still_matches() -> None:
    pattern = PathPattern.of(re.compile("/a" + "(?:b?c?d?)" * 200))
    assert (pattern.start, pattern.literal) == ("", False)
    assert pattern.matches("/abcd")


def test_repeated_stars_are_merged() -> None:
    # With backtracking, each of them would multiply the time for a long path.
    assert PathPattern.of("/(a|b)/***").regex.pattern == "/(a|b)/.*"


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("/api", True),
        ("/a.b", True),
        (r"/a\.b", True),
        ("^/api$", True),
        ("/api/*", False),
        ("/a$b|", False),
        ("(?i)/api", False),
        ("/$a", False),
    ],
)
def test_literal(pattern: str, literal: bool) -> None:
    assert PathPattern.of(pattern).literal is literal


SEGMENTS = st.text("ab.*", min_size=1, max_size=3)


@settings(deadline=None)
@given(st.text("/a.*", max_size=5), st.text("/a.b\n", max_size=5))
def test_patterns_without_regex_characters_are_what_their_automaton_is(
    pattern: str, path: str
) -> None:
    try:
        made = PathPattern.of(pattern)
    except re.error:
        return
    automaton = Automaton.judging(made.regex)
    assert automaton.pattern == as_regex(pattern)
    assert (made.start, made.literal) == automaton.literal_start()
    assert made.matches(path) is automaton.fullmatch(path)


@settings(deadline=None)
@given(
    st.lists(SEGMENTS, max_size=3)
    .map(lambda segments: "/" + "/".join(segments))
    .filter(lambda pattern: ".**" not in pattern),
    st.lists(st.text("ab.\n", max_size=3), max_size=4).map(lambda parts: "/" + "/".join(parts)),
)
def test_stars_match_anything_between_the_literals(pattern: str, path: str) -> None:
    # ".*" is a regex that means the same as "*".
    def matches(parts: list[str], rest: str) -> bool:
        if len(parts) == 1:
            return rest == parts[0]
        if not rest.startswith(parts[0]):
            return False
        rest = rest[len(parts[0]) :]
        return any(matches(parts[1:], rest[index:]) for index in range(len(rest) + 1))

    parts = re.sub(r"\.?\*", "*", pattern).split("*")
    assert PathPattern.of(pattern).matches(path) is matches(parts, path)


def find(path: str, *patterns: str | re.Pattern[str]) -> str | None:
    entries = [(PathPattern.of(pattern), str(PathPattern.of(pattern))) for pattern in patterns]
    resource_map = ResourceMap(entries)
    found = {resource_map.find(path) for _ in range(2)}  # the second time, it uses the cache
    (value,) = found
    return value


@pytest.mark.parametrize(
    ("path", "patterns", "decides"),
    [
        ("/api/v1/x", ["/api/*", "/api/v1/*", "*"], "/api/v1/*"),
        ("/api/v1/x", ["/api/v1/*", "*", "/api/*"], "/api/v1/*"),
        ("/api/v2/x", ["*", "/api/*", "/api/v1/*"], "/api/*"),
        ("/other", ["*", "/api/*"], "*"),
        ("/other", ["/api/*"], None),
        ("/a", ["/a*", "/a"], "/a"),
        ("/a", [r"/(?:a)", "/a", "*"], r"/(?:a)"),
        ("/ab", [r"/a\w", "/a*"], r"/a\w"),
        ("/ab", ["/a*", r"/a\w"], "/a*"),
        ("/ab", [r"/a\d", r"/a\w"], r"/a\w"),
        ("/a/x", ["/*/x", "/[ab]/x"], "/*/x"),
        ("/api/x", [re.compile("/API/.*", re.IGNORECASE), "/a*"], "/a*"),
        ("/api/\nx", ["/api/*", "*"], "/api/*"),
        ("/api/x\n", [re.compile("/api/.+"), "*"], "/api/.+"),
        ("/private\n", ["/private", "/private*", "*"], "/private*"),
        ("/x", [], None),
    ],
)
def test_the_most_specific_pattern_decides(
    path: str, patterns: list[str | re.Pattern[str]], decides: str | None
) -> None:
    assert find(path, *patterns) == decides


@pytest.mark.parametrize("path", ["/.", "/..", "/a/./b", "/a/../b", "/a/..", "/a/.", "/../a"])
def test_a_path_with_a_dot_segment_matches_no_pattern(path: str) -> None:
    assert find(path, "*", path) is None


@pytest.mark.parametrize("path", ["/.well-known/x", "/a.b", "/...", "/a/.b", "/a./b", "/a..", "/"])
def test_other_dots_in_a_path_make_no_difference(path: str) -> None:
    assert find(path, "*") == "*"


def test_the_first_of_two_entries_for_one_literal_path_decides() -> None:
    pattern = PathPattern.of("/a")
    resource_map = ResourceMap([(pattern, "first"), (pattern, "second")])
    assert resource_map.find("/a") == "first"
    assert len(resource_map.entries) == 2


@pytest.mark.parametrize(
    ("patterns", "everywhere"),
    [(["*"], "*"), ([".*"], ".*"), (["*", "/a"], None), (["/*"], None), ([], None)],
)
def test_everywhere(patterns: list[str], everywhere: str | None) -> None:
    resource_map = ResourceMap([(PathPattern.of(pattern), pattern) for pattern in patterns])
    assert resource_map.everywhere == everywhere
