"""Matching several regexes at once gives the same results as ``re``, in bounded time."""

from __future__ import annotations

import gc
import itertools
import re
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_crossorigin.core.automaton import NOTHING, UNDECIDED, Automaton, Matcher

from .test_automaton import PATTERNS, TEXTS


@settings(deadline=None)
@given(st.lists(PATTERNS, min_size=1, max_size=5), TEXTS, TEXTS)
def test_the_first_matching_regex_is_found(patterns: list[str], text: str, longer: str) -> None:
    automata = [Automaton.of(pattern) for pattern in patterns]
    matcher = Matcher(automata)
    for each in (text, text + longer):
        matching = (n for n, automaton in enumerate(automata) if automaton.fullmatch(each))
        assert matcher.find(each, 100) == next(matching, NOTHING)
    # If part of the text is enough for a result, the result is the same.
    found = matcher.find(text + longer, len(text))
    assert found in (UNDECIDED, matcher.find(text + longer, 100))


@settings(deadline=None)
@given(st.lists(PATTERNS, min_size=1, max_size=4), st.integers(1, 30), TEXTS)
def test_many_regexes_give_the_same_result_as_few(
    patterns: list[str], times: int, text: str
) -> None:
    # A matcher for many regexes stores its transitions differently, by their distance. Long parts
    # make long distances.
    patterns = [f"(?:{pattern}{'x' * 9 * n}|(?:{pattern})+)?" for n, pattern in enumerate(patterns)]
    automata = [Automaton.of(f"{pattern}{'y' * n}") for n in range(times) for pattern in patterns]
    matcher = Matcher(automata)
    for longer in (text, text + "y" * (times - 1)):
        matching = (n for n, automaton in enumerate(automata) if automaton.fullmatch(longer))
        assert matcher.find(longer, 200) == next(matching, NOTHING)


# Regexes with the same structure, so many that their groups are split by distance.
SAME_STRUCTURE = [
    *(rf"https://(www\.)?x{n}\.test" for n in range(10)),
    *(rf"https://([a-z]+\.)*x{n}\.test" for n in range(10, 20)),
    *(rf"https://({'a' * n}|{'b' * 2 * n}c?)+" for n in range(1, 25)),
    *(rf"https://[a-z](?:[a-z-]{{0,{n}}}[a-z])?\.y{n}\.test" for n in range(50, 60)),
    *(rf"https://(?:[a-z]{{2,40}}-)+[0-9]{n}?" for n in range(9)),
]


@pytest.mark.parametrize(
    "text",
    [
        *("x3.test", "www.x3.test", "www.x13.test", "a.b.x13.test", "a.b.x3.test", "x3.tes", "a"),
        *("aaaaaa", "bbcbbc", "bbcb", "b" * 48, "abbcaab", "a" * 50 + "-1", "a" * 50 + "2", ""),
        *("a.y55.test", "ab.y55.test", "a-.y55.test"),
        *("a" * 57 + ".y55.test", "a" * 58 + ".y55.test"),
    ],
)
def test_regexes_with_the_same_structure(text: str) -> None:
    automata = [Automaton.of(pattern) for pattern in SAME_STRUCTURE]
    url = f"https://{text}"
    matching = [n for n, pattern in enumerate(SAME_STRUCTURE) if re.fullmatch(pattern, url)]
    matcher = Matcher(automata, "https://")
    assert matcher.find(url, 100) == (matching[0] if matching else NOTHING)


@pytest.mark.parametrize(
    ("patterns", "text", "found"),
    [
        # Characters after the limit are not read. If they could decide, the result is UNDECIDED.
        ([r"/a/.*"], "/a/" + "x" * 1000, 0),
        ([r"/b/.*"], "/a/" + "x" * 1000, NOTHING),
        ([r"/.*x"], "/a/" + "x" * 7, 0),
        ([r"/.*x"], "/a/" + "x" * 8, UNDECIDED),
        ([r"/a.*", "/.*x"], "/a/" + "x" * 8, 0),
        ([r"/.*x", "/a.*"], "/a/" + "x" * 8, UNDECIDED),
        ([r"/.{8}", "/a.*"], "/a/" + "x" * 6, 0),
        ([r"/.{8}", "/a.*"], "/a/" + "x" * 8, 1),
        ([r"/a{20}|/a.*x|/a.*"], "/ab" + "x" * 8, 0),
        ([r"/a{20}|/a.*x"], "/ab" + "x" * 8, UNDECIDED),
        # Non-ASCII characters.
        ([r"/\w*"], "/" + "".join(map(chr, range(0x4E00, 0x4E08))), 0),
        ([rf"/{chr(0x4E00)}*"], "/" + "\u4e00" * 9, 0),
    ],
)
def test_only_so_many_characters_are_read(patterns: list[str], text: str, found: int) -> None:
    matcher = Matcher([Automaton.of(pattern, re.DOTALL) for pattern in patterns])
    assert [matcher.find(text, 10) for _ in range(2)] == [found, found]


@pytest.mark.parametrize(
    ("pattern", "count", "found"),
    [
        (r"/a/(?:\w|\d|[\w-]|[\s\w])*", 2000, 0),
        (r"/a/(?:\w|\d|[\w-]|[\s\w]|[^\W_]|[\d_])*", 2000, UNDECIDED),
        (r"/a/(?:\w|\d|[\w-]|[\s\w]|[^\W_]|[\d_])*", 500, 0),
        (r"/a/(?i:abcdef)", 2000, UNDECIDED),
        (r"/a.*|/a/(?:\w|\d|[\w-]|[\s\w]|[^\W_]|[\d_])*", 2000, 0),
        (r"/b/(?:\w|\d|[\w-]|[\s\w]|[^\W_]|[\d_])*", 2000, NOTHING),
        # Classes with all non-ASCII characters or none need no test.
        (r"/a/(?:[^a]|[^b-c]|[^d]|(?a:\W)|(?a:[^\w])|[^(?a:\W)])*", 2000, 0),
        (r"/a/(?:a|[b-c]|[d-f]|(?a:\w)|(?a:[^\W])|[e-g])*", 2000, NOTHING),
        (r"/a/(?:(?!)|.|[^\n]|(?a:\d|\s)|(?a:[^\s])|[^a-z])*", 2000, 0),
    ],
)
def test_non_ascii_characters(pattern: str, count: int, found: int) -> None:
    text = "/a/" + "".join(map(chr, range(0x4E00, 0x4E00 + count)))
    assert Matcher([Automaton.of(pattern, re.DOTALL)]).find(text, 3000) == found


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the steps that aren't cached. Others are one look-up in a dictionary."""
    steps: list[int] = []
    after = Matcher.after

    def record(self: Matcher, positions: int) -> int:
        steps.append(positions)
        return after(self, positions)

    monkeypatch.setattr(Matcher, "after", record)
    return steps


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        # Known steps are cached, and nothing after "/api/" matters.
        (r"(?s)/api/.*", "/api/" + "\u4e2d" * 1000, 5),
        (r"https://a", "https://b" + "a" * 1000, 9),
        (r"a*b", "a" * 1000, 1),
        (r"(?s)a.*b", "a" + "\u4e2d" * 1000, 2),
    ],
)
def test_steps_are_cached(steps: list[int], pattern: str, text: str, expected: int) -> None:
    matcher = Matcher([Automaton.of(pattern)])
    assert len({matcher.find(text, 2000) for _ in range(3)}) == 1
    assert len(steps) == expected


def random_texts(random: Random, characters: str) -> Iterator[str]:
    while True:
        yield "/" + "".join(random.choices(characters, k=100))


@pytest.mark.parametrize(
    "characters", ["ab", "".join(map(chr, range(0x4E00, 0x9E00)))], ids=["states", "characters"]
)
def test_the_cache_is_bounded_whatever_attackers_send(characters: str) -> None:
    matcher = Matcher([Automaton.of(r"(?s)/.*[a\u4e00-\u7000].{40}x")])
    texts = random_texts(Random(2), characters)
    for text in itertools.islice(texts, 50):
        matcher.find(text, 200)
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        for text in itertools.islice(texts, 200):
            assert matcher.find(text, 200) == NOTHING
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    # Without a limit, 20,000 steps would take five megabytes.
    assert kept < 2_000_000


def test_a_thread_can_clear_the_cache_while_others_match() -> None:
    pattern = r"(?s)/.*a.{12}"
    matcher, compiled = Matcher([Automaton.of(pattern)]), re.compile(pattern)

    def differences(seed: int) -> int:
        texts = itertools.islice(random_texts(Random(seed), "abc"), 300)
        return sum(
            matcher.find(text, 200) != (0 if compiled.fullmatch(text) else NOTHING)
            for text in texts
        )

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(differences, range(16))) == 0
