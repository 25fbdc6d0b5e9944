"""``flask`` commands print a mistake in the configuration as a message, without a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import commands
import pytest

from flask_crossorigin import CORS, ConfigError

HEAD = "from flask import Blueprint, Flask\nfrom flask_crossorigin import CORS, cross_origin\n"
APP = HEAD + "app = Flask('shop')\n"
MISTAKE = 'origins: "app.example.com" has no scheme. An origin is scheme://host[:port].'
FIX = '    Write "https://app.example.com".'


def said(*lines: str) -> str:
    """Return the text that a command prints for one mistake."""
    return "\n".join(["Error: 1 problem in the CORS configuration:", *lines, ""])


COMMANDS = [
    "run",
    "run --debug",
    "run --debug --no-reload",
    "--debug run --reload",
    "routes",
    "shell",
    "cors routes",
    "cors routes --json",
    "cors audit",
    "cors explain GET / --origin https://app.example.com",
    # A command that the program defines.
    "sell",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_prints_the_mistake(command: str, tmp_path: Path) -> None:
    program = 'CORS(app, origins="app.example.com")\n@app.cli.command()\ndef sell(): ...\n'
    (tmp_path / "app.py").write_text(APP + program)
    done = commands.run(command.split(), tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == said(f"- app.py:4: {MISTAKE}", FIX)


FACTORY = HEAD + (
    "def create_app(origins='app.example.com'):\n    app = Flask('shop')\n"
    "    CORS(app, origins=origins)\n    return app\n"
)
ORIGINS_KEY = '"app.example.com" has no scheme. An origin is scheme://host[:port].'

#: The files of a program, the value of --app, what is printed, and environment variables.
PROGRAMS: dict[str, tuple[dict[str, str], str, list[str], dict[str, str]]] = {
    "a module": (
        {"shop.py": APP + 'CORS(app, origins="app.example.com")\n'},
        "shop",
        [f"- shop.py:4: {MISTAKE}", FIX],
        {},
    ),
    "a file": (
        {"shop.py": APP + 'CORS(app, origins="app.example.com")\n'},
        "shop.py",
        [f"- shop.py:4: {MISTAKE}", FIX],
        {},
    ),
    "a factory": ({"shop.py": FACTORY}, "shop", [f"- shop.py:5: {MISTAKE}", FIX], {}),
    "a factory with arguments": (
        {"shop.py": FACTORY},
        "shop:create_app(['https://a.example', 'https://a.example/x'])",
        [
            '- shop.py:5: origins[1]: "https://a.example/x" has a path. '
            "An origin is scheme://host[:port].",
            '    Write "https://a.example".',
        ],
        {},
    ),
    "a package": (
        {
            "shop/__init__.py": HEAD + "from .views import bp\ndef create_app():\n"
            "    app = Flask('shop')\n    app.register_blueprint(bp)\n    return app\n",
            "shop/views.py": HEAD + "bp = Blueprint('bp', 'shop')\n\n"
            "@bp.get('/')\n@cross_origin(max_age=-1)\ndef index(): ...\n",
        },
        "shop",
        [
            f"- {Path('shop', 'views.py')}:6: @cross_origin max_age: -1 is negative.",
            "    Write seconds such as 600, or a timedelta. 0 disables the preflight cache.",
        ],
        {},
    ),
    "a blueprint that is registered": (
        {
            "shop.py": HEAD + "bp = Blueprint('bp', 'shop')\nCORS(bp, supports_credentials=True)\n"
            "app = Flask('shop')\napp.register_blueprint(bp)\n"
        },
        "shop",
        [
            '- shop.py:4: supports_credentials: credentials with any origin ("*") would let every '
            "website read what the logged-in user can read.",
            '    Write the origins that may use credentials, such as ["https://app.example.com"], '
            "or leave out supports_credentials.",
        ],
        {},
    ),
    "a value of the environment": (
        {"shop.py": APP + "app.config.from_prefixed_env()\nCORS(app)\n"},
        "shop",
        [f"- CORS_ORIGINS: {ORIGINS_KEY}", "    Write FLASK_CORS_ORIGINS=https://app.example.com"],
        {"FLASK_CORS_ORIGINS": "app.example.com"},
    ),
    "a value of the environment beside a call": (
        {
            "shop.py": APP
            + "app.config.from_prefixed_env()\nCORS(app,\n  supports_credentials=True)\n"
        },
        "shop",
        [
            '- CORS_ORIGINS: credentials with any origin ("*") would let every website read what '
            "the logged-in user can read.",
            '    Write the origins that may use credentials, such as ["https://app.example.com"], '
            "or leave out supports_credentials at shop.py:5.",
        ],
        {"FLASK_CORS_ORIGINS": "*"},
    ),
    "two policies": (
        {"shop.py": APP + 'CORS(app)\n\nCORS(app, origins="https://a.example")\n'},
        "shop",
        [
            "- shop.py:6: CORS(app): there are two policies for the paths *. "
            "The other one is at shop.py:4.",
            "    Give each CORS(app) its own paths: CORS(app, resources={...}).",
        ],
        {},
    ),
}


@pytest.mark.parametrize(
    ("files", "target", "lines", "environment"), PROGRAMS.values(), ids=PROGRAMS
)
def test_each_program_prints_the_mistake(
    files: dict[str, str],
    target: str,
    lines: list[str],
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = commands.run(["--app", target, "routes"], tmp_path, **environment)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said(*lines))


def test_other_programs_print_the_message_after_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP + 'CORS(app, origins="app.example.com")\napp.run()\n')
    environment = commands.installed_environment(tmp_path)
    command = [sys.executable, "app.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    message = said(f"- app.py:4: {MISTAKE}", FIX).removeprefix("Error: ")
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.endswith(f"flask_crossorigin.errors.ConfigError: {message}")


@pytest.mark.parametrize("program", ["", APP + 'CORS(app, origins="app.example.com")\n'])
def test_probing_needs_no_program(program: str, tmp_path: Path) -> None:
    pytest.importorskip("urllib3")
    if program:
        (tmp_path / "app.py").write_text(program)
    # Nothing listens at this port.
    command = "cors probe http://127.0.0.1:1/ --origin https://app.example.com"
    done = commands.run(command.split(), tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert "FAILED" in done.stdout


@pytest.fixture
def served(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Serve ``app.py`` with a reloader."""
    (tmp_path / "app.py").write_text(APP + "CORS(app)\n")
    environment = {**commands.installed_environment(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [*commands.FLASK, "run", "--debug", "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        # Kill the whole group, because the reloader serves in a child. Then the output ends.
        end = partial(os.killpg, process.pid, signal.SIGKILL)
        watchdog = threading.Timer(60, end)
        watchdog.start()
        yield process
        watchdog.cancel()
        end()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups")
def test_the_reloader_waits_for_the_fix(served: subprocess.Popen[str], tmp_path: Path) -> None:
    """With the reloader, Flask prints a traceback, as for any other error. The message ends it."""
    assert served.stdout is not None
    lines = iter(served.stdout)

    def until(part: str) -> str:
        seen = ""
        for line in lines:
            seen += line
            if part in line:
                break
        return seen

    def write(program: str) -> None:
        path = tmp_path / "app.py"
        later = path.stat().st_mtime + 10
        path.write_text(APP + program)
        # The reloader and Python detect changes by the modification time.
        os.utime(path, (later, later))

    url = until("Running on").split()[-1]
    # Ignore proxies that are set in the environment.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def fetch() -> int:
        """Return the status of a response. A server that responds already watches the files."""
        try:
            with opener.open(url) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert fetch() == 404
    write('CORS(app, origins="app.example.com")\n')
    message = said(f"- app.py:4: {MISTAKE}", FIX).removeprefix("Error: ")
    assert until(FIX).endswith(f"flask_crossorigin.errors.ConfigError: {message}")
    assert fetch() == 500
    write("CORS(app)\n@app.get('/')\ndef index():\n    return 'fixed'\n")
    until("Restarting with")
    assert fetch() == 200


def test_it_is_still_a_value_error_for_programs() -> None:
    with pytest.raises(ValueError, match="no scheme") as caught:
        CORS(origins="app.example.com")
    assert isinstance(caught.value, ConfigError)
    assert caught.value.format_message() == caught.value.message == str(caught.value)
