"""Test the keys of ``app.config``, and unknown keys that the program itself may read."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, ConfigError, cross_origin

Send = Callable[..., TestResponse]

APP = "https://app.example.com"
OTHER = "https://other.example.com"
EVIL = "https://evil.example"


def make_app(config: dict[str, Any]) -> Flask:
    app = Flask("shop")
    app.config.update(config)
    app.add_url_rule("/x", "x", lambda: "x")
    return app


def allowed(app: Flask, send: Send, *origins: str) -> list[str]:
    answers = [(origin, send(app, "/x", origin=origin)) for origin in origins]
    return [o for o, response in answers if "Access-Control-Allow-Origin" in response.headers]


# Keys that programs may read themselves or that have no effect, and the warnings about them.
OWN = {
    "CORS_HEADERS": "write CORS_ALLOW_HEADERS",
    "CORS_OPTIONS": "if your own code reads it",
    "CORS_ENABLED": "if your own code reads it",
    "CORS_DEBUG": "if your own code reads it",
    "CORS_LOGGING": "if your own code reads it",
    "CORS_LOG_LEVEL": "if your own code reads it",
    "CORS_URL": "if your own code reads it",
    "CORS_ATTACH_TO_ALL": "every response has them",
    "CORS": "the value is not a mapping of options",
}


@pytest.mark.parametrize("key", OWN)
@pytest.mark.parametrize("options", [{}, {"origins": APP}], ids=str)
def test_an_unknown_key_is_warned_about_once(
    key: str, options: Any, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app({key: True})
    with pytest.warns(UserWarning, match=OWN[key]) as caught:
        CORS(app, **options, resources=["/x"])
    [warning] = caught
    # Warnings are errors in tests, so a second warning would raise an exception.
    CORS(app, **options, resources=["/y"])
    assert str(warning.message).startswith(f"{key}: ")
    assert warning.filename == __file__
    assert allowed(app, send, APP) == [APP]
    assert not caplog.records


def set_up_a_blueprint(app: Flask) -> None:
    blueprint = Blueprint("api", __name__)
    CORS(blueprint)
    app.register_blueprint(blueprint)


def decorate_a_view(app: Flask) -> None:
    app.add_url_rule("/y", "y", cross_origin()(lambda: "y"))


@pytest.mark.parametrize("set_up", [CORS, set_up_a_blueprint, decorate_a_view])
def test_an_unknown_key_that_is_set_late_is_logged_once(
    set_up: Callable[[Flask], object], send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app({})
    set_up(app)
    app.config["CORS_HEADERS"] = "Content-Type"
    send(app, "/x")
    send(app, "/y")
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert "write CORS_ALLOW_HEADERS" in record.getMessage()


def test_cors_headers_does_not_limit_the_headers(preflight: Send) -> None:
    app = make_app({"CORS_HEADERS": "Content-Type"})
    with pytest.warns(UserWarning, match="CORS_ALLOW_HEADERS"):
        CORS(app)
    response = preflight(app, "/x", headers={"Access-Control-Request-Headers": "authorization"})
    assert response.headers["Access-Control-Allow-Headers"] == "authorization"
    app = make_app({})
    CORS(app, headers="Content-Type")
    response = preflight(app, "/x", headers={"Access-Control-Request-Headers": "authorization"})
    assert "Access-Control-Allow-Headers" not in response.headers


RESEMBLING: list[tuple[str, str, Any]] = [
    ("CORS_ORIGN", "origins", APP),
    ("CORS_ROIGINS", "origins", APP),
    ("CORS_ALLOWED_ORIGINS", "origins", APP),
    ("CORS_ORIGIN_WHITELIST", "origins", APP),
    ("CORS_ORIGIN_ALLOW_ALL", "origins", APP),
    ("FLASK_CORS_ORIGINS", "origins", APP),
    ("FLASK_CORS_ORIGNS", "origins", APP),
    ("CORS-ORIGINS", "origins", APP),
    ("cors_origins", "origins", APP),
    ("CORS_ALLOWED_METHODS", "methods", "GET"),
    ("CORS_METHOD", "methods", "GET"),
    ("CORS_ALLOWED_HEADERS", "allow_headers", "X-A"),
    ("CORS_EXPOSED_HEADERS", "expose_headers", "X-A"),
    ("CORS_CREDENTIALS", "supports_credentials", False),
    ("CORS_MAXAGE", "max_age", 600),
    ("CORS_ENFORCED", "enforce", False),
    ("CORS_RESOURCE", "resources", "/x"),
    ("CORS_URLS_REGEX", "resources", "/x"),
]


@pytest.mark.parametrize(("key", "option", "value"), RESEMBLING)
def test_a_key_that_resembles_an_option(key: str, option: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        CORS(make_app({key: value}))
    [problem] = caught.value.problems
    assert (problem.where, problem.code) == (key, "unknown-config-key")
    assert f"CORS_{option.upper()}" in problem.hint
    # The program sets the option elsewhere, so the key is probably meant for its own code.
    options: Any = {option: value}
    with pytest.warns(UserWarning, match=f"^{key}: .* fine if your own code reads it"):
        CORS(make_app({key: value}), **options)
    with pytest.warns(UserWarning, match=f"^{key}: "):
        CORS(make_app({key: value, f"CORS_{option.upper()}": value}))


def test_a_key_that_resembles_an_option_of_a_resource() -> None:
    app = make_app({"CORS_ALLOWED_ORIGINS": APP})
    with pytest.raises(ConfigError, match="Write CORS_ORIGINS instead"):
        CORS(app, resources={"/x": {"max_age": 5}, "/y": {}})
    # The program uses the right name elsewhere, so the key is probably meant for its own code.
    with pytest.warns(UserWarning, match="CORS_ALLOWED_ORIGINS"):
        CORS(app, resources={"/x": {"origins": APP}, "/y": {}})


def test_a_key_that_resembles_an_option_of_a_decorated_view(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app({"CORS_ALLOWED_ORIGINS": APP})
    app.add_url_rule("/y", "y", cross_origin()(lambda: "y"))
    app.add_url_rule("/z", "z", cross_origin(origins=APP)(lambda: "z"))
    assert "Access-Control-Allow-Origin" not in send(app, "/y", origin=APP).headers
    assert "Access-Control-Allow-Origin" in send(app, "/z", origin=APP).headers
    [record] = caplog.records
    assert record.levelname == "ERROR"
    assert "Write CORS_ORIGINS instead" in record.getMessage()


@pytest.mark.parametrize("value", [True, "yes", {"level": 1}])
def test_a_misspelled_enforce_still_refuses(value: Any, send: Send) -> None:
    app = make_app({})
    CORS(app)
    app.config["CORS_ENFORC"] = value
    assert send(app, "/x", origin=EVIL).status_code == 403


class Unread:
    """A value that raises an exception for any access."""

    def __iter__(self) -> Any:
        raise RuntimeError("on purpose")

    def __next__(self) -> Any:
        raise RuntimeError("on purpose")

    def __eq__(self, _other: object) -> bool:
        raise RuntimeError("on purpose")

    __hash__ = None  # type: ignore[assignment]


def test_values_of_unknown_keys_are_not_touched(send: Send) -> None:
    numbers = itertools.count()
    app = make_app({"CORS_REQUEST_IDS": numbers, "CORS_LOG": Unread()})
    with pytest.warns(UserWarning, match=r"CORS_(LOG|REQUEST_IDS): "):
        CORS(app)
    assert send(app, "/x", origin=APP).status_code == 200
    assert next(numbers) == 0


@pytest.mark.parametrize("key", ["cors", "Cors", "FLASK_CORS"])
def test_a_mapping_under_a_misspelled_key(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        CORS(make_app({key: {"origins": APP}}))
    [problem] = caught.value.problems
    assert (problem.where, problem.hint) == (key, "Write CORS.")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CORS(make_app({key: True}))


@pytest.mark.parametrize("key", ["SECRET_KEY", "CORSICA", "flask_cors_x", "cors_x", "CORS-X"])
def test_keys_that_are_not_for_cors(key: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CORS(make_app({key: "x"}))


MAPPINGS: list[Any] = [
    {"origins": [APP], "max_age": 60},
    {"ORIGINS": APP, "MAX_AGE": "60"},
    {"Allow_Origins": APP, "Max_Age": 60},
    {"Access-Control-Allow-Origin": APP, "access-control-max-age": 60},
    {"CORS_ORIGINS": APP, "CORS_MAX_AGE": 60},
    {"origins": iter([APP]), "max_age": 60},
    {"resources": {"/x": {"origins": APP, "max_age": 60}}},
    {"RESOURCES": ["/x"], "origins": APP, "max_age": 60},
    f'{{"origins": "{APP}", "max_age": 60}}',
]


@pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda each: type(each).__name__)
def test_the_mapping_under_cors_is_read(mapping: Any, send: Send, preflight: Send) -> None:
    app = make_app({"CORS": mapping})
    CORS(app)
    assert allowed(app, send, APP, EVIL) == [APP]
    assert preflight(app, "/x", origin=APP).headers["Access-Control-Max-Age"] == "60"


def test_the_mapping_from_the_environment(monkeypatch: pytest.MonkeyPatch, send: Send) -> None:
    monkeypatch.setenv("FLASK_CORS__ORIGINS", APP)
    monkeypatch.setenv("FLASK_CORS__RESOURCES", '{"/x": {}}')
    app = make_app({})
    app.config.from_prefixed_env()
    CORS(app)
    assert allowed(app, send, APP, EVIL) == [APP]


def test_a_mapping_and_keys_with_equal_values() -> None:
    CORS(make_app({"CORS": {"origins": APP}, "CORS_ORIGINS": [APP]}))
    CORS(make_app({"CORS": {"resources": "/x"}, "CORS_RESOURCES": "/x"}))


MISTAKES: list[tuple[dict[str, Any], str, str, str]] = [
    (
        {"CORS": {"origins": APP}, "CORS_ORIGINS": OTHER},
        "CORS_ORIGINS",
        "option-conflict",
        'Keep one of them: CORS["origins"].',
    ),
    (
        {"CORS": {"resources": "/x"}, "CORS_RESOURCES": "/y"},
        "CORS_RESOURCES",
        "option-conflict",
        'Keep one of them: CORS["resources"].',
    ),
    ({"CORS": {"orgins": APP}}, 'CORS["orgins"]', "unknown-config-key", "Did you mean CORS_ORIGIN"),
    ({"CORS": {"max_age": -1}}, 'CORS["max_age"]', "max-age-negative", "0 disables"),
    ({"CORS": '{"origins": '}, "CORS", "json-invalid", "Write JSON"),
    ({"CORS": {"origins": None}}, 'CORS["origins"]', "origins-empty", "Write"),
]


@pytest.mark.parametrize(("config", "where", "code", "hint"), MISTAKES)
def test_mistakes_in_the_mapping(config: dict[str, Any], where: str, code: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        CORS(make_app(config))
    [problem] = caught.value.problems
    assert (problem.where, problem.code) == (where, code)
    assert hint in problem.hint


def test_an_unknown_name_in_the_mapping() -> None:
    with pytest.warns(UserWarning, match=r'^CORS\["headers"\]: .* write CORS_ALLOW_HEADERS'):
        CORS(make_app({"CORS": {"headers": "X-A", "origins": APP}}))
    with pytest.warns(UserWarning, match=r'^CORS\["logging"\]: .* if your own code reads it'):
        CORS(make_app({"CORS": {"logging": True}}))
