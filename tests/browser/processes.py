"""Programs that run beside the tests, and end with them."""

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

#: How long a program may take to end by itself once it was told to.
_GRACE_SECONDS = 10.0


class MissingProgramError(Exception):
    """A program or Python package that drives a browser is not installed."""


def find_program(*names: str, package: str) -> str:
    """Give the path of the first of these programs that is installed.

    :param package: the Debian package to name if none of them is.
    :raises MissingProgramError: none of them is on ``PATH``.
    """
    for name in names:
        path = shutil.which(name)
        if path is not None:
            return path
    raise MissingProgramError(f"{names[0]} is not installed: apt-get install {package}")


@contextlib.contextmanager
def scratch(name: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Give an empty directory, and an environment in which a program writes nowhere else.

    The environment has no proxies: what is asked for here is on loopback.
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
    """Run a program, and at the end of the block end it with all its children."""
    # A session of its own makes its children findable as one process group, and keeps Ctrl-C
    # from ending the browser before the test that uses it.
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
    """End the process group that a process leads: asked to at first, then forced."""
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
    """Run an X server without a screen; the block gets its name for ``DISPLAY``.

    :raises MissingProgramError: Xvfb is not installed.
    :raises TimeoutError: it did not come up.
    """
    program = find_program("Xvfb", package="xvfb")
    reading, writing = os.pipe()
    with contextlib.ExitStack() as stack:
        answer = stack.enter_context(os.fdopen(reading, "rb"))
        # Closed here once the server has it, so that reading ends if the server does.
        with os.fdopen(writing, "wb"):
            # With -displayfd the server itself picks a number that is free, so that two test
            # runs at the same time cannot take each other's display.
            command = [program, "-displayfd", str(writing), "-nolisten", "tcp", "-noreset"]
            command += ["-screen", "0", "1280x1024x24"]
            stack.enter_context(running(command, pass_fds=[writing]))
        ready, _, _ = select.select([answer], [], [], timeout)
        number = answer.readline().decode().strip() if ready else ""
        if not number:
            raise TimeoutError(f"{program} did not open a display")
        yield f":{number}"
