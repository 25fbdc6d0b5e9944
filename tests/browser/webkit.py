"""WebKitGTK's MiniBrowser, driven by WebKitWebDriver on a display of its own."""

from __future__ import annotations

import contextlib

from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from .minibrowser import ENVIRONMENT, find_minibrowser
from .processes import find_program, scratch, virtual_display
from .webdriver import WebDriverEngine


class WebKit(WebDriverEngine):
    """WebKitGTK in a window that nobody sees.

    Cookies: third-party ones are let through by an argument, and MiniBrowser leaves tracking
    prevention off. As users have it, ``Secure`` is dropped from plain http, on loopback too,
    ``SameSite=None`` does without ``Secure``, and none given means ``None``.
    ``a.localhost`` is the same site as ``localhost``; to the other engines they are two.
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
        # WebDriver deletes the cookies of one page's host only; a session's profile is in
        # memory and ends with it.
        self._driver.quit()
        self._driver = self._begin_session()
