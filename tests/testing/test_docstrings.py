"""The examples in the docstrings run as printed."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

from flask_crossorigin import testing

MODULES = [f"{testing.__name__}.{module.name}" for module in iter_modules(testing.__path__)]


@pytest.mark.parametrize("name", [*MODULES, "flask_crossorigin.fetch.safelists"])
def test_docstring(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0
