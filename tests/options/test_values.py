from __future__ import annotations

import enum
import re
from datetime import timedelta
from typing import Any

import pytest

from flask_crossorigin.core.policy import HeaderNames, Methods
from flask_crossorigin.options.errors import Problem
from flask_crossorigin.options.lists import INVALID
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


def read(reader: Reader, value: object) -> Any:
    problems: list[Problem] = []
    result = reader(value, "there", problems)
    assert not problems
    assert result is not INVALID
    return result


def mistakes(reader: Reader, value: object) -> list[Problem]:
    problems: list[Problem] = []
    assert reader(value, "there", problems) is INVALID
    return problems


class Verb(str, enum.Enum):
    GET = "get"
    PURGE = "PURGE"


class Word(enum.Enum):
    YES = "yes"


class Front(enum.Enum):
    APP = "https://app.example.com"
    SANDBOXED = "null"
    ANY = "*"
    PREVIEWS = re.compile("https://pr-[0-9]+")


@pytest.mark.parametrize("value", ["https://b.example, null", '["https://b.example", "null"]'])
def test_origins(value: object) -> None:
    assert read(read_origins, value).rules == ("https://b.example", "null")


def test_origins_may_be_one_regex_or_one_callable() -> None:
    for value in (re.compile("https://a"), len):
        assert len(read(read_origins, value).rules) == 1


@pytest.mark.parametrize("value", [None, "", " ", ",", [], (), "[]", iter("")])
def test_empty_origins_are_a_mistake(value: object) -> None:
    (problem,) = mistakes(read_origins, value)
    assert problem.code == "origins-empty"


def test_origins_may_be_members_of_an_enum() -> None:
    rules = ("https://app.example.com", "null", "*", Front.PREVIEWS.value)
    assert read(read_origins, Front).rules == rules
    assert read(read_origins, Front.PREVIEWS).rules == rules[-1:]
    assert read(read_bool, Word.YES) is True


def test_each_invalid_origin_is_reported() -> None:
    problems = mistakes(read_origins, ["a.example", "https://b.example", "https://c.example/app"])
    assert [problem.where for problem in problems] == ["there[0]", "there[2]"]


@pytest.mark.parametrize(
    ("value", "methods"),
    [
        ("GET, PUT", Methods(frozenset({"GET", "PUT"}))),
        (["get", "Patch", "oPTIONS"], Methods(frozenset({"GET", "PATCH", "OPTIONS"}))),
        (
            ["delete", "get", "head", "options", "patch", "post", "put"],
            Methods(frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})),
        ),
        (["purge", "Purge"], Methods(frozenset({"PURGE"}))),
        ("*", Methods(any=True)),
        ("*, PUT", Methods(frozenset({"PUT"}), any=True)),
        ([], Methods()),
        (Verb, Methods(frozenset({"GET", "PURGE"}))),
    ],
)
def test_methods(value: object, methods: Methods) -> None:
    assert read(read_methods, value) == methods


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "method-invalid"),
        (" , ", "method-invalid"),
        ("Yes", "method-invalid"),
        ("GET PUT", "method-invalid"),
        (["GÉT"], "method-invalid"),
        ([""], "method-invalid"),
        ([b"GET"], "method-invalid"),
        ([None], "method-invalid"),
        ("CONNECT", "method-forbidden"),
        ("trace", "method-forbidden"),
        ("Track", "method-forbidden"),
    ],
)
def test_invalid_methods(value: object, code: str) -> None:
    (problem,) = mistakes(read_methods, value)
    assert problem.code == code


@pytest.mark.parametrize(
    ("value", "allowed", "refused"),
    [
        ("X-One, x-two", ["x-one", "X-TWO"], ["X-Three", "X-One-Two"]),
        ("*", ["X-One", "Authorization"], []),
        ("X-Company-*", ["x-company-a", "X-Company-"], ["X-Company", "Y-X-Company-A"]),
        ("*-Id", ["X-Id", "-ID"], ["X-Idea"]),
        ("X-*-B-**-C", ["x-a-b-c-d-C", "X--b--b--c"], ["x-b-c", "X-a-b-c", "x-a-b-b-cc"]),
        ("x.y*", ["x.y", "X.Yz"], ["x-y"]),
        ("X-(One|Two)", ["X-One", "x-two"], ["X-One-", "AX-One"]),
        (r"X-\w+", ["x-a"], ["X-"]),
        ("X-.*", ["X-", "x-any"], ["Y-any"]),
        ("X-.+", ["x-a"], ["X-"]),
        ("X-A?", ["x-", "x-a"], ["x-aa"]),
        ("X-[AB], X-C{1,2}", ["x-b", "X-CC"], ["X-C,2"]),
        (re.compile("X-(a|b)"), ["X-A", "x-b"], ["x-ab"]),
        ([re.compile("(a+)+"), "x"], ["AA", "X"], ["b"]),
        ([], [], ["X-One"]),
    ],
)
def test_allow_headers(value: object, allowed: list[str], refused: list[str]) -> None:
    names: HeaderNames = read(read_allow_headers, value)
    assert [name for name in allowed + refused if names.allows(name)] == allowed


def test_any_header_next_to_a_name() -> None:
    expected = HeaderNames(frozenset({"x-one"}), any=True)
    assert read(read_allow_headers, "*, X-One") == expected


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "header-invalid"),
        ("true", "header-invalid"),
        ("X One", "header-invalid"),
        ("X-One: 1", "header-invalid"),
        ([b"X-One"], "header-invalid"),
        ([None], "header-invalid"),
        ([re.compile(b"X")], "header-invalid"),
        ("X-é*", "header-invalid"),
        ("X-(", "header-regex-invalid"),
        ("X-a{99999999999}", "header-regex-invalid"),
        ("X-[[A]", "header-regex-invalid"),
        ("(" * 5000, "header-regex-invalid"),
        (r"X-(?!A)\w+", "header-regex-uncompiled"),
        (r"X-(?:\w{1,100}){100}", "header-regex-uncompiled"),
        ("X (One|Two)", "header-regex-impossible"),
        (re.compile(" X-A"), "header-regex-impossible"),
    ],
    ids=lambda value: f"{value!s:.20}",
)
def test_invalid_allow_headers(value: object, code: str) -> None:
    (problem,) = mistakes(read_allow_headers, value)
    assert problem.code == code


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("X-One: 1", 'Write "X-One".'),
        ("X-One : http://a", 'Write "X-One".'),
        ("X One: 1", 'Write a name such as "X-Token".'),
        (": 1", 'Write a name such as "X-Token".'),
    ],
)
def test_the_hint_for_a_header_with_its_value(value: str, hint: str) -> None:
    for reader in (read_allow_headers, read_expose_headers):
        (problem,) = mistakes(reader, value)
        assert problem.hint == hint


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("X-B, X-A", ("X-A", "X-B")),
        (["X-A", "x-a"], ("X-A",)),
        (["x-a", "X-A"], ("x-a",)),
        ("*", ("*",)),
        (["X-A", "*"], ("*",)),
        ([], ()),
    ],
)
def test_expose_headers(value: object, names: tuple[str, ...]) -> None:
    assert read(read_expose_headers, value) == names


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("Set-Cookie", "exposed-header-forbidden"),
        ("set-cookie2", "exposed-header-forbidden"),
        ("X-*", "exposed-header-pattern"),
        ("X One", "header-invalid"),
        ([re.compile("X")], "header-invalid"),
    ],
)
def test_invalid_expose_headers(value: object, code: str) -> None:
    (problem,) = mistakes(read_expose_headers, value)
    assert problem.code == code
    assert problem.hint


@pytest.mark.parametrize(
    ("values", "truth"),
    [
        ([True, 1, "true", "True", " YES ", "on", "1"], True),
        ([False, 0, "false", "FALSE", "no", "Off", "0"], False),
    ],
)
def test_bool(values: list[object], truth: bool) -> None:
    for value in values:
        assert read(read_bool, value) is truth


@pytest.mark.parametrize("value", [2, -1, 1.0, "", "maybe", "t", None, [], b"true"])
def test_invalid_bools(value: object) -> None:
    (problem,) = mistakes(read_bool, value)
    assert problem.code == "not-a-bool"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (0, 0),
        (600, 600),
        ("600", 600),
        (" 0600 ", 600),
        (timedelta(minutes=10), 600),
        (timedelta(0), 0),
        (10**18 - 1, 10**18 - 1),
        (timedelta(days=999_999_999), 86_399_999_913_600),
    ],
)
def test_max_age(value: object, seconds: int) -> None:
    assert read(read_max_age, value) == seconds


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (-1, "max-age-negative"),
        ("-1", "max-age-negative"),
        (timedelta(seconds=-1), "max-age-negative"),
        (1.5, "max-age-invalid"),
        (600.0, "max-age-invalid"),
        (float("nan"), "max-age-invalid"),
        (float("inf"), "max-age-invalid"),
        (timedelta(seconds=1.5), "max-age-invalid"),
        (True, "max-age-invalid"),
        (False, "max-age-invalid"),
        ("1.5", "max-age-invalid"),
        ("1e3", "max-age-invalid"),
        ("ten", "max-age-invalid"),
        ("٣", "max-age-invalid"),
        ("", "max-age-invalid"),
        ([600], "max-age-invalid"),
        (10**18, "max-age-too-long"),
        ("9" * 19, "max-age-too-long"),
        ([10**5000][0], "max-age-too-long"),
        ([-(10**5000)][0], "max-age-negative"),
    ],
    ids=lambda value: f"{value:.20}" if isinstance(value, str) else type(value).__name__,
)
def test_invalid_max_age(value: object, code: str) -> None:
    (problem,) = mistakes(read_max_age, value)
    assert problem.code == code
    assert "600" in problem.hint


@pytest.mark.parametrize(("value", "status"), [(200, 200), ("204", 204), (299, 299)])
def test_preflight_status(value: object, status: int) -> None:
    assert read(read_preflight_status, value) == status


@pytest.mark.parametrize("value", [199, 300, "404", 204.0, True, None, "ok", timedelta(0)])
def test_invalid_preflight_status(value: object) -> None:
    (problem,) = mistakes(read_preflight_status, value)
    assert problem.code == "preflight-status-invalid"
