"""The printed curl commands send the requests that the explanation shows."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask, Request, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from flask_crossorigin import CORS, explain
from flask_crossorigin.cli import cors

APP = "https://app.example.com"
METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE"]

pytestmark = [
    pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl"),
    pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash"),
]


class Arrived:
    """A request as it arrived at the app."""

    def __init__(self, request: Request) -> None:
        self.method = request.method
        self.target = request.environ["REQUEST_URI"]
        self.headers = {name.lower(): value for name, value in request.headers}


@contextmanager
def serve(app: Flask, host: str) -> Iterator[tuple[str, list[Arrived]]]:
    """Serve an app on loopback, and record the requests that arrive."""
    arrived: list[Arrived] = []

    def note(environ: dict[str, object], start_response: object) -> object:
        arrived.append(Arrived(Request(environ)))
        return app.wsgi_app(environ, start_response)  # type: ignore[arg-type]

    class Quiet(WSGIRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    server = make_server(host, 0, note, request_handler=Quiet)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    name = f"[{host}]" if ":" in host else host
    try:
        yield f"http://{name}:{server.server_port}", arrived
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_app() -> Flask:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "items", lambda: "seen", methods=METHODS)
    app.add_url_rule("/a b'c/<path:rest>", "odd", lambda rest: rest, methods=METHODS)
    app.add_url_rule("/slash/", "slash", lambda: "seen", methods=METHODS)
    CORS(app, origins=APP)

    @app.after_request
    def show(response: Response) -> Response:
        response.headers["X-Method"] = request.method
        return response

    return app


CASES: dict[str, tuple[list[str], int]] = {
    "plain": (["GET", "/items"], 1),
    "query": (["GET", "/items?a=1&b=$HOME;`x`"], 1),
    "quotes": (["GET", "/a b'c/it's?q='x'"], 1),
    "brackets": (["GET", "/items?a[0]=1&b={x,y}"], 1),
    "HEAD": (["HEAD", "/items"], 1),
    "POST": (["POST", "/items"], 1),
    "preflight": (["PUT", "/items", "-H", "Content-Type: application/json"], 2),
    "own method": (["PATCH", "/items"], 2),
    "header values": (["GET", "/items", "-H", 'X-One: it\'s "1" \\ $HOME !x', "-H", "X-2: a"], 2),
    "empty header": (["GET", "/items", "-H", "X-Empty:"], 2),
    "odd characters": (["GET", "/items", "-H", "X-One: caf\u00e9\ta'\\1"], 2),
    "starts with @": (["GET", "/items", "-H", "X-One: @/etc/passwd"], 2),
    "redirect": (["GET", "/slash?a=1"], 2),
    "redirect after a preflight": (["PUT", "/slash"], 3),
    "refused": (["PUT", "/items", "--origin", "https://evil.example"], 1),
}


@pytest.mark.parametrize(("arguments", "count"), CASES.values(), ids=CASES)
def test_the_lines_run_as_printed(arguments: list[str], count: int) -> None:
    run_and_compare(arguments, count, "127.0.0.1")


def test_the_lines_run_for_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("there is no IPv6")
    run_and_compare(["PUT", "/items?a=1"], 2, "::1")


def run_and_compare(arguments: list[str], count: int, host: str) -> None:
    app = make_app()
    with serve(app, host) as (server, arrived):
        asked = [*arguments, "--base-url", server]
        if "--origin" not in asked:
            asked += ["--origin", APP]
        output = app.test_cli_runner().invoke(cors, ["explain", *asked]).output
        script = output.partition("To reproduce it with curl\n")[2]
        done = subprocess.run(["bash", "-euc", script], capture_output=True, check=True, timeout=30)
        lines = arguments[3::2] if "-H" in arguments else []
        headers = [(name, value) for name, _, value in (line.partition(":") for line in lines)]
        origin = asked[asked.index("--origin") + 1]
        told = explain(app, *arguments[:2], origin=origin, headers=headers, base_url=server)
    messages = [*told.redirects, told.preflight, told.response]
    expected = [message for message in messages if message is not None]
    assert len(expected) == len(arrived) == count
    for message, one in zip(expected, arrived, strict=True):
        assert (one.method, f"{server}{one.target}") == (message.method, message.url)
        sent = {name.lower(): value for name, value in message.request_headers.items()}
        assert one.headers.items() >= sent.items()
        # curl adds these headers.
        assert one.headers.keys() - sent.keys() == {"host", "user-agent", "accept"}
    # curl prints the headers of each response.
    assert done.stdout.count(b"HTTP/1.") == count
