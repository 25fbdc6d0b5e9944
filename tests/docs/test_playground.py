"""The playground works when it is started as readers start it."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import unescape
from http.client import HTTPConnection
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

PLAYGROUND = Path(__file__).parents[2] / "examples" / "playground"
FREE_PORTS = ("--api-port=0", "--app-port=0", "--other-port=0")

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows sends no SIGINT to one process"
)


class Playground(NamedTuple):
    """A running playground."""

    printed: str
    api: str
    app: str
    other: str

    def row(self, title: str) -> list[str]:
        """Return the cells of a row of the table, without its title."""
        (line,) = re.findall(rf"^{re.escape(title)}  +(.+)$", self.printed, re.MULTILINE)
        return re.split("  +", line)

    def page(self, origin: str) -> str:
        with urlopen(origin, timeout=10) as response:
            return str(response.read().decode())

    def try_it(
        self,
        path: str,
        *,
        origin: str,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        credentials: bool = False,
    ) -> Any:
        """Send a request as a page would, and return what the page learns about it."""
        sent = {"Origin": origin, **(headers or {})}
        request = Request(f"{self.api}{path}?try=mark", headers=sent, method=method)
        try:
            urlopen(request, timeout=10).close()
        except HTTPError as error:
            error.close()
        about = {
            "mark": "mark",
            "method": method,
            "path": path,
            "headers": {},
            "credentials": credentials,
        }
        report = Request(
            f"{origin}/report",
            data=json.dumps(about).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urlopen(report, timeout=10) as response:
            return json.load(response)


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[Playground]:
    with subprocess.Popen(
        [sys.executable, str(folder / "app.py"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell makes background processes ignore Ctrl-C, and this child would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            printed = ""
            # The playground prints the last line when all servers run.
            while "Ctrl-C" not in printed:
                line = process.stdout.readline()
                assert line, process.stderr.read()
                printed += line
            app, other = re.findall(r"(http\S+) \((?:app|other site)\)", printed)
            (api,) = re.findall(r"The API is at (\S+)\. ", printed)
            yield Playground(printed, api, app, other)
        finally:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=10)
    assert errors == ""
    assert process.returncode == 0


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    with started(PLAYGROUND, *FREE_PORTS) as running:
        yield running


def edit(folder: Path, old: str, new: str) -> None:
    """Copy the playground, and replace a piece of the API's code in the copy."""
    shutil.copytree(PLAYGROUND, folder, dirs_exist_ok=True)
    code = (folder / "api.py").read_text("utf-8")
    assert code.count(old) == 1
    (folder / "api.py").write_text(code.replace(old, new), "utf-8")


@contextmanager
def edited(folder: Path, old: str, new: str) -> Iterator[Playground]:
    edit(folder, old, new)
    with started(folder, *FREE_PORTS) as running:
        yield running


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("GET, reading X-Total", ["200, X-Total: 3", "refused: origin"]),
        ("PUT with JSON", ["yes", "200", "refused: origin"]),
        ("DELETE", ["yes", "refused: method", "refused: origin"]),
        ("GET with header X-Debug", ["yes", "refused: headers", "refused: origin"]),
        ("POST to log in", ["yes", "200", "refused: origin"]),
        ("PUT with the login cookie", ["yes", "200", "refused: origin"]),
        ("GET without the cookie", ["401", "refused: origin"]),
        ("GET, but the view crashes", ["500", "refused: origin"]),
        ("GET, decorated view", ["200", "200"]),
        ("GET, redirected", ["200", "refused: origin"]),
        ("GET outside /api/", ["refused: no-policy", "refused: no-policy"]),
    ],
)
def test_table(title: str, cells: list[str], playground: Playground) -> None:
    assert playground.row(title) == cells


def test_output_fits_one_screen(playground: Playground) -> None:
    lines = playground.printed.splitlines()
    # Leave space for the command, the cursor and a line about unavailable ports.
    assert len(lines) <= 24 - 3
    assert max(map(len, lines)) <= 80
    assert playground.printed.isascii()


def test_colors_change_no_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PLAYGROUND))
    shown = []
    try:
        for color in (True, False):
            # One request crashes the view on purpose. Don't log this.
            api = import_module("api").create_api("http://127.0.0.1:3000")
            api.logger.disabled = True
            origins = (f"http://127.0.0.1:{port}" for port in (5000, 3000, 3001))
            shown.append([*import_module("table").table_lines(api, *origins, color=color)])
    finally:
        for module in ("api", "table", "tries"):
            sys.modules.pop(module, None)
    colored, plain = shown
    assert {code for line in colored for code in re.findall(r"\033\[3\dm", line)} == {
        "\033[31m",
        "\033[32m",
        "\033[33m",
    }
    assert [re.sub(r"\033\[\d+m", "", line).rstrip() for line in colored] == [
        line.rstrip() for line in plain
    ]


def test_policy_is_shown_with_its_place_and_its_values(playground: Playground) -> None:
    code = (PLAYGROUND / "api.py").read_text("utf-8").splitlines()
    for start, shown in (("    CORS(", "CORS(api, "), ("    @cross_origin(", "@cross_origin(")):
        (number,) = (i for i, line in enumerate(code, 1) if line.startswith(start))
        assert f"api.py:{number}  {shown}" in playground.printed
        assert f"api.py, line {number}<" in playground.page(playground.app)
    assert f"origins='{playground.app}'" in playground.printed
    for origin in (playground.app, playground.other):
        page = unescape(playground.page(origin))
        assert f'origins="{playground.app}",\n    methods=["GET", "POST", "PUT"],' in page
        assert '@cross_origin(origins="*")' in page


def test_page_names_the_origins(playground: Playground) -> None:
    for origin in (playground.app, playground.other):
        page = playground.page(origin)
        assert f'data-api="{playground.api}"' in page
        assert {playground.app, playground.other} <= {*re.findall(r"http://[\d.:]+", page)}


def test_page_loads_nothing_from_elsewhere(playground: Playground) -> None:
    loaded = re.findall(r'(?:src=|<link [^>]*href=)"([^"]*)"', playground.page(playground.app))
    assert loaded == ["data:,", "/static/page.css", "/static/page.js"]


def test_report_has_what_went_over_the_wire(playground: Playground) -> None:
    report = playground.try_it(
        "/api/items/",
        origin=playground.app,
        method="OPTIONS",
        headers={
            "Access-Control-Request-Method": "PUT",
            "Cookie": "playground=secret; other=secret",
        },
    )
    (exchange,) = report["exchanges"]
    assert (exchange["method"], exchange["target"]) == ("OPTIONS", "/api/items/?try=mark")
    assert ["Access-Control-Request-Method", "PUT"] in exchange["request_headers"]
    assert ["Cookie", "playground=…; other=…"] in exchange["request_headers"]
    assert exchange["status"] == 204
    assert ["Access-Control-Allow-Origin", playground.app] in exchange["response_headers"]


@pytest.mark.parametrize(
    ("path", "verdict", "reason", "remedy"),
    [
        ("/api/crash", "allowed", 'allowed by resources["/api/*"]', ""),
        ("/internal", "refused", "no policy covers this URL", "Cover the path with CORS(app"),
    ],
)
def test_reason_is_that_of_the_package(
    path: str, verdict: str, reason: str, remedy: str, playground: Playground
) -> None:
    report = playground.try_it(path, origin=playground.app)
    assert (report["verdict"], report["reason"]) == (verdict, reason)
    assert report["remedy"].startswith(remedy)


def test_request_that_no_page_can_send_gets_a_reason(playground: Playground) -> None:
    report = playground.try_it("/api/items/", origin=playground.app, method="TRACE")
    assert report["verdict"] is None
    assert "TRACE" in report["reason"]


def test_page_uses_the_name_that_the_api_knows(playground: Playground) -> None:
    host = playground.app.removeprefix("http://")
    connection = HTTPConnection(host, timeout=10)
    with closing(connection):
        connection.request("GET", "/", headers={"Host": host.replace("127.0.0.1", "localhost")})
        assert connection.getresponse().headers["Location"] == f"{playground.app}/"


@pytest.mark.parametrize(
    ("old", "new", "title", "cells"),
    [
        ("=app_origin", "='https://a.test'", "GET, redirected", ["refused: origin"] * 2),
        ('"POST", "PUT"]', '"DELETE"]', "PUT with JSON", ["yes", "refused: method"]),
        ('"POST", "PUT"]', '"DELETE"]', "DELETE", ["yes", "204"]),
        ('["Content-Type"]', '"*"', "GET with header X-Debug", ["yes", "200"]),
        ('["X-Total"],', '["X-Other"],', "GET, reading X-Total", ["200, X-Total: hidden"]),
        ("credentials=True", "credentials=False", "POST to log in", ["yes", "refused"]),
        ('(origins="*")', '(origins="none")', "GET, decorated view", ["refused: origin"] * 2),
    ],
)
def test_edited_policy_shows(
    old: str, new: str, title: str, cells: list[str], tmp_path: Path
) -> None:
    with edited(tmp_path, old, new) as playground:
        assert playground.row(title)[: len(cells)] == cells
        assert new.replace('"', "'") in " ".join(playground.printed.split())
        assert new in unescape(playground.page(playground.app))


def test_edited_policy_gives_other_reasons(tmp_path: Path) -> None:
    with edited(tmp_path, "supports_credentials=True", "supports_credentials=False") as playground:
        report = playground.try_it("/api/items/", origin=playground.app, credentials=True)
    assert report["verdict"] == "refused"
    assert "credentials" in report["reason"]
    assert report["remedy"].startswith("Set supports_credentials=True")


def test_mistake_in_an_edited_policy_is_a_message(tmp_path: Path) -> None:
    edit(tmp_path, "=app_origin", "='*'")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "app.py"), *FREE_PORTS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert 'credentials with any origin ("*")' in done.stderr
    assert "Traceback" not in done.stderr


def test_taken_port_is_replaced_by_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with started(PLAYGROUND, *FREE_PORTS, f"--other-port={port}") as playground:
            free = playground.other.rpartition(":")[2]
            first = playground.printed.splitlines()[0]
            assert first == f"Unavailable ports were replaced: {port} -> {free}"
            assert playground.other in playground.page(playground.app)
            assert f":{port}" not in playground.page(playground.app)
            report = playground.try_it("/api/status", origin=playground.other)
            assert report["verdict"] == "allowed"


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_invalid_port_is_wrong_usage(port: str) -> None:
    done = subprocess.run(
        [sys.executable, str(PLAYGROUND / "app.py"), f"--api-port={port}"],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "argument --api-port" in done.stderr
