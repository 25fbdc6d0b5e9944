"""See what the pages of two origins may do with an API of a third.

Starts the API and both front ends on the loopback interface, tries everything in
``tries.py`` from both, prints what came of it, and goes on serving, so that a browser can
show the same.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from argparse import ArgumentParser
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from api import create_api
from pages import create_front_end
from table import differences, format_table, make_rows
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask import Flask

# One host for all three, since cookies are kept from other sites, and ports do not make one.
HOST = "127.0.0.1"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    :returns: the exit status: 1 if ``--check`` found a difference, 2 if a port is taken.
    """
    parser = ArgumentParser(description=__doc__, prog="app.py")
    parser.add_argument("--check", action="store_true", help="print the table, compare it, stop")
    for name, port in (("api", 5000), ("app", 3000), ("stranger", 3001)):
        parser.add_argument(
            f"--{name}-port",
            type=_port,
            default=port,
            metavar="PORT",
            help=f"where the {name} listens, 0 for any free port (default: {port})",
        )
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        sockets: list[socket.socket] = []
        for name in ("api", "app", "stranger"):
            port = getattr(options, f"{name}_port")
            try:
                sockets.append(stack.enter_context(socket.create_server((HOST, port))))
            except OSError as error:
                reason = os.strerror(error.errno or 0)
                print(
                    f"app.py: port {port}: {reason}. Choose another with --{name}-port.",
                    file=sys.stderr,
                )
                return 2
        try:
            return _run(sockets, check=options.check)
        except KeyboardInterrupt:
            print()
            return 0


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def _run(sockets: Sequence[socket.socket], *, check: bool) -> int:
    """Serve the three applications, print the table, and wait or compare."""
    origins = [f"http://{HOST}:{sock.getsockname()[1]}" for sock in sockets]
    api_origin, app_origin, stranger_origin = origins
    api = create_api(app_origin)
    # One of the things to try is a crash, whose traceback would stand before the table.
    api.logger.disabled = True
    servers = (
        api,
        create_front_end(
            "app", origin=app_origin, other_origin=stranger_origin, api_origin=api_origin
        ),
        create_front_end(
            "stranger", origin=stranger_origin, other_origin=app_origin, api_origin=api_origin
        ),
    )
    with ExitStack() as stack:
        for server, sock in zip(servers, sockets, strict=True):
            stack.enter_context(_serving(server, sock))
        print(f"API       {api_origin}")
        print(f"App       {app_origin}  (allowed by the API's policy)")
        print(f"Stranger  {stranger_origin}  (not allowed)\n")
        rows = make_rows(*origins)
        print(format_table(rows, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ))
        if check:
            found = list(differences(rows))
            print("\n" + ("\n".join(found) or "Everything is as it must be."))
            return 1 if found else 0
        print(f"\nOpen {app_origin} and {stranger_origin} to see it in a browser.")
        print("Ctrl-C stops.", flush=True)
        while True:
            time.sleep(3600)


class _QuietHandler(WSGIRequestHandler):
    """Serves without a line in the log for each request: the table says it all."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def _serving(app: Flask, sock: socket.socket) -> Iterator[None]:
    """Serve an application on a socket that already listens, in a thread."""
    port = sock.getsockname()[1]
    server = make_server(
        HOST, port, app, threaded=True, request_handler=_QuietHandler, fd=sock.fileno()
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
