"""Test the mistakes that new users make, and what ``CORS`` reports at startup."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask

from flask_crossorigin import CORS, ConfigError, cross_origin

A = "https://a.example"
B = "https://b.example"
ANY_UNSET = 'or "none" to allow no origin'

# A value of origins, the code of the problem, and a part of the hint.
ORIGINS: list[tuple[Any, str, str]] = [
    (f"{A}/app", "origin-has-path", f'"{A}"'),
    (f"{A}/?x", "origin-has-path", f'"{A}"'),
    ("a.example", "origin-no-scheme", f'"{A}"'),
    ("//a.example", "origin-no-scheme", f'"{A}"'),
    ("https:a.example", "origin-no-scheme", f'"{A}"'),
    ("localhost:3000", "origin-no-scheme", '"http://localhost:3000"'),
    ("htps://a.example", "origin-scheme-misspelled", f'"{A}"'),
    ("ws://a.example", "origin-is-websocket", '"http://a.example"'),
    ("https://user@a.example", "origin-has-user", f'"{A}"'),
    (f"{A}:0443", "origin-port-leading-zeros", f'"{A}:443"'),
    (f"{A}:80000", "origin-port-out-of-range", f'"{A}:8443"'),
    ("*.a.example", "origin-no-scheme", '"https://*.a.example"'),
    ("https://*", "origin-any-host", 're.compile("https://[a-z0-9.-]+")'),
    (".*", "origin-any-misspelled", '"*"'),
    ("localhost", "origin-no-scheme", '"http://localhost:*"'),
    ([A, "none"], "origin-none-among-others", '"none" alone'),
    ("*://a.example", "origin-any-scheme", f'"{A}"'),
    (r"https://.*\.a.example", "origin-regex-unescaped-dot", r"\.a\.example"),
    (r".*\.a\.example/", "origin-regex-impossible", r'r".*\.a\.example"'),
    ("https://(a|b.example", "origin-regex-invalid", "fix"),
    # Lists in a string without commas.
    (f"['{A}', '{B}']", "json-invalid", f'"{A}", "{B}"'),
    ("['a.example']", "json-invalid", f'"{A}"'),
    ("['https://a..example']", "json-invalid", "Write JSON"),
    ("['https://a.example' or 'https://b.example']", "json-invalid", "Write JSON"),
    ("['https://a.example https://b.example']", "json-invalid", "Write JSON"),
    (f"({A!r}, {B!r})", "origin-is-list", f'"{A}", "{B}"'),
    (f"{A};{B}", "origin-is-list", f'"{A}", "{B}"'),
    (f"{A} {B}", "origin-is-list", f'"{A}", "{B}"'),
    (f'"{A}"', "origin-has-quotes", f'"{A}"'),
    ('""', "origin-has-quotes", "https://"),
    # Environment variables that are not set, and placeholders.
    (None, "origins-empty", ANY_UNSET),
    ("", "origins-empty", ANY_UNSET),
    ([], "origins-empty", ANY_UNSET),
    (" ", "origins-empty", ANY_UNSET),
    ("${FRONTEND_URL}", "origin-has-placeholder", 'os.environ["FRONTEND_URL"]'),
    ("https://$FRONTEND_HOST", "origin-has-placeholder", 'os.environ["FRONTEND_HOST"]'),
    ("%FRONTEND_URL%", "origin-has-placeholder", 'os.environ["FRONTEND_URL"]'),
    ("https://{{ frontend.host }}", "origin-has-placeholder", "Fill it in."),
    ("None", "origin-is-word", ANY_UNSET),
    # Values of other types.
    (True, "not-a-list", "Write"),
    (b"https://a.example", "not-a-list", "Write"),
    ({A: True}, "not-a-list", "Write"),
    (lambda: True, "origin-callable-signature", "(origin, request)"),
]


@pytest.mark.parametrize(("value", "code", "hint"), ORIGINS)
@pytest.mark.parametrize("where", ["origins", "CORS_ORIGINS", 'resources["/api/*"].origins'])
def test_origins(where: str, value: Any, code: str, hint: str) -> None:
    app = Flask("shop")
    options: dict[str, Any] = {}
    if where == "origins":
        options = {"origins": value}
    elif where == "CORS_ORIGINS":
        app.config["CORS_ORIGINS"] = value
    else:
        options = {"resources": {"/api/*": {"origins": value}}}
    with pytest.raises(ConfigError) as caught:
        CORS(app, **options)
    (problem,) = caught.value.problems
    assert re.sub(r"\[[0-9]+\]\Z", "", problem.where) == where
    assert problem.code == code
    assert hint in problem.hint
    assert f"{problem.where}: {problem.message}\n    {problem.hint}" in str(caught.value)
    answer = app.test_client().get("/", headers={"Origin": A})
    assert "Access-Control-Allow-Origin" not in answer.headers


# Options, the place of the mistake, its code and a part of the hint.
OPTIONS: list[tuple[dict[str, Any], str, str, str]] = [
    ({"orgins": A}, "orgins", "unknown-option", "origins?"),
    (
        {"supports_credential": True},
        "supports_credential",
        "unknown-option",
        "supports_credentials? Also write the origins that may use credentials, such as origins=",
    ),
    (
        {"supports_credential": True, "origins": A},
        "supports_credential",
        "unknown-option",
        "supports_credentials?",
    ),
    (
        {"allow_credential": True, "origins": "*"},
        "allow_credential",
        "unknown-option",
        "allow_credentials? Also write the origins that may use credentials, such as origins=",
    ),
    ({"method": "GET"}, "method", "unknown-option", "methods?"),
    ({"expose_header": "X"}, "expose_header", "unknown-option", "expose_headers?"),
    ({"maxage": 600}, "maxage", "unknown-option", "max_age?"),
    ({"resource": "/api/*"}, "resource", "unknown-option", "resources?"),
    ({"debug": True}, "debug", "unknown-option", "The options are: origins, for_origins"),
    ({"Access-Control-Allow-Origins": A}, "Access-Control-Allow-Origins", "unknown-option", "gin?"),
    # names in other libraries
    ({"attach_to_all": True}, "attach_to_all", "unknown-option", "actual response too"),
    ({"allow_origin_regex": A}, "allow_origin_regex", "unknown-option", "origins=re.compile"),
    ({"allowed_origins": A}, "allowed_origins", "unknown-option", "origins"),
    ({"allow_all_origins": True}, "allow_all_origins", "unknown-option", 'origins="*"'),
    ({"allow_all_origins": False}, "allow_all_origins", "unknown-option", "Leave it out"),
    ({"preflight_max_age": 600}, "preflight_max_age", "unknown-option", "max_age"),
    # values
    ({"supports_credentials": "ture"}, "supports_credentials", "not-a-bool", "True or"),
    ({"max_age": "10m"}, "max_age", "max-age-invalid", "600"),
    ({"max_age": -1}, "max_age", "max-age-negative", "600"),
    ({"max_age": True}, "max_age", "max-age-invalid", "600"),
    ({"methods": "GET;POST"}, "methods", "method-invalid", '"GET", "P'),
    ({"methods": ["GET", "TRACE"]}, "methods[1]", "method-forbidden", "Leave it out"),
    ({"allow_headers": "X-Token: 1"}, "allow_headers", "header-invalid", '"X-Token"'),
    ({"allow_headers": "application/json"}, "allow_headers", "header-invalid", '"Content-Type"'),
    ({"expose_headers": "Set-Cookie"}, "expose_headers", "exposed-header-forbidden", "Leave"),
    ({"preflight_status": 404}, "preflight_status", "preflight-status-invalid", "200 to 299"),
    ({"origins": A, "origin": B}, "origin", "option-conflict", "Keep one of them: origins"),
    # credentials
    (
        {"supports_credentials": True},
        "supports_credentials",
        "credentials-any-origin",
        "may use credentials",
    ),
    (
        {"supports_credentials": True, "origins": r"https?://.*"},
        "origins",
        "credentials-open-regex",
        "may use credentials",
    ),
    (
        {"supports_credentials": True, "origins": [A, "null"]},
        "origins",
        "credentials-null-origin",
        "may use credentials",
    ),
    # options in the wrong place
    ({"resources": {"/x": {}, "origins": A}}, 'resources["origins"]', "resource-is-option", "next"),
    (
        {"resources": {"/x": {"resources": {}}}},
        'resources["/x"].resources',
        "resources-misplaced",
        "CORS(",
    ),
    ({"resources": [{"/x": {}}]}, "resources[0]", "resource-map-in-list", "without the list"),
    (
        {"resources": {"/x": A}},
        'resources["/x"]',
        "resource-options-wrong-type",
        '{"/x": {"origins": ',
    ),
    ({"resources": {"/x": None}}, 'resources["/x"]', "resource-options-wrong-type", '"none"'),
    ({"resources": {"/x": True}}, 'resources["/x"]', "resource-options-wrong-type", "app.example"),
    ({"resources": "api/*"}, "resources", "resource-impossible", '"/api/*"'),
    ({"resources": f"{A}/api/*"}, "resources", "resource-impossible", '"/api/*"'),
    ({"resources": "/(api"}, "resources", "resource-regex-invalid", '"/api/*"'),
    ({"resources": '{"/api/*": }'}, "resources", "json-invalid", "Write JSON"),
    ({"resources": ["/x", "/x"]}, "resources[1]", "resource-twice", "Keep one"),
]


@pytest.mark.parametrize(("options", "where", "code", "hint"), OPTIONS)
def test_options(options: dict[str, Any], where: str, code: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        CORS(Flask("shop"), **options)
    (problem,) = caught.value.problems
    assert (problem.where, problem.code) == (where, code)
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("options", "where", "code"), [row[:3] for row in OPTIONS if "resources" not in row[0]]
)
def test_the_decorator_reports_the_same_problems(
    options: dict[str, Any], where: str, code: str
) -> None:
    complete = {"origins": "*", **options} if "supports_credentials" in options else options
    with pytest.raises(ConfigError) as caught:
        cross_origin(**complete)(lambda: "view")
    (problem,) = caught.value.problems
    assert problem.where in (f"@cross_origin {where}", "@cross_origin origins")
    assert problem.code == code


CONFIG: list[tuple[dict[str, Any], str, str]] = [
    ({"CORS_ORGINS": A}, "unknown-config-key", "origins?"),
    ({"CORS_RESOURCE": "/"}, "unknown-config-key", "resources?"),
    ({"CORS_MAXAGE": 600}, "unknown-config-key", "max_age?"),
    ({"CORS_MAX_AGE": "10m"}, "max-age-invalid", "600"),
    ({"CORS_SUPPORTS_CREDENTIALS": "enabled"}, "not-a-bool", "True or False"),
    # Lower case: config.update() accepts what the from_*() methods of Flask ignore.
    ({"cors_origins": A}, "unknown-config-key", "Write origins."),
    ({"Cors_Resources": "/x"}, "unknown-config-key", "Write resources."),
    # Names of environment variables, without from_prefixed_env().
    ({"FLASK_CORS_ORIGINS": A}, "unknown-config-key", "Write origins."),
    ({"CORS-ORIGINS": A}, "unknown-config-key", "Write origins."),
    (
        {"CORS": A},
        "unknown-config-key",
        'Write origins, or a mapping such as {"origins": ["https://app',
    ),
    ({"CORS": [A]}, "unknown-config-key", "Write origins, or a mapping"),
    # from Django, FastAPI and Flask-CORS
    ({"CORS_ALLOWED_ORIGINS": [A]}, "unknown-config-key", "origins"),
    ({"CORS_ALLOW_ALL_ORIGINS": True}, "unknown-config-key", 'origins="*"'),
    ({"CORS_SUPPORT_CREDENTIALS": True}, "unknown-config-key", 'origins=["https://app.example.com'),
    ({"CORS_SUPPORT_CREDENTIALS": True, "CORS_ORIGINS": A}, "unknown-config-key", "credentials?"),
    (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [A]},
        "unknown-config-key",
        r'origins=re.compile(r"https://a\.example")',
    ),
    ({"CORS_ALLOWED_ORIGIN_REGEXES": ["("]}, "unknown-config-key", 'origins=re.compile(r"...")'),
    ({"CORS_ALLOWED_ORIGIN_REGEXES": []}, "unknown-config-key", 'origins=re.compile(r"...")'),
    ({"CORS_ORIGIN_WHITELIST": [A]}, "unknown-config-key", "origins"),
    ({"CORS_URLS_REGEX": "^/api"}, "unknown-config-key", "resources=re.compile"),
    ({"CORS_PREFLIGHT_MAX_AGE": 600}, "unknown-config-key", "max_age"),
    ({"CORS_ORIGINS": A, "CORS_ALLOW_ORIGINS": B}, "option-conflict", "Keep one"),
]


@pytest.mark.parametrize(("config", "code", "hint"), CONFIG)
def test_configuration(config: dict[str, Any], code: str, hint: str) -> None:
    app = Flask("shop")
    app.config.update(config)
    with pytest.raises(ConfigError) as caught:
        CORS(app)
    (problem,) = caught.value.problems
    assert problem.where in config
    assert problem.code == code
    # The hint names the configuration key or the option.
    assert hint.lower() in problem.hint.lower().replace("cors_", "")


@pytest.mark.parametrize("config", [config for config, _, _ in CONFIG], ids=", ".join)
def test_a_mistake_in_late_configuration_allows_no_origin(
    config: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    early = Flask("shop")
    early.config.update(config)
    with pytest.raises(ConfigError) as caught:
        CORS(early)
    app = Flask("shop")
    CORS(app)
    app.config.update(config)
    response = app.test_client().get("/", headers={"Origin": A})
    assert response.status_code == 404
    assert "Access-Control-Allow-Origin" not in response.headers
    assert str(caught.value) in caplog.text


@pytest.mark.parametrize(
    ("variable", "text", "hint"),
    [
        ("FLASK_CORS_ORIGINS", f"{A} {B}", f"Write FLASK_CORS_ORIGINS={A},{B}"),
        ("FLASK_CORS_ORIGINS", f"['{A}', '{B}']", f"Write FLASK_CORS_ORIGINS={A},{B}"),
        (
            "ALLOWED_ORIGINS",
            "https://app-*.a.example",
            r"Write ALLOWED_ORIGINS=https://app-[a-z0-9-]+\.a\.example",
        ),
        (
            "FLASK_CORS_ORIGINS",
            r"https://(?!x)[a-z]\.a\.example",
            r'Write re.compile(r"https://(?!x)[a-z]\.a\.example").',
        ),
        ("HOST", "localhost", 'Write "http://localhost:*".'),
    ],
)
def test_the_fix_for_an_environment_variable_is_text(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, hint: str
) -> None:
    monkeypatch.setenv(variable, text)
    app = Flask("shop")
    app.config["CORS_ORIGINS"] = text
    with pytest.raises(ConfigError) as caught:
        CORS(app)
    (problem,) = caught.value.problems
    assert problem.hint == hint
    if "=" in hint:
        app.config["CORS_ORIGINS"] = hint.partition("=")[2]
        CORS(app)


@pytest.mark.parametrize(
    ("wrong", "instead"),
    [
        ("https://app-*.a.example", r"https://app-[a-z0-9-]+\.a\.example"),
        (r"https://x.{1,2}.a\.example", r"https://x.{1,2}\.a\.example"),
        ("http://localhost:3000|5173", "http://localhost:(3000|5173)"),
    ],
)
@pytest.mark.parametrize("variable", [f"{A}, {{}},{B}", f"{A},{{}}", f"{{}} , {B}"])
def test_the_fix_for_one_item_of_an_environment_variable_is_text(
    monkeypatch: pytest.MonkeyPatch, variable: str, wrong: str, instead: str
) -> None:
    monkeypatch.setenv("FLASK_CORS_ORIGINS", variable.format(wrong))
    app = Flask("shop")
    app.config.from_prefixed_env()
    with pytest.raises(ConfigError) as caught:
        CORS(app)
    (problem,) = caught.value.problems
    assert problem.value == wrong
    assert problem.hint == f"In FLASK_CORS_ORIGINS, write {instead}"
    app.config["CORS_ORIGINS"] = variable.format(instead)
    CORS(app)


def test_all_mistakes_are_reported_at_once() -> None:
    app = Flask("shop")
    app.config["CORS_MAXAGE"] = 600
    options: dict[str, Any] = {"orgin": A, "methods": "GET POST"}
    with pytest.raises(ConfigError) as caught:
        CORS(app, origins=["a.example", A, f"{A}/x"], **options)
    assert [problem.where for problem in caught.value.problems] == [
        "origins[0]",
        "origins[2]",
        "orgin",
        "methods",
        "CORS_MAXAGE",
    ]
    assert str(caught.value).startswith("5 problems in the CORS configuration:\n- ")


def twice_on_one_app() -> None:
    app = Flask("shop")
    CORS(app)
    CORS(app, max_age=60)


def twice_on_one_blueprint() -> None:
    blueprint = Blueprint("api", __name__)
    CORS(blueprint)
    CORS(blueprint)


def after_the_blueprint_was_registered() -> None:
    blueprint = Blueprint("api", __name__)
    Flask("shop").register_blueprint(blueprint)
    CORS(blueprint)


#: Two lists of patterns. Either is valid, but both together would take too long to match.
LARGE = [[f"{'/a' * count}/*/{end}" for count in range(1, 40)] for end in "bc"]


def too_large_on_one_app() -> None:
    app = Flask("shop")
    for patterns in LARGE:
        CORS(app, resources=patterns)


def too_large_on_one_blueprint() -> None:
    blueprint = Blueprint("api", __name__)
    CORS(blueprint, resources=LARGE[0] + LARGE[1])
    Flask("shop").register_blueprint(blueprint)


def twice_on_one_view() -> None:
    cross_origin(origins=A)(cross_origin(origins=B)(lambda: "view"))


def on_a_class() -> None:
    cross_origin(origins=A)(dict)


def an_option_without_its_name() -> None:
    CORS(Flask("shop"), A)  # type: ignore[call-arg]  # pyright: ignore


def a_decorators_option_without_its_name() -> None:
    cross_origin(A)  # type: ignore[call-overload]  # pyright: ignore


def something_else() -> None:
    CORS("shop")  # type: ignore[arg-type]  # pyright: ignore


@pytest.mark.parametrize(
    ("mistake", "code", "hint"),
    [
        (twice_on_one_app, "policy-conflict", "Give each CORS(app) its own"),
        (twice_on_one_blueprint, "blueprint-twice", "Write all options in one"),
        (
            after_the_blueprint_was_registered,
            "blueprint-registered",
            "Write CORS(blueprint) above app.register_blueprint",
        ),
        (too_large_on_one_app, "regexes-too-large", "Write fewer or shorter regexes"),
        (too_large_on_one_blueprint, "regexes-too-large", "Write fewer or shorter regexes"),
        (twice_on_one_view, "decorated-twice", "Write all options in one"),
        (on_a_class, "decorated-class", "Write decorators = [cross_origin(...)]"),
    ],
)
def test_conflicting_calls(mistake: Callable[[], None], code: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        mistake()
    (problem,) = caught.value.problems
    assert problem.code == code
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("mistake", "error", "text"),
    [
        (an_option_without_its_name, TypeError, "positional"),
        (a_decorators_option_without_its_name, TypeError, 'by name, as in origins="https'),
        (something_else, TypeError, "takes a Flask application or a blueprint, not 'shop'"),
    ],
)
def test_calls_with_wrong_arguments(
    mistake: Callable[[], None], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        mistake()


def test_unknown_attributes_of_the_extension() -> None:
    with pytest.raises(AttributeError, match=r"has no attribute 'unknown'\Z"):
        CORS(Flask("shop")).unknown  # type: ignore[attr-defined]  # pyright: ignore  # noqa: B018
