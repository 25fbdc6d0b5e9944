"""Import packages that only the tests in this folder need."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import pytest

ALL_REQUIRED = os.environ.get("CROSSORIGIN_REQUIRE_WORLD") == "1"


def require(name: str) -> Any:
    """Import a module that is only installed in the tox environment ``world``.

    There, a missing module is an error. In other environments, tests that need it are skipped.
    """
    return import_module(name) if ALL_REQUIRED else pytest.importorskip(name)
