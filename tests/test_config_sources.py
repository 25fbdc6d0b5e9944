"""Each option can come from each source from which Flask reads its configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import tomli
from flask import Flask

from flask_crossorigin import CORS, ConfigError
from flask_crossorigin.options.table import OPTIONS, Option

PAGE = "https://app.example.com"
STRANGER = "https://stranger.example"

#: For each option, a value that is not its default.
VALUES: dict[str, Any] = {
    "origins": [PAGE, "https://*.partner.example"],
    "for_origins": {PAGE: {"max_age": 5}, "https://*.partner.example": {}},
    "methods": ["PATCH", "DELETE"],
    "allow_headers": ["X-Token", "X-Company-*"],
    "expose_headers": ["X-Total", "X-Page"],
    "supports_credentials": True,
    "max_age": 600,
    "send_wildcard": False,
    "vary_header": False,
    "always_send": False,
    "allow_private_network": True,
    "automatic_options": False,
    "preflight_status": 200,
    "enforce": True,
    "report_only": {"origins": "https://*.partner.example"},
    "intercept_exceptions": True,
}

#: Values of environment variables that are not JSON.
WORDS: dict[str, str] = {
    "origins": f"{PAGE}, https://*.partner.example",
    "for_origins": f'{{"{PAGE}": {{"max_age": "5"}}, "https://*.partner.example": {{}}}}',
    "methods": "patch,DELETE",
    "allow_headers": "X-Token,X-Company-*",
    "expose_headers": "X-Total,X-Page",
    "supports_credentials": "yes",
    "max_age": " 600",
    "send_wildcard": "off",
    "vary_header": "No",
    "always_send": "0",
    "allow_private_network": "on",
    "automatic_options": "False",
    "preflight_status": " 200",
    "enforce": "TRUE",
    "report_only": '{"origins": "https://*.partner.example"}',
    "intercept_exceptions": "1",
}

Monkeypatch = pytest.MonkeyPatch
Source = Callable[[Flask, Mapping[str, Any], Path, Monkeypatch], None]


def from_mapping(app: Flask, config: Mapping[str, Any], *_: object) -> None:
    app.config.from_mapping(config)


def from_object(app: Flask, config: Mapping[str, Any], *_: object) -> None:
    app.config.from_object(type("Config", (), dict(config)))


def from_pyfile(app: Flask, config: Mapping[str, Any], folder: Path, *_: object) -> None:
    path = folder / "settings.py"
    path.write_text("".join(f"{key} = {value!r}\n" for key, value in config.items()), "utf-8")
    app.config.from_pyfile(str(path))


def from_json(app: Flask, config: Mapping[str, Any], folder: Path, *_: object) -> None:
    path = folder / "settings.json"
    path.write_text(json.dumps(config), "utf-8")
    app.config.from_file(str(path), load=json.load)


def toml(value: Any) -> str:
    """Return a value as TOML, which is written like JSON except for mappings."""
    if not isinstance(value, dict):
        return json.dumps(value)
    return f"{{{', '.join(f'{json.dumps(key)} = {toml(value[key])}' for key in value)}}}"


def from_toml(app: Flask, config: Mapping[str, Any], folder: Path, *_: object) -> None:
    path = folder / "settings.toml"
    lines = (f"{key} = {toml(value)}\n" for key, value in config.items())
    path.write_text("".join(lines), "utf-8")
    app.config.from_file(str(path), load=tomli.load, text=False)


def from_prefixed_env(
    app: Flask, config: Mapping[str, Any], _folder: Path, monkeypatch: Monkeypatch
) -> None:
    for key, value in config.items():
        monkeypatch.setenv(f"FLASK_{key}", value if isinstance(value, str) else json.dumps(value))
    app.config.from_prefixed_env()


SOURCES = [from_mapping, from_object, from_pyfile, from_json, from_toml, from_prefixed_env]


def base(option: Option) -> dict[str, Any]:
    """Return the other options without which an option would have no visible effect."""
    if option.name == "origins":
        return {}
    return {"origins": "*" if option.name == "send_wildcard" else PAGE}


def behaviour(app: Flask) -> list[tuple[int, dict[str, str]]]:
    """Return the responses to three origins, with their preflights, and to no origin."""
    app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "PATCH"])
    client = app.test_client()
    asked = {
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "X-Token, X-Company-A, X-Other",
        "Access-Control-Request-Private-Network": "true",
    }
    responses = [client.get("/items")]
    for origin in (PAGE, "https://x.partner.example", STRANGER):
        responses.append(client.get("/items", headers={"Origin": origin}))
        responses.append(client.options("/items", headers={"Origin": origin, **asked}))
    return [(response.status_code, dict(response.headers)) for response in responses]


def by_keyword(**options: Any) -> list[tuple[int, dict[str, str]]]:
    app = Flask("shop")
    CORS(app, **options)
    return behaviour(app)


def test_no_option_is_forgotten() -> None:
    assert list(VALUES) == list(WORDS) == [option.name for option in OPTIONS]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("option", "key"),
    [(option, key) for option in OPTIONS for key in option.config_keys],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_option(
    option: Option, key: str, source: Source, tmp_path: Path, monkeypatch: Monkeypatch
) -> None:
    value = VALUES[option.name]
    app = Flask("shop")
    source(app, {key: value}, tmp_path, monkeypatch)
    CORS(app, **base(option))
    found = behaviour(app)
    assert found == by_keyword(**{**base(option), option.name: value})
    if option.name not in ("intercept_exceptions", "report_only"):
        assert found != by_keyword(**base(option)), "the value makes no difference"


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_words_in_the_environment(option: Option, tmp_path: Path, monkeypatch: Monkeypatch) -> None:
    app = Flask("shop")
    key = f"CORS_{option.name.upper()}"
    from_prefixed_env(app, {key: WORDS[option.name]}, tmp_path, monkeypatch)
    CORS(app, **base(option))
    assert behaviour(app) == by_keyword(**{**base(option), option.name: VALUES[option.name]})


RESOURCES = {"/it*": {"origins": PAGE, "max_age": 5}}


@pytest.mark.parametrize("source", [s for s in SOURCES if s is not from_toml])
def test_resources(source: Source, tmp_path: Path, monkeypatch: Monkeypatch) -> None:
    app = Flask("shop")
    source(app, {"CORS_RESOURCES": RESOURCES}, tmp_path, monkeypatch)
    CORS(app)
    assert behaviour(app) == by_keyword(resources=RESOURCES)


def test_resources_as_a_table(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f'[CORS_RESOURCES."/it*"]\norigins = "{PAGE}"\nmax_age = 5\n', "utf-8")
    app = Flask("shop")
    app.config.from_file(str(path), load=tomli.load, text=False)
    CORS(app)
    assert behaviour(app) == by_keyword(resources=RESOURCES)


def test_a_python_file_holds_what_only_python_can(tmp_path: Path) -> None:
    path = tmp_path / "settings.py"
    path.write_text(
        "import datetime, re\n"
        "def is_page(origin):\n    return origin == 'https://app.example.com'\n"
        "CORS_ORIGINS = (is_page, re.compile(r'https://[a-z]+\\.partner\\.example'))\n"
        "CORS_MAX_AGE = datetime.timedelta(minutes=10)\n",
        "utf-8",
    )
    app = Flask("shop")
    app.config.from_pyfile(str(path))
    CORS(app)
    assert behaviour(app) == by_keyword(
        origins=[PAGE, re.compile(r"https://x\.partner\.example")],
        max_age=timedelta(seconds=600),
    )


@pytest.mark.parametrize("source", SOURCES)
def test_a_mistake_names_its_key(source: Source, tmp_path: Path, monkeypatch: Monkeypatch) -> None:
    app = Flask("shop")
    source(app, {"CORS_ORIGINS": [PAGE, "app.example.com"]}, tmp_path, monkeypatch)
    with pytest.raises(ConfigError, match=r'CORS_ORIGINS\[1\]: "app\.example\.com" has no scheme'):
        CORS(app)


def test_a_variable_that_is_set_to_nothing(tmp_path: Path, monkeypatch: Monkeypatch) -> None:
    app = Flask("shop")
    from_prefixed_env(app, {"CORS_ORIGINS": ""}, tmp_path, monkeypatch)
    with pytest.raises(ConfigError, match='CORS_ORIGINS: "" is empty'):
        CORS(app)
