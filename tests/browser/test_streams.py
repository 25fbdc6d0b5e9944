"""Event streams, misdirected requests and cleared cookies, in the engines and the ``Browser``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from werkzeug.wrappers import Request, Response

from flask_crossorigin.testing import Browser, CORSError

from .servers import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .engine import Engine
    from .pages import Job, Runner

_READ = """
const response = await fetch(argument);
const reader = response.body.getReader();
const { value } = await reader.read();
await reader.cancel();
return [response.status, new TextDecoder().decode(value)];
"""

_LISTEN = """
const { url, withCredentials } = argument;
const source = new EventSource(url, { withCredentials });
const outcome = await new Promise((resolve) => {
  source.onmessage = (event) => resolve(event.data);
  source.onerror = () => resolve("error");
});
source.close();
return outcome;
"""


class Api:
    """Responds with the status and headers that each test sets, and records the requests."""

    def __init__(self) -> None:
        self.headers: list[tuple[str, str]] = []
        self.status = 200
        self.arrivals: list[Request] = []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        self.arrivals.append(request)
        response = Response(self._events(), self.status, mimetype="text/event-stream")
        if self.status != 200 or request.path != "/events":
            response = Response("hello", self.status)
        response.headers.extend(self.headers)
        response.headers["Cache-Control"] = "no-store"
        return response(environ, start_response)

    def _events(self) -> Iterator[str]:
        # No test reads this many events. The stream ends when the engine disconnects.
        for number in range(10**9):
            yield f"data: {number}\n\n"

    @property
    def requests(self) -> list[tuple[str, str | None, str | None]]:
        names = ("Origin", "Sec-Fetch-Mode")
        return [
            (request.method, *(request.headers.get(name) for name in names))  # type: ignore[misc]
            for request in self.arrivals
        ]


@pytest.fixture
def page(runner: Runner) -> Iterator[Server]:
    with Server(runner.pages()) as server:
        yield server


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def server(api: Api, runner: Runner) -> Iterator[Server]:
    with Server(runner.pages(api)) as server:
        yield server


def test_an_endless_stream_returns_at_its_headers(
    engine: Engine, runner: Runner, page: Server, server: Server, api: Api
) -> None:
    api.headers = [("Access-Control-Allow-Origin", "*")]
    url = server.origin() + "/events"
    status, text = runner.evaluate(engine, page.origin(), _READ, url)
    with Browser({server.origin(): api}, origin=page.origin()).fetch(url).stream as stream:
        assert (status, text[:9]) == (200, "data: 0\n\n")
        assert next(stream).decode() == "data: 0\n\n"


@pytest.mark.parametrize(
    ("credentials", "headers", "outcome"),
    [
        (False, {"Origin": "*"}, "0"),
        (False, {"Origin": "{page}"}, "0"),
        (False, {}, "error"),
        (True, {"Origin": "{page}", "Credentials": "true"}, "0"),
        (True, {"Origin": "*"}, "error"),
        (True, {"Origin": "{page}"}, "error"),
    ],
)
def test_an_event_source_is_a_fetch(
    engine: Engine,
    runner: Runner,
    page: Server,
    server: Server,
    api: Api,
    credentials: bool,
    headers: dict[str, str],
    outcome: str,
) -> None:
    api.headers = [
        (f"Access-Control-Allow-{name}", value.format(page=page.origin()))
        for name, value in headers.items()
    ]
    url = server.origin() + "/events"
    argument = {"url": url, "withCredentials": credentials}
    assert runner.evaluate(engine, page.origin(), _LISTEN, argument) == outcome
    theirs = api.requests[0]
    api.arrivals.clear()
    browser = Browser({server.origin(): api}, origin=page.origin())
    mode: Any = "include" if credentials else "same-origin"
    accept = {"Accept": "text/event-stream"}
    if outcome == "error":
        with pytest.raises(CORSError):
            browser.fetch(url, headers=accept, credentials=mode)
    else:
        stream = browser.fetch(url, headers=accept, credentials=mode).stream
        assert next(stream) == b"data: 0\n\n"
        stream.close()
    assert api.requests == [theirs]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_misdirected(
    engine: Engine, runner: Runner, page: Server, server: Server, api: Api, method: str
) -> None:
    api.headers, api.status = [("Access-Control-Allow-Origin", "*")], 421
    runner.run(engine, page.origin(), [{"url": server.origin(), "method": method}])
    theirs = len(api.arrivals)
    api.arrivals.clear()
    Browser({server.origin(): api}, origin=page.origin()).fetch(server.origin(), method=method)
    assert (theirs, len(api.arrivals)) == (2, 2)


@pytest.mark.parametrize("value", ['"cookies"', "cookies", '"cache"', '"*"'])
@pytest.mark.parametrize("credentials", ["include", "omit"])
def test_clear_site_data(
    engine: Engine,
    runner: Runner,
    page: Server,
    server: Server,
    api: Api,
    value: str,
    credentials: Any,
) -> None:
    engine.clear_cookies()
    browser = Browser({server.origin(): api}, origin=page.origin())

    def visit(mode: str, *headers: tuple[str, str]) -> None:
        allowed = [("Access-Control-Allow-Origin", page.origin())]
        api.headers = [*allowed, ("Access-Control-Allow-Credentials", "true"), *headers]
        job: Job = {"url": server.origin(), "credentials": mode}
        (result,) = runner.run(engine, page.origin(), [job])
        assert result["error"] is None
        browser.fetch(server.origin(), credentials=cast("Any", mode))

    visit("include", ("Set-Cookie", "old=1; SameSite=Lax"))
    visit(credentials, ("Clear-Site-Data", value), ("Set-Cookie", "new=1; SameSite=Lax"))
    visit("include")
    theirs, ours = (sorted(request.cookies) for request in api.arrivals[-2:])
    if engine.name != "chromium" and credentials == "omit" and value in {'"cookies"', '"*"'}:
        # Firefox and WebKit clear the cookies in any credentials mode.
        assert (theirs, ours) == ([], ["old"])
    else:
        assert theirs == ours
