"""The engines write the console messages that the documentation explains.

Some things are not tested: AirPlay itself (a server sends the status and the header that people
report), ``net::ERR_BLOCKED_BY_CLIENT`` (it needs an extension), and the network tab, except for
Chromium's error codes.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from console_pages import SECTIONS, text
from flask import Flask
from werkzeug.debug import DebuggedApplication
from werkzeug.wrappers import Request, Response

from flask_crossorigin import CORS

from . import engines
from .engine import Engine, Window
from .minibrowser import WebKitWithConsole
from .pages import Runner
from .servers import Server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CERTIFICATE = Path(__file__).parents[1] / "diagnostics" / "probe" / "localhost.pem"

ORIGIN = "Access-Control-Allow-Origin"
METHODS = "Access-Control-Allow-Methods"
HEADERS = "Access-Control-Allow-Headers"
CREDENTIALS = "Access-Control-Allow-Credentials"

_FETCH = """
const { url, init, policy } = argument;
if (policy) {
  const element = document.createElement("meta");
  Object.assign(element, { httpEquiv: "Content-Security-Policy", content: policy });
  document.head.append(element);
}
return await fetch(url, init).then(() => "answer", String);
"""
_ELEMENT = """
return await new Promise((resolve) => {
  const element = document.createElement(argument.element);
  element.onload = () => resolve("answer");
  element.onerror = () => resolve("error");
  element.src = argument.url;
  document.body.append(element);
});
"""
_CANVAS = """
const image = new Image();
image.src = argument.url;
await image.decode();
const context = document.createElement("canvas").getContext("2d");
context.drawImage(image, 0, 0);
try {
  return String(context.getImageData(0, 0, 1, 1));
} catch (error) {
  return String(error);
}
"""
_HEADER = """
return await new Promise((resolve) => {
  const request = new XMLHttpRequest();
  request.onload = () => resolve(request.getResponseHeader("X-Total"));
  request.open("GET", argument.url);
  request.send();
});
"""
_FONT = "return await new FontFace('a', `url(${argument.url})`).load().then(String, String)"
_MODULE = "return await import(argument.url).then(String, String)"
_EVENTS = """
return await new Promise((resolve) => {
  const source = new EventSource(argument.url);
  source.onerror = () => resolve("error");
});
"""

#: A PNG image with one pixel.
_IMAGE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def crash() -> WSGIApplication:
    app = Flask(__name__)
    app.debug = True
    CORS(app, origins="*")

    @app.get("/items")
    def items() -> str:
        raise LookupError("no items")

    return DebuggedApplication(app, evalex=False)


@dataclass
class Case:
    """A section of the documentation, and a setup that causes one group of its messages.

    In ``headers``, ``{page}`` becomes the origin of the page and ``{api}`` that of the server.
    """

    label: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    init: dict[str, Any] = field(default_factory=dict)
    group: int = 0
    status: int = 200
    body: bytes = b"hello"
    #: The host of the server. 127.0.0.1 and localhost are two sites.
    host: str = "localhost"
    #: The URL to fetch, if it is not on the server.
    url: str | None = None
    #: The Content Security Policy of the page.
    policy: str = ""
    script: str = _FETCH
    element: str = "img"
    sandboxed: bool = False
    #: The name of the page: ``everyday``, or one of those in the stricter browser.
    page: Literal["everyday", "local", "public", "public http"] = "everyday"
    app: Callable[[], WSGIApplication] | None = None


ALLOWED = (ORIGIN, "{page}")
PUT = {"method": "PUT"}
INCLUDE = {"credentials": "include"}
CASES = [
    Case("console-cause"),
    Case("console-missing"),
    Case("console-missing", init=PUT, status=403, group=1),
    Case("console-crash", app=crash),
    Case("console-airplay", [("Server", "AirTunes/870.14.1")], status=403),
    Case("console-mismatch", [(ORIGIN, "http://localhost:3000")]),
    Case("console-null", sandboxed=True),
    Case("console-multiple", [(ORIGIN, "*"), ALLOWED]),
    Case("console-invalid", [(ORIGIN, "app.example.com")]),
    Case("console-redirect", [ALLOWED, ("Location", "{api}/login")], status=302),
    Case("console-redirect", [("Location", "{api}/login")], status=302, group=1),
    Case(
        "console-user-name",
        [ALLOWED, ("Location", "http://user:password@localhost/")],
        status=302,
    ),
    Case("console-user-name", url="http://user:password@localhost/", group=1),
    Case("console-header", [ALLOWED, (HEADERS, "Content-Type")], {"headers": {"X-Token": "1"}}),
    Case("console-method", [ALLOWED, (METHODS, "GET")], {"method": "DELETE"}),
    Case("console-preflight-status", [ALLOWED], PUT, status=401),
    Case("console-preflight-redirect", [ALLOWED, ("Location", "/login")], PUT, status=302),
    Case("console-parse", [ALLOWED, (METHODS, "GET; PUT")], PUT),
    Case(
        "console-authorization",
        [(ORIGIN, "*"), (HEADERS, "*")],
        {"headers": {"Authorization": "Bearer token"}},
    ),
    Case("console-wildcard", [(ORIGIN, "*")], INCLUDE),
    Case("console-credentials", [ALLOWED], INCLUDE),
    Case("console-nothing"),
    Case("console-unexposed", [ALLOWED, ("X-Total", "3")], script=_HEADER),
    Case("console-canvas", [("Content-Type", "image/png")], body=_IMAGE, script=_CANVAS),
    Case("console-other-requests", script=_FONT),
    Case("console-other-requests", [("Content-Type", "text/javascript")], script=_MODULE, group=1),
    Case(
        "console-other-requests", [("Content-Type", "text/event-stream")], script=_EVENTS, group=2
    ),
    Case("console-failed", url="http://localhost:{closed}/items"),
    Case("console-certificate", url="https://localhost:{tls}/items"),
    Case("console-mixed-content", url="http://api.example.com/items", page="public"),
    Case("console-mixed-content", url="http://localhost:5000/items", page="public", group=1),
    Case("console-local-network", [(ORIGIN, "*")], page="public"),
    Case("console-local-network", [(ORIGIN, "*")], page="public http", group=1),
    Case("console-scheme", url="localhost:5000/items"),
    Case("console-port", url="http://localhost:6000/items"),
    Case("console-csp", policy="connect-src 'self'"),
    Case(
        "console-corp",
        [("Cross-Origin-Resource-Policy", "same-origin")],
        {"mode": "no-cors"},
        host="127.0.0.1",
    ),
    Case(
        "console-orb",
        [("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")],
        body=b'{"items": []}',
        script=_ELEMENT,
        page="local",
    ),
    Case(
        "console-cookies",
        [
            ALLOWED,
            (CREDENTIALS, "true"),
            ("Set-Cookie", "session=1; SameSite=Lax"),
            ("Set-Cookie", "session=2; SameSite=None"),
            ("Set-Cookie", "session=3; SameSite=None; Secure"),
        ],
        INCLUDE,
        host="127.0.0.1",
        page="local",
    ),
]


def test_every_message_has_a_case() -> None:
    messages = [
        (section.label, number)
        for section in SECTIONS.values()
        for number in range(len(section.groups))
    ]
    assert [(case.label, case.group) for case in CASES] == messages


@dataclass
class Setting:
    """A browser, and the origins of its pages by their names in :attr:`Case.page`."""

    window: Window
    pages: dict[str, str]


@pytest.fixture(scope="module")
def everyday(engine: Engine, runner: Runner) -> Iterator[Setting]:
    with contextlib.ExitStack() as stack:
        window: Window = engine
        try:
            engine.console()
        except NotImplementedError:
            window = stack.enter_context(contextlib.closing(WebKitWithConsole()))
        page = stack.enter_context(Server(runner.pages()))
        yield Setting(window, {"everyday": page.origin()})


@pytest.fixture(scope="module")
def strict(engine: Engine, runner: Runner) -> Iterator[Setting]:
    """Start a browser that treats two pages as public, so that they may not reach loopback.

    It accepts our certificate. Firefox has its default settings for third-party cookies.
    """
    with contextlib.ExitStack() as stack:
        local, http = (stack.enter_context(Server(runner.pages())) for _ in range(2))
        https = stack.enter_context(Server(runner.pages(), certificate=CERTIFICATE))
        public = [f"127.0.0.1:{server.port}" for server in (https, http)]
        window = stack.enter_context(contextlib.closing(_strict_window(engine.name, public)))
        pages = {
            "local": local.origin(),
            "public": https.origin(),
            "public http": http.origin("app.example.com"),
        }
        yield Setting(window, pages)


def _strict_window(name: str, public: list[str]) -> Engine | WebKitWithConsole:
    if name == "chromium":
        spaces = ",".join(f"{address}=public" for address in public)
        return engines.start(
            name,
            f"--ip-address-space-overrides={spaces}",
            "--host-resolver-rules=MAP app.example.com 127.0.0.1 , MAP * ~NOTFOUND , "
            "EXCLUDE 127.0.0.1 , EXCLUDE *localhost",
            any_certificate=True,
            network=True,
        )
    if name == "firefox":
        preferences = {
            "network.cookie.cookieBehavior": 5,
            "network.lna.address_space.public.override": ",".join(public),
            # How long the permission prompt waits for the user, in milliseconds.
            "network.lna.prompt.timeout": 200,
        }
        return engines.start(name, preferences, any_certificate=True)
    return WebKitWithConsole("--ignore-tls-errors")


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    """Yield the ports of a stopped server, one with TLS, a plain one and one that hangs up."""
    with contextlib.ExitStack() as stack:
        # Bind the port without listening, so that no other program can use it.
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))
        tls = stack.enter_context(Server(_respond(Case("")), certificate=CERTIFICATE))
        plain = stack.enter_context(Server(_respond(Case(""))))
        hangs_up = stack.enter_context(Server(_hang_up))
        yield {
            "closed": closed.getsockname()[1],
            "tls": tls.port,
            "plain": plain.port,
            "hangs_up": hangs_up.port,
        }


def _hang_up(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    start_response("200 OK", [])
    return []


def _respond(case: Case, page: str = "") -> WSGIApplication:
    @Request.application
    def respond(request: Request) -> Response:
        if request.path == "/login":
            return Response("Who are you?")
        response = Response(case.body, status=case.status)
        for name, value in case.headers:
            if name == "Content-Type":
                del response.headers[name]
            filled = value.format(page=page, api=request.root_url.rstrip("/"))
            response.headers.add(name, filled)
        return response

    return respond


def _pattern(message: str, page: str, url: str) -> re.Pattern[str]:
    """Compile a message of the documentation, with the real URLs. ``…`` matches any text."""
    for example, actual in {
        "https://api.example.com/items": url,
        "https://app.example.com": page,
    }.items():
        message = message.replace(example, actual)
    return re.compile(".*".join(map(re.escape, message.split("…"))))


def _wait_for(
    patterns: list[re.Pattern[str]], window: Window, written: list[str]
) -> list[re.Pattern[str]]:
    """Read the console until it matches all patterns. Return those that it does not match.

    :param written: the messages so far. New messages are added to this list.
    """
    deadline = time.monotonic() + 5
    while patterns and time.monotonic() < deadline:
        time.sleep(0.05)
        written += window.console()
        patterns = [pattern for pattern in patterns if not pattern.search("\n".join(written))]
    return patterns


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.label}-{case.group}")
def test_message(
    request: pytest.FixtureRequest,
    engine_name: str,
    runner: Runner,
    ports: dict[str, int],
    case: Case,
) -> None:
    group = SECTIONS[case.label].groups[case.group]
    messages = {name.lower(): several for name, several in group.items()}.get(engine_name)
    if messages is None:
        pytest.skip("the page has no message of this engine")
    setting: Setting = request.getfixturevalue("everyday" if case.page == "everyday" else "strict")
    window, page = setting.window, setting.pages[case.page]
    with Server(case.app() if case.app else _respond(case, page)) as server:
        url = (case.url or f"{server.origin(case.host)}/items").format(**ports)
        argument = {"url": url, "init": case.init, "policy": case.policy, "element": case.element}
        outcome = runner.evaluate(window, page, case.script, argument, sandboxed=case.sandboxed)
        # Some of the documented messages are the error that JavaScript gets.
        written = [str(outcome)]
        patterns = [_pattern(message, page, url) for message in messages]
        assert _wait_for(patterns, window, written) == [], written


_CODES = {
    "net::ERR_CONNECTION_REFUSED": "http://localhost:{closed}/",
    "net::ERR_NAME_NOT_RESOLVED": "https://api.example.com/",
    "net::ERR_SSL_PROTOCOL_ERROR": "https://localhost:{plain}/",
    "net::ERR_EMPTY_RESPONSE": "http://localhost:{hangs_up}/",
    "net::ERR_CERT_AUTHORITY_INVALID": "https://localhost:{tls}/",
    "net::ERR_FAILED": "http://localhost:{plain}/",
}


def test_every_code_but_that_of_extensions_has_a_case() -> None:
    codes = re.findall(r"^- ``(net::\w+)``:", text("console-network"), re.MULTILINE)
    assert codes == [*_CODES, "net::ERR_BLOCKED_BY_CLIENT"]


@pytest.mark.parametrize("engine_name", ["chromium"], indirect=True)
@pytest.mark.parametrize("code", _CODES)
def test_code(everyday: Setting, runner: Runner, ports: dict[str, int], code: str) -> None:
    argument = {"url": _CODES[code].format(**ports), "init": {}}
    runner.evaluate(everyday.window, everyday.pages["everyday"], _FETCH, argument)
    assert _wait_for([re.compile(re.escape(code))], everyday.window, []) == []
