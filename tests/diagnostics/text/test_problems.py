"""How a terminal shows a mistake in the configuration."""

from __future__ import annotations

from io import StringIO

import click
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import FlaskGroup

from flask_crossorigin import CORS, ConfigError


def create_app() -> Flask:
    app = Flask("shop")
    app.config["CORS_MAXAGE"] = 5
    CORS(app, origins=["app.example.com", iter])
    return app


@pytest.fixture
def error() -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        create_app()
    return caught.value


@pytest.mark.parametrize("colors", [True, False])
def test_what_to_look_for_is_colored(
    colors: bool, error: ConfigError, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1" if colors else "")
    result = CliRunner().invoke(FlaskGroup(create_app=create_app), ["routes"])
    assert (result.exit_code, click.unstyle(result.output)) == (1, f"Error: {error}\n")
    assert (result.output != click.unstyle(result.output)) is colors
    if colors:
        origin, key = error.problems[0], error.problems[-1]
        assert f"- \x1b[1m{origin.place}\x1b[0m: origins[0]: " in result.output
        assert "\n- CORS_MAXAGE: " in result.output
        assert f"\x1b[1m{key.hint}\x1b[0m" in result.output


def test_an_error_can_be_printed_to_another_stream(error: ConfigError) -> None:
    printed = StringIO()
    error.show(printed)
    assert printed.getvalue() == f"Error: {error}\n"


def test_a_mistake_without_a_hint_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        CORS(origins=["x"] * 1001)
    caught.value.show()
    assert capsys.readouterr().err == f"Error: {caught.value}\n"
