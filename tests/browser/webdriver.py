"""The common code of the engines that a WebDriver process drives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from selenium.webdriver import ActionChains, Remote
from selenium.webdriver.common.proxy import Proxy
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection

from .engine import PATIENCE_SECONDS, Engine
from .processes import end_group

if TYPE_CHECKING:
    import contextlib

    from selenium.webdriver.common.options import ArgOptions
    from selenium.webdriver.common.service import Service


class WebDriverEngine(Engine):
    """A browser that a driver process drives. This starts the driver process.

    :param stack: the callbacks that run when the browser is closed. The driver adds its own.
    """

    def __init__(self, service: Service, options: ArgOptions, stack: contextlib.ExitStack) -> None:
        self._service = service
        self._options = options
        service.start()
        stack.callback(end_group, service.process)
        stack.callback(service.stop)
        self._driver = self._begin_session()
        stack.callback(lambda: self._driver.quit())
        self._stack = stack.pop_all()

    def _begin_session(self) -> Remote:
        # Connect directly. The proxies in the environment are for other hosts.
        direct = Proxy({"proxyType": "direct"})
        self._connection = RemoteConnection(
            client_config=ClientConfig(self._service.service_url, proxy=direct)
        )
        driver = Remote(self._connection, options=self._options)
        driver.set_page_load_timeout(PATIENCE_SECONDS)
        driver.set_script_timeout(PATIENCE_SECONDS)
        return driver

    def open(self, url: str) -> None:
        self._driver.get(url)

    def screenshot(self) -> bytes:
        return self._driver.get_screenshot_as_png()

    def run(self, script: str, argument: Any = None) -> Any:
        # WebDriver adds a last argument: a function to call with the outcome.
        called = f"""
            const [argument, done] = arguments;
            (async () => {{ {script} }})().then(
              (value) => done({{ value }}), (error) => done({{ error: String(error) }}));
        """
        outcome = self._driver.execute_async_script(called, argument)
        if "error" in outcome:
            raise RuntimeError(outcome["error"])
        return outcome.get("value")

    def press(self, *keys: str) -> None:
        chain = ActionChains(self._driver)
        for key in keys:
            chain.send_keys(key)
        chain.perform()

    def resize(self, width: int, height: int) -> None:
        # The window is larger than the viewport, because it has a border and bars.
        self._driver.set_window_size(width, height)
        inner = self.run("return [innerWidth, innerHeight]")
        self._driver.set_window_size(2 * width - inner[0], 2 * height - inner[1])

    def close(self) -> None:
        self._stack.close()
