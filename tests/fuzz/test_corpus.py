"""The corpus, held against the package, and against the package with mistakes in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_crossorigin.core import origins, paths, policy, regex_syntax
from flask_crossorigin.fetch import grammar
from flask_crossorigin.options import regexes as origin_regexes
from flask_crossorigin.options import table, tuple_origins, values

from . import CORPUS, TARGET_NAMES
from .targets import TARGETS


def inputs(name: str) -> list[Path]:
    return sorted((CORPUS / name).iterdir())


def test_each_target_has_a_corpus() -> None:
    assert sorted(TARGETS) == TARGET_NAMES
    assert all(len(inputs(name)) < 100 for name in TARGET_NAMES)


@pytest.mark.parametrize(
    "path",
    [path for name in TARGET_NAMES for path in inputs(name)],
    ids=lambda path: f"{path.parent.name}-{path.name}",
)
def test_an_input(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.fixture
def _nothing_is_remembered() -> Iterator[None]:
    """Let what is found out with a mistake, and without, not outlast the test."""
    regex_syntax._characters.cache_clear()
    yield
    regex_syntax._characters.cache_clear()


def starts_of_matches(self: origins.Origins, origin: str, request: object) -> bool:
    return any(regex.match(origin) for regex in self._regexes)


@pytest.mark.parametrize(
    ("name", "place", "attribute", "broken"),
    [
        ("origins", grammar, "DEFAULT_PORTS", {}),
        ("origins", grammar, "MAX_ORIGIN_LENGTH", 10_000),
        ("origins", grammar, "ends_in_number", lambda host: False),
        ("origins", grammar, "_longest_zeros", lambda pieces: (0, 0)),
        ("patterns", origins.Origins, "_in_patterns", lambda self, origin: False),
        ("patterns", origins.Origins, "_matches", starts_of_matches),
        ("patterns", tuple_origins, "_read_host", lambda scheme, host, text: host.lower()),
        ("patterns", origin_regexes, "has_single_dot", lambda pattern: False),
        ("patterns", regex_syntax, "_cases", lambda character: {character}),
        ("paths", paths, "_DOT_SEGMENT", re.compile("(?!)")),
        ("paths", paths, "glob_regex", lambda text: text.replace("*", ".*")),
        ("paths", paths, "literal_start", lambda pattern: ("", False)),
        ("paths", paths, "add_flags", lambda pattern, flags: pattern),
        ("headers", policy, "parse_token_list", lambda value: value.split(",")),
        ("headers", policy, "MAX_REQUEST_HEADERS", 1000),
        ("headers", policy, "FORBIDDEN_METHODS", frozenset()),
        ("headers", values, "glob_regex", lambda text: text.replace("*", ".")),
        ("options", table, "_credentials_are_safe", lambda settings, problems: True),
        ("options", values, "FORBIDDEN_METHODS", frozenset()),
        ("options", values, "is_token", lambda text: True),
        ("options", values, "_WORDS", {"true": True, "false": False, "maybe": True}),
    ],
)
@pytest.mark.usefixtures("_nothing_is_remembered")
def test_a_mistake_in_the_package_is_noticed(
    monkeypatch: pytest.MonkeyPatch, name: str, place: Any, attribute: str, broken: Any
) -> None:
    monkeypatch.setattr(place, attribute, broken)
    with pytest.raises(AssertionError):  # noqa: PT012 - the first input that notices is enough
        for path in inputs(name):
            TARGETS[name](path.read_bytes())
