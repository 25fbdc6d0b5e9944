"""WebKitGTK's MiniBrowser, driven by WebKitWebDriver on a virtual display."""

from __future__ import annotations

import contextlib

from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from .minibrowser import ENVIRONMENT, find_minibrowser
from .processes import find_program, scratch, virtual_display
from .webdriver import WebDriverEngine


class WebKit(WebDriverEngine):
    """WebKitGTK in a window on a virtual display.

    An argument allows third-party cookies, and MiniBrowser does not use tracking prevention.
    Otherwise, cookies have WebKit's defaults: ``Secure`` cookies from plain http are dropped, even
    on loopback, ``SameSite=None`` does not need ``Secure``, and a cookie without ``SameSite`` is
    treated as ``None``. ``a.localhost`` and ``localhost`` are the same site, but they are two sites
    in the other engines.
    """

    name = "webkit"

    def __init__(self) -> None:
        driver = find_program("WebKitWebDriver", package="webkit2gtk-driver")
        options = Options()
        options.binary_location = find_minibrowser()
        options.add_argument("--automation")
        options.add_argument("--cookies-policy=always")
        with contextlib.ExitStack() as stack:
            _, environment = stack.enter_context(scratch(self.name))
            environment |= ENVIRONMENT
            environment["DISPLAY"] = stack.enter_context(virtual_display())
            service = Service(driver, env=environment, popen_kw={"start_new_session": True})
            super().__init__(service, options, stack)

    def clear_cookies(self) -> None:
        # WebDriver only deletes the cookies of the page's host. But the profile of a session is
        # in memory, so a new session has no cookies.
        self._driver.quit()
        self._driver = self._begin_session()
