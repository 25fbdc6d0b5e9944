"""What ``enforce`` keeps from a view, where CORS alone only keeps the answer from the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, request
from flask_sock import Sock  # type: ignore[import-untyped]

from flask_crossorigin import CORS

from .engine import Engine
from .pages import Runner
from .servers import Server

# Navigates a frame, as a form of a plain page does: no preflight and no fetch().
_POST_FORM = """
const frame = document.createElement("iframe");
Object.assign(frame, { name: "answer", srcdoc: "empty" });
await new Promise((resolve) => { frame.onload = resolve; document.body.append(frame); });
const form = document.body.appendChild(document.createElement("form"));
Object.assign(form, { method: "POST", action: argument, target: "answer" });
const answered = new Promise((resolve) => { frame.onload = resolve; });
form.submit();
await answered;
"""

_ECHO = """
const socket = new WebSocket(argument);
const outcome = new Promise((resolve) => {
  socket.onmessage = (event) => {
    resolve(event.data);
    socket.close();
  };
  socket.onclose = () => resolve("refused");
});
socket.onopen = () => socket.send("hello");
return await outcome;
"""

_READ = """
const response = await fetch(argument, { method: "POST" });
return `${response.status} ${await response.text()}`;
"""


@pytest.fixture
def friend(runner: Runner) -> Iterator[Server]:
    with Server(runner.pages()) as server:
        yield server


@pytest.fixture
def api(friend: Server) -> Flask:
    api = Flask(__name__)
    api.extensions["ran"] = []
    CORS(api, origins=friend.origin(), enforce=True)

    @api.post("/transfer")
    def transfer() -> str:
        api.extensions["ran"].append(f"transfer for {request.headers.get('Origin')}")
        return "done"

    def socket(connection: Any) -> None:
        api.extensions["ran"].append(f"socket for {request.headers.get('Origin')}")
        connection.send(connection.receive())
        # The page closes first: a server that does may take its answer with it.
        connection.receive(timeout=10)

    Sock(api).route("/socket")(socket)
    return api


@pytest.fixture
def server(api: Flask, runner: Runner) -> Iterator[Server]:
    """Give a server of the API that has pages of its own as well."""
    with Server(runner.pages(api)) as server:
        yield server


def test_form_of_another_site(
    engine: Engine, runner: Runner, friend: Server, stranger: Server, server: Server, api: Flask
) -> None:
    url = f"{server.origin()}/transfer"
    ran = api.extensions["ran"]
    # Another port is another origin of the same site, another host is another site.
    for page in (stranger.origin(), stranger.origin("127.0.0.1"), server.origin("127.0.0.1")):
        runner.evaluate(engine, page, _POST_FORM, url)
        assert ran == [], "the view is not reached"
    for page in (friend.origin(), server.origin()):
        runner.evaluate(engine, page, _POST_FORM, url)
        assert ran == [f"transfer for {page}"]
        ran.clear()


def test_script_of_another_site(
    engine: Engine, runner: Runner, friend: Server, stranger: Server, server: Server, api: Flask
) -> None:
    url = f"{server.origin()}/transfer"
    for page in (friend.origin(), server.origin()):
        assert runner.evaluate(engine, page, _READ, url) == "200 done"
    api.extensions["ran"].clear()
    send_blindly = 'return (await fetch(argument, { method: "POST", mode: "no-cors" })).type'
    for sandboxed in (False, True):
        kind = runner.evaluate(engine, stranger.origin(), send_blindly, url, sandboxed=sandboxed)
        assert kind == "opaque"
        assert api.extensions["ran"] == []


def test_websocket_of_another_site(
    engine: Engine, runner: Runner, friend: Server, stranger: Server, server: Server, api: Flask
) -> None:
    url = f"{server.origin()}/socket".replace("http", "ws", 1)
    ran = api.extensions["ran"]
    for page in (stranger.origin(), stranger.origin("127.0.0.1")):
        assert runner.evaluate(engine, page, _ECHO, url) == "refused"
        assert ran == [], "no handshake gets to the view"
    for page in (friend.origin(), server.origin()):
        assert runner.evaluate(engine, page, _ECHO, url) == "hello"
        assert ran == [f"socket for {page}"]
        ran.clear()
