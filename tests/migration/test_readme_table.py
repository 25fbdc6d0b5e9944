"""Check that both packages do what each row of the README's table says."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from importlib.metadata import entry_points, version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import flask_cors
import pytest
from flask import Flask, abort
from flask_cors_limits import skip_preflights_of_views
from werkzeug.test import TestResponse

import flask_crossorigin
from flask_crossorigin import ConfigError

README = (Path(__file__).parents[2] / "README.rst").read_text("utf-8")
HEADING, *ROWS = re.findall(r"^   \* - (.+)\n     - (.+)\n     - (.+)$", README, re.MULTILINE)

APP = "https://app.example.com"
EVIL = "https://evil.test"
ORIGIN = "Access-Control-Allow-Origin"

#: The first cell of each row, and a function that returns the cell of a package in that row.
CHECKS: dict[str, Callable[[ModuleType], str]] = {}


def row(topic: str) -> Callable[[Callable[[ModuleType], str]], None]:
    def add(check: Callable[[ModuleType], str]) -> None:
        CHECKS[topic] = check

    return add


def configure(package: ModuleType, **options: Any) -> Flask:
    app = Flask("shop")
    app.add_url_rule("/", "home", lambda: "", methods=["GET", "PUT"])
    app.add_url_rule("/apiary", "apiary", lambda: "")
    package.CORS(app, **options)
    return app


def ask(app: Flask, origin: str, path: str = "/", method: str = "GET", **more: str) -> TestResponse:
    headers = {"Origin": origin, **more}
    return app.test_client().open(path, method=method, headers=headers)


def preflight(app: Flask, origin: str, path: str = "/") -> TestResponse:
    return ask(app, origin, path, "OPTIONS", **{"Access-Control-Request-Method": "PUT"})


def reads(answer: TestResponse) -> bool:
    """Return whether the page may read the response to its request."""
    return answer.headers.get(ORIGIN) in ("*", answer.request.headers["Origin"])


class Lines(logging.Handler):
    """A context manager that collects what a package logs at a level or above."""

    def __init__(self, package: ModuleType, level: int) -> None:
        super().__init__()
        self.logger = logging.getLogger(package.__name__)
        self.wanted = level
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def __enter__(self) -> list[str]:
        self.before = self.logger.level
        self.logger.setLevel(self.wanted)
        self.logger.addHandler(self)
        return self.lines

    def __exit__(self, *_error: object) -> None:
        self.logger.removeHandler(self)
        self.logger.setLevel(self.before)


def stopped(error: ConfigError) -> str:
    """Return the cell for an error: its class and the fix that it suggests."""
    (problem,) = error.problems
    return f"``ConfigError``: ``{problem.hint.partition(', such as')[0].removesuffix('.')}``"


@row("A misspelled option, ``orgins=``")
def _(package: ModuleType) -> str:
    with Lines(package, logging.WARNING) as lines:
        try:
            app = configure(package, orgins=APP)
        except ConfigError as error:
            return stopped(error)
    assert any("orgins" in line for line in lines)
    return f"Logs it, and allows {'any' if reads(ask(app, EVIL)) else 'no other'} origin"


@row("An origin with a path, ``https://app.example.com/shop``")
def _(package: ModuleType) -> str:
    with Lines(package, logging.INFO) as lines:
        try:
            app = configure(package, origins=f"{APP}/shop")
        except ConfigError as error:
            return stopped(error)
        whom = "the page" if reads(ask(app, APP)) else "nobody"
    return f"Logs it, and allows {whom}" if lines else f"Silently allows {whom}"


@row("Credentials for any origin")
def _(package: ModuleType) -> str:
    try:
        app = configure(package, origins="*", supports_credentials=True)
    except ConfigError as error:
        return stopped(error)
    answer = ask(app, EVIL)
    # With credentials, browsers do not accept "*" here, and only accept "true" below.
    assert answer.headers[ORIGIN] == EVIL
    cookies = answer.headers.get("Access-Control-Allow-Credentials") == "true"
    what = "your users' data" if cookies else "what is public"
    return f"Every website can read {what}"


@row(
    r"The pattern ``https://app\.example\.com``, and a page on "
    "``https://app.example.com.evil.test``"
)
def _(package: ModuleType) -> str:
    app = configure(package, origins=r"https://app\.example\.com")
    assert reads(ask(app, APP))
    return "Allows it" if reads(ask(app, f"{APP}.evil.test")) else "Refuses it"


@row("The origin ``https://*.example.com``")
def _(package: ModuleType) -> str:
    app = configure(package, origins="https://*.example.com")
    subdomains = [reads(ask(app, f"https://{name}.example.com")) for name in ("app", "a.b")]
    others = ("https://xexample.com", "https://example.com.evil.test", "http://app.example.com")
    others_that_read = [f"``{origin}``" for origin in others if reads(ask(app, origin))]
    if all(subdomains) and not others_that_read:
        return "Allows all subdomains and nothing else"
    assert not any(subdomains)
    return f"Allows no subdomain, but {others_that_read[0]}"


@row("The resource ``/api/*``, and the path ``/apiary``")
def _(package: ModuleType) -> str:
    app = configure(package, resources={"/api/*": {"origins": "*"}})
    assert reads(ask(app, APP, "/api/items"))
    return "Covers it" if reads(ask(app, APP, "/apiary")) else "Doesn't cover it"


@row("A preflight, and a ``before_request`` hook that requires a login")
def _(package: ModuleType) -> str:
    app = Flask("shop")
    seen = []

    @app.before_request
    def ask_for_login() -> None:
        seen.append("hook")
        abort(401)

    package.CORS(app, origins=APP)
    app.put("/")(lambda: "")
    status = preflight(app, APP).status_code
    return f"{status} {'from the hook' if seen else 'before the hook runs'}"


@row("``abort(404)`` in a view with ``@cross_origin``")
def _(package: ModuleType) -> str:
    app = Flask("shop")

    @app.get("/")
    @package.cross_origin(origins=APP)  # type: ignore[untyped-decorator]
    def view() -> str:
        abort(404)

    answer = ask(app, APP)
    assert answer.status_code == 404
    return f"The page sees {'the 404' if reads(answer) else 'a CORS error'}"


@row("GET for any origin and PUT for one, on the same URL")
def _(package: ModuleType) -> str:
    app = Flask("shop")
    package.CORS(app, resources=[])
    app.get("/", endpoint="read")(package.cross_origin(origins="*")(lambda: ""))
    app.put("/", endpoint="write")(package.cross_origin(origins=APP)(lambda: ""))
    assert reads(ask(app, EVIL))
    assert not reads(ask(app, EVIL, method="PUT"))
    assert reads(preflight(app, APP))
    if reads(preflight(app, EVIL)):
        return "The preflight for PUT uses the policy of GET"
    return "It uses the policy of PUT"


@row("Why a page was refused")
def _(package: ModuleType) -> str:
    app = configure(package, origins=APP)
    with Lines(package, logging.INFO) as lines:
        assert not reads(ask(app, EVIL))
    if any(EVIL in line and "not allowed" in line for line in lines):
        return "The reason in the log at ``INFO``"
    assert not lines
    with Lines(package, logging.DEBUG) as lines:
        ask(app, EVIL)
    assert lines
    return "Nothing in the log above ``DEBUG``"


@row("Commands that show what a page gets")
def _(package: ModuleType) -> str:
    found = [
        (entry.name, entry.load())
        for entry in entry_points(group="flask.commands")
        if entry.module.partition(".")[0] == package.__name__
    ]
    if not found:
        return "None"
    ((name, group),) = found
    first, *others = sorted(group.commands)
    return ", ".join([f"``flask {name} {first}``", *(f"``{other}``" for other in others)])


@row("A browser for tests")
def _(package: ModuleType) -> str:
    name = f"{package.__name__}.testing"
    return f"``{name}.Browser``" if find_spec(name) else "None"


def test_each_row_has_its_check() -> None:
    assert [topic for topic, _, _ in ROWS] == list(CHECKS)
    assert len(ROWS) >= 10


def test_the_table_says_what_is_compared() -> None:
    assert HEADING[1:] == (f"Flask-CORS {version('flask-cors')}", flask_crossorigin.__name__)


@pytest.mark.parametrize(("topic", "before", "here"), ROWS)
def test_row(topic: str, before: str, here: str) -> None:
    assert CHECKS[topic](flask_crossorigin) == here
    if "PUT for one" in topic:
        skip_preflights_of_views()
    assert CHECKS[topic](flask_cors) == before
