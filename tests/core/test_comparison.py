"""Find texts that some regexes match and others don't."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_crossorigin.core.automaton import Automaton, TooManyStatesError, find_text


def automata(*regexes: str) -> list[Automaton]:
    return [Automaton.of(regex) for regex in regexes]


@pytest.mark.parametrize(
    ("wanted", "unwanted", "found"),
    [
        (["a*"], [], ""),
        (["a+"], [], "a"),
        (["a+b"], [], "ab"),
        (["[ba]+"], [], "a"),
        (["a+", "aa+"], [], "aa"),
        (["a", "b"], [], None),
        (["a+"], ["a"], "aa"),
        (["a"], ["a+"], None),
        (["a|b"], ["a", "b"], None),
        (["a|b"], ["a"], "b"),
        (["[ab]{2}"], ["a.", "ba"], "bb"),
        (["c"], [], None),
        ([], [], ""),
        ([], [".*"], None),
        ([], ["a*"], "b"),
    ],
)
def test_the_shortest_text(wanted: list[str], unwanted: list[str], found: str | None) -> None:
    assert find_text(automata(*wanted), automata(*unwanted), "ab") == found


def test_a_comparison_that_takes_too_long_raises_an_error() -> None:
    first, second = automata("[ab]*a[ab]{15}", "[ab]*b[ab]{15}")
    with pytest.raises(TooManyStatesError):
        find_text([first, second], [], "ab")


parts = st.sampled_from(["a", "b", "[ab]", "a*", "(?:ab)+", "b?", "a{1,2}"])
regexes = st.lists(parts, min_size=1, max_size=4).map("".join)
TEXTS = [f"{number:b}"[1:].translate({48: "a", 49: "b"}) for number in range(1, 128)]


@given(regexes, regexes, regexes)
def test_the_text_found_agrees_with_re(first: str, second: str, third: str) -> None:
    found = find_text(automata(first, second), automata(third), "ab")
    expected = [
        text
        for text in TEXTS
        if re.fullmatch(first, text)
        and re.fullmatch(second, text)
        and not re.fullmatch(third, text)
    ]
    if found is None or len(found) > 6:
        assert expected == []
    else:
        assert found == expected[0]
