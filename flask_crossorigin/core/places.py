"""Where in a program something was written: the file and the line of a call."""

from __future__ import annotations

import inspect
import os
from contextlib import suppress
from typing import NamedTuple

# Flask makes calls too: as_view() calls each of the `decorators` of a class.
_NOT_USERS = frozenset({__name__.partition(".")[0], "flask"})


class Place(NamedTuple):
    """A line of a program."""

    #: The file as Python knows it: usually an absolute path.
    path: str
    line: int

    @classmethod
    def of_caller(cls) -> Place | None:
        """Return the line of the program that called the package.

        :returns: None if it is in no file, as in an interactive session.
        """
        frame = inspect.currentframe()
        while frame is not None and _is_ours(frame.f_globals.get("__name__")):
            frame = frame.f_back
        if frame is None or frame.f_code.co_filename.startswith("<"):
            return None
        return cls(frame.f_code.co_filename, frame.f_lineno)

    @property
    def file(self) -> str:
        """The file as people look for it: relative to the current directory if it is below it."""
        with suppress(OSError):
            # The current directory may have been deleted.
            return self.path.removeprefix(os.path.join(os.getcwd(), ""))  # noqa: PTH109, PTH118
        return self.path

    def __str__(self) -> str:
        """Return the file and the line, in the form that editors and terminals make links of."""
        return f"{self.file}:{self.line}"


def _is_ours(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] in _NOT_USERS
