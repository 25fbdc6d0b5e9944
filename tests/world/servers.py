"""Servers on this machine's own address, for the tests that need a real one."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@contextmanager
def listening() -> Iterator[socket.socket]:
    """Listen on a free port, so that who comes before the server is up waits in the queue."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@contextmanager
def serving(app: WSGIApplication) -> Iterator[int]:
    """Serve an application in threads.

    :returns: the port.
    """
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def gunicorn(app: str, *options: str) -> Iterator[int]:
    """Serve an application with gunicorn, in one process.

    :param app: where it is, as in ``world.wsgi:app``.
    :returns: the port.
    """
    with listening() as listener:
        number = listener.fileno()
        command = [sys.executable, "-c", "from gunicorn.app.wsgiapp import run; run()"]
        command += [f"--bind=fd://{number}", "--no-control-socket", "--log-level=warning"]
        command += [*options, app]
        port = listener.getsockname()[1]
        process = subprocess.Popen(command, cwd=Path(__file__).parents[1], pass_fds=[number])
    # The server alone listens now: should it die, nobody waits for it.
    with process:
        try:
            yield port
        finally:
            process.terminate()
