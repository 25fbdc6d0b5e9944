"""``enforce`` stops requests before they reach a view. CORS alone only hides the responses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from flask import request
from flask_sock import Sock  # type: ignore[import-untyped]

from flask_crossorigin import CORS

from .bank import LANDS, Bank, with_helpers
from .engine import Engine
from .pages import Runner
from .request_kinds import DIFFERENCES, KINDS, PRELUDE, Kind, Said
from .servers import Server

#: The first segments of the paths, each of which has its own policy. ``open`` shows that an
#: attacker's request reaches a view without ``enforce``. ``bare`` is like ``unsafe``, but without
#: ``Sec-Fetch-Site``, as on plain http and with older browsers.
WAYS = ("open", "always", "unsafe", "bare")

#: The roles of the pages that reach the view, by what the request says about its page. This is
#: about requests that may change something and, with ``enforce=True``, about all requests.
REACHED_BY: dict[Said, set[str]] = {
    Said.NAMED: {"server", "friend"},
    Said.NAMED_ABROAD: {"server", "friend"},
    Said.NOTHING: {"server", "friend", "attacker"},
    # Sec-Fetch-Site identifies the server's own pages. Without it, they are refused, too.
    Said.NULL: {"server"},
    Said.NULL_ABROAD: {"server"},
    # These identify no page: an attacker may have written the sandboxed document, or may have
    # sent the request that was then redirected.
    Said.OPAQUE: set(),
    Said.REDIRECTED: set(),
}


class Page(NamedTuple):
    """A page that sends requests. It belongs to the server, an allowed origin or an attacker."""

    role: str
    host: str = "localhost"

    @property
    def site(self) -> str:
        """The ``Sec-Fetch-Site`` of its requests to another origin at ``localhost``."""
        return "same-site" if self.host == "localhost" else "cross-site"


# Registers a service worker for all paths below /unsafe/, and waits until it is active.
_REGISTER = """
const options = { scope: "/unsafe/" };
const url = `/worker.js?${encodeURIComponent(argument)}`;
const registration = await navigator.serviceWorker.register(url, options);
const worker = registration.installing || registration.waiting || registration.active;
if (worker.state !== "activated") {
  await new Promise((resolve) => {
    worker.onstatechange = () => worker.state === "activated" && resolve();
  });
}
"""

_UNREGISTER = """
const registrations = await navigator.serviceWorker.getRegistrations();
await Promise.all(registrations.map((registration) => registration.unregister()));
"""

_PASS_ON_ALL = "onfetch = (event) => event.respondWith(fetch(event.request))"
_PASS_ON_GET = (
    "onfetch = (event) => {"
    " if (event.request.method === 'GET') event.respondWith(fetch(event.request)) }"
)

#: Forms of an attacker's page that the server's service worker sends as if they were its own.
_ADOPTED = {"chromium": [], "webkit": ["submit"]}

_ECHO = """
const socket = new WebSocket(argument);
const outcome = new Promise((resolve) => {
  socket.onmessage = (event) => {
    resolve(event.data);
    socket.close();
  };
  socket.onclose = () => resolve("refused");
});
socket.onopen = () => socket.send("hello");
return await outcome;
"""


#: Pages on another port have another origin on the same site. Another host is another site.
PAGES = [
    Page("server"),
    Page("friend"),
    Page("friend", "127.0.0.1"),
    Page("attacker"),
    Page("attacker", "127.0.0.1"),
]


class World(NamedTuple):
    bank: Bank
    servers: dict[str, Server]

    def origin(self, page: Page) -> str:
        return self.servers[page.role].origin(page.host)

    def url(self, way: str, name: str) -> str:
        return f"{self.servers['server'].origin()}/{way}/{quote(name)}"

    def argument(self, **more: Any) -> dict[str, Any]:
        origins = {name: server.origin() for name, server in self.servers.items()}
        return {"servers": origins, **more}


@pytest.fixture
def world(runner: Runner) -> Iterator[World]:
    bank = Bank()
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(Server(with_helpers(runner.pages(app))))
            for name, app in {
                "server": bank,
                "friend": None,
                "partner": None,
                "attacker": None,
                "anybody": None,
            }.items()
        }
        friends = [servers[name].origin() for name in ("friend", "partner")]
        friends.append(servers["friend"].origin("127.0.0.1"))
        CORS(
            bank.app,
            origins=friends,
            resources={
                "/open/*": {"origins": "*"},
                "/always/*": {"enforce": True},
                "/unsafe/*": {"enforce": "unsafe"},
                "/bare/*": {"enforce": "unsafe"},
            },
        )
        yield World(bank, servers)


def send_at_once(
    engine: Engine, runner: Runner, page: Page, world: World, names: Iterable[str]
) -> None:
    """Have one page send several kinds of requests in each of the :data:`WAYS`."""
    functions = ", ".join(
        f"{json.dumps(name)}: async (url) => {{ {KINDS[name].script} }}" for name in names
    )
    script = f"""{PRELUDE}
    const kinds = {{ {functions} }};
    // What is refused rejects, in its own time.
    for (const [name, url] of argument.urls) kinds[name](url).catch(() => {{}});
    """
    urls = [(name, world.url(way, name)) for name in names for way in WAYS]
    runner.evaluate(engine, world.origin(page), script, world.argument(urls=urls))
    world.bank.wait_for([f"/{way}/{name}" for name in names for way in WAYS])


def send_from_window(
    engine: Engine, runner: Runner, page: Page, world: World, way: str, name: str
) -> None:
    """Have a page send a request whose response replaces the page."""
    kind = KINDS[name]
    runner.evaluate(
        engine,
        world.origin(page),
        f"{PRELUDE} const {{ url }} = argument; {kind.script}",
        world.argument(url=f"{world.url(way, name)}?{LANDS}"),
        headers={"Referrer-Policy": kind.referrer_policy} if kind.referrer_policy else None,
    )
    world.bank.wait_for([], landed=[f"/{way}/{name}"])


def origin_said(said: Said, page: Page, origin: str) -> str | None:
    if said is Said.NOTHING or (said is Said.NAMED_ABROAD and page.role == "server"):
        return None
    if said is Said.NAMED or (said is Said.NULL_ABROAD and page.role == "server"):
        return origin
    return origin if said is Said.NAMED_ABROAD else "null"


def site_said(engine: str, name: str, kind: Kind, said: Said, page: Page) -> str | None:
    is_at_home = page.role == "server" and kind.hop != "other"
    if name.startswith("WebSocket") and engine == "chromium":
        return None
    if said is Said.OPAQUE or name.endswith("in a sandbox"):
        return "cross-site"
    if is_at_home:
        return "same-origin"
    if engine == "firefox" and kind.hop:
        return "cross-site"
    if engine == "webkit" and kind.hop in {"page", "other"} and name.startswith("fetch"):
        return None
    return page.site


def reaches_view(way: str, name: str, kind: Kind, said: Said, page: Page) -> bool:
    if way == "open":
        return True
    if way in {"unsafe", "bare"} and not kind.is_unsafe:
        # These are safe methods, but QUERY needs a preflight, which an attacker doesn't pass.
        return page.role != "attacker" or name != "fetch QUERY"
    return page.role in REACHED_BY[said] and not (way == "bare" and said is Said.NULL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.role}@{page.host}")
def test_kinds_of_requests(engine: Engine, runner: Runner, world: World, page: Page) -> None:
    says = {name: DIFFERENCES[engine.name].get(name, kind.said) for name, kind in KINDS.items()}
    sent = {name: said for name, said in says.items() if said is not None}
    send_at_once(
        engine, runner, page, world, [name for name in sent if not KINDS[name].is_top_level]
    )
    for name in sent:
        if KINDS[name].is_top_level:
            for way in WAYS:
                send_from_window(engine, runner, page, world, way, name)
    arrivals = world.bank.wait_for([f"/{way}/{name}" for name in sent for way in WAYS])
    reached = world.bank.reached()
    wrong = {}
    for name, said in sent.items():
        kind = KINDS[name]
        actual = (
            arrivals[f"/open/{name}"].origin,
            arrivals[f"/open/{name}"].site,
            [way for way in WAYS if f"/{way}/{name}" in reached],
        )
        expected = (
            origin_said(said, page, world.origin(page)),
            site_said(engine.name, name, kind, said, page),
            [way for way in WAYS if reaches_view(way, name, kind, said, page)],
        )
        if actual != expected:
            wrong[name] = f"{actual} and not {expected}"
    assert not wrong
    if page.role == "attacker":
        # This follows from the table, but it is the point of it: an attacker's unsafe requests
        # only reach /open/.
        unsafe = {name for name, kind in KINDS.items() if kind.is_unsafe}
        assert {path for path in reached if path.split("/", 2)[2] in unsafe} == {
            f"/open/{name}" for name in unsafe & sent.keys()
        }


def test_address_that_is_typed(engine: Engine, world: World) -> None:
    for way in WAYS:
        engine.open(world.url(way, "typed"))
    arrivals = world.bank.wait_for([f"/{way}/typed" for way in WAYS])
    assert arrivals["/open/typed"].site == "none"
    assert world.bank.reached() == {f"/{way}/typed" for way in WAYS}


@pytest.mark.parametrize("worker", [_PASS_ON_ALL, _PASS_ON_GET], ids=["all", "get"])
def test_service_worker_of_the_server(
    engine: Engine, runner: Runner, world: World, worker: str
) -> None:
    if engine.name == "firefox":
        pytest.skip("driven, it sometimes stops navigating after a service worker is unregistered")
    home = world.servers["server"].origin()
    runner.evaluate(engine, home, _REGISTER, worker)
    try:
        for page in (Page("attacker"), Page("attacker", "127.0.0.1")):
            send_at_once(engine, runner, page, world, ["form POST"])
            send_from_window(engine, runner, page, world, "unsafe", "submit")
    finally:
        runner.evaluate(engine, home, _UNREGISTER)
    adopted = _ADOPTED[engine.name] if worker == _PASS_ON_ALL else []
    assert world.bank.reached() - {"/open/form POST"} == {f"/unsafe/{name}" for name in adopted}


def test_websocket_that_echoes(engine: Engine, runner: Runner, world: World) -> None:
    ran: list[str | None] = []

    def echo(connection: Any) -> None:
        ran.append(request.headers.get("Origin"))
        connection.send(connection.receive())
        # Let the page close the socket first. If the server did, its message could get lost.
        connection.receive(timeout=10)

    Sock(world.bank.app).route("/always/echo")(echo)
    url = world.url("always", "echo").replace("http", "ws", 1)
    for page in PAGES:
        outcome = runner.evaluate(engine, world.origin(page), _ECHO, url)
        if page.role == "attacker":
            assert (outcome, ran) == ("refused", [])
        else:
            assert (outcome, ran) == ("hello", [world.origin(page)])
        ran.clear()
