"""The exception for an invalid configuration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

import click

from .options.errors import OptionsError, Problem


# Deriving from click's exception makes every ``flask`` command print the message and exit with
# status 1, instead of a traceback. Everywhere else it is an ordinary exception: servers log its
# traceback, and `except ValueError` catches it.
class ConfigError(OptionsError, click.ClickException):
    """Raised for an invalid configuration. Lists every problem that was found.

    It is a :class:`ValueError`. ``flask`` commands print it as a message, without a traceback.

    :param problems: at least one :class:`Problem`.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        OptionsError.__init__(self, problems)
        arguments = self.args
        click.ClickException.__init__(self, str(self))
        self.args = arguments

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the problems. Click calls this when a command fails.

        :param file: where to print; by default, standard error.
        """
        # Imported here because only a failing command needs it.
        from .diagnostics.text.problems import print_error

        print_error(self, file)
