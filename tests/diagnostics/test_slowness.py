"""Which compiled regexes can take very long to match, and which can't."""

from __future__ import annotations

import re
import string
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_crossorigin.diagnostics.slowness import find_slow_part

LETTERS = string.ascii_letters
NESTED = "a repeat inside a repeat"
MANY_WAYS = "parts in a row that match the same in very many ways"
TOO_MANY = "too many parts to be judged"
OVERLAPPING = "alternatives inside a repeat that match the same"


@pytest.mark.parametrize(
    ("regex", "found"),
    [
        ("(?:" + "ab" * 250 + ")*x", TOO_MANY),
        ("(a+)+", NESTED),
        ("(a+|aa)+", NESTED),
        ("(a*)*", NESTED),
        ("(?:a+?)+?", NESTED),
        ("(?:(?:a+){5}b?){4,}", OVERLAPPING),
        (r"(?i)(X-?[a-z]+)+", OVERLAPPING),
        (r"https://([a-z]+-?)+\.example\.com", NESTED),
        ("(?=(a+)+)b", NESTED),
        ("(?<!x)(?:(?!(a+)+c)b)+", NESTED),
        ("(x)?(?(1)(a+)+|b)", NESTED),
        ("(a|aa)+", OVERLAPPING),
        ("(a{1,3})+", OVERLAPPING),
        # Bounded repeats and alternatives can be slow too.
        ("(?:[a-z]{1,9}){1,9}", MANY_WAYS),
        ("(?:a{1,30}){9}b", MANY_WAYS),
        ("((a?){5}){5}", MANY_WAYS),
        ("a?" * 20 + "a" * 20, MANY_WAYS),
        ("(?:a|b|ab){60}x", MANY_WAYS),
        ("(?:ab|b?a)" * 20 + "x", None),
        ("(?:[ab]|ab)" * 40 + "x", MANY_WAYS),
        ("(a?){30}a{30}", MANY_WAYS),
        ("(?:a?){200}a{200}", MANY_WAYS),
        ("((a?){10}){40}", NESTED),
        ("(?:ab|ab){25}x", MANY_WAYS),
        ("(?:ab|ab)" * 25 + "x", MANY_WAYS),
        ("(?:a{1,30}){3}b", None),
        ("(?:a{1,100}){2}b", None),
        ("(?:a|a)" * 25 + "x", MANY_WAYS),
        ("a?" * 8 + "a" * 8, None),
        ("(?:ab|ab)" * 5 + "x", None),
        (r"(?:[0-9]{0,3}\.?){4}x", None),
        (r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}example\.com", None),
        (r"(?:(?:b\.){0,30}){1,9}c", NESTED),
        # If a regex has too many parts, bounded repeats are read as unbounded ones.
        (r"([a-z0-9-]{1,63}\.?){1,10}", NESTED),
        ("(a+){3}", "3 repeats in a row that match the same"),
        ("(?s).*.*.*.*.*x", "5 repeats in a row that match the same"),
        ("(?s)/api/.*/a/.*/b/.*/c", "3 repeats in a row that match the same"),
        (r"\w+\d+[a-z0-9]+\d+x", "4 repeats in a row that match the same"),
        ("(?s)/.*/a/.*/b/.*/c.*", "3 repeats in a row that match the same"),
        # A final part that matches everything can't fail, so it doesn't count.
        ("(?s)/.*/a/.*/b.*", None),
        (r"X-.*-.*-Id", None),
        (r"[a-z]+\.[a-z]+\.[a-z]+\.com", None),
        (r"[a-z]+[0-9]+[a-z]+[0-9]+", None),
        (r"https://([a-z0-9-]+\.)*example\.com(:\d+)?", None),
        ("([a-z]+\\.)+example", None),
        ("((a|b+)c)*", None),
        ("(?:(?:a+)?b)+", None),
        ("(X-[a-z]+)+", None),
        ("(?:a{1,5}){1,5}", None),
        ("(a{3})+", None),
        ("(a?)+", None),
        ("(a|b)+", None),
        ("a+", None),
        ("", None),
    ],
)
def test_what_is_slow(regex: str, found: str | None) -> None:
    assert find_slow_part(re.compile(regex)) == found


@pytest.mark.parametrize(
    ("regex", "found"),
    [
        # The same alternative twice.
        ("(a|a)+", True),
        ("(a|a)*?", True),
        ("(foo|foo|bar)+", True),
        ("(a|a)?", False),
        ("(a|aa){1,3}", False),
        ("(a|aa)", False),
        ("x(a|aa)(b|c)+", False),
        ("(a|aa)x+", False),
        ("x{100000}(a|aa)+", True),
        # Texts that a repeat can match in one round or in several.
        ("(a|aa)+", True),
        ("(ab|a|b)+", True),
        ("(ab|a|c)+", False),
        ("(ab|a|b|c)+", True),
        ("(abc|a|bc)+", True),
        ("(abc|ab|c)+", True),
        ("(abc|ab|bc)+", False),
        ("(foo|foobar)+", False),
        (f"({'|'.join(f'{number}x' for number in range(10, 70))}|10|x)+", True),
        ("(com|co\\.uk|org)+", False),
        ("(aa|aaa)+", True),
        ("(a{2}|a{3})+", True),
        ("(a{2}|b{3})+", False),
        ("(a{2}b|aab)+", True),
        ("(x{0}a|aa)+", True),
        ("(a{2}b)+", False),
        ("x(y(a|aa)z)*", False),
        ("x(y(?:ab|a)(?:bz|z))*", True),
        # Optional parts.
        ("(a?a)+", True),
        ("(a?a?)+", True),
        ("(a?b?)+", True),
        ("(a?b)+", False),
        ("(ab?)+", False),
        ("(ab?b)+", False),
        ("(ab?b?)+", True),
        ("(a?)+", False),
        ("(a?|b?)+", True),
        ("((a?|b?)c)+", True),
        ("(c(a?|b?))+", True),
        ("(c(a?|b))+", False),
        ("((?:a?)?c)+", True),
        ("((?:|)c)+", True),
        ("((?:|){2}c)+", True),
        ("((?:a){0}c)+", False),
        ("((?:a?){2}c)+", True),
        ("((?:ab?){2}c)+", False),
        ("((?:a?b?)(?:)c)+", False),
        ("(a||b)+", False),
        # Characters that several parts match.
        ("(.|\\.)+", True),
        ("(\\w\\w|\\d)+", True),
        ("(\\D\\D|\\d)+", False),
        ("([^a]|bb)+", True),
        ("([^b]|bb)+", False),
        ("(A|ab|b)+", False),
        ("(?i)(A|ab|b)+", True),
        ("(?i:(A|ab|b))+", True),
        ("(?i:(?-i:(A|ab))|b)+", False),
        ("(?s:.|\\n\\n)+", True),
        ("(?:.|\\n\\n)+", False),
        # Repeats inside repeats.
        ("(a|b+)+", True),
        ("(a*)*", True),
        # Assertions, groups and references beside the alternatives or among them.
        ("^(?:^|a)+$", False),
        ("(?:a$|aa)+", False),
        ("(?:a(?=b)|ab)+", False),
        ("(?:a(?!b)|ab)+", False),
        ("(x)(?:\\1|aa|a)+", True),
        ("(x)?(?:(?(1)a|b)|aa|a)+", True),
        ("(?=x)(?:a|aa)+", True),
        ("(?:^|x)(?:a|aa)+$", True),
        ("(x)\\1(?:a|aa)+", True),
        # Regexes as people write them.
        (r"https://(?:[a-z]|[a-z0-9-])+\.example\.com", False),
        (r"https://(?:[a-z]|[a-z0-9]-)+\.example\.com", False),
        (r"https://(?:www|[a-z])+\.example\.com", True),
        (r"https://(?:(?:www|api)\.)*example\.com", False),
        (r"https?://(?:localhost|127\.0\.0\.1)(?::[0-9]+)?", False),
    ],
)
def test_alternatives_that_overlap(regex: str, found: bool) -> None:
    assert (find_slow_part(re.compile(regex)) is not None) is found


@pytest.mark.skipif(sys.version_info < (3, 11), reason="needs atomic groups")
@pytest.mark.parametrize(("regex", "found"), [("(?>a|aa)+", True), ("(?:a?+b)+", False)])
def test_newer_syntax(regex: str, found: bool) -> None:
    assert (find_slow_part(re.compile(regex)) is not None) is found


@pytest.mark.parametrize(
    ("regex", "found"),
    [
        ("a" * 10_001, TOO_MANY),
        ("(?:a?b)" + "(?:a?b?c?)" * 100, TOO_MANY),
        (f"(?:{'a?' * 1000}b)+", TOO_MANY),
        (f"(?:{'(?:' * 40}a{'){3}' * 40})+", TOO_MANY),
        (f"(?:{'|'.join(f'a{number}' for number in range(5000))})+", TOO_MANY),
        (f"(?:{'|'.join(f'{number:03}[a-z]' for number in range(1000))})+(?:a|aa)+", TOO_MANY),
        ("(?:a?a)?" * 200 + "a{300}", TOO_MANY),
        (f"(?:{'|'.join(f'{letter}{letter}?' for letter in LETTERS * 5)}){{1,3}}", TOO_MANY),
        # These are long, but can be judged.
        ("a" * 301 + "(?:a|aa)+", OVERLAPPING),
        (f"https://(?:{'|'.join(f'a{number}' for number in range(900))})\\.example", None),
        (f"(?:{'|'.join('a' * length + 'b' for length in range(1, 24))}c)+", None),
    ],
    ids=lambda value: f"{value!s:.20}",
)
def test_what_is_long(regex: str, found: str | None) -> None:
    assert find_slow_part(re.compile(regex)) == found


PIECES = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "c", "a?", "(?:ab)?"]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map("".join)
        | st.lists(inner, min_size=2, max_size=3).map(lambda each: f"(?:{'|'.join(each)})")
    ),
    max_leaves=6,
)


def ways(regex: str, text: str) -> int:
    """Count the ways to split a text into whole rounds of a repeat."""
    found = [1]
    for end in range(1, len(text) + 1):
        starts = [start for start in range(end) if re.fullmatch(regex, text[start:end])]
        found.append(sum(found[start] for start in starts))
    return found[-1]


@settings(deadline=None)
@given(PIECES, st.text("abc", min_size=1, max_size=6))
def test_texts_that_several_rounds_match_as_well_as_one(regex: str, text: str) -> None:
    """If there are two ways for a text, there are four ways for the same text twice, and so on."""
    if ways(regex, text) > 1:
        assert find_slow_part(re.compile(f"(?:{regex})+"))
