"""``app.config``: where options come from, and until when changes take effect."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin

Send = Callable[..., TestResponse]
Owner = Callable[..., str | None]


def make_app(**config: Any) -> Flask:
    app = Flask("shop")
    app.config.update(config)
    app.add_url_rule("/x", "x", lambda: "x")
    return app


def max_age(app: Flask, preflight: Send, url: str = "/x") -> str | None:
    return preflight(app, url).headers.get("Access-Control-Max-Age")


def test_configuration_that_comes_later(owner: Owner, send: Send) -> None:
    app = make_app(CORS_ORIGINS="*")
    CORS(app)
    app.config["CORS_ORIGINS"] = "https://map.test"
    assert owner(app, "/x") == "map"
    app.config["CORS_ORIGINS"] = "*"
    assert owner(app, "/x") == "map"
    assert "Access-Control-Allow-Origin" not in send(app, "/x", origin="https://e.test").headers


LATE_MISTAKES: list[dict[str, Any]] = [
    {"CORS_ORIGINS": "app.test"},
    {"CORS_ORIGINS": None},
    {"CORS_ORGINS": "https://map.test"},
    {"CORS_ORIGINS": "https://map.test", "CORS_MAX_AGE": -1},
    {"CORS_ORIGINS": "*", "CORS_SUPPORTS_CREDENTIALS": True},
    {"CORS_RESOURCES": "api/*"},
    {"CORS_RESOURCES": {"/x": {"orgins": "*"}}},
]


@pytest.mark.parametrize("mistakes", LATE_MISTAKES, ids=str)
def test_mistakes_that_come_later(
    mistakes: dict[str, Any], send: Send, preflight: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()
    CORS(app)
    app.config.update(mistakes)
    for response in (send(app, "/x"), preflight(app, "/x"), send(app, "/nowhere")):
        assert not [name for name, _ in response.headers if name.startswith("Access-Control-")]
        assert "Vary" not in response.headers
    [record] = caplog.records
    assert (record.name, record.levelname) == ("flask_crossorigin", "ERROR")
    assert "1 problem in the CORS configuration" in record.getMessage()
    assert next(reversed(mistakes)) in record.getMessage() or "any origin" in record.getMessage()


VIEW = '@cross_origin on view "<lambda>": supports_credentials'


@pytest.mark.parametrize(
    ("config", "wheres"),
    [
        ({"CORS_MAX_AGE": -1}, ["CORS_MAX_AGE"]),
        (
            {"CORS_MAX_AGE": -1, "CORS_METHODS": "G T", "CORS_EXPOSED_HEADERS": "*"},
            ["CORS_MAX_AGE", "CORS_METHODS", "CORS_EXPOSED_HEADERS"],
        ),
        ({"CORS_RESOURCES": ["x", "y"]}, ["CORS_RESOURCES[0]", "CORS_RESOURCES[1]", VIEW]),
        ({"CORS_RESOURCES": ["/y"]}, ['resources["/y"]', VIEW]),
    ],
)
def test_late_mistakes_are_logged_whole(
    config: dict[str, Any], wheres: list[str], send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()
    CORS(app)
    CORS(app, resources={"/y": {"origins": "https://y.test"}})
    app.add_url_rule("/z", "z", cross_origin(supports_credentials=True)(lambda: "z"))
    app.config.update(config)
    for _ in range(2):
        assert "Access-Control-Allow-Origin" not in send(app, "/z").headers
    [record] = caplog.records
    text = record.getMessage()
    plural = "s" * (len(wheres) > 1)
    assert text.startswith(f"{len(wheres)} problem{plural} in the CORS configuration:\n")
    found = re.findall(r"^- (?:.+\.py:[0-9]+: )?(.+)\n    .+$", text, re.MULTILINE)
    assert len(found) == len(wheres)
    assert all(line.startswith(f"{where}: ") for line, where in zip(found, wheres, strict=True))


def test_a_late_mistake_concerns_the_policies_that_it_is_in(send: Send) -> None:
    app = make_app()
    CORS(app, resources={"/x": {}, "/y": {"origins": "https://y.test", "max_age": 1}})
    app.config.update(CORS_ORIGINS="*", CORS_MAX_AGE=-1)
    assert "Access-Control-Allow-Origin" not in send(app, "/x").headers
    good = send(app, "/y", origin="https://y.test")
    assert good.headers["Access-Control-Allow-Origin"] == "https://y.test"


def test_late_mistakes_of_views_are_logged_at_the_first_request(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()
    CORS(app)
    app.add_url_rule("/y", "y", cross_origin(supports_credentials=True)(lambda: "y"))
    assert send(app, "/x").headers["Access-Control-Allow-Origin"] == "*"
    [record] = caplog.records
    assert "credentials with any origin" in record.getMessage()
    assert "Access-Control-Allow-Origin" not in send(app, "/y").headers


def test_one_pattern_twice_through_late_configuration(
    owner: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()
    CORS(app, origins="https://map.test")
    CORS(app, origins="https://other.test", resources=["/a", "/b"])
    app.config["CORS_RESOURCES"] = ["/a", "/c"]
    assert [owner(app, url) for url in ("/a", "/b", "/c")] == [None, "other", "map"]
    assert "two policies for the paths /a" in caplog.text


def test_the_environment(monkeypatch: pytest.MonkeyPatch, send: Send, preflight: Send) -> None:
    origins = '["https://page.test", "https://second.test"]'
    monkeypatch.setenv("FLASK_CORS_ORIGINS", origins)
    monkeypatch.setenv("FLASK_CORS_MAX_AGE", "600")
    monkeypatch.setenv("FLASK_CORS_SUPPORTS_CREDENTIALS", "true")
    monkeypatch.setenv("FLASK_CORS_RESOURCES", '{"/x": {"expose_headers": ["X-A"]}}')
    app = make_app()
    app.config.from_prefixed_env()
    CORS(app)
    assert send(app, "/x").headers["Access-Control-Expose-Headers"] == "X-A"
    assert send(app, "/x").headers["Access-Control-Allow-Credentials"] == "true"
    assert "Access-Control-Allow-Origin" not in send(app, "/y").headers
    assert max_age(app, preflight) == "600"


@pytest.mark.parametrize(
    "written", ["https://page.test,https://b.test", "https://page.test, https://b.test,"]
)
def test_the_environment_without_json(
    written: str, monkeypatch: pytest.MonkeyPatch, send: Send
) -> None:
    monkeypatch.setenv("FLASK_CORS_ORIGINS", written)
    app = make_app()
    app.config.from_prefixed_env()
    CORS(app)
    assert send(app, "/x").headers["Access-Control-Allow-Origin"] == "https://page.test"


def test_a_settings_file(tmp_path: Path, preflight: Send, send: Send) -> None:
    settings = tmp_path / "settings.py"
    settings.write_text('CORS_ALLOW_ORIGINS = ["https://page.test"]\nCORS_MAX_AGE = 5\n')
    app = make_app()
    app.config.from_pyfile(str(settings))
    CORS(app)
    assert max_age(app, preflight) == "5"
    assert "Access-Control-Allow-Origin" not in send(app, "/x", origin="https://e.test").headers
