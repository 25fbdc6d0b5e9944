"""What the parts of a regex match, as Python itself says."""

from __future__ import annotations

import re

import pytest

from flask_crossorigin.core.regex_syntax import CHARACTERS, characters, syntax_tree


@pytest.mark.parametrize("flags", [0, re.IGNORECASE, re.DOTALL])
@pytest.mark.parametrize(
    "regex",
    [
        *(r"\d", r"\D", r"\s", r"\S", r"\w", r"\W"),
        *(".", "a", "Z", r"\.", r"\n", "[^a]", "[^Z-]"),
        *("[a-f]", "[^a-f]", r"[\d.]", r"[^\d.]", r"[^\W_]", r"[A-F\s]"),
    ],
)
def test_characters(regex: str, flags: int) -> None:
    pattern = re.compile(regex, flags)
    ((kind, argument),) = syntax_tree(pattern)
    expected = [character for character in CHARACTERS if pattern.fullmatch(character)]
    assert characters(kind, argument, flags) == expected


def test_what_is_spelled_out_is_asked_about_too() -> None:
    for regex, found in (("\u03a9", "\u03a9"), ("[\u03a9-\u03ab]", "\u03ab")):
        ((kind, argument),) = syntax_tree(re.compile(regex))
        assert characters(kind, argument, 0) == [found]
