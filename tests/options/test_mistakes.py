"""Mistakes as a new user makes them, and what ``CORS`` says of each at start-up."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask

from flask_crossorigin import CORS, ConfigError, cross_origin

A = "https://a.example"
B = "https://b.example"
ANY_UNSET = 'or "*" for any'

# What is written for origins, with a part of the message and of the hint.
ORIGINS: list[tuple[Any, str, str]] = [
    (f"{A}/app", "has a path", f'"{A}"'),
    (f"{A}/?x", "has a path", f'"{A}"'),
    ("a.example", "has no scheme", f'"{A}"'),
    ("//a.example", "has no scheme", f'"{A}"'),
    ("https:a.example", "has no scheme", f'"{A}"'),
    ("localhost:3000", "has no scheme", '"http://localhost:3000"'),
    ("htps://a.example", "unknown scheme", f'"{A}"'),
    ("ws://a.example", "WebSocket", '"http://a.example"'),
    (f"user@{A}".replace("user@https://", "https://user@"), "user name", f'"{A}"'),
    (f"{A}:0443", "leading zeros", f'"{A}:443"'),
    (f"{A}:80000", "1 to 65535", f'"{A}"'),
    ("*.a.example", "no scheme", '"https://*.a.example"'),
    ("https://*", "every host", '"*"'),
    ("*://a.example", "for its scheme", f'"{A}"'),
    (r"https://.*\.a.example", "unescaped dot", r"\\.a\\.example"),
    (r".*\.a\.example/", "can match no origin", "slash"),
    ("https://(a|b.example", "does not compile", "mend"),
    # A list in a string, in other ways than with commas.
    (f"['{A}', '{B}']", "", "Write"),
    (f"({A!r}, {B!r})", "", f"{[A, B]}"),
    (f"{A};{B}", "a list in one string", f"{[A, B]}"),
    (f"{A} {B}", "", f"{[A, B]}"),
    (f'"{A}"', "quotes", f'"{A}"'),
    ('""', "quotes", "https://"),
    # A variable that was not set, or not filled in.
    (None, "not set", ANY_UNSET),
    ("", "not set", ANY_UNSET),
    ([], "not set", ANY_UNSET),
    (" ", "not set", ANY_UNSET),
    ("${FRONTEND_URL}", "name of a variable", 'os.environ["FRONTEND_URL"]'),
    ("https://$FRONTEND_HOST", "name of a variable", 'os.environ["FRONTEND_HOST"]'),
    ("%FRONTEND_URL%", "name of a variable", 'os.environ["FRONTEND_URL"]'),
    ("https://{{ frontend.host }}", "name of a variable", "frontend.host"),
    # Something else altogether.
    (True, "neither a string nor a list", "Write"),
    (b"https://a.example", "neither a string nor a list", "Write"),
    ({A: True}, "neither a string nor a list", "Write"),
    (lambda: True, "cannot be called with an origin", "(origin, request)"),
]


@pytest.mark.parametrize(("value", "message", "hint"), ORIGINS)
@pytest.mark.parametrize("where", ["origins", "CORS_ORIGINS", 'resources["/api/*"].origins'])
def test_origins(where: str, value: Any, message: str, hint: str) -> None:
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
    assert message in problem.message
    assert hint in problem.hint
    assert f"- {problem.where}: {problem.message}\n    {problem.hint}" in str(caught.value)
    answer = app.test_client().get("/", headers={"Origin": A})
    assert "Access-Control-Allow-Origin" not in answer.headers


# Options by their names: what is written, where it is told, a part of the message and the hint.
OPTIONS: list[tuple[dict[str, Any], str, str, str]] = [
    ({"orgins": A}, "orgins", "no option 'orgins'", "origins?"),
    ({"supports_credential": True}, "supports_credential", "no option", "supports_credentials?"),
    ({"method": "GET"}, "method", "no option", "methods?"),
    ({"expose_header": "X"}, "expose_header", "no option", "expose_headers?"),
    ({"maxage": 600}, "maxage", "no option", "max_age?"),
    ({"resource": "/api/*"}, "resource", "no option", "resources?"),
    ({"debug": True}, "debug", "no option", "The options are: origins, methods"),
    ({"Access-Control-Allow-Origins": A}, "Access-Control-Allow-Origins", "no option", "Origin?"),
    # names from elsewhere
    ({"attach_to_all": True}, "attach_to_all", "no option", "actual response too"),
    ({"allow_origin_regex": A}, "allow_origin_regex", "no option", "origins=re.compile"),
    ({"allowed_origins": A}, "allowed_origins", "no option", "origins"),
    ({"allow_all_origins": True}, "allow_all_origins", "no option", 'origins="*"'),
    ({"preflight_max_age": 600}, "preflight_max_age", "no option", "max_age"),
    # values
    ({"supports_credentials": "ture"}, "supports_credentials", "neither True nor", "True or"),
    ({"max_age": "10m"}, "max_age", "no whole number", "600"),
    ({"max_age": -1}, "max_age", "negative", "600"),
    ({"max_age": True}, "max_age", "no whole number", "600"),
    ({"methods": "GET;POST"}, "methods", "no HTTP method", '["GET", "PUT"]'),
    ({"methods": ["GET", "TRACE"]}, "methods[1]", "no script send", "Leave it out"),
    ({"allow_headers": "X-Token: 1"}, "allow_headers", "no header name", "'X-Token'"),
    ({"expose_headers": "Set-Cookie"}, "expose_headers", "no script", "Leave it out"),
    ({"preflight_status": 404}, "preflight_status", "no status", "200 to 299"),
    ({"origins": A, "origin": B}, "origin", "different things", "Keep one of them: origins"),
    # credentials
    ({"supports_credentials": True}, "supports_credentials", "any origin ('*')", "for the user"),
    (
        {"supports_credentials": True, "origins": r"https?://.*"},
        "origins",
        "every page on the web",
        "for the user",
    ),
    (
        {"supports_credentials": True, "origins": [A, "null"]},
        "origins",
        "sandboxed frame",
        "for the user",
    ),
    # options in the wrong place
    ({"resources": {"/x": {}, "origins": A}}, 'resources["origins"]', "an option", "beside"),
    ({"resources": {"/x": {"resources": {}}}}, 'resources["/x"].resources', "CORS alone", "CORS("),
    ({"resources": [{"/x": {}}]}, "resources[0]", "stands in a list", "without the list"),
    ({"resources": {"/x": A}}, 'resources["/x"]', "no mapping", '{"/x": {"origins": '),
    ({"resources": {"/x": None}}, 'resources["/x"]', "no mapping", "{}"),
    ({"resources": "api/*"}, "resources", "every path begins with a slash", '"/api/*"'),
    ({"resources": f"{A}/api/*"}, "resources", "can match no path", '"/api/*"'),
    ({"resources": "/(api"}, "resources", "does not compile", '"/api/*"'),
    ({"resources": '{"/api/*": }'}, "resources", "JSON object", "Write JSON"),
    ({"resources": ["/x", "/x"]}, "resources[1]", "twice", "Keep one"),
]


@pytest.mark.parametrize(("options", "where", "message", "hint"), OPTIONS)
def test_options(options: dict[str, Any], where: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        CORS(Flask("shop"), **options)
    (problem,) = caught.value.problems
    assert problem.where == where
    assert message in problem.message
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("options", "where"), [(o, w) for o, w, _, _ in OPTIONS if "resources" not in o]
)
def test_the_decorator_says_the_same(options: dict[str, Any], where: str) -> None:
    complete = {"origins": "*", **options} if "supports_credentials" in options else options
    with pytest.raises(ConfigError) as caught:
        cross_origin(**complete)(lambda: "view")
    (problem,) = caught.value.problems
    assert problem.where in (f"@cross_origin {where}", "@cross_origin origins")


CONFIG: list[tuple[dict[str, Any], str, str]] = [
    ({"CORS_ORGINS": A}, "no config key 'CORS_ORGINS'", "origins?"),
    ({"CORS_RESOURCE": "/"}, "no config key", "resources?"),
    ({"CORS_MAXAGE": 600}, "no config key", "max_age?"),
    ({"CORS_ENABLED": True}, "no config key", "The config keys are: origins, methods"),
    ({"CORS_LOG_LEVEL": 1}, "no config key", "The config keys are: origins, methods"),
    ({"CORS_MAX_AGE": "10m"}, "no whole number", "600"),
    ({"CORS_SUPPORTS_CREDENTIALS": "enabled"}, "neither True nor False", "True or False"),
    # Flask's config.update() takes what its from_*() methods leave out.
    ({"cors_origins": A}, "no config key 'cors_origins'", "origins?"),
    ({"Cors_Resources": "/x"}, "no config key", "resources?"),
    # from Django, FastAPI and Flask-CORS
    ({"CORS_ALLOWED_ORIGINS": [A]}, "no config key", "origins"),
    ({"CORS_ALLOW_ALL_ORIGINS": True}, "no config key", 'origins="*"'),
    ({"CORS_ALLOWED_ORIGIN_REGEXES": [A]}, "no config key", "origins=[re.compile"),
    ({"CORS_ORIGIN_WHITELIST": [A]}, "no config key", "origins"),
    ({"CORS_URLS_REGEX": "^/api"}, "no config key", "resources=re.compile"),
    ({"CORS_PREFLIGHT_MAX_AGE": 600}, "no config key", "max_age"),
    ({"CORS_ATTACH_TO_ALL": False}, "no config key", "actual response too"),
    ({"CORS_ORIGINS": A, "CORS_ALLOW_ORIGINS": B}, "different things", "Keep one"),
]


@pytest.mark.parametrize(("config", "message", "hint"), CONFIG)
def test_configuration(config: dict[str, Any], message: str, hint: str) -> None:
    app = Flask("shop")
    app.config.update(config)
    with pytest.raises(ConfigError) as caught:
        CORS(app)
    (problem,) = caught.value.problems
    assert problem.where in config
    assert message in problem.message
    # The key is named by its capitals, or the option that it is for.
    assert hint.lower() in problem.hint.lower().replace("cors_", "")


@pytest.mark.parametrize(("config", "message", "_hint"), CONFIG)
def test_configuration_that_comes_late_allows_nobody(
    config: dict[str, Any], message: str, _hint: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("shop")
    CORS(app)
    app.config.update(config)
    response = app.test_client().get("/", headers={"Origin": A})
    assert response.status_code == 404
    assert "Access-Control-Allow-Origin" not in response.headers
    assert message in caplog.text


def test_all_mistakes_are_told_at_once() -> None:
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
    assert str(caught.value).startswith("5 problems in the CORS configuration:\n- origins[0]: ")


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
    ("mistake", "error", "text"),
    [
        (twice_on_one_app, ConfigError, r"two policies for the paths \*\n    Give each CORS"),
        (twice_on_one_blueprint, ConfigError, "has a CORS.* already\n    Write all options in one"),
        (after_the_blueprint_was_registered, ConfigError, "too late\n    Write .* above"),
        (twice_on_one_view, ConfigError, "has a @cross_origin already\n    Write all options"),
        (on_a_class, ConfigError, "not classes\n    Write decorators ="),
        (an_option_without_its_name, TypeError, "positional"),
        (a_decorators_option_without_its_name, TypeError, 'by name, as in origins="https'),
        (something_else, TypeError, "takes a Flask application or a blueprint, not 'shop'"),
    ],
)
def test_calls(mistake: Callable[[], None], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        mistake()


def test_the_extension_names_what_only_it_lacks() -> None:
    with pytest.raises(AttributeError, match=r"has no attribute 'unknown'\Z"):
        CORS(Flask("shop")).unknown  # type: ignore[attr-defined]  # pyright: ignore  # noqa: B018
