"""Test which regex of a list is found, and how much work that takes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_crossorigin.core.automaton import NOTHING, UNDECIDED, Automaton, effort
from flask_crossorigin.core.patterns import (
    MAX_READ,
    MAX_WORK,
    MIN_READ,
    Patterns,
    TooMuchWorkError,
    check_work,
)

from .test_automaton import PATTERNS, TEXTS


def patterns(*written: str | re.Pattern[str]) -> Patterns:
    return Patterns(
        Automaton.of(each, re.DOTALL) if isinstance(each, str) else each for each in written
    )


@settings(deadline=None)
@given(st.lists(st.tuples(PATTERNS, st.booleans()), max_size=5), TEXTS)
def test_patterns_match_if_any_regex_matches(written: list[tuple[str, bool]], text: str) -> None:
    regexes = [
        re.compile(pattern) if is_compiled else Automaton.of(pattern)
        for pattern, is_compiled in written
    ]
    matching = [number for number, regex in enumerate(regexes) if regex.fullmatch(text)]
    assert Patterns(regexes).match(text) is bool(matching)
    found = Patterns(regexes).find(text)
    assert found in matching or (not matching and found == NOTHING)


@pytest.mark.parametrize(
    ("written", "text", "found"),
    [
        (["/.*", "/a/.*", "/a.*"], "/a/b", 1),
        (["/.*", "/a/.*", "/a.*"], "/ab", 2),
        (["/.*", "/a/.*", "/a.*"], "/b", 0),
        (["/.*", "/a/.*", "/a.*"], "b", NOTHING),
        (["/a.*b", "/a.*c", "/a.*"], "/abc", 1),
        (["/a.*b", "/a.*", "/a.*c"], "/abc", 1),
        # With the same literal start, the first one is found, compiled or not.
        ([re.compile("/a.*b"), "/a.*c", re.compile("/a.*")], "/acb", 0),
        ([re.compile("/a.*b"), "/a.*c", re.compile("/a.*")], "/abc", 1),
        ([re.compile("/a.*b"), "/a.*c", re.compile("/a.*")], "/abd", 2),
        ([re.compile("/a.*b"), "/a.*c", re.compile("/a.+e")], "/abd", NOTHING),
        ([re.compile("/a.*b"), re.compile("/.*")], "/abd", 1),
        # Only MAX_READ characters are read, so the end of the text is not.
        (["/a.*b", "/.*"], "/a" + "x" * MAX_READ, UNDECIDED),
        (["/a.*", "/.*b"], "/a" + "x" * MAX_READ, 0),
        (["/a.*b", "/.*"], "/b" + "x" * MAX_READ, 1),
        ([re.compile("/a.*"), "/a.*b"], "/a" + "x" * MAX_READ, 0),
        (["/a.*b", re.compile("/a.*")], "/a" + "x" * MAX_READ, UNDECIDED),
        ([re.compile("/a.*c"), "/a.*b"], "/a" + "x" * MAX_READ, UNDECIDED),
        ([re.compile("(?:a?b)" + "(?:a?b?c?)" * 100)], "bc", 0),
    ],
)
def test_find(written: list[str | re.Pattern[str]], text: str, found: int) -> None:
    made = patterns(*written)
    assert made.find(text) == found
    numbers = [number for number, each in enumerate(written) if patterns(each).find(text) >= 0]
    if found != UNDECIDED:
        assert made.first(text) == (min(numbers) if numbers else NOTHING)
    # match() is False if the text is too long to tell.
    assert made.match(text) is any(patterns(each).find(text) >= 0 for each in written)


def test_patterns_with_the_same_regexes_are_equal() -> None:
    one = patterns("a", "b")
    assert one == patterns("a", "b")
    assert hash(one) == hash(patterns("a", "b"))
    assert one not in (patterns("b", "a"), patterns("a"), ["a", "b"])
    assert [*one] == [Automaton.of("a", re.DOTALL), Automaton.of("b", re.DOTALL)]
    assert (len(one), len(Patterns())) == (2, 0)
    assert repr(patterns("a")) == "Patterns([Automaton.of('a', re.DOTALL)])"


LABEL_AND_NUMBER = r"https://[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.x{n}\.com"
#: Typical regexes. An app may have a thousand of each.
MANY = [
    *(r"https://[a-z]+x{n}\.example\.com", r"https://(www\.)?x{n}\.example\.com"),
    *(r"https://(?:app|www)\.x{n}\.example\.com", r"https://x{n}-[a-z0-9]+\.example\.com"),
    *(r"https?://x{n}(-[a-z]+)?\.example\.com(:[0-9]+)?", LABEL_AND_NUMBER),
    *(
        r"https://[a-z0-9-]{1,63}--x{n}\.example\.app",
        r"https://(?:one|three|seventeen)\.x{n}\.com",
    ),
    *(r"https://(?:[a-z0-9-]+\.)*x{n}\.example\.com", r"https://(?:[a-z0-9-]+\.)+x{n}\.com"),
    *(r"/t{n}/.*", r"/t{n}/.*/items", r"/.*/t{n}/items", r"/api/(?:v1|v2)/t{n}/\d+"),
    *(r"X-T{n}-.*", r"X-(?:One|Two)-T{n}-[a-z]+"),
]


@pytest.mark.parametrize("pattern", MANY, ids=lambda value: f"{value:.40}")
def test_a_thousand_plain_regexes_are_allowed(pattern: str) -> None:
    made = patterns(*(pattern.replace("{n}", str(number)) for number in range(1000)))
    assert made.most >= MIN_READ


@pytest.mark.parametrize("many", [1, 20])
@pytest.mark.parametrize(
    "pattern",
    [
        *(r"/.*\.json", r"/api/.*a.{200}", r"/.*a.{1800}", r"https://.*a.{300}", "(?:a?b?){200}"),
        *(r"https://([a-z0-9-]{1,63}\.?){1,10}", "X-[a-z]*a[a-z]{1,1000}c", r"/(\w+/)*x"),
        *("|".join(f"a{'b' * n}c?" for n in range(50)), "(?:ab?c?){1,400}"),
    ],
    ids=lambda value: f"{value!s:.40}",
)
def test_the_work_for_a_text_is_bounded(pattern: str, many: int) -> None:
    automata = [Automaton.of(f"(?:{pattern})x{{{number}}}") for number in range(many)]
    try:
        most = Patterns(automata).most
    except TooMuchWorkError:
        assert effort(automata) * MIN_READ > MAX_WORK
    else:
        assert MIN_READ <= most <= MAX_READ
        assert effort(automata) * most <= MAX_WORK
    assert Patterns(automata[:1]).most >= MIN_READ


def test_the_work_for_nested_starts_adds_up() -> None:
    nested = ["/a" * number + "/.*b.{9}" for number in range(1, 200)]
    with pytest.raises(TooMuchWorkError):
        patterns(*nested)
    with pytest.raises(TooMuchWorkError):
        check_work(patterns(pattern).regexes[0] for pattern in nested)
    assert MIN_READ < patterns(*nested[:20]).most < MAX_READ
    # If everything after the start matches, there is no work.
    assert patterns(*("/a" * number + "/.*" for number in range(1, 200))).most == MAX_READ
    hard = [f"/a/.*a.{{{number}}}" for number in range(500, 520)]
    assert patterns("/a/.*", *hard).most == MAX_READ
    assert patterns(*hard, "/a/.*").most < MAX_READ
    # If the starts differ, only one of the regexes is matched.
    assert patterns(*(f"/a{number}/.*b.{{9}}" for number in range(1000))).most == MAX_READ
    # Compiled regexes don't count.
    assert patterns(*map(re.compile, nested)).most == MAX_READ
