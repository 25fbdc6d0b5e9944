from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest

from flask_crossorigin.core.policy import Policy
from flask_crossorigin.options.config import config_values, read_config
from flask_crossorigin.options.errors import Problem
from flask_crossorigin.options.policy import make_policy
from flask_crossorigin.options.table import (
    DEBUG_PAGE,
    OPTIONS,
    RESOURCES,
    Layer,
    Option,
    read_options,
    retired_in,
)
from flask_crossorigin.options.types import CORSOptions, CrossOriginOptions

APP = "https://app.example.com"
OTHER = "https://other.example.com"

# A value other than the default for each option, which is also an attribute of the policy.
VALUES: dict[str, Any] = {
    "origins": APP,
    "for_origins": {"https://other.example.com": {"max_age": 5}},
    "methods": "PURGE",
    "allow_headers": "X-A",
    "expose_headers": "X-A",
    "supports_credentials": True,
    "max_age": 5,
    "send_wildcard": False,
    "vary_header": False,
    "always_send": False,
    "allow_private_network": True,
    "automatic_options": False,
    "preflight_status": 200,
    "enforce": True,
    "report_only": {"methods": "GET"},
}
EVERY_SPELLING = [
    (option, spelling) for option in OPTIONS for spelling in (option.name, *option.spellings)
]
EVERY_CONFIG_KEY = [(option, key) for option in OPTIONS for key in option.config_keys]


async def later(origin: str) -> bool:
    return origin == APP


def without_async(function: Callable[..., Any]) -> Callable[..., Any]:
    raise RuntimeError("Install Flask with the 'async' extra")


def read(written: dict[str, Any]) -> Layer:
    problems: list[Problem] = []
    layer = read_options(written, "", problems)
    assert not problems
    return layer


def make(*layers: Layer) -> Policy:
    problems: list[Problem] = []
    policy = make_policy("here", layers, problems)
    assert not problems
    return policy


def mistakes_in(written: dict[Any, Any]) -> list[Problem]:
    problems: list[Problem] = []
    layer = read_options(written, "", problems)
    assert make_policy("here", [layer], problems).misconfigured
    return problems


def mistakes_in_config(config: dict[str, Any]) -> list[Problem]:
    problems: list[Problem] = []
    layer = read_config(config_values(config, {}, problems), problems)
    assert make_policy("here", [layer], problems).misconfigured
    return problems


def test_defaults() -> None:
    policy = make()
    assert policy.where == "here"
    assert (policy.origins.any, policy.allow_headers.any) == (True, True)
    assert policy.methods.names == {
        *("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "QUERY")
    }
    assert not policy.methods.any
    expected = {
        "expose_headers": (),
        "supports_credentials": False,
        "max_age": None,
        "send_wildcard": True,
        "vary_header": True,
        "always_send": True,
        "allow_private_network": False,
        "automatic_options": True,
        "preflight_status": 204,
        "enforce": False,
        "misconfigured": False,
    }
    assert {name: getattr(policy, name) for name in expected} == expected


@pytest.mark.parametrize("name", VALUES)
def test_each_option_reaches_the_policy(name: str) -> None:
    written = {"origins": APP, name: VALUES[name]}
    assert getattr(make(read(written)), name) != getattr(make(), name)


@pytest.mark.parametrize(("option", "spelling"), EVERY_SPELLING)
def test_each_spelling_means_the_option(option: Option, spelling: str) -> None:
    value = VALUES.get(option.name, True)
    assert read({spelling: value}).settings[option.name].where == spelling
    if "-" in spelling:
        assert option.name in read({spelling.lower(): value}).settings


@pytest.mark.parametrize(("option", "key"), EVERY_CONFIG_KEY)
def test_each_config_key_means_the_option(option: Option, key: str) -> None:
    problems: list[Problem] = []
    config = {key: VALUES.get(option.name, True), "SECRET_KEY": "x", "CORSICA": 1}
    layer = read_config(config_values(config, {}, problems), problems)
    assert not problems
    assert layer.settings[option.name].where == key


def test_the_documented_spellings() -> None:
    assert {option.name: option.spellings for option in OPTIONS if option.spellings} == {
        "origins": ("origin", "allow_origins", "Access-Control-Allow-Origin"),
        "methods": ("allow_methods", "Access-Control-Allow-Methods"),
        "allow_headers": ("headers", "Access-Control-Allow-Headers"),
        "expose_headers": ("Access-Control-Expose-Headers",),
        "supports_credentials": ("allow_credentials", "Access-Control-Allow-Credentials"),
        "max_age": ("Access-Control-Max-Age",),
    }
    assert set(VALUES) | {"intercept_exceptions"} == {option.name for option in OPTIONS}


def test_the_type_checker_knows_every_spelling() -> None:
    identifiers = {spelling for _, spelling in EVERY_SPELLING if spelling.isidentifier()}
    assert set(get_type_hints(CrossOriginOptions)) == identifiers
    assert set(get_type_hints(CORSOptions)) == identifiers | {RESOURCES, DEBUG_PAGE}


def test_the_first_layer_that_has_an_option_decides() -> None:
    first = read({"max_age": 1, "methods": None})
    second = read({"max_age": 2, "methods": "PUT"})
    policy = make(
        first, second, read({"max_age": 3, "methods": "PATCH", "origins": APP, "enforce": True})
    )
    assert (policy.max_age, policy.enforce) == (1, True)
    assert policy.methods.names == {"PUT"}


@pytest.mark.parametrize("name", [option.name for option in OPTIONS if option.name != "origins"])
def test_none_means_unset(name: str) -> None:
    assert not read({name: None}).settings
    assert not read_config(config_values({f"CORS_{name.upper()}": None}, {}, []), []).settings


def test_origins_none_is_a_mistake() -> None:
    (problem,) = mistakes_in_config({"CORS_ORIGINS": None})
    assert problem.where == "CORS_ORIGINS"
    empty: list[object] = [None, "", []]
    for value in empty:
        assert mistakes_in({"origins": value})[0].where == "origins"


def test_config_from_the_environment() -> None:
    problems: list[Problem] = []
    config: dict[Any, Any] = {
        "CORS_ORIGINS": f'["{APP}", "{OTHER}"]',
        "CORS_METHODS": "GET, PUT",
        "CORS_MAX_AGE": "600",
        "CORS_SUPPORTS_CREDENTIALS": "yes",
        "CORS_RESOURCES": "/api/*",
        7: "not a name",
    }
    layer = read_config(config_values(config, {}, problems), problems)
    policy = make_policy("here", [layer], problems)
    assert not problems
    assert policy.origins.rules == (APP, OTHER)
    assert policy.methods.names == {"GET", "PUT"}
    assert (policy.max_age, policy.supports_credentials) == (600, True)


def test_a_generator_in_the_config_is_read_only_once() -> None:
    origins = (origin for origin in [APP, OTHER])
    config: dict[str, Any] = {"CORS_ORIGINS": origins}
    exhausted: dict[str, Any] = {}
    for _ in range(2):
        values = config_values(config, exhausted, [])
        assert make(read_config(values, [])).origins.rules == (APP, OTHER)
    # Reading does not change the configuration.
    assert config["CORS_ORIGINS"] is origins
    config["CORS_ORIGINS"] = iter([APP])
    assert make(read_config(config_values(config, exhausted, []), [])).origins.rules == (APP,)
    assert make(read({"origins": iter([APP])})).origins.rules == (APP,)


def test_two_spellings_with_equal_values_are_valid() -> None:
    layer = read({"origins": APP, "origin": [APP], "max_age": 60, "Access-Control-Max-Age": "60"})
    assert make(layer).origins.rules == (APP,)


def test_two_spellings_with_different_values_are_a_mistake() -> None:
    (problem,) = mistakes_in({"origins": APP, "allow_origins": OTHER, "origin": "null"})
    assert (problem.where, problem.value) == ("allow_origins", OTHER)
    assert problem.code == "option-conflict"
    assert problem.message.startswith("allow_origins and origins are the same option")
    (problem,) = mistakes_in_config({"CORS_ORIGINS": APP, "CORS_ORIGIN": OTHER})
    assert problem.code == "option-conflict"


@pytest.mark.parametrize("names", [("origins", "origin"), ("origin", "origins")])
def test_an_invalid_value_is_not_reported_as_a_conflict(names: tuple[str, str]) -> None:
    (problem,) = mistakes_in(dict(zip(names, ("a.example", APP), strict=True)))
    assert problem.code == "origin-no-scheme"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("orgins", "Did you mean origins?"),
        ("Origins", "Did you mean origins?"),
        ("CORS_ORIGINS", "Did you mean origins?"),
        ("expose_header", "Did you mean expose_headers?"),
        ("access_control_max_age", "Did you mean "),
        ("zzz", "The options are: origins, for_origins, "),
        ("resources", "CORS(app, resources=...)"),
        ("attach_to_all", "every response has them"),
        ("allow_origin_regex", 'Write origins=re.compile(r"...")'),
        ("allowed_origins", "Write origins instead."),
        ("preflight_max_age", "Write max_age instead."),
        ("x" * 100_000, "The options are: origins"),
        (3, "The options are: origins"),
    ],
    ids=lambda value: f"{value!s:.25}",
)
def test_an_unknown_option_is_explained(name: Any, hint: str) -> None:
    (problem,) = mistakes_in({name: 1})
    assert problem.code == ("resources-misplaced" if name == "resources" else "unknown-option")
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("written", "enforce"),
    [
        ({"orgins": APP}, False),
        ({"orgins": APP, "enforce": True}, True),
        ({"origins": APP, "enforce": "ture"}, True),
        ({"origins": "a.example"}, False),
        ({"origins": "a.example", "enforce": True}, True),
        ({"supports_credentials": True}, False),
        ({"enforce": True}, True),
        ({"origins": later}, False),
        ({"origins": later, "enforce": True}, True),
    ],
)
def test_a_policy_with_a_mistake_allows_nothing_and_still_enforces(
    written: dict[str, Any], enforce: bool
) -> None:
    problems: list[Problem] = []
    layers = [read_options({"methods": "PURGE"}, "", problems), read_options(written, "", problems)]
    policy = make_policy("here", layers, problems, without_async)
    assert len(problems) == 1
    assert policy.where == "here"
    assert policy.misconfigured
    assert policy.enforce is enforce
    assert policy.vary_header is False
    assert not policy.origins.any
    assert not policy.origins.rules


def test_each_problem_has_its_place() -> None:
    problems: list[Problem] = []
    read_options({"origins": [APP, "a.example"], "max_age": -1, "x": 1}, 'r["/"].', problems)
    places = [problem.where for problem in problems]
    assert places == ['r["/"].origins[1]', 'r["/"].max_age', 'r["/"].x']


@pytest.mark.parametrize(
    ("origins", "code"),
    [
        ("*", "credentials-any-origin"),
        ([APP, "*"], "credentials-any-origin"),
        ("null", "credentials-null-origin"),
        (re.compile("null|https://a"), "credentials-null-origin"),
        (re.compile(".*"), "credentials-open-regex"),
        # The back-reference repeats the text of the group, not its anchor.
        (re.compile(r"(^|#)https://(?:a\.com|.*\1)"), "credentials-open-regex"),
        ("https?://.*", "credentials-open-regex"),
        ([APP, re.compile("https://.+")], "credentials-open-regex"),
        (r"https://app\.example\.com.*", "credentials-open-regex"),
        (r"https?://(www|app)\..*", "credentials-open-regex"),
        (r"https://.*example\.com", "credentials-open-regex"),
        (re.compile(r"https://.*example\.com"), "credentials-open-regex"),
        (re.compile(r"https://app.example\.com"), "credentials-open-regex"),
        (re.compile("https://" + "(?:a?b?c?)" * 200), "credentials-open-regex"),
    ],
    ids=lambda value: f"{value!s:.40}",
)
def test_credentials_with_unnamed_origins_are_a_mistake(origins: object, code: str) -> None:
    (problem,) = mistakes_in({"origins": origins, "supports_credentials": True})
    assert (problem.where, problem.value, problem.code) == ("origins", origins, code)
    assert "leave out supports_credentials" in problem.hint


OPEN = [
    r"https?://.*",
    r"https://app\.example\.com.*",
    r"https?://app\.example\.com.*",
    r"https?://(www|app)\..*",
    r"https://.*example\.com",
    r"https://[a-z-]*vercel\.app",
    r"https://.*vercel\.app$",
    r"https://app\.example\.[a-z]+",
    r"https://[a-z]+",
    re.compile(r"http://localhost.*"),
    re.compile(r"https://app.example\.com"),
    re.compile(r"https://(app|www).example.com"),
    re.compile(r"https://app.example\.com.*"),
    re.compile(r"HTTPS://App.example\.com", re.IGNORECASE),
    re.compile(r"https://(?!evil).*\.com"),
    re.compile("https://" + "(?:a?b?c?)" * 200),
]


@pytest.mark.parametrize("origins", OPEN, ids=lambda value: f"{value!s:.40}")
def test_the_fix_for_an_open_regex_is_narrower(origins: object) -> None:
    (problem,) = mistakes_in({"origins": origins, "supports_credentials": True})
    suggested = problem.hint.removeprefix("Write ").rpartition(", or leave out")[0]
    suggested = suggested.partition("such as ")[2] or suggested
    written = eval(suggested, {"re": re})
    policy = make(read({"origins": written, "supports_credentials": True}))
    for host in ("attacker.net", "attacker-example.com", "other.vercel.app", "appxexample.com"):
        origin = f"https://{host}"
        assert policy.actual(origin).reason == "origin"


@pytest.mark.parametrize(
    "origins",
    [
        r"https://(www\.)?example\.com",
        r"https://[a-z0-9-]+\.example\.com(:\d+)?",
        r"https://app\.example\.(com|org)",
        r"http://localhost:\d+",
        r"http://[a-z]+\.localhost(:\d+)?",
        r"http://192\.168\.\d+\.\d+",
        re.compile(r"https://(?!old)[a-z]+\.example\.com"),
        re.compile(r"moz-extension://[0-9a-f-]+"),
    ],
    ids=lambda value: f"{value!s:.40}",
)
def test_credentials_with_a_regex_that_names_its_domains(origins: object) -> None:
    assert make(read({"origins": origins, "supports_credentials": True})).supports_credentials


def test_credentials_with_the_default_origins_are_a_mistake() -> None:
    (problem,) = mistakes_in({"allow_credentials": True})
    assert problem.where == "allow_credentials"


@pytest.mark.parametrize("origins", [APP, "https://*.example.com", lambda _: True])
def test_credentials_with_some_origins(origins: object) -> None:
    assert make(read({"origins": origins, "supports_credentials": True})).supports_credentials


def test_async_callables_are_adapted() -> None:
    def ensure_sync(function: Callable[..., Any]) -> Callable[..., Any]:
        assert function is later
        return lambda origin: origin == APP

    policy = make_policy("here", [read({"origins": later})], [], ensure_sync)
    assert policy.actual(APP).allowed
    assert not policy.actual(OTHER).allowed


def test_async_callables_without_flask_async_are_a_mistake() -> None:
    problems: list[Problem] = []
    make_policy("here", [read({"origins": later})], problems, without_async)
    assert problems == [
        Problem(
            "origins",
            later,
            "an async function among the origins cannot be called: "
            "Install Flask with the 'async' extra.",
            "Install flask[async], or write a function that is not async.",
            code="origin-callable-async",
        )
    ]


def test_intercept_exceptions_false_causes_a_warning() -> None:
    layers = [read({}), read({"intercept_exceptions": False})]
    said = "intercept_exceptions has no effect: error responses always have the headers"
    assert retired_in(layers) == [said]
    assert retired_in([read({"intercept_exceptions": True}), read({})]) == []
