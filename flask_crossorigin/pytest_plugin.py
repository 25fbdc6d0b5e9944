"""The pytest fixture ``browser_at``. Pytest loads this module wherever the package is installed.

So it imports the browser only when a test uses the fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from .testing import Browser


class BrowserAt(Protocol):
    """The type of the fixture ``browser_at``."""

    def __call__(
        self, origin: str | None = None, *, at: str | None = None, **options: Any
    ) -> Browser:
        """Open a page. The parameters are those of :func:`browser_at`."""
        ...


@pytest.fixture
def browser_at(request: pytest.FixtureRequest) -> BrowserAt:
    """Open a page that fetches from the app of the fixture ``app``: ``browser_at(origin)``.

    The app is at ``http://localhost``, or at the origin ``at``. The other arguments are those of
    ``flask_crossorigin.testing.Browser``. The pages of a test share cookies, as in one browser.
    """
    from .testing import Browser, CookieJar

    app: Flask = request.getfixturevalue("app")
    jars: list[CookieJar] = []

    def open_page(origin: str | None = None, *, at: str | None = None, **options: Any) -> Browser:
        browser = Browser(app if at is None else {at: app}, origin=origin, **options)
        jars.append(browser.cookies)
        browser.cookies = jars[0]
        return browser

    return open_page
