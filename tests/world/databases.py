"""Run PostgreSQL and Redis from Debian's packages on the loopback address."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from .packages import require

REQUIRED = os.environ.get("CROSSORIGIN_REQUIRE_DATABASES") == "1"
#: The user that runs PostgreSQL, which refuses to run as root.
USER = "nobody" if os.geteuid() == 0 else None
#: The timeout in seconds. It is long because the machine may be busy.
PATIENCE = 60


def eventually(try_it: Callable[[], bool], what: str) -> None:
    """Call a function until it returns true, or fail after ``PATIENCE`` seconds."""
    deadline = time.monotonic() + PATIENCE
    while not try_it():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} seconds"
        time.sleep(0.02)


def find(program: str, package: str) -> str:
    """Return the path of a program. If it is missing, skip the test.

    If ``CROSSORIGIN_REQUIRE_DATABASES`` is 1, fail the test instead of skipping it.

    Debian installs the programs of PostgreSQL in a folder that is not on the ``PATH``.

    :param package: the package to suggest if the program is missing.
    """
    folders = [*map(str, Path("/usr/lib/postgresql").glob("*/bin")), os.environ["PATH"]]
    found = shutil.which(program, path=os.pathsep.join(folders))
    if found is None:
        message = f"{program} is missing: apt-get install {package}"
        if REQUIRED:
            pytest.fail(f"{message}, and CROSSORIGIN_REQUIRE_DATABASES is 1")
        pytest.skip(message)
    return found


def free_port() -> int:
    """Return a port that stays free while a server is down.

    The system does not assign ports from this range to programs that ask for any free port.
    """
    while True:
        port = 15_000 + secrets.randbelow(15_000)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Server:
    """A server that tests can start, kill and freeze.

    :param responds: returns whether the server responds.
    :param kill: the signal that ends the server and all its processes at once.
    """

    def __init__(
        self,
        command: list[str],
        url: str,
        responds: Callable[[], bool],
        *,
        kill: signal.Signals,
        **options: Any,
    ) -> None:
        self.url = url
        self._command = command
        self._responds = responds
        self._kill = kill
        self._options = options
        self._process: subprocess.Popen[Any] | None = None

    def start(self) -> None:
        """Start the server, or resume it if it is frozen, and wait until it responds."""
        if self._process is None:
            self._process = subprocess.Popen(
                self._command,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                **self._options,
            )
        self._signal_all(signal.SIGCONT)
        eventually(self._responds, self._command[0])

    def freeze(self) -> None:
        """Stop the server from responding, but keep its connections open."""
        self._signal_all(signal.SIGSTOP)

    def _signal_all(self, number: signal.Signals) -> None:
        """Send a signal to the server and to the processes that it started."""
        assert self._process is not None
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            # PostgreSQL's processes come and go.
            with suppress(ProcessLookupError):
                os.kill(each, number)

    def kill(self) -> None:
        """End the server at once, so that it cannot tell its clients."""
        if self._process is not None:
            self._process.send_signal(self._kill)
            self._signal_all(signal.SIGCONT)
            self._process.wait(PATIENCE)
            self._process = None


@contextmanager
def postgresql() -> Iterator[Server]:
    """Run PostgreSQL with a new database."""
    psycopg = require("psycopg")
    initdb, postgres = (find(name, "postgresql") for name in ("initdb", "postgres"))
    # Other users can't enter pytest's temporary folder, so don't use it.
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name:
        folder = Path(name)
        if USER is not None:
            shutil.chown(folder, USER)
        options: dict[str, Any] = {"cwd": folder, "user": USER}
        data, port = str(folder / "data"), free_port()
        command = [initdb, "--auth=trust", "--username=test", "--no-sync", "--pgdata", data]
        subprocess.run(command, check=True, capture_output=True, **options)
        place = f"test@127.0.0.1:{port}/postgres"

        def responds() -> bool:
            try:
                psycopg.connect(f"postgresql://{place}", connect_timeout=2).close()
            except psycopg.OperationalError:
                return False
            return True

        command = [postgres, "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1"]
        command += ["-c", "unix_socket_directories=", "-c", "fsync=off"]
        url = f"postgresql+psycopg://{place}"
        server = Server(command, url, responds, kill=signal.SIGQUIT, **options)
        server.start()
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def redis() -> Iterator[Server]:
    """Run Redis without saving anything to disk."""
    module = require("redis")
    program, port = find("redis-server", "redis-server"), free_port()
    url = f"redis://127.0.0.1:{port}"

    def responds() -> bool:
        with module.Redis.from_url(url, socket_timeout=2) as client:
            try:
                return bool(client.ping())
            except module.RedisError:
                return False

    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = Server(command, url, responds, kill=signal.SIGKILL)
    server.start()
    try:
        yield server
    finally:
        server.kill()
