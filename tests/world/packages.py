"""How the tests get at packages that the rest of the tests do without."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import pytest

ALL_REQUIRED = os.environ.get("CROSSORIGIN_REQUIRE_WORLD") == "1"


def require(name: str) -> Any:
    """Import a module that is there only in the environment ``world`` of tox.

    Elsewhere the tests that need it are skipped; there it has to be installed.
    """
    return import_module(name) if ALL_REQUIRED else pytest.importorskip(name)
