"""Start one of the three engines by its name."""

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

    :param name: one of :data:`NAMES`. All other arguments go to the class of the engine.
    :raises MissingProgramError: the browser, its driver or a Python package is not installed. The
        message says what to install.
    """
    # Import the module here, because it needs a package that may not be installed.
    try:
        module = import_module(f".{name}", __package__)
    except ModuleNotFoundError as error:
        raise MissingProgramError(
            f"{name} needs the Python package {error.name}: pip install --group browsers"
        ) from error
    engine: Engine = getattr(module, _CLASSES[name])(*arguments, **options)
    return engine
