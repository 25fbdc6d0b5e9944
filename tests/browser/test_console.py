"""The console messages that docs/console.rst explains are those that the engines write."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from .engine import Engine, Window
from .minibrowser import WebKitWithConsole
from .pages import Runner
from .servers import Server

PAGE = (Path(__file__).parents[2] / "docs" / "console.rst").read_text("utf-8")

ORIGIN = "Access-Control-Allow-Origin"
METHODS = "Access-Control-Allow-Methods"
HEADERS = "Access-Control-Allow-Headers"

_FETCH = """
const { url, init, policy } = argument;
if (policy) {
  const element = document.createElement("meta");
  Object.assign(element, { httpEquiv: "Content-Security-Policy", content: policy });
  document.head.append(element);
}
return await fetch(url, init).then(() => "answer", (error) => error.name);
"""


@dataclass
class Case:
    """A section of the page, and what brings its message about; ``{page}`` is its origin."""

    title: str
    init: dict[str, Any]
    headers: list[tuple[str, str]]
    status: int = 200
    url: str | None = None
    policy: str = ""


ALLOWED = (ORIGIN, "{page}")
INCLUDE = {"credentials": "include"}
# Firefox's warning about Authorization is not among them: it does not tell its driver of warnings.
CASES = [
    Case("Access-Control-Allow-Origin is missing", {}, []),
    Case("Access-Control-Allow-Origin is another", {}, [(ORIGIN, "http://localhost:3000")]),
    Case("More than one Access-Control-Allow-Origin", {}, [(ORIGIN, "*"), ALLOWED]),
    Case("The wildcard and credentials", INCLUDE, [(ORIGIN, "*")]),
    Case("Access-Control-Allow-Credentials", INCLUDE, [ALLOWED]),
    Case("The preflight has no ok status", {"method": "PUT"}, [ALLOWED], status=401),
    Case(
        "The preflight is redirected",
        {"method": "PUT"},
        [ALLOWED, ("Location", "/login")],
        status=302,
    ),
    Case("A method is not allowed", {"method": "DELETE"}, [ALLOWED, (METHODS, "GET")]),
    Case(
        "A request header is not allowed",
        {"headers": {"X-Token": "1"}},
        [ALLOWED, (HEADERS, "Content-Type")],
    ),
    Case("A header cannot be parsed", {"method": "PUT"}, [ALLOWED, (METHODS, "GET; PUT")]),
    Case("The request did not succeed", {}, [], url="closed"),
    Case("The scheme is not supported", {}, [], url="localhost:5000/api/items"),
    Case("A Content Security Policy", {}, [], policy="connect-src 'self'"),
]


def messages(title: str) -> dict[str, str]:
    """Read the messages of a section, by the engine's name in lower case."""
    _, found, section = PAGE.partition(f"\n{title}\n---")
    assert found
    block = re.findall(r"\.\. code-block:: text\n\n((?:    .*\n|\n)+)", section)[0]
    entries = re.findall(r"^(\w+) +(.*(?:\n +.*)*)", dedent(block), re.MULTILINE)
    return {name.lower(): re.sub(r"\s*\n\s*", " ", text) for name, text in entries}


@pytest.fixture
def page(runner: Runner) -> Iterator[Server]:
    with Server(runner.pages()) as server:
        yield server


@pytest.fixture(scope="module")
def window(engine: Engine) -> Iterator[Window]:
    try:
        engine.console()
    except NotImplementedError:
        with contextlib.closing(WebKitWithConsole()) as browser:
            yield browser
    else:
        yield engine


@pytest.fixture
def closed_port() -> Iterator[int]:
    # Bound and not listened to, so that nobody else takes it meanwhile.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_message(
    window: Window, runner: Runner, page: Server, closed_port: int, case: Case
) -> None:
    message = messages(case.title).get(window.name)
    if message is None:
        pytest.skip("the engine writes nothing")
    if window.name == "webkit" and message.startswith("Failed to load resource"):
        pytest.skip("the inspector says this, and not the console")

    @Request.application
    def api(request: Request) -> Response:
        response = Response("hello", status=case.status)
        for name, value in case.headers:
            response.headers.add(name, value.format(page=page.origin()))
        return response

    with Server(api) as server:
        url = case.url or server.origin() + "/api/items"
        if url == "closed":
            url = f"http://localhost:{closed_port}/"
        argument = {"url": url, "init": case.init, "policy": case.policy}
        assert runner.evaluate(window, page.origin(), _FETCH, argument) == "TypeError"
        expected = re.sub(r"\bURL\b(?! scheme)", url, message)
        expected = expected.replace("https://app.example.com", page.origin())
        written: list[str] = []
        deadline = time.monotonic() + 5
        while expected not in "\n".join(written) and time.monotonic() < deadline:
            time.sleep(0.05)
            written += window.console()
        assert expected in "\n".join(written)
