"""Running pytest inside a process that is there for nothing else.

What the tests need, but for the package, is loaded here and by no process of its own.
"""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import flask.testing  # noqa: F401
import pytest
from hypothesis import Phase, settings


class _Settings:
    """Keeps hypothesis from looking for the smallest example of a failure."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        phases = [Phase.explicit, Phase.generate]
        # What the tests' conftest.py chose goes on counting for all else.
        settings.register_profile("mutation", settings(), database=None, phases=phases)
        settings.load_profile("mutation")


def run_pytest(arguments: list[str], plugins: list[Any]) -> None:
    """Run pytest without a word, and end the process with its exit code."""
    options = ["-p", "no:cacheprovider", "-p", "no:terminal", "-m", "not browser"]
    # Of hypothesis.
    options += ["-W", "ignore:Module already imported"]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        code = pytest.main([*options, *arguments], plugins=[_Settings(), *plugins])
    os._exit(code)
