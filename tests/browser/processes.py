"""Run the programs that the tests need, and stop them afterwards."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: How long a program may take to end after SIGTERM.
_GRACE_SECONDS = 10.0


class MissingProgramError(Exception):
    """A program or Python package that drives a browser is not installed."""


def find_program(*names: str, package: str) -> str:
    """Return the path of the first of these programs that is installed.

    :param package: the Debian package that the error message names.
    :raises MissingProgramError: no program is on ``PATH``.
    """
    for name in names:
        path = shutil.which(name)
        if path is not None:
            return path
    raise MissingProgramError(f"{names[0]} is not installed: apt-get install {package}")


@contextlib.contextmanager
def scratch(name: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield an empty directory, and an environment that makes a program write only there.

    The environment has no proxies, because all requests of the tests go to loopback.
    """
    with tempfile.TemporaryDirectory(prefix=f"{name}-", ignore_cleanup_errors=True) as directory:
        environment = {
            variable: value
            for variable, value in os.environ.items()
            if not variable.lower().endswith("_proxy")
        }
        environment["TMPDIR"] = directory
        for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
            environment[f"XDG_{kind}_HOME"] = f"{directory}/{kind.lower()}"
        yield Path(directory), environment


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    stderr: int | IO[bytes] = subprocess.DEVNULL,
    pass_fds: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program during the ``with`` block, then stop it and all its children."""
    # In a new session, the program and its children are one process group, and Ctrl-C does not
    # stop a browser before the test that uses it.
    process = subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        pass_fds=pass_fds,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        end_group(process)
        if process.stderr is not None:
            process.stderr.close()


def end_group(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """Stop the process group of a process, first with SIGTERM, then with SIGKILL."""
    _signal_group(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_SECONDS)
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


@contextlib.contextmanager
def virtual_display(*, timeout: float = 30.0) -> Iterator[str]:
    """Run an X server without a screen, and yield its name for ``DISPLAY``.

    :raises MissingProgramError: Xvfb is not installed.
    :raises TimeoutError: the server did not start in time.
    """
    program = find_program("Xvfb", package="xvfb")
    reading, writing = os.pipe()
    with contextlib.ExitStack() as stack:
        answer = stack.enter_context(os.fdopen(reading, "rb"))
        # Close this end once the server has it, so that reading ends if the server ends.
        with os.fdopen(writing, "wb"):
            # With -displayfd, the server itself picks a free number, so two test runs at the
            # same time never share a display.
            command = [program, "-displayfd", str(writing), "-nolisten", "tcp", "-noreset"]
            command += ["-screen", "0", "1280x1024x24"]
            stack.enter_context(running(command, pass_fds=[writing]))
        ready, _, _ = select.select([answer], [], [], timeout)
        number = answer.readline().decode().strip() if ready else ""
        if not number:
            raise TimeoutError(f"{program} did not open a display")
        yield f":{number}"
