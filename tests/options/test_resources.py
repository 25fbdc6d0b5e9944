from __future__ import annotations

import enum
import re
import warnings

import pytest

from flask_crossorigin import ConfigError
from flask_crossorigin.options.errors import Mistake, Problem
from flask_crossorigin.options.resources import Resource, read_pattern, read_resources


@pytest.mark.parametrize(
    ("pattern", "code", "write"),
    [
        ("api/*", "resource-impossible", "/api/*"),
        ("^api/*", "resource-impossible", "/api/*"),
        ("", "resource-impossible", None),
        (r"\.json", "resource-impossible", r"/\.json"),
        ("/api/*|files/*", "resource-impossible", "/api/*|/files/*"),
        ("a|/b|c", "resource-impossible", "/a|/b|/c"),
        ("/api|files/*", "resource-impossible", None),
        ("(/api|files)/*", "resource-impossible", None),
        ("https://a.example/api/*", "resource-impossible", "/api/*"),
        ("HTTPS://a.example", "resource-impossible", "/*"),
        (r"https?://a\.example/x", "resource-impossible", "/x"),
        (re.compile("api/.*"), "resource-impossible", "/api/.*"),
        ("/(a", "resource-regex-invalid", None),
        ("/a)", "resource-regex-invalid", None),
        ("/[a-z", "resource-regex-invalid", None),
        ("/[a\\", "resource-regex-invalid", None),
        ("/a\\", "resource-regex-invalid", None),
        ("/[[a]", "resource-regex-invalid", None),
        ("/a{99999999999}", "resource-regex-invalid", None),
        ("/.**", "resource-regex-invalid", None),
        ("/a.b/(?!c)*x", "resource-regex-uncompiled", re.compile(r"/a\.b/(?!c)*x")),
        (r"/(a|b)/*/\1", "resource-regex-uncompiled", re.compile(r"/(a|b)/.*/\1")),
        ("/(?:[a-z]{1,99}/){99}", "resource-regex-uncompiled", re.compile("/(?:[a-z]{1,99}/){99}")),
        ("/(?<=a*)b", "resource-regex-uncompiled", None),
        (None, "resource-wrong-type", None),
        (5, "resource-wrong-type", None),
        (b"/a", "resource-wrong-type", None),
        (re.compile(b"/a"), "resource-wrong-type", None),
        ({}, "resource-map-in-list", None),
    ],
    ids=lambda value: f"{value!s:.20}",
)
def test_an_invalid_pattern_is_explained(pattern: object, code: str, write: object) -> None:
    mistake = mistake_in(pattern)
    assert (mistake.code, mistake.write) == (code, write)
    assert mistake.hint
    assert write is None or read_pattern(write)


def mistake_in(pattern: object) -> Mistake:
    with pytest.raises(Mistake) as caught:
        read_pattern(pattern)
    return caught.value


@pytest.mark.parametrize("pattern", ["/" + "(" * 5000, "/" + "a" * 100_000], ids=["deep", "long"])
def test_the_message_about_a_huge_pattern_is_short(pattern: str) -> None:
    mistake = mistake_in(pattern)
    assert mistake.code == "resource-regex-invalid"
    assert len(str(ConfigError([mistake.problem("resources[0]", pattern)]))) < 1000


@pytest.mark.parametrize("pattern", [r"/[^\x00-\x7f]+", r"/[^\W\x00-\x7f]+", r"(?i)/[aß]"])
def test_a_pattern_with_non_ascii_characters(pattern: str) -> None:
    assert read_pattern(re.compile(pattern))


def test_a_compiled_pattern_with_a_python_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pattern = re.compile("/[[a]")
    assert read_pattern(pattern).matches("/[")


def read(value: object) -> list[Resource]:
    problems: list[Problem] = []
    resources = read_resources(value, "resources", problems)
    assert not problems
    return resources


@pytest.mark.parametrize(
    ("value", "patterns"),
    [
        ("/a/*", ["/a/*"]),
        ("/a/*, /b/*", ["/a/*", "/b/*"]),
        ('["/a/*", "/b"]', ["/a/*", "/b"]),
        (re.compile("/a"), ["/a"]),
        (["/a", re.compile("/b")], ["/a", "/b"]),
        ((path for path in ["/a", "/b"]), ["/a", "/b"]),
        ({"/a": {}, re.compile("/b"): {"max_age": 1}}, ["/a", "/b"]),
        (' {"/a": {"max_age": 1}}', ["/a"]),
        ([], []),
        ({}, []),
    ],
)
def test_resources(value: object, patterns: list[str]) -> None:
    resources = read(value)
    assert [str(resource.pattern) for resource in resources] == patterns
    assert [resource.where for resource in resources] == [f'resources["{p}"]' for p in patterns]


def test_options_belong_to_their_pattern() -> None:
    first, second = read({"/a": {"max_age": 1}, "/b": {"max_age": "2", "enforce": None}})
    assert first.layer.settings["max_age"].value == 1
    assert first.layer.settings["max_age"].where == 'resources["/a"].max_age'
    assert second.layer.settings["max_age"].value == 2
    assert "enforce" not in second.layer.settings


class Area(enum.Enum):
    API = "/api/*"
    ADMIN = re.compile("/admin.*")


@pytest.mark.parametrize(
    "value", [Area, [Area.API, Area.ADMIN], {Area.API: {}, Area.ADMIN: {}}], ids=["a", "b", "c"]
)
def test_patterns_may_be_members_of_an_enum(value: object) -> None:
    assert [str(resource.pattern) for resource in read(value)] == ["/api/*", "/admin.*"]


@pytest.mark.parametrize(
    ("value", "where", "code"),
    [
        (["a/*"], "resources[0]", "resource-impossible"),
        ({"a/*": {}}, 'resources["a/*"]', "resource-impossible"),
        ({re.compile("a"): {}}, 'resources["a"]', "resource-impossible"),
        ({Area.API: {"max_age": -1}}, 'resources["/api/*"].max_age', "max-age-negative"),
        ({"/a": "*"}, 'resources["/a"]', "resource-options-wrong-type"),
        ({"/a": None}, 'resources["/a"]', "resource-options-wrong-type"),
        ({"/a": {"max_age": -1}}, 'resources["/a"].max_age', "max-age-negative"),
        ({"/a": {"orgins": "*"}}, 'resources["/a"].orgins', "unknown-option"),
        ({"/a": {"resources": "*"}}, 'resources["/a"].resources', "resources-misplaced"),
        ({"origins": "*"}, 'resources["origins"]', "resource-is-option"),
        (["/a/*", "/a/.*"], "resources[1]", "resource-twice"),
        ({"/a/*": {}, "/a/.*": {}}, 'resources["/a/.*"]', "resource-twice"),
        (5, "resources", "not-a-list"),
        ('{"/a": }', "resources", "json-invalid"),
        ("{" * 100_000, "resources", "json-invalid"),
        ('{"a":' * 100_000, "resources", "json-invalid"),
    ],
    ids=lambda value: f"{value!s:.20}",
)
def test_invalid_resources_are_explained(value: object, where: str, code: str) -> None:
    problems: list[Problem] = []
    read_resources(value, "resources", problems)
    (problem,) = problems
    assert (problem.where, problem.code) == (where, code)
    assert problem.hint


def test_valid_entries_are_read_next_to_invalid_ones() -> None:
    for value in (["/a", "b", 5], {"/a": {}, "b": {}, "/c": 5}):
        problems: list[Problem] = []
        (resource,) = read_resources(value, "resources", problems)
        assert resource.pattern.written == "/a"
        assert len(problems) == 2


def test_a_pattern_and_its_options_may_both_be_wrong() -> None:
    problems: list[Problem] = []
    assert read_resources({"b": {"max_age": -1}, "c": 5}, "resources", problems) == []
    assert [problem.code for problem in problems] == [
        "resource-impossible",
        "max-age-negative",
        "resource-impossible",
        "resource-options-wrong-type",
    ]
