from __future__ import annotations

import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
from html import unescape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

PLAYGROUND = Path(__file__).parents[2] / "examples" / "playground"
MODULES = [path.stem for path in PLAYGROUND.glob("*.py")]
FREE_PORTS = ("--api-port", "0", "--app-port", "0", "--stranger-port", "0")


@pytest.fixture(autouse=True)
def _playground_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the playground's modules be imported as they are when it is run."""
    monkeypatch.syspath_prepend(str(PLAYGROUND))
    yield
    for name in MODULES:
        sys.modules.pop(name, None)


def run(*arguments: str) -> int:
    status: int = import_module("app").main(arguments)
    return status


def test_check_finds_everything_as_it_must_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--check", *FREE_PORTS) == 0
    output = capsys.readouterr().out
    assert output.endswith("Everything is as it must be.\n")
    for attempt in import_module("tries").TRIES:
        assert f"\n{attempt.title} " in output


def test_table_is_plain_and_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    run("--check", *FREE_PORTS)
    output = capsys.readouterr().out
    assert max(map(len, output.splitlines())) <= 80
    assert output.isascii()
    assert "\033" not in output


def test_table_in_colour_says_the_same() -> None:
    table, tries = import_module("table"), import_module("tries")
    rows = [
        table.Row(tries.TRIES[0], table.Seen("200", preflight=False), table.Seen("", True, "why"))
    ]
    coloured = table.format_table(rows, colour=True)
    assert "\033[32m" in coloured
    assert "\033[31m" in coloured
    assert re.sub(r"\033\[\d+m", "", coloured) == table.format_table(rows, colour=False)


def hide_total(api: Flask) -> None:
    @api.after_request
    def hide(response: Any) -> Any:
        response.headers["X-Total"] = "0"
        return response


def crash_in_status(api: Flask) -> None:
    def crash() -> str:
        raise RuntimeError

    api.view_functions["status"] = crash


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            hide_total,
            "GET, reading X-Total: the app must see 200 X-Total: 3, but sees 200 X-Total: 0",
        ),
        (
            crash_in_status,
            "GET of a view with its own policy: the app must see 200, but sees 500",
        ),
    ],
)
def test_check_names_the_row_of_a_spoiled_api(
    spoil: Callable[[Flask], None],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = import_module("api")

    def create_spoiled_api(app_origin: str) -> Flask:
        spoiled: Flask = api_as_it_is(app_origin)
        spoil(spoiled)
        return spoiled

    api_as_it_is = api.create_api
    monkeypatch.setattr(api, "create_api", create_spoiled_api)
    assert run("--check", *FREE_PORTS) == 1
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("origins", "https://other.example", "GET: the app must see 200, but sees refused"),
        ("methods", "GET", "PUT with JSON: the app must see 200, but sees refused"),
        ("methods", "PUT, DELETE", "DELETE, not in the policy: the app must see refused, but"),
        ("allow_headers", "Content-Type", "GET with X-Request-Id: the app must see 200, but"),
        ("allow_headers", "*", "GET with X-Debug, not in the policy: the app must see refused"),
        ("expose_headers", "X-Other", "but sees 200 X-Total: hidden"),
        ("supports_credentials", False, "PUT behind the login, with the cookie: the app must see"),
    ],
)
def test_check_names_the_row_of_a_broken_policy(
    option: str,
    value: object,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = import_module("api")
    cors = api.CORS

    def broken_cors(app: Flask, *, resources: dict[str, dict[str, object]]) -> None:
        cors(app, resources={path: {**entry, option: value} for path, entry in resources.items()})

    monkeypatch.setattr(api, "CORS", broken_cors)
    assert run("--check", *FREE_PORTS) == 1
    assert message in capsys.readouterr().out


def test_check_sees_that_a_stranger_got_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    api = import_module("api")
    cors = api.CORS

    def open_cors(app: Flask, *, resources: dict[str, dict[str, object]]) -> None:
        cors(app, resources={path: {} for path in resources})

    monkeypatch.setattr(api, "CORS", open_cors)
    assert run("--check", *FREE_PORTS) == 1
    assert "GET: the stranger must see refused, but sees 200\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["api", "app", "stranger"])
def test_taken_port_is_one_clear_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run("--check", *FREE_PORTS, f"--{name}-port", str(port)) == 2
    output = capsys.readouterr()
    assert output.out == ""
    reason = os.strerror(errno.EADDRINUSE)
    assert output.err == f"app.py: port {port}: {reason}. Choose another with --{name}-port.\n"


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_what_is_no_port_is_wrong_usage(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("--check", f"--api-port={port}")
    assert "argument --api-port" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_serves_its_pages_until_ctrl_c() -> None:
    with subprocess.Popen(
        [sys.executable, str(PLAYGROUND / "app.py"), *FREE_PORTS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell lets what it runs in the background ignore Ctrl-C, and so would this child.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            printed = ""
            # The last line comes when everything is served.
            while "Ctrl-C" not in printed:
                line = process.stdout.readline()
                assert line, process.stderr.read()
                printed += line
            api, app, stranger = re.findall(r"^(?:API|App|Stranger) +(\S+)", printed, re.MULTILINE)
            for origin in (app, stranger):
                with urlopen(origin, timeout=10) as response:
                    page = response.read().decode()
                assert f'data-api="{api}"' in page
                assert origin in page
        finally:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=10)
    assert errors == ""
    assert process.returncode == 0


def front_end(role: str) -> Flask:
    made: Flask = import_module("pages").create_front_end(
        role,
        origin="http://127.0.0.1:3000",
        other_origin="http://127.0.0.1:3001",
        api_origin="http://127.0.0.1:5000",
    )
    return made


@pytest.mark.parametrize("role", ["app", "stranger"])
def test_page_is_made_from_the_same_tries(role: str) -> None:
    page = front_end(role).test_client().get("/", base_url="http://127.0.0.1:3000").text
    found = re.search(r'<script type="application/json" id="tries">(.*?)</script>', page)
    assert found is not None
    shown = json.loads(found[1])
    for given, attempt in zip(shown, import_module("tries").TRIES, strict=True):
        assert given["title"] == attempt.title
        assert given["expected"]["sees"] == attempt.outcome(role).sees
        assert attempt.outcome(role).why in unescape(page)


def test_page_loads_nothing_from_elsewhere() -> None:
    page = front_end("app").test_client().get("/", base_url="http://127.0.0.1:3000").text
    loaded = re.findall(r'(?:src=|<link [^>]*href=)"([^"]*)"', page)
    assert loaded == ["data:,", "/static/page.css", "/static/page.js"]


def test_page_keeps_to_the_name_that_the_api_knows() -> None:
    answer = front_end("app").test_client().get("/", base_url="http://localhost:3000")
    assert answer.location == "http://127.0.0.1:3000/"
