from __future__ import annotations

import re
import sys
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_crossorigin.core.regexes import (
    MAX_REGEX_LENGTH,
    add_flags,
    can_match,
    compile_regex,
    glob_regex,
    has_nested_quantifier,
    has_single_dot,
    literal_start,
)


@pytest.mark.parametrize(
    ("glob", "text", "fits"),
    [
        ("/a.b", "/a.b", True),
        ("/a.b", "/a-b", False),
        ("/a/*", "/a/", True),
        ("/a/*", "/b/a/", False),
        ("*/a", "/b/a", True),
        ("*/a", "/b/ab", False),
        ("/*/b/**/c/*/d", "/1/b/2/c/3/d", True),
        ("/*/b/**/c/*/d", "/1/b/2/c/3/c/4/d", True),
        ("/*/b/**/c/*/d", "/1/c/2/b/3/d", False),
        ("/*/b/**/c/*/d", "/1/b/2/c/3/e", False),
    ],
)
def test_glob(glob: str, text: str, fits: bool) -> None:
    assert bool(re.fullmatch(glob_regex(glob), text)) is fits


@pytest.mark.parametrize(
    ("pattern", "start"),
    [
        (r"/api/v\d+", ("/api/v", False)),
        (r"/api/", ("/api/", True)),
        (r"^/api$", ("/api", True)),
        (r"/a\.b", ("/a.b", True)),
        (r"(/api)/x", ("/api/x", True)),
        (r"(/ap(?P<x>i.)s)/x", ("/api", False)),
        (r"(?i)/api", ("/", False)),
        (r"(?i)/1~", ("/1~", True)),
        (r"(?i)@A", ("@", False)),
        (r"(?i)`z", ("`", False)),
        (r"(?i)\[Z\{a", ("[", False)),
        ("(?i)\x7f\x80", ("\x7f", False)),
        (r"(?x) /a  # all", ("/a", True)),
        ("(?i)\u212a", ("", False)),
        (r"(?i)", ("", True)),
        (r"/(?i:api)", ("/", False)),
        (r"/a*", ("/", False)),
        (r"/a|/b", ("/", False)),
        (r"(?=/)/a", ("", False)),
        (r"", ("", True)),
    ],
)
def test_literal_start(pattern: str, start: tuple[str, bool]) -> None:
    assert literal_start(re.compile(pattern)) == start


def abc_step(state: int, character: str) -> int | None:
    """Read the one text "a:b", or a longer run of "b" at its end."""
    expected = {0: "a", 1: ":", 2: "b", 3: "b"}[state]
    return min(state + 1, 3) if character == expected else None


POSSIBLE = [
    r"a:b",
    r"a:b+",
    r"a:b{2,}",
    r"a:b{3}",
    r"a:bb?",
    r"(?:a:b)?a:b",
    r".*",
    r".+b",
    r"(?s)...",
    r"[ab]:[^x]",
    r"\w:\w",
    r"\S\W\D",
    r"(?i)A:B",
    r"(?i)[A-C]:B",
    r"(?i:A):b",
    r"a:(?!x)b",
    r"^a\b:b$",
    r"(x|a):(b|c)",
    r"a?:?b*",
    r"(a)(?(1):b|x)",
    r"(?P<x>a):b(?P=x)?",
    r"((a):b)",
    r"[^\d]:b",
    r"a:b*?",
]
IMPOSSIBLE = [
    r"",
    r"a",
    r"a:",
    r"b",
    r"A:b",
    r"a:b/",
    r"a:b\s",
    r"a:\d",
    r"[^a]:b",
    r"(?i)A;B",
    r"(?i:a:)B",
    r"(A):b",
    r"(?-i:A):b",
    r"a{2}:b",
    r"[ab:]{2}",
    r"[ab:]{1,2}",
    r"a:x+",
    r"(x|y):b",
    r"x?",
    r"ax*",
    r"é:b",
]


@pytest.mark.parametrize("pattern", POSSIBLE)
def test_can_match(pattern: str) -> None:
    assert can_match(re.compile(pattern), abc_step, frozenset({3}))


@pytest.mark.parametrize("pattern", IMPOSSIBLE)
def test_cannot_match(pattern: str) -> None:
    assert not can_match(re.compile(pattern), abc_step, frozenset({3}))


@pytest.mark.parametrize(
    ("pattern", "possible"),
    [
        (r"[^\x00-\x7f]", True),
        (r"[^\W\x00-\x7f]", True),
        (r"[^\D0-9]", True),
        (r"[^\S\x00-\x7f]", True),
        (r"(?a)[^\w\x00-\x7f]", True),
        (r"\u0416", True),
        (r"[^\w\W]", False),
    ],
)
def test_can_match_beyond_ascii(pattern: str, possible: bool) -> None:
    def step(state: int, character: str) -> int:
        return 1

    assert can_match(re.compile(pattern), step, frozenset({1})) is possible


@pytest.mark.parametrize(
    ("pattern", "character", "possible"),
    [
        (r"\d", "5", True),
        (r"\d", "x", False),
        (r"[^\d]", "5", False),
        (r"\s", " ", True),
        (r"\s", "x", False),
        (r"[^\s]", " ", False),
        (r"\D", "x", True),
        (r"\S", "x", True),
        (r"\w", "x", True),
        (r"\W", "x", False),
        (r"\W", ":", True),
        ("(?i)\u01c5", "\u01c5", True),
        ("(?i)ß", "s", False),
        ("(?i)\ufb01", "f", False),
    ],
)
def test_what_one_node_matches(pattern: str, character: str, possible: bool) -> None:
    def step(_: int, asked: str) -> int | None:
        return 1 if asked == character else None

    assert can_match(re.compile(pattern), step, frozenset({1})) is possible


@pytest.mark.skipif(sys.version_info < (3, 11), reason="needs atomic groups")
@pytest.mark.parametrize(
    ("pattern", "possible"), [(r"(?>a:)b", True), (r"a:b++", True), (r"(?>a)b", False)]
)
def test_can_match_newer_syntax(pattern: str, possible: bool) -> None:
    assert can_match(re.compile(pattern), abc_step, frozenset({3})) is possible


def test_a_line_break_is_matched_by_a_dot_only_with_dotall() -> None:
    def step(_: int, character: str) -> int | None:
        return 1 if character == "\n" else None

    assert not can_match(re.compile("."), step, frozenset({1}))
    assert can_match(re.compile(".", re.DOTALL), step, frozenset({1}))
    assert can_match(re.compile("(?s:.)"), step, frozenset({1}))


@pytest.mark.parametrize(
    "pattern", ["(?:" * 9 + "a" + "{60})" * 9, "(?:" * 9 + "a" + "{0,60})" * 9]
)
def test_nested_counts_do_not_multiply_the_work(pattern: str) -> None:
    steps = 0

    def step(_: int, character: str) -> int | None:
        nonlocal steps
        steps += 1
        return 0 if character == "a" else None

    assert can_match(re.compile(pattern), step, frozenset({0}))
    assert steps < 10_000


PIECES = st.recursive(
    st.sampled_from(["a", ":", "b", ".", "[ab]", "[^a]", r"\w", "x", "^", r"\b", "(?=a)", ""]),
    lambda inner: st.one_of(
        st.builds("({}|{})".format, inner, inner),
        st.builds("(?:{}){}".format, inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}"])),
        st.builds("{}{}".format, inner, inner),
        st.builds("(?i:{})".format, inner),
    ),
    max_leaves=6,
)


LETTERS = [*"iks", *"IKS", "\u0130", "\u0131", "\u017f", "\u212a", "ß", "\u0390", "\ufb01"]


@pytest.mark.parametrize("flags", [re.IGNORECASE, re.IGNORECASE | re.ASCII])
@pytest.mark.parametrize(
    "form", ["{}", "[{}]", "[{}-{}]", "[{}x]", "[{}-\uffff]", "[^{}]", "[^{}x]"]
)
@pytest.mark.parametrize("letter", LETTERS)
def test_what_a_regex_takes_for_a_letter_when_it_ignores_case(
    letter: str, form: str, flags: re.RegexFlag
) -> None:
    regex = re.compile(form.replace("{}", letter), flags)
    for asked in "iks":

        def step(_: int, character: str, asked: str = asked) -> int | None:
            return 1 if character == asked else None

        possible = can_match(regex, step, frozenset({1}))
        assert possible or not regex.fullmatch(asked)
        assert possible is bool(regex.fullmatch(asked)) or not regex.pattern.isascii()


@settings(deadline=None)
@given(PIECES)
def test_what_matches_is_never_called_impossible(pattern: str) -> None:
    regex = re.compile(pattern)
    if any(regex.fullmatch(text) for text in ("a:b", "a:bb", "a:bbb", "a:bbbb")):
        assert can_match(regex, abc_step, frozenset({3}))


@settings(deadline=None)
@given(PIECES, st.sampled_from(["a:b", "a", "", "ab", "bb", "A:B", "xa"]))
def test_literal_start_begins_every_match(pattern: str, text: str) -> None:
    regex = re.compile(pattern)
    if regex.fullmatch(text):
        assert text.startswith(literal_start(regex)[0])


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"https://app.example\.com", True),
        (r"a.?", True),
        (r"(a|b.c)", True),
        (r"(?=a.b)a", True),
        (r"(?=.)a", True),
        (r"(?:(?!.)a)+", True),
        (r"(x)?(?(1).|c)", True),
        (r"(?:(x)?(?(1).|c))+", True),
        (r"(x)?(?(1)a.b|c)", True),
        (r"(x)?(?(1)a|b.c)", True),
        (r"(x)?(?(1)a)", False),
        (r"(?:a.){2}", True),
        (r"https://(?:[a-z]+.)*example\.com", True),
        (r"(.)+", False),
        (r"(.|-)+", False),
        (r"(.)", True),
        (r"https://.*\.example\.com", False),
        (r".+", False),
        (r".{2}", False),
        (r"a\.b", False),
        (r"[.]", False),
    ],
)
def test_single_dot(pattern: str, found: bool) -> None:
    assert has_single_dot(re.compile(pattern)) is found


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"(a+)+", True),
        (r"(a*)*", True),
        (r"(?:a+?)+?", True),
        (r"(a+){3}", True),
        (r"(a+){2}", True),
        (r"(a{1,2})+", True),
        (r"(?=(a+)+)b", True),
        (r"(?:(?=a+)b)*", True),
        (r"(x)?(?(1)(a+)+|b)", True),
        (r"(?:(x)?(?(1)a+|b))*", True),
        (r"(a{1,3})+", True),
        (r"((a|b+)c)*", True),
        (r"(?:(?:a+)?b)+", True),
        (r"(a+)(b+)", False),
        (r"(a+)?", False),
        (r"(a?)+", False),
        (r"(a{3})+", False),
        (r"(a{1,3}){2}", False),
        (r"a+", False),
    ],
)
def test_nested_quantifier(pattern: str, found: bool) -> None:
    assert has_nested_quantifier(re.compile(pattern)) is found


@pytest.mark.skipif(sys.version_info < (3, 11), reason="needs atomic groups")
@pytest.mark.parametrize(("pattern", "found"), [(r"(?>a+)+", True), (r"(a++)+", True)])
def test_nested_quantifier_newer_syntax(pattern: str, found: bool) -> None:
    assert has_nested_quantifier(re.compile(pattern)) is found


@pytest.mark.parametrize(
    "text", ["(", "[", "a\\", "*", "a{99999999999}", "(" * 5000, "[[a]", "[a--b]", "a" * 10_001]
)
def test_whatever_does_not_compile_is_one_kind_of_error(text: str) -> None:
    for _ in range(2):  # re.compile would warn the first time only
        with pytest.raises(re.error):
            compile_regex(text)


def test_compile_regex() -> None:
    assert compile_regex("a", re.IGNORECASE) == re.compile("a", re.IGNORECASE)
    assert compile_regex("a  # [", re.VERBOSE).fullmatch("a")
    assert compile_regex("a" * MAX_REGEX_LENGTH)
    with pytest.raises(re.error, match="nested set"):
        compile_regex("[[a]")
    with pytest.raises(re.error, match="it is longer than 10000 char"):
        compile_regex("a" * (MAX_REGEX_LENGTH + 1))


def test_what_a_user_compiled_is_not_warned_of_again() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pattern = re.compile("[[a]b")
    assert literal_start(pattern) == ("", False)
    assert add_flags(pattern, re.IGNORECASE).fullmatch("[B")


def test_a_debug_pattern_is_not_dumped_again(capsys: pytest.CaptureFixture[str]) -> None:
    pattern = re.compile("a", re.DEBUG)
    capsys.readouterr()
    assert literal_start(add_flags(pattern, re.DOTALL)) == ("a", True)
    assert literal_start(pattern) == ("a", True)
    assert not capsys.readouterr().out
