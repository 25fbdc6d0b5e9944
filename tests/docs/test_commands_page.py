"""The documentation shows exactly what the commands print."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from flask_crossorigin.cli import cors
from flask_crossorigin.diagnostics.routes import Routes
from flask_crossorigin.diagnostics.transport import NetworkTransport
from flask_crossorigin.testing import ReceivedResponse, SentRequest
from flask_crossorigin.testing.wsgi import make_environ, run_app

from .snippets import DOCS, code_blocks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: The pages that show commands. All commands use the app on the first page.
PAGES = ("commands", "explain", "diff", "probe")
SHOP = code_blocks("commands", "python")[0]
#: The commands with their output. The page on probe only shows an installation, which has none.
SHOWN = [
    block for page in PAGES for block in code_blocks(page, "console") if block.startswith("$ flask")
]


def make_app(source: str) -> Flask:
    namespace: dict[str, Any] = {"__name__": "shop"}
    exec(compile(source, "shop.py", "exec"), namespace)
    app: Flask = namespace["app"]
    return app


@pytest.fixture
def app() -> Flask:
    return make_app(SHOP)


@pytest.fixture(autouse=True)
def saved_policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Save policies in which one origin is different from the one that the app allows now."""
    monkeypatch.chdir(tmp_path)
    before = SHOP.replace("http://localhost:3000", "https://www.example.com")
    # Don't run the command here. It would use the app of the fixture, because pytest-flask makes
    # that the current app.
    routes = Routes.of(make_app(before)).select(sort="rule", all_methods=False)
    Path("cors-policies.json").write_text(json.dumps(routes.to_dict()), "utf-8")


def add_second_header(app: Flask) -> Callable[..., Iterable[bytes]]:
    """Wrap an app like a proxy that adds its own CORS header."""

    def proxy(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, ("Access-Control-Allow-Origin", "*")], *rest)

        return app(environ, start)

    return proxy


def print_command(app: Flask, line: str) -> str:
    arguments = shlex.split(line)
    assert arguments[:2] == ["$", "flask"]
    arguments = arguments[arguments.index("cors") + 1 :]
    return app.test_cli_runner().invoke(cors, arguments).output.strip("\n")


@pytest.mark.parametrize("block", SHOWN, ids=lambda block: block.split("\n")[0][2:60])
def test_what_is_shown_is_what_is_printed(
    block: str, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    def send(_transport: NetworkTransport, request: SentRequest) -> ReceivedResponse:
        environ = make_environ(request)
        return run_app(add_second_header(app), environ)

    monkeypatch.setattr(NetworkTransport, "send", send)
    command, _, shown = block.partition("\n")
    command, _, file = command.partition(" > ")
    assert shown == ("" if file else print_command(app, command))


def test_the_session_cookie_is_shown_as_it_is_printed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    app.secret_key = "not really"
    url = "https://api.example.net/api/items"
    line = f"$ flask cors explain GET {url} --origin https://app.example.com --credentials"
    shown = code_blocks("explain", "text")[1]
    assert f"\n{shown}\n" in print_command(app, line)


def test_every_command_is_shown() -> None:
    assert {re.findall(r" cors (\w+)", block)[0] for block in SHOWN} == set(cors.commands)


@pytest.mark.parametrize("name", cors.commands)
def test_every_option_is_explained(name: str) -> None:
    section = (DOCS / "commands.rst").read_text("utf-8").partition(f"\n{name}: ")[2]
    section = section.partition("\n.. _")[0]
    options = [
        parameter.opts
        for parameter in cors.commands[name].params
        if parameter.param_type_name == "option" and "--json" not in parameter.opts
    ]
    assert [opts for opts in options if not any(f"`{opt}" in section for opt in opts)] == []


def test_the_example_in_python_holds(app: Flask) -> None:
    exec(code_blocks("explain", "python")[0], {"app": app})


def test_every_fault_is_listed() -> None:
    source = Path(__file__).parents[2] / "flask_crossorigin" / "diagnostics" / "faults.py"
    named = re.findall(r'Fault\(\s*"([a-z\-]+)"', source.read_text("utf-8"))
    page = (DOCS / "probe.rst").read_text("utf-8")
    assert set(re.findall(r"\* - `([a-z\-]+)`", page)) == set(named)
    assert len(named) == 19
