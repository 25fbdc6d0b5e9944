"""The error that stops a program with an invalid configuration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

import click

from .options.errors import OptionsError, Problem


# The ``flask`` command is a program of click's, which loads the application in each of its
# subcommands. Click prints its own kind of exception as a message and ends with the exit status 1,
# and any other one as a traceback. Nothing has to be installed for that, and no other program sees
# more than an exception: servers log its traceback, and `except ValueError` catches it.
class ConfigError(OptionsError, click.ClickException):
    """An invalid configuration, with every problem found in it.

    It is a :class:`ValueError`. Under a ``flask`` command it is printed as a message, without a
    traceback.

    :param problems: at least one :class:`Problem`.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        OptionsError.__init__(self, problems)
        arguments = self.args
        click.ClickException.__init__(self, str(self))
        self.args = arguments

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the problems, as click asks for it.

        :param file: where to print; without it, standard error.
        """
        # Only a command that has failed gets here.
        from .diagnostics.text.problems import print_error

        print_error(self, file)
