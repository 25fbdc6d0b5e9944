"""Test the reading of lists, and that no value causes an unexpected exception."""

from __future__ import annotations

import enum
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_crossorigin import ConfigError
from flask_crossorigin.options.errors import Problem
from flask_crossorigin.options.lists import INVALID, list_items, read_each, read_json, read_one
from flask_crossorigin.options.values import (
    Reader,
    read_allow_headers,
    read_bool,
    read_expose_headers,
    read_max_age,
    read_methods,
    read_origins,
    read_preflight_status,
)

READERS: list[Reader] = [
    read_origins,
    read_methods,
    read_allow_headers,
    read_expose_headers,
    read_bool,
    read_max_age,
    read_preflight_status,
]


def mistakes(reader: Reader, value: object) -> list[Problem]:
    problems: list[Problem] = []
    assert reader(value, "there", problems) is INVALID
    return problems


class Verb(str, enum.Enum):
    GET = "get"
    PURGE = "PURGE"


class Raises:
    """A value whose methods raise exceptions."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no eq")

    def __bool__(self) -> bool:
        raise RuntimeError("no bool")

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __iter__(self) -> Iterator[object]:
        raise RuntimeError("no items")


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("a", [("a", "there")]),
        (" a ,", [("a", "there")]),
        ("a, b,,c", [("a", "there[0]"), ("b", "there[1]"), ("c", "there[2]")]),
        ("", []),
        (" , ", []),
        ("[a,b]{1,2},(c,d)", [("[a,b]{1,2}", "there[0]"), ("(c,d)", "there[1]")]),
        (r"\(a,b\),c", [(r"\(a", "there[0]"), (r"b\)", "there[1]"), ("c", "there[2]")]),
        ("(X,b),c", [("(X,b)", "there[0]"), ("c", "there[1]")]),
        ("a\nb", [("a\nb", "there")]),
        ("a),b", [("a)", "there[0]"), ("b", "there[1]")]),
        ('["a", "b,c"]', [("a", "there[0]"), ("b,c", "there[1]")]),
        (' ["a"] ', [("a", "there[0]")]),
        ("[]", []),
        ('["a", 1, null]', [("a", "there[0]"), (1, "there[1]"), (None, "there[2]")]),
        ("[a-z]+", [("[a-z]+", "there")]),
        (["a", "b"], [("a", "there[0]"), ("b", "there[1]")]),
        (("a,b",), [("a,b", "there[0]")]),
        ((c for c in "ab"), [("a", "there[0]"), ("b", "there[1]")]),
        ({"a": 1}.keys(), [("a", "there[0]")]),
        (len, [(len, "there")]),
        (bool, [(bool, "there")]),
    ],
    ids=lambda value: None if callable(value) else repr(value)[:20],
)
def test_items(value: object, items: list[tuple[object, str]]) -> None:
    assert list_items(value, "there") == items


def test_one_value_of_a_single_type_is_a_list_of_one() -> None:
    assert list_items((1, 2), "there", tuple) == [((1, 2), "there")]


class Number(enum.Enum):
    ONE = 1
    TWO = "2, 3"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (Verb.PURGE, ["PURGE"]),
        ([Verb.GET], ["get"]),
        (Verb, ["get", "PURGE"]),
        (Number.TWO, ["2", "3"]),
        ([Number.ONE, "x"], [1, "x"]),
    ],
    ids=repr,
)
def test_an_enum_member_is_read_as_its_value(value: object, read: list[object]) -> None:
    problems: list[Problem] = []
    found = read_each(lambda item: item, value, "there", problems)
    assert (found, problems) == (read, [])
    assert [type(item) for item in found] == [type(item) for item in read]


def test_an_enum_member_may_have_any_value() -> None:
    assert read_one(lambda value: value, Number.ONE, "there", []) == 1


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "not-a-list"),
        (5, "not-a-list"),
        (b"a", "not-a-list"),
        (bytearray(b"a"), "not-a-list"),
        ({"a": 1}, "not-a-list"),
        (Raises(), "list-unreadable"),
        ("['a', 'b']", "json-invalid"),
        ('["a", "b"', "json-invalid"),
        ('[ "a" "b"]', "json-invalid"),
    ],
    ids=lambda value: f"{type(value).__name__}",
)
def test_invalid_lists(value: object, code: str) -> None:
    for reader in READERS[:4]:
        if reader is read_origins and value is None:
            continue
        (problem,) = mistakes(reader, value)
        assert (problem.where, problem.code) == ("there", code)
        assert problem.hint.startswith("Write ")


def test_a_list_that_raises_an_exception() -> None:
    value = Raises()
    (problem,) = mistakes(read_methods, value)
    assert problem.value is value
    assert "Raises object at" in problem.message
    assert "raised RuntimeError when" in problem.message


@pytest.mark.parametrize(
    ("text", "start", "read"),
    [
        (' {"a": [1]} ', "{", {"a": [1]}),
        ("[]", "[", []),
        ("{}", "[", None),
        ("[]", "{", None),
        ("[a-z]{2}", "[", None),
    ],
)
def test_json(text: str, start: str, read: object) -> None:
    assert read_json(text, start, "[]") == read


def test_a_list_is_not_checked_after_a_thousand_mistakes() -> None:
    assert len(mistakes(read_methods, "a b," * 1000)) == 1000
    problems = mistakes(read_methods, "a b," * 1002)
    assert len(problems) == 1001
    assert {problem.code for problem in problems[:-1]} == {"method-invalid"}
    assert (problems[-1].where, problems[-1].code) == ("there", "too-many-mistakes")


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text('[]"{}(),*\\.+?a/:-', max_size=12),
    st.binary(max_size=5),
    st.timedeltas(),
    st.builds(object),
    st.builds(Raises),
    st.just(Verb),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
        | st.lists(inner, max_size=3).map(iter)
    ),
    max_leaves=4,
)


@pytest.mark.parametrize("reader", READERS)
@settings(deadline=None)
@given(value=VALUES)
def test_any_value_is_read_or_explained(reader: Reader, value: object) -> None:
    problems: list[Problem] = []
    result = reader(value, "there", problems)
    assert (result is INVALID) is bool(problems)
    if problems:
        assert str(ConfigError(problems))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("character", list("[{(a,*\\"))
def test_huge_strings_are_read_or_explained(reader: Reader, character: str) -> None:
    problems: list[Problem] = []
    reader(character * 100_000, "there", problems)
    assert len(str(ConfigError(problems))) < 2000
