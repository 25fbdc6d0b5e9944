"""Try a CORS policy: an API, a page that it allows, and a page that it doesn't allow.

Serves the API and both pages on 127.0.0.1, and prints what each page gets. Open the pages in a
browser to see each request and response.
"""

from __future__ import annotations

import os
import socket
import sys
import textwrap
import time
from argparse import ArgumentParser
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from api import create_api
from exchanges import Recorder
from pages import create_front_end
from policy import read_policy
from table import table_lines
from werkzeug.serving import WSGIRequestHandler, make_server

from flask_crossorigin import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from _typeshed.wsgi import WSGIApplication

# All use one host: browsers send cookies to its other ports, but may block them for other sites.
HOST = "127.0.0.1"
SERVERS = {"api": 5000, "app": 3000, "other": 3001}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    :returns: the exit status, which is 1 if the API's policy is invalid.
    """
    parser = ArgumentParser(description=__doc__, prog="app.py")
    for name, port in SERVERS.items():
        parser.add_argument(
            f"--{name}-port",
            type=_port,
            default=port,
            metavar="PORT",
            help=f"the port of the {name}, or 0 for any free port (default: {port})",
        )
    options = vars(parser.parse_args(arguments))
    with ExitStack() as stack:
        ports = [options[f"{name}_port"] for name in SERVERS]
        sockets = [stack.enter_context(_listen(port)) for port in ports]
        replaced = [
            f"{port} -> {_port_of(listening)}"
            for port, listening in zip(ports, sockets, strict=True)
            if port not in {0, _port_of(listening)}
        ]
        if replaced:
            print("Unavailable ports were replaced:", ", ".join(replaced))
        try:
            _run(sockets)
        except ConfigError as error:
            print(error, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print()
    return 0


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def _listen(port: int) -> socket.socket:
    """Listen on a port, or on any free port if this one is unavailable."""
    try:
        return socket.create_server((HOST, port))
    except OSError:
        return socket.create_server((HOST, 0))


def _port_of(listening: socket.socket) -> int:
    port: int = listening.getsockname()[1]
    return port


def _run(sockets: Sequence[socket.socket]) -> None:
    """Serve the API and both pages, print what the pages get, and wait for Ctrl-C."""
    origins = [f"http://{HOST}:{_port_of(listening)}" for listening in sockets]
    api_origin, app_origin, other_origin = origins
    api = create_api(app_origin)
    # One view crashes on purpose. Don't print its traceback between the lines of the table.
    api.logger.disabled = True
    recorder = Recorder(api)
    app, other = (
        create_front_end(
            title,
            api=api,
            recorder=recorder,
            api_origin=api_origin,
            app_origin=app_origin,
            origin=origin,
            other_origin=other_origin,
        )
        for title, origin, other_origin in (
            ("The app", app_origin, other_origin),
            ("Another site", other_origin, app_origin),
        )
    )
    servers: tuple[WSGIApplication, ...] = (recorder, app, other)
    with ExitStack() as stack:
        for server, listening in zip(servers, sockets, strict=True):
            stack.enter_context(_serving(server, listening))
        for written in read_policy(app_origin):
            text = f"api.py:{written.line}  {written.short}"
            print(textwrap.fill(text, 80, subsequent_indent="    ", break_on_hyphens=False))
        print()
        color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        for line in table_lines(api, *origins, color=color):
            print(line)
        print(f"\nOpen {app_origin} (app) and {other_origin} (other site).")
        print(f"The API is at {api_origin}. Ctrl-C stops everything.", flush=True)
        while True:
            time.sleep(3600)


class _QuietHandler(WSGIRequestHandler):
    """A request handler that logs nothing, because the pages show all requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def _serving(app: WSGIApplication, listening: socket.socket) -> Iterator[None]:
    """Serve an app in a thread, on a socket that is already listening."""
    server = make_server(
        HOST,
        _port_of(listening),
        app,
        threaded=True,
        request_handler=_QuietHandler,
        fd=listening.fileno(),
    )
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    sys.exit(main())
