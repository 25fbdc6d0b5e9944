"""Fixtures for tests in real browsers. ``pytest -m "not browser"`` skips these tests."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from . import engines
from .pages import Runner
from .servers import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .engine import Engine

_HERE = Path(__file__).parent
_EXAMPLES = _HERE.parents[1] / "examples"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, before pytest selects by marker."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", params=engines.NAMES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """Return the name of each engine in turn, for tests that may not need the engine itself."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def engine(engine_name: str) -> Iterator[Engine]:
    """Yield each engine in turn. It starts when the first test needs it."""
    try:
        started = engines.start(engine_name)
    except engines.MissingProgramError as missing:
        if os.environ.get("CROSSORIGIN_REQUIRE_BROWSERS") == "1":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))
    with started:
        yield started


@pytest.fixture(scope="session")
def runner() -> Runner:
    """Return the runner, which runs scripts in pages of the engines."""
    return Runner()


@pytest.fixture
def stranger(runner: Runner) -> Iterator[Server]:
    """Serve pages whose origin an API does not allow, or only allows for some requests."""
    with Server(runner.pages()) as server:
        yield server


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Yield a function that imports an example. Each test imports it again."""
    monkeypatch.syspath_prepend(str(_EXAMPLES))
    loaded: list[str] = []

    def load(name: str) -> Any:
        loaded.append(name)
        return import_module(name)

    yield load
    for name in loaded:
        sys.modules.pop(name, None)
