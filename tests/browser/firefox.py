"""Firefox, driven through WebDriver BiDi, without a separate driver process."""

from __future__ import annotations

import base64
import contextlib
import json
import queue
import re
import subprocess
import threading
import time
from collections import deque
from typing import IO, TYPE_CHECKING, Any

from websockets.sync.client import connect

from .engine import PATIENCE_SECONDS, Engine
from .processes import find_program, running, scratch

if TYPE_CHECKING:
    from collections.abc import Mapping

# Firefox itself sets the preferences that Mozilla recommends for automated runs
# (remote.prefs.recommended). These already prevent most of its own network requests.
_PREFERENCES: dict[str, bool | int | str] = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.newtabpage.enabled": False,
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.provider.google4.updateURL": "",
    "browser.safebrowsing.provider.mozilla.updateURL": "",
    "browser.search.update": False,
    "browser.startup.page": 0,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    # Otherwise, Firefox tries https first when a test opens an http page.
    "dom.security.https_first": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    # 0 accepts all cookies. The default, 5, gives each third party a separate cookie jar for each
    # site of a page, so a cross-site request never has the user's other cookies.
    "network.cookie.cookieBehavior": 0,
    "network.dns.disablePrefetch": True,
    # Resolve every name to localhost, so that the remaining requests to Mozilla's servers fail.
    "network.dns.native-is-localhost": True,
    "network.proxy.type": 0,
    "network.trr.mode": 5,
    "toolkit.telemetry.server": "data:,",
}

_LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")

_TAKE_CONSOLE = """
(() => {
  const entries = Services.console.getMessageArray();
  Services.console.reset();
  const text = (entry) => entry instanceof Ci.nsIScriptError ? entry.errorMessage : entry.message;
  return JSON.stringify(entries.map(text));
})()
"""


class Firefox(Engine):
    """Firefox without a window.

    A preference allows third-party cookies. Otherwise, cookies have Firefox's defaults: servers on
    loopback can set and receive ``Secure`` cookies, ``SameSite=None`` needs ``Secure``, and a
    cookie without ``SameSite`` is treated as ``None``.

    :param preferences: more preferences, which override those of the tests.
    :param any_certificate: accept certificates from unknown authorities.
    """

    name = "firefox"

    def __init__(
        self,
        preferences: Mapping[str, bool | int | str] | None = None,
        *,
        any_certificate: bool = False,
    ) -> None:
        program = find_program("firefox-esr", "firefox", package="firefox-esr")
        with contextlib.ExitStack() as stack:
            directory, environment = stack.enter_context(scratch(self.name))
            profile = directory / "profile"
            profile.mkdir()
            lines = (
                f"user_pref({json.dumps(name)}, {json.dumps(value)});"
                for name, value in {**_PREFERENCES, **(preferences or {})}.items()
            )
            (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
            command = [program, "--headless", "--no-remote", "--profile", str(profile)]
            # Only privileged JavaScript can read the console.
            command += ["--remote-debugging-port=0", "--remote-allow-system-access", "about:blank"]
            process = stack.enter_context(running(command, env=environment, stderr=subprocess.PIPE))
            assert process.stderr is not None
            address = _Address(process.stderr)
            self._socket = stack.enter_context(
                connect(f"{address.wait()}/session", proxy=None, max_size=None)
            )
            self._commands = 0
            capabilities = {"alwaysMatch": {"acceptInsecureCerts": any_certificate}}
            self._send("session.new", capabilities=capabilities)
            first = self._send("browsingContext.getTree")["contexts"][0]["context"]
            # Without a screen, the first window never gets the focus.
            self._context = self._open_window()
            self._send("browsingContext.close", context=first)
            # If Firefox closes by command, it leaves no helper processes behind.
            stack.callback(self._ask_to_close, process)
            self._stack = stack.pop_all()

    def _open_window(self) -> str:
        context: str = self._send("browsingContext.create", type="window")["context"]
        return context

    def _send(self, method: str, patience: float = PATIENCE_SECONDS, **parameters: Any) -> Any:
        """Send one command of WebDriver BiDi, and return its result.

        :raises TimeoutError: there is no result within ``patience`` seconds.
        """
        self._commands += 1
        command = {"id": self._commands, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        deadline = time.monotonic() + patience
        while True:
            answer = json.loads(self._socket.recv(timeout=deadline - time.monotonic()))
            if answer.get("id") != self._commands:
                continue
            if answer["type"] == "error":
                raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
            return answer["result"]

    def _ask_to_close(self, process: subprocess.Popen[bytes]) -> None:
        # If Firefox has crashed or hangs, the end of its process group stops it anyway.
        with contextlib.suppress(Exception):
            self._send("browser.close")
            process.wait(PATIENCE_SECONDS)

    def open(self, url: str) -> None:
        try:
            self._navigate(url, PATIENCE_SECONDS / 3)
        except TimeoutError:
            # Sometimes, Firefox never reports that a page has loaded. In a new window, it does.
            self._context = self._open_window()
            self._navigate(url, PATIENCE_SECONDS)

    def _navigate(self, url: str, patience: float) -> None:
        command = "browsingContext.navigate"
        self._send(command, patience, context=self._context, url=url, wait="complete")

    def screenshot(self) -> bytes:
        image = self._send("browsingContext.captureScreenshot", context=self._context)
        return base64.b64decode(image["data"])

    def run(self, script: str, argument: Any = None) -> Any:
        called = f"async (text) => JSON.stringify((await (async (argument) => {{ {script} }})("
        called += "JSON.parse(text))) ?? null)"
        outcome = self._send(
            "script.callFunction",
            functionDeclaration=called,
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            awaitPromise=True,
            # The page's Content Security Policy does not apply in a sandbox.
            target={"context": self._context, "sandbox": "tests"},
        )
        if outcome["type"] == "exception":
            raise RuntimeError(outcome["exceptionDetails"]["text"])
        return json.loads(outcome["result"]["value"])

    def press(self, *keys: str) -> None:
        strokes = [(stroke, c) for key in keys for c in key for stroke in ("keyDown", "keyUp")]
        actions = [{"type": stroke, "value": character} for stroke, character in strokes]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self._send("input.performActions", context=self._context, actions=[keyboard])

    def resize(self, width: int, height: int) -> None:
        viewport = {"width": width, "height": height}
        self._send("browsingContext.setViewport", context=self._context, viewport=viewport)

    def clear_cookies(self) -> None:
        self._send("storage.deleteCookies")

    def console(self) -> list[str]:
        # WebDriver BiDi only reports errors, but many of these messages are warnings.
        scope: dict[str, Any] = {"moz:scope": "chrome"}
        windows = self._send("browsingContext.getTree", **scope)["contexts"]
        target = {"context": windows[0]["context"]}
        taken = self._send(
            "script.evaluate", expression=_TAKE_CONSOLE, target=target, awaitPromise=False
        )
        written: list[str] = json.loads(taken["result"]["value"])
        return written

    def close(self) -> None:
        self._stack.close()


class _Address:
    """Reads the WebSocket address from the output of Firefox."""

    def __init__(self, stderr: IO[bytes]) -> None:
        self._found: queue.Queue[str] = queue.Queue()
        self._last_lines: deque[str] = deque(maxlen=20)
        # Read all output, not only up to the address: a full pipe would block the browser.
        threading.Thread(target=self._read, args=(stderr,), daemon=True).start()

    def _read(self, stderr: IO[bytes]) -> None:
        with contextlib.suppress(ValueError):
            for line in stderr:
                text = line.decode(errors="replace").rstrip()
                self._last_lines.append(text)
                listening = _LISTENING.search(text)
                if listening:
                    self._found.put(listening[1])

    def wait(self) -> str:
        try:
            return self._found.get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            said = "\n".join(self._last_lines)
            raise TimeoutError(f"Firefox did not start to listen; it said:\n{said}") from None
