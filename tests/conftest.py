"""Fixtures for all tests: requests as a page from another origin sends them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings
from werkzeug.test import TestResponse

PAGE = "https://page.test"

# How long an example takes depends on the machine, so there is no deadline. CI tries the same
# examples each time, so that it does not fail by chance; other runs try new ones.
settings.register_profile("new examples", deadline=None)
settings.register_profile("same examples", deadline=None, derandomize=True)
settings.register_profile("many examples", deadline=None, max_examples=20_000)
settings.load_profile("same examples" if os.environ.get("CI") else "new examples")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse ids that differ between two processes, which pytest-xdist can't run."""
    unstable = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if unstable:
        raise pytest.UsageError(f"Give these tests stable ids: {unstable}")


@pytest.fixture
def send() -> Callable[..., TestResponse]:
    """Return a function that sends a request; ``origin=None`` leaves out ``Origin``."""

    def send(
        app: Flask, url: str, method: str = "GET", origin: str | None = PAGE, **options: Any
    ) -> TestResponse:
        headers = {} if origin is None else {"Origin": origin}
        headers.update(options.pop("headers", {}))
        return app.test_client().open(url, method=method, headers=headers, **options)

    return send


@pytest.fixture
def preflight() -> Callable[..., TestResponse]:
    """Return a function that sends a preflight for a method and request headers."""

    def preflight(
        app: Flask,
        url: str,
        method: str = "PUT",
        origin: str = PAGE,
        names: str | None = None,
        **options: Any,
    ) -> TestResponse:
        headers = {"Origin": origin, "Access-Control-Request-Method": method}
        if names is not None:
            headers["Access-Control-Request-Headers"] = names
        headers.update(options.pop("headers", {}))
        return app.test_client().open(url, method="OPTIONS", headers=headers, **options)

    return preflight


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return a function that returns the package's log messages at INFO and above."""
    name = "flask_crossorigin"
    caplog.set_level(logging.INFO, name)
    return lambda: [record.getMessage() for record in caplog.records if record.name == name]


@pytest.fixture
def owner() -> Callable[..., str | None]:
    """Return a function that finds out which policy applies to a URL, and returns its name.

    Each policy must allow a single literal origin, ``https://NAME.test``. Such a policy sends its
    origin even to requests without ``Origin``, so the response shows NAME.
    """

    def owner(app: Flask, url: str, method: str = "GET", **options: Any) -> str | None:
        response = app.test_client().open(url, method=method, **options)
        origin = response.headers.get("Access-Control-Allow-Origin")
        return origin and origin.removeprefix("https://").removesuffix(".test")

    return owner


@pytest.fixture
def preflight_owner(preflight: Callable[..., TestResponse]) -> Callable[..., str | None]:
    """Return a function that does the same as ``owner``, but for preflights."""

    def preflight_owner(app: Flask, url: str, method: str = "PUT", **options: Any) -> str | None:
        found = []
        for name in ("view", "other", "blueprint", "outer", "map"):
            response = preflight(app, url, method, f"https://{name}.test", **options)
            if "Access-Control-Allow-Origin" in response.headers:
                found.append(name)
        assert len(found) < 2, found
        return found[0] if found else None

    return preflight_owner
