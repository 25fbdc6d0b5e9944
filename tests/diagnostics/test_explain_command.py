from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import click
import commands
import pytest
from flask import Flask

from flask_crossorigin import CORS, explain
from flask_crossorigin.cli import cors

APP = "https://app.example.com"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setenv("COLUMNS", "80")
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "items", lambda: "seen", methods=["GET", "PUT"])
    app.add_url_rule("/slash/", "slash", lambda: "seen")
    CORS(app, origins=["https://app.example.com", "http://localhost:3000"], allow_headers="X-One")
    return app


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(cors, ["explain", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_a_refusal_reads_from_top_to_bottom(app: Flask) -> None:
    code, output = run(app, "PUT", "/items?a=1", "--origin", "http://localhost:3001")
    assert code == 1
    assert output == (
        'REFUSED: origin "http://localhost:3001" is not allowed by CORS(app); nearest:\n'
        '    "http://localhost:3000" (differs in port)\n'
        "\n"
        "Page            http://localhost:3001\n"
        "Request         PUT http://127.0.0.1:5000/items?a=1\n"
        "Cross-origin    yes: http://localhost:3001 is not http://127.0.0.1:5000\n"
        "Preflight       yes, because of the method PUT\n"
        f"Policy          CORS(app) ({explain(app, 'GET', '/', origin=APP).place})\n"
        "\n"
        "Preflight\n"
        "  > OPTIONS /items?a=1\n"
        "  > Access-Control-Request-Method: PUT\n"
        "  > Origin: http://localhost:3001\n"
        "  < 403\n"
        "  < Vary: Origin\n"
        "  The browser does not send the PUT: the response does not allow the origin\n"
        '  "http://localhost:3001": Access-Control-Allow-Origin must be\n'
        '  "http://localhost:3001" but is missing.\n'
        "\n"
        "What to change\n"
        '  If this is your page, add "http://localhost:3001" to the origins of CORS(app),\n'
        "  or open it at http://localhost:3000.\n"
        "\n"
        "To reproduce it with curl\n"
        "  curl -i -X OPTIONS 'http://127.0.0.1:5000/items?a=1' \\\n"
        "    -H 'Access-Control-Request-Method: PUT' \\\n"
        "    -H 'Origin: http://localhost:3001'\n"
    )


def test_what_is_allowed_shows_both_messages(app: Flask) -> None:
    code, output = run(app, "PUT", "/items", "--origin", APP, "-H", "x-one: 1", "-H", "Host: x")
    assert code == 0
    assert output.startswith("ALLOWED by CORS(app)\n\nPage ")
    assert "because of the method PUT and the header x-one\n" in output
    assert "  < 204\n" in output
    assert "  The browser sends the PUT.\n\nRequest\n  > PUT /items\n  > x-one: 1\n" in output
    assert "  < (the view sets the status)\n" in output
    assert "  The page gets the response.\n" in output
    assert "What to change" not in output
    assert "Notes\n  - Browsers drop the header Host" in output
    assert output.count("curl -i ") == 2


def test_a_refused_response(app: Flask) -> None:
    code, output = run(app, "HEAD", "/items", "--origin", APP, "--credentials")
    assert code == 1
    assert "Request         HEAD http://127.0.0.1:5000/items with credentials\n" in output
    assert "  The page cannot read the response: it does not allow credentials for the\n" in output
    assert "  curl -I http://127.0.0.1:5000/items" in output


def test_the_same_origin_and_a_redirect(app: Flask) -> None:
    code, output = run(app, "GET", "/slash?a=1", "--origin", "http://127.0.0.1:5000")
    assert code == 0
    assert output == (
        "ALLOWED: the page and the URL have the same origin, so CORS does not apply\n"
        "\n"
        "Page            http://127.0.0.1:5000\n"
        "Request         GET http://127.0.0.1:5000/slash/?a=1\n"
        "Cross-origin    no: the page and the URL have the same scheme, host and port\n"
        "Preflight       no: only a cross-origin request can require one\n"
        "Policy          not needed\n"
        "\n"
        "Request, redirected\n"
        "  > GET /slash?a=1\n"
        "  < 308\n"
        "  < Vary: Origin\n"
        "\n"
        "Request\n"
        "  > GET /slash/?a=1\n"
        "  < (the view sets the status)\n"
        "  < Vary: Origin\n"
        "  The page gets the response.\n"
        "\n"
        "To reproduce it with curl\n"
        "  curl -i -X GET 'http://127.0.0.1:5000/slash?a=1'\n"
        "  curl -i -X GET 'http://127.0.0.1:5000/slash/?a=1'\n"
    )


def test_an_application_without_the_extension(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "items", lambda: "seen")
    code, output = run(app, "HEAD", "/items", "--origin", APP, "--credentials")
    assert code == 1
    assert output == (
        "REFUSED: no policy covers this URL\n"
        "\n"
        "Page            https://app.example.com\n"
        "Request         HEAD http://127.0.0.1:5000/items with credentials\n"
        "Cross-origin    yes: https://app.example.com is not http://127.0.0.1:5000\n"
        "Preflight       no: neither the method nor a header requires one\n"
        "Policy          none\n"
        "\n"
        "Request\n"
        "  > HEAD /items\n"
        "  > Origin: https://app.example.com\n"
        "  < (the view sets the status)\n"
        "  The page cannot read the response: it does not allow the origin\n"
        '  "https://app.example.com": Access-Control-Allow-Origin must be\n'
        '  "https://app.example.com" but is missing.\n'
        "\n"
        "What to change\n"
        '  Add CORS(app, origins="https://app.example.com"), or decorate the view with\n'
        "  @cross_origin.\n"
        "\n"
        "Notes\n"
        "  - The view runs anyway: the browser only hides its response from the page.\n"
        "  - No CORS(app) and no @cross_origin was found. If another decorator hides a\n"
        "    @cross_origin, this explanation may not know about it: it takes effect only\n"
        "    when the view runs.\n"
        "\n"
        "To reproduce it with curl\n"
        "  curl -I http://127.0.0.1:5000/items \\\n"
        "    -H 'Origin: https://app.example.com'\n"
    )


def test_a_redirect_to_another_origin(app: Flask) -> None:
    app.add_url_rule("/away", "away", redirect_to="https://other.example/x")
    code, output = run(app, "GET", "/away", "--origin", APP)
    assert code == 1
    assert output.startswith(
        "REFUSED: the app redirects to https://other.example/x, which has another origin:\n"
        "    explain that URL separately\n"
    )
    assert "  < 308\n" in output
    assert "  The page gets no response.\n" in output
    assert "What to change" not in output


@pytest.mark.parametrize("width", [40, 80, 200])
def test_lines_fit_where_words_do(app: Flask, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    _, output = run(app, "PUT", "/items", "--origin", "http://localhost:3001")
    # Headers and commands are not wrapped, so that they can be copied.
    as_it_is = ("  > ", "  < ", "  curl ", "    -H ")
    lines = [line for line in output.splitlines() if not line.startswith(as_it_is)]
    assert [line for line in lines if len(line) > width and " " in line.strip()] == []


def test_facts_go_on_in_their_column(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "56")
    _, output = run(app, "PUT", "/items", "--origin", APP, "-H", "x-one: 1")
    assert (
        "\nPreflight       yes, because of the method PUT and the\n"
        "                header x-one\n"
        "Policy          CORS(app)\n"
        f"                ({explain(app, 'GET', '/', origin=APP).place})\n"
    ) in output


@pytest.mark.parametrize("origin", [APP, "null", "http://localhost:3001"])
def test_json_has_what_the_function_gives(app: Flask, origin: str) -> None:
    code, output = run(app, "PUT", "/items", "--origin", origin, "--header", "x-one:a:b", "--json")
    data = json.loads(output)
    assert data.keys() >= {"verdict", "reason", "policy", "preflight", "response"}
    told = explain(app, "PUT", "/items", origin=origin, headers={"x-one": "a:b"})
    assert data == json.loads(json.dumps(told.to_dict()))
    assert code == (0 if data["verdict"] == "allowed" else 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["GET", "/items"], "Missing option '--origin'"),
        (["GET", "--origin", APP], "Missing argument 'URL'"),
        (["GET", "/", "--origin", "app.example.com"], 'as in "https://app.example.com"'),
        (["TRACE", "/", "--origin", APP], "browsers do not let JavaScript send TRACE"),
        (["GET", "/", "--origin", APP, "-H", "X-One"], "has no colon. Write 'Name: value'."),
        (["GET", "/", "--origin", APP, "-H", "X One: 1"], "is not a valid header name"),
        (["GET", "/", "--origin", APP, "--nothing"], "No such option"),
    ],
)
def test_wrong_usage(app: Flask, arguments: list[str], message: str) -> None:
    code, output = run(app, *arguments)
    assert code == 2
    assert message in " ".join(output.split())


def test_the_curl_line_sends_what_the_browser_sends(app: Flask) -> None:
    """A shell parses each curl line into a request that the application allows."""
    _, output = run(app, "PUT", "/items?q='x", "--origin", APP, "-H", "x-one: it's 1")
    for line in (
        output.partition("To reproduce it with curl\n")[2].replace(" \\\n", "").splitlines()
    ):
        words = shlex.split(line)
        assert words[:3] == ["curl", "-i", "-X"]
        sent: dict[str, Any] = dict(word.split(": ", 1) for word in words[6::2])
        answer = app.test_client().open(words[4], method=words[3], headers=sent)
        assert answer.headers["Access-Control-Allow-Origin"] == APP
        assert answer.status_code == (204 if words[3] == "OPTIONS" else 200)


def test_a_location_cannot_control_the_terminal(app: Flask) -> None:
    app.add_url_rule("/away", "away", redirect_to="myapp:\x1b[2J\u202e")
    code, output = run(app, "GET", "/away", "--origin", APP)
    assert code == 1
    assert "redirects to myapp:" in " ".join(output.split())
    assert not {"\x1b", "\u202e"} & {*output}


def test_a_header_cannot_control_the_terminal(app: Flask) -> None:
    _, output = run(app, "GET", "/items", "--origin", APP, "-H", "x-one: \x1b[2Jcaf\u00e9")
    assert "  > x-one: \\x1b[2Jcaf\u00e9\n" in output
    assert "-H $'x-one: \\x1b[2Jcaf\\xe9'" in output


def test_flask_finds_the_commands(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "from flask import Flask\nfrom flask_crossorigin import CORS\n"
        "def create_app():\n    app = Flask('shop')\n    CORS(app, max_age=600)\n    return app\n"
    )
    done = commands.run(["--app", "shop", "cors", "routes"], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "  origins         any\n" in done.stdout


def test_every_command_has_help() -> None:
    runner = Flask("shop").test_cli_runner()
    assert isinstance(cors, click.Group)
    for name in cors.commands:
        shown = runner.invoke(cors, [name, "--help"]).output
        assert "--json" in shown
        assert max(map(len, shown.splitlines())) <= 80
