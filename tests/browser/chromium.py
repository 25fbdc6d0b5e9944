"""Chromium, driven by chromedriver."""

from __future__ import annotations

import contextlib
import os
from typing import Any

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
    # Let the remaining requests to Google's servers fail.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE *localhost",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-proxy-server",
)


class Chromium(WebDriverEngine):
    """Chromium without a window.

    A preference allows third-party cookies. Otherwise, cookies have Chromium's defaults: servers
    on loopback can set and receive ``Secure`` cookies, ``SameSite=None`` needs ``Secure``, and a
    cookie without ``SameSite`` is treated as ``Lax``.

    :param arguments: more command-line arguments. If a name is repeated, the last one wins.
    :param any_certificate: accept certificates from unknown authorities.
    :param network: add the errors of the network tab to the console messages.
    """

    name = "chromium"

    def __init__(
        self, *arguments: str, any_certificate: bool = False, network: bool = False
    ) -> None:
        options = Options()
        options.binary_location = find_program("chromium", package="chromium")
        self._logs = ["browser", "performance"] if network else ["browser"]
        options.set_capability("goog:loggingPrefs", dict.fromkeys(self._logs, "ALL"))
        options.accept_insecure_certs = any_certificate
        driver = find_program("chromedriver", package="chromium-driver")
        for argument in (*_ARGUMENTS, *arguments):
            options.add_argument(argument)
        # 0 allows third-party cookies. By default, cross-site requests have no cookies.
        options.add_experimental_option("prefs", {"profile.cookie_controls_mode": 0})
        if os.geteuid() == 0:
            # Chromium's sandbox doesn't work for root.
            options.add_argument("--no-sandbox")
        with contextlib.ExitStack() as stack:
            directory, environment = stack.enter_context(scratch(self.name))
            options.add_argument(f"--user-data-dir={directory / 'profile'}")
            service = Service(driver, env=environment, popen_kw={"start_new_session": True})
            super().__init__(service, options, stack)

    def resize(self, width: int, height: int) -> None:
        # Chromium's windows cannot be as narrow as a phone.
        self._tell_devtools(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def prefer(self, scheme: str) -> None:
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._tell_devtools("Emulation.setEmulatedMedia", features=[feature])

    def clear_cookies(self) -> None:
        # WebDriver only deletes the cookies of the page's host. DevTools can delete all cookies.
        self._tell_devtools("Network.clearBrowserCookies")

    def _tell_devtools(self, name: str, **parameters: Any) -> None:
        self._connection.add_command("cdp", "POST", "/session/$sessionId/goog/cdp/execute")  # type: ignore[no-untyped-call]
        self._driver.execute("cdp", {"cmd": name, "params": parameters})

    def console(self) -> list[str]:
        self._connection.add_command("getLog", "POST", "/session/$sessionId/se/log")  # type: ignore[no-untyped-call]
        entries = [
            str(entry["message"])
            for log in self._logs
            for entry in self._driver.execute("getLog", {"type": log})["value"]
        ]
        # The performance log has all network events, so only keep the errors.
        return [entry for entry in entries if '"Network.' not in entry or "errorText" in entry]
