"""Run servers on the loopback address, for tests that need a real server."""

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
    """Listen on a free port. Connections wait in a queue until the server is up."""
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
    """Serve an application with gunicorn.

    :param app: the module and the name of the application, such as ``world.wsgi:app``.
    :param options: options for gunicorn. By default, it starts one worker.
    :returns: the port.
    """
    with listening() as listener:
        number = listener.fileno()
        command = [sys.executable, "-c", "from gunicorn.app.wsgiapp import run; run()"]
        command += [f"--bind=fd://{number}", "--no-control-socket", "--log-level=warning"]
        command += [*options, app]
        port = listener.getsockname()[1]
        process = subprocess.Popen(command, cwd=Path(__file__).parents[1], pass_fds=[number])
    # Only the server listens now. If it dies, connections are refused instead of waiting.
    with process:
        try:
            yield port
        finally:
            process.terminate()
