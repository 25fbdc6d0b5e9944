"""The harness stops everything that it starts, and reports what it can't start."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import socket
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import engines
from .pages import Runner
from .servers import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .engine import Engine


def processes_with(variable: str, value: str) -> list[int]:
    """Return the ids of the processes that were started with this environment variable."""
    setting = f"{variable}={value}".encode()
    return [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if setting in environment_of(process)
    ]


def environment_of(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def wait_for_end(process: int, seconds: float) -> None:
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([descriptor], [], [], seconds)
        assert ended, Path(f"/proc/{process}/cmdline").read_bytes()
    finally:
        os.close(descriptor)


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a directory that replaces the system's directory for temporary files.

    Its path is short, because the paths of a browser's sockets must not be too long.
    """
    with tempfile.TemporaryDirectory() as directory:
        monkeypatch.setenv("TMPDIR", directory)
        monkeypatch.setattr(tempfile, "tempdir", directory)
        yield Path(directory)


def test_engine_leaves_nothing(
    engine: Engine, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = secrets.token_hex(8)
    monkeypatch.setenv("CROSSORIGIN_ENGINE", token)
    with engines.start(engine.name):
        assert list(temporary.iterdir())
        assert processes_with("CROSSORIGIN_ENGINE", token)
    for process in processes_with("CROSSORIGIN_ENGINE", token):
        wait_for_end(process, 10)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", engines.NAMES)
def test_missing_program(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(engines.MissingProgramError, match="install"):
        engines.start(name)


def test_server_ends_idle_connections() -> None:
    before = set(threading.enumerate())
    with Server(Runner().pages()) as server, contextlib.ExitStack() as stack:
        idle = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        # The server accepts connections in order. If it responds to the next one, it has accepted
        # this one.
        with pytest.raises(urllib.error.HTTPError, match="404") as answer:
            urllib.request.urlopen(server.origin())
        answer.value.close()
        after = stack.pop_all()
    with after:
        idle.settimeout(10)
        assert idle.recv(1) == b""
    assert set(threading.enumerate()) <= before


def test_page_that_is_never_asked_for(engine: Engine) -> None:
    served, other = Runner(), Runner()
    with (
        Server(served.pages()) as server,
        pytest.raises(TimeoutError, match="it was never asked for"),
    ):
        other.evaluate(engine, server.origin(), "return 1", timeout=0.1)
