"""The three engines by their names."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .engine import Engine
from .processes import MissingProgramError

__all__ = ["NAMES", "Engine", "MissingProgramError", "start"]

_CLASSES = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKit"}

#: The names of all engines.
NAMES = tuple(_CLASSES)


def start(name: str, *arguments: Any, **options: Any) -> Engine:
    """Start a browser.

    :param name: one of :data:`NAMES`; the rest is what its class takes.
    :raises MissingProgramError: it, its driver or a Python package is not installed; the message
        says what to install.
    """
    # By name, since each of these modules needs a package that the other tests do without.
    try:
        module = import_module(f".{name}", __package__)
    except ModuleNotFoundError as error:
        raise MissingProgramError(
            f"{name} needs the Python package {error.name}: pip install --group browsers"
        ) from error
    engine: Engine = getattr(module, _CLASSES[name])(*arguments, **options)
    return engine
