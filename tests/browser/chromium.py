"""Chromium, driven by chromedriver."""

from __future__ import annotations

import contextlib
import os

from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from .processes import find_program, scratch
from .webdriver import WebDriverEngine

_ARGUMENTS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    # What still asks for Google's servers finds nobody.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE *localhost",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-proxy-server",
)


class Chromium(WebDriverEngine):
    """Chromium without a window.

    Cookies: third-party ones are let through by a preference. As users have it, ``Secure`` is kept
    from and sent to loopback, ``SameSite=None`` needs ``Secure``, and none given means ``Lax``.
    """

    name = "chromium"

    def __init__(self) -> None:
        options = Options()
        options.binary_location = find_program("chromium", package="chromium")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = find_program("chromedriver", package="chromium-driver")
        for argument in _ARGUMENTS:
            options.add_argument(argument)
        # 0 blocks no third-party cookies; unset, a cross-site request never has any.
        options.add_experimental_option("prefs", {"profile.cookie_controls_mode": 0})
        if os.geteuid() == 0:
            # Chromium's sandbox refuses to be set up by root.
            options.add_argument("--no-sandbox")
        with contextlib.ExitStack() as stack:
            directory, environment = stack.enter_context(scratch(self.name))
            options.add_argument(f"--user-data-dir={directory / 'profile'}")
            service = Service(driver, env=environment, popen_kw={"start_new_session": True})
            super().__init__(service, options, stack)

    def clear_cookies(self) -> None:
        # WebDriver deletes the cookies of one page's host only; the DevTools know all.
        name = "clearBrowserCookies"
        self._connection.add_command(name, "POST", "/session/$sessionId/goog/cdp/execute")  # type: ignore[no-untyped-call]
        self._driver.execute(name, {"cmd": f"Network.{name}", "params": {}})

    def console(self) -> list[str]:
        self._connection.add_command("getLog", "POST", "/session/$sessionId/se/log")  # type: ignore[no-untyped-call]
        entries = self._driver.execute("getLog", {"type": "browser"})["value"]
        return [str(entry["message"]) for entry in entries]
