"""Automata match the same texts as Python's ``re``."""

from __future__ import annotations

import re
import sys
import warnings

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flask_crossorigin.core.automaton import (
    NOTHING,
    Automaton,
    Matcher,
    UnreadableError,
    add_flags,
    syntax,
)
from flask_crossorigin.core.automaton.syntax import MAX_REGEX_LENGTH

ATOMS = [
    *("a", "b", "k", "x", ".", "^", "$", r"\A", r"\Z", "", "\n"),
    *(r"\w", r"\W", r"\d", r"\D", r"\s", r"\S"),
    *("[ab]", "[^a]", "[i-k]", r"[^\W_]", r"[\w-]", "[^\u212a]", "[^ks]"),
    *("ß", "\u017f", "\u212a", "\u0130", "\u0131", "\u03a3", "\u0390", "\ufb01"),
    *("(?s:.)", "(?i:k)", "(?-i:K)", r"(?a:\w)", r"(?i:[^k])", r"(?ai:[k-s])", "(?!)"),
]
REPEATS = ["*", "+", "?", "*?", "+?", "??", "{0}", "{2}", "{1,3}", "{0,2}?", "{2,}", "{2,6}"]
PATTERNS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=4).map(lambda each: f"({'|'.join(each)})"),
        st.builds("(?:{}){}".format, inner, st.sampled_from(REPEATS)),
        st.builds("(?i:{})".format, inner),
    ),
    max_leaves=8,
)
TEXTS = st.text(
    "aabbckKxisS.1_- \n\u017f\u212aß\u0130\u0131I\u03c3ς\u03a3é\u0390\u1fd3\ufb01", max_size=8
)
FLAGS = [0, re.IGNORECASE, re.DOTALL, re.ASCII, re.IGNORECASE | re.ASCII]


@settings(deadline=None)
@given(PATTERNS, st.sampled_from(FLAGS), st.lists(TEXTS, min_size=5, max_size=5))
def test_an_automaton_matches_what_re_matches(pattern: str, flags: int, texts: list[str]) -> None:
    compiled = re.compile(pattern, flags)
    automaton = Automaton.of(pattern, flags)
    matcher = Matcher([automaton])
    for text in texts:
        # In Python, "$" also matches before a line break at the end.
        if "$" not in pattern or not text.endswith("\n"):
            matches = compiled.fullmatch(text) is not None
            assert automaton.fullmatch(text) is matches
            assert matcher.find(text, 100) == (0 if matches else NOTHING)


@settings(deadline=None)
@given(PATTERNS, TEXTS, st.sampled_from(["(?={})", r"(?:{})\b", "({})(?!a)", "(?>{})", "({})++"]))
def test_an_analyzed_regex_matches_at_least_what_re_matches(
    pattern: str, text: str, form: str
) -> None:
    assume(sys.version_info >= (3, 11) or form not in ("(?>{})", "({})++"))
    compiled = re.compile(form.format(pattern) + ".*")
    if compiled.fullmatch(text):
        assert Automaton.judging(compiled).fullmatch(text)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a$", "a\n", False),
        ("a\n$", "a\n", True),
        ("(?:^|a$){2}b?", "a", True),
        ("(?:^|a$){2}b?", "b", True),
        ("(?:^|a$){2}b?", "ab", False),
        ("^a$|b$c", "bc", False),
        ("$^", "", True),
        ("(?s)a.*", "a\n\u4e2d", True),
        ("(?s)(?:|a.*b)", "", True),
        ("(?s)(?:|.*b)", "a", False),
        ("a.*", "a\n", False),
        ("a{0}", "", True),
        ("a{3,5}", "aa", False),
        ("a{3,5}", "aaaaa", True),
        ("a{3,5}", "aaaaaa", False),
        ("(?:ab?){2,}", "aab", True),
        ("(?:ab?){2,}", "ab", False),
        ("(?x) a # b", "a", True),
        ("", "", True),
        ("", "a", False),
        ("(?!)|a", "a", True),
        ("x" + ".*y" * 101, "x" + "-y" * 101, True),
        ("(?:ab|c[de]){1,300}", "ab" * 300, True),
        ("(?:ab|c[de]){1,300}", "cd" * 301, False),
        ("(?:(?:(?:(a|.)){2,6}){2,6}){2}", "a" * 7, False),
    ],
)
def test_fullmatch(pattern: str, text: str, matches: bool) -> None:
    automaton = Automaton.of(pattern)
    assert automaton.fullmatch(text) is matches
    matcher = Matcher([automaton])
    # The second time, it uses the cache.
    assert [matcher.find(text, 1000) == 0 for _ in range(2)] == [matches] * 2


def test_automata_with_the_same_pattern_and_flags_are_equal() -> None:
    one = Automaton.of("a")
    assert one == Automaton.of("a")
    assert hash(one) == hash(Automaton.of("a"))
    assert one not in (Automaton.of("b"), Automaton.of("a", re.IGNORECASE), "a", re.compile("a"))
    assert repr(one) == "Automaton.of('a', 0)"


UNREADABLE = [
    (r"(?=a)a", "a look-ahead"),
    (r"(?!a)b", "a look-ahead"),
    (r"(?<=a)b", "a look-behind"),
    (r"(?<!a)b", "a look-behind"),
    (r"(a)\1", "a back-reference"),
    (r"(?P<n>a)(?P=n)", "a back-reference"),
    (r"(a)?(?(1)b|c)", "a condition on a group"),
    (r"a\b", r"a \b or \B"),
    (r"a\Bb", r"a \b or \B"),
    (r"(?m)^a", "a ^ or $ that matches at each line"),
    (r"(?m:a$)", "a ^ or $ that matches at each line"),
    ("a{2001}", "more than 2000 characters once its repeats are expanded"),
    ("a" * 2001, "more than 2000 characters once its repeats are expanded"),
    ("(?:ab?){1001}", "more than 2000 characters once its repeats are expanded"),
    ("(?:a{1,50}){1,50}", "more than 2000 characters once its repeats are expanded"),
    ("|".join(f"{number:05}" for number in range(10_000, 10_800)), "more than 2000 characters"),
    (
        "(?:" * 9 + "a" + "{4000000000})" * 9,
        "more than 2000 characters once its repeats are expanded",
    ),
    ("a{4000000000,}", "more than 2000 characters once its repeats are expanded"),
    ("(?:a?b)" + "(?:a?b?c?)" * 100, "too many optional or repeated parts"),
]


@pytest.mark.parametrize(("pattern", "what"), UNREADABLE, ids=lambda value: f"{value:.25}")
def test_unreadable_regexes(pattern: str, what: str) -> None:
    with pytest.raises(UnreadableError, match=re.escape(what)):
        Automaton.of(pattern)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="needs atomic groups")
@pytest.mark.parametrize(
    ("pattern", "what"), [("(?>a)b", "an atomic group"), ("a++", "a possessive repeat")]
)
def test_unreadable_regexes_with_newer_syntax(pattern: str, what: str) -> None:
    with pytest.raises(UnreadableError, match=what):
        Automaton.of(pattern)
    judged = Automaton.judging(re.compile(pattern))
    assert judged.is_widened
    assert judged.fullmatch(pattern.strip("(?>)+").replace(")", ""))


def test_deep_nesting_raises_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Automaton.of("(" * 50 + "a" + ")" * 50).fullmatch("a")
    with pytest.raises(re.error, match="recursion"):
        Automaton.of("(" * 4000 + "a" + ")" * 4000)

    def raise_recursion_error(*_: object) -> None:
        raise RecursionError

    # Compile both before parse() is replaced.
    compiled, deeper = re.compile("deep"), re.compile("deeper")
    monkeypatch.setattr(syntax._Reader, "_sequence", raise_recursion_error)
    with pytest.raises(UnreadableError, match="nested too deeply"):
        Automaton.judging(compiled)
    monkeypatch.setattr(
        "flask_crossorigin.core.automaton.syntax.parser.parse", raise_recursion_error
    )
    with pytest.raises(UnreadableError, match="nested too deeply"):
        Automaton.judging(deeper)


@pytest.mark.parametrize(
    "pattern", ["(?:(?:^){1000}){1000}", "(?:(?:){4000000000}a)+", "(?:a{0}){4000000000}"]
)
def test_parts_that_match_no_character_need_no_position(pattern: str) -> None:
    assert isinstance(Automaton.of(pattern).fullmatch(""), bool)


@pytest.mark.parametrize(
    "text", ["(", "[", "a\\", "*", "a{99999999999}", "(" * 5000, "[[a]", "[a--b]", "a" * 10_001]
)
def test_every_invalid_regex_raises_re_error(text: str) -> None:
    for _ in range(2):  # re.compile() would only warn the first time
        with pytest.raises(re.error):
            Automaton.of(text)


def test_the_longest_regex() -> None:
    assert Automaton.of("a" * 2000 + "(?#" + "a" * 7996 + ")")
    with pytest.raises(re.error, match="it is longer than 10000 char"):
        Automaton.of("a" * (MAX_REGEX_LENGTH + 1))


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
        (r"/a{2}", ("/aa", True)),
        (r"/a{0,2}", ("/", False)),
        (r"/[a]", ("/a", True)),
        (r"/$a", ("/", False)),
        (r"/^a", ("/", False)),
        (r"/a+$b", ("/a", False)),
        (r"/(ab)+^", ("/ab", False)),
        (r"(?=/)/a", ("/a", False)),
        (r"(/a)\1", ("/a/a", False)),
        (r"/a\b", ("/a", False)),
        (r"", ("", True)),
    ],
)
def test_literal_start(pattern: str, start: tuple[str, bool]) -> None:
    assert Automaton.judging(re.compile(pattern)).literal_start() == start


@settings(deadline=None)
@given(PATTERNS, TEXTS)
def test_literal_start_begins_every_match(pattern: str, text: str) -> None:
    automaton = Automaton.of(pattern)
    start, is_complete = automaton.literal_start()
    if automaton.fullmatch(text):
        assert text.startswith(start)
        assert text == start or not is_complete
    assert not is_complete or automaton.fullmatch(start)


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
    assert Automaton.judging(re.compile(pattern)).has_single_dot is found


def test_a_warning_is_an_error_for_strings_and_ignored_for_compiled_regexes() -> None:
    with pytest.raises(re.error, match="nested set"):
        Automaton.of("[[a]b")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pattern = re.compile("[[a]b")
    assert Automaton.judging(pattern).fullmatch("[b")
    assert add_flags(pattern, re.IGNORECASE).fullmatch("[B")


def test_a_debug_pattern_is_not_dumped_again(capsys: pytest.CaptureFixture[str]) -> None:
    pattern = re.compile("a", re.DEBUG)
    capsys.readouterr()
    assert Automaton.judging(add_flags(pattern, re.DOTALL)).literal_start() == ("a", True)
    assert Automaton.judging(pattern).literal_start() == ("a", True)
    assert not capsys.readouterr().out


def test_an_error_that_is_cached_does_not_grow() -> None:
    regex = re.compile("(?:a?b?c?)" * 1_000)
    lengths = []
    for _ in range(3):
        with pytest.raises(UnreadableError) as caught:
            Automaton.judging(regex)
        lengths.append(len(caught.traceback))
    assert len(set(lengths)) == 1
