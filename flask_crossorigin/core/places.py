"""Where an option was written: the file and line of the call."""

from __future__ import annotations

import inspect
import os
from contextlib import suppress
from typing import NamedTuple

# Flask calls the package too: as_view() calls each of the `decorators` of a class.
_NOT_THE_USERS = frozenset({__name__.partition(".")[0], "flask"})


class Place(NamedTuple):
    """A line of the user's program."""

    #: The path of the file, usually an absolute one.
    path: str
    line: int

    @classmethod
    def of_caller(cls) -> Place | None:
        """Find the line that called the package.

        :returns: None if the code is in no file, as in an interactive session.
        """
        frame = inspect.currentframe()
        while frame is not None and _is_library(frame.f_globals.get("__name__")):
            frame = frame.f_back
        if frame is None or frame.f_code.co_filename.startswith("<"):
            return None
        return cls(frame.f_code.co_filename, frame.f_lineno)

    @property
    def file(self) -> str:
        """The path of the file: relative to the current directory if the file is below it."""
        with suppress(OSError):
            # The current directory may have been deleted.
            return self.path.removeprefix(os.path.join(os.getcwd(), ""))  # noqa: PTH109, PTH118
        return self.path

    def to_dict(self) -> dict[str, str | int]:
        """Return the JSON form that the commands print."""
        return {"file": self.file, "line": self.line}

    def __str__(self) -> str:
        """Return ``file:line``, which editors and terminals turn into a link."""
        return f"{self.file}:{self.line}"


def _is_library(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] in _NOT_THE_USERS
