"""How the tests speak to an application as a page of another origin does."""

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

# How long one example takes says more of the machine than of the code. Where a change waits to
# be merged the same examples are drawn each time; everywhere else they are new ones.
settings.register_profile("new examples", deadline=None)
settings.register_profile("same examples", deadline=None, derandomize=True)
settings.register_profile("many examples", deadline=None, max_examples=20_000)
settings.load_profile("same examples" if os.environ.get("CI") else "new examples")


@pytest.fixture
def send() -> Callable[..., TestResponse]:
    """Send a request that is no preflight; ``origin=None`` for one without ``Origin``."""

    def send(
        app: Flask, url: str, method: str = "GET", origin: str | None = PAGE, **options: Any
    ) -> TestResponse:
        headers = {} if origin is None else {"Origin": origin}
        headers.update(options.pop("headers", {}))
        return app.test_client().open(url, method=method, headers=headers, **options)

    return send


@pytest.fixture
def preflight() -> Callable[..., TestResponse]:
    """Send a preflight for the method, and for the request headers ``names``."""

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
    """Give what the package has logged, from INFO on."""
    name = "flask_crossorigin"
    caplog.set_level(logging.INFO, name)
    return lambda: [record.getMessage() for record in caplog.records if record.name == name]


@pytest.fixture
def owner() -> Callable[..., str | None]:
    """Tell whose policy a request falls under, where each allows one ``https://NAME.test``.

    A policy of one literal origin also answers requests that carry none.
    """

    def owner(app: Flask, url: str, method: str = "GET", **options: Any) -> str | None:
        response = app.test_client().open(url, method=method, **options)
        origin = response.headers.get("Access-Control-Allow-Origin")
        return origin and origin.removeprefix("https://").removesuffix(".test")

    return owner


@pytest.fixture
def preflight_owner(preflight: Callable[..., TestResponse]) -> Callable[..., str | None]:
    """Tell whose policy a preflight falls under, as ``owner`` does."""

    def preflight_owner(app: Flask, url: str, method: str = "PUT", **options: Any) -> str | None:
        found = []
        for name in ("view", "other", "blueprint", "outer", "map"):
            response = preflight(app, url, method, f"https://{name}.test", **options)
            if "Access-Control-Allow-Origin" in response.headers:
                found.append(name)
        assert len(found) < 2, found
        return found[0] if found else None

    return preflight_owner
