"""How the tests get at packages that the rest of the tests do without."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest


def require(name: str) -> Any:
    """Import a module that is there only in the environment ``world`` of tox.

    Elsewhere the tests that need it are skipped; there it has to be installed.
    """
    return import_module(name) if _all_required() else pytest.importorskip(name)


def require_version(name: str) -> str:
    """Give the version of a package that is there as :func:`require` tells."""
    try:
        return version(name)
    except PackageNotFoundError:
        if _all_required():
            raise
        pytest.skip(f"{name} is not installed")


def _all_required() -> bool:
    return os.environ.get("CROSSORIGIN_REQUIRE_WORLD") == "1"
