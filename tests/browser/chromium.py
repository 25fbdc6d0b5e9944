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

    :param arguments: what to start it with besides; the last of a name counts.
    :param any_certificate: accept certificates that nobody has signed.
    :param network: take the network tab's errors for a part of the console.
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

    def resize(self, width: int, height: int) -> None:
        # A window cannot be as narrow as a phone.
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
        # WebDriver deletes the cookies of one page's host only; the DevTools know all.
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
        # The log of the network has everything else that happens there too.
        return [entry for entry in entries if '"Network.' not in entry or "errorText" in entry]
