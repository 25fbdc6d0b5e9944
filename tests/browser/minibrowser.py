"""WebKitGTK's MiniBrowser, without a driver."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import ClassVar

from .processes import MissingProgramError, running, scratch, virtual_display

ENVIRONMENT = {
    "GDK_BACKEND": "x11",
    "GIO_USE_PROXY_RESOLVER": "dummy",
    "GSETTINGS_BACKEND": "memory",
    # Accessibility would start a message bus that outlives the browser.
    "NO_AT_BRIDGE": "1",
}


class WebKitWithConsole:
    """WebKitGTK without a driver, because sessions of the driver write no console messages.

    Each page opens in a new browser.

    :param arguments: more command-line arguments.
    """

    name: ClassVar[str] = "webkit"

    def __init__(self, *arguments: str) -> None:
        self._command = [
            find_minibrowser(),
            "--enable-write-console-messages-to-stdout=true",
            *arguments,
        ]
        with contextlib.ExitStack() as stack:
            directory, environment = stack.enter_context(scratch(self.name))
            environment |= ENVIRONMENT
            environment["DISPLAY"] = stack.enter_context(virtual_display())
            self._environment = environment
            # This file receives standard error. MiniBrowser writes its console messages there,
            # despite the name of the argument.
            self._output = (directory / "output").open("wb+")
            stack.enter_context(self._output)
            self._page = stack.enter_context(contextlib.ExitStack())
            self._stack = stack.pop_all()

    def open(self, url: str) -> None:
        self._page.close()
        self._output.truncate(0)
        self._output.seek(0)
        self._told = 0
        browser = running([*self._command, url], env=self._environment, stderr=self._output)
        self._page.enter_context(browser)

    def console(self) -> list[str]:
        written = Path(self._output.name).read_bytes()[self._told :]
        self._told += len(written)
        return written.decode("utf-8", "replace").splitlines()

    def close(self) -> None:
        self._stack.close()


def find_minibrowser() -> str:
    """Return the path of the newest MiniBrowser. Debian installs it outside of ``PATH``."""
    usr = Path("/usr")
    found = sorted(usr.glob("lib*/webkit2gtk-4*/MiniBrowser"))
    found += sorted(usr.glob("lib*/*/webkit2gtk-4*/MiniBrowser"))
    if not found:
        raise MissingProgramError("MiniBrowser is not installed: apt-get install webkit2gtk-driver")
    return str(found[-1])
