"""The harness itself works with an application that sets its own CORS headers."""

from __future__ import annotations

import struct
import threading
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.wrappers import Request, Response

from .pages import Job, Result, Runner, ScriptError
from .servers import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication

    from .engine import Engine


@pytest.fixture(scope="module")
def page(runner: Runner) -> Iterator[Server]:
    """Start a server that only serves pages of the runner."""
    with Server(runner.pages()) as server:
        yield server


class Api:
    """Responds with the headers that each test sets, and records the requests."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.bodies: list[str] = []
        self.headers: list[tuple[str, str]] = []
        self.preflight_headers: list[tuple[str, str]] = []

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Any:
        request = Request(environ)
        self.requests.append(request)
        self.bodies.append(request.get_data(as_text=True))
        if request.method == "OPTIONS":
            response = Response(status=204, headers=self.preflight_headers)
        else:
            response = Response("hello", headers=self.headers)
        return response(environ, start_response)

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def server(api: Api, runner: Runner) -> Iterator[Server]:
    """Start a new server for each test, so that browsers have cached nothing of it yet."""
    with Server(runner.pages(api)) as server:
        yield server


def fetch(runner: Runner, engine: Engine, page: Server, job: Job) -> Result:
    (result,) = runner.run(engine, page.origin(), [job])
    return result


def test_allowed(engine: Engine, runner: Runner, page: Server, server: Server, api: Api) -> None:
    api.headers = [("Access-Control-Allow-Origin", page.origin())]
    url = server.origin() + "/simple"
    result = fetch(runner, engine, page, {"url": url})
    assert (result["ok"], result["error"], result["body"]) == (True, None, "hello")
    assert (result["type"], result["status"]) == ("cors", 200)
    assert (result["url"], result["redirected"]) == (url, False)
    (request,) = api.requests
    assert request.headers["Origin"] == page.origin()


def test_refused(engine: Engine, runner: Runner, page: Server, server: Server, api: Api) -> None:
    result = fetch(runner, engine, page, {"url": server.origin()})
    assert result["error"] is not None
    assert result["error"].startswith("TypeError: ")
    assert (result["ok"], result["type"], result["status"]) == (False, "error", 0)
    assert api.methods == ["GET"]


def test_other_host_is_cross_origin(
    engine: Engine, runner: Runner, page: Server, api: Api, server: Server
) -> None:
    api.headers = [("Access-Control-Allow-Origin", page.origin("127.0.0.1"))]
    jobs: list[Job] = [{"url": server.origin()}, {"url": server.origin("127.0.0.1")}]
    results = runner.run(engine, page.origin("127.0.0.1"), jobs)
    assert [result["body"] for result in results] == ["hello", "hello"]


def test_same_origin(engine: Engine, runner: Runner, server: Server, api: Api) -> None:
    api.headers = [("X-Total", "7")]
    result = fetch(runner, engine, server, {"url": "/items"})
    assert result["type"] == "basic"
    assert ["x-total", "7"] in result["headers"]
    assert "Origin" not in api.requests[0].headers


def test_preflight(engine: Engine, runner: Runner, page: Server, server: Server, api: Api) -> None:
    api.headers = [("Access-Control-Allow-Origin", page.origin())]
    api.preflight_headers = [
        *api.headers,
        ("Access-Control-Allow-Methods", "PUT"),
        ("Access-Control-Allow-Headers", "x-token"),
    ]
    job: Job = {
        "url": server.origin() + "/items",
        "method": "PUT",
        "headers": [["X-Token", "a"]],
        "body": "1",
    }
    assert fetch(runner, engine, page, job)["body"] == "hello"
    assert api.methods == ["OPTIONS", "PUT"]
    preflight, request = api.requests
    assert preflight.headers["Access-Control-Request-Headers"] == "x-token"
    assert request.headers["X-Token"] == "a"
    assert api.bodies == ["", "1"]


def test_preflight_that_refuses(
    engine: Engine, runner: Runner, page: Server, server: Server, api: Api
) -> None:
    api.headers = [("Access-Control-Allow-Origin", page.origin())]
    api.preflight_headers = api.headers
    result = fetch(runner, engine, page, {"url": server.origin(), "method": "PUT"})
    assert result["error"] is not None
    assert api.methods == ["OPTIONS"]


@pytest.mark.parametrize("api_host", ["localhost", "127.0.0.1"])
def test_cookies(
    engine: Engine, runner: Runner, page: Server, server: Server, api: Api, api_host: str
) -> None:
    engine.clear_cookies()
    api.headers = [
        ("Access-Control-Allow-Origin", page.origin()),
        ("Access-Control-Allow-Credentials", "true"),
        # No engine stores both: WebKit needs https for Secure, the others need Secure for None.
        ("Set-Cookie", "visits=1; SameSite=None"),
        ("Set-Cookie", "secure-visits=1; SameSite=None; Secure"),
        ("Set-Cookie", "own=1; SameSite=Lax"),
    ]
    url = server.origin(api_host)
    including: Job = {"url": url, "credentials": "include"}
    results = runner.run(engine, page.origin(), [including, including, {"url": url}])
    assert [result["error"] for result in results] == [None] * 3
    first, second, without = (request.cookies for request in api.requests)
    assert (first, without) == ({}, {})
    assert {"visits", "secure-visits"} & second.keys()
    assert ("own" in second) == (api_host == "localhost")

    engine.clear_cookies()
    runner.run(engine, page.origin(), [including])
    assert api.requests[-1].cookies == {}


def test_exposed_headers(
    engine: Engine, runner: Runner, page: Server, server: Server, api: Api
) -> None:
    api.headers = [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", "X-Total"),
        ("X-Total", "7"),
        ("X-Hidden", "8"),
    ]
    names = {
        name.lower(): value
        for name, value in fetch(runner, engine, page, {"url": server.origin()})["headers"]
    }
    assert names["x-total"] == "7"
    assert "x-hidden" not in names


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        ("ü", "text/plain;charset=UTF-8", "ü"),
        ({"bytes": [104, 105]}, None, "hi"),
        (
            {"form": [["a", "1"], ["a", "2"]]},
            "application/x-www-form-urlencoded;charset=UTF-8",
            "a=1&a=2",
        ),
        ({"multipart": [["a", "1"]]}, "multipart/form-data; boundary=", 'name="a"'),
    ],
)
def test_bodies(
    engine: Engine,
    runner: Runner,
    server: Server,
    api: Api,
    body: Any,
    content_type: str | None,
    sent: str,
) -> None:
    fetch(runner, engine, server, {"url": "/", "method": "POST", "body": body})
    received = api.requests[0].headers.get("Content-Type")
    if content_type is None:
        assert received is None
    else:
        assert received is not None
        assert received.lower().startswith(content_type.lower())
    assert sent in api.bodies[0]


def test_sandboxed(engine: Engine, runner: Runner, page: Server, server: Server, api: Api) -> None:
    api.headers = [("Access-Control-Allow-Origin", "null")]
    jobs: list[Job] = [{"url": server.origin()}]
    (result,) = runner.run(engine, page.origin(), jobs, sandboxed=True)
    assert result["body"] == "hello"
    assert api.requests[0].headers["Origin"] == "null"


def test_many_jobs(engine: Engine, runner: Runner, page: Server, server: Server, api: Api) -> None:
    api.headers = [("Access-Control-Allow-Origin", "*")]
    urls = [f"{server.origin()}/{number}" for number in range(100)]
    jobs: list[Job] = [{"url": url} for url in urls]
    for concurrently in (False, True):
        results = runner.run(engine, page.origin(), jobs, concurrently=concurrently)
        assert [result["url"] for result in results] == urls
        assert {result["body"] for result in results} == {"hello"}


def test_job_without_an_answer(
    engine: Engine, runner: Runner, page: Server, server: Server, api: Api
) -> None:
    released = threading.Event()

    def wait(environ: dict[str, Any], start_response: StartResponse) -> Any:
        released.wait(30)
        return api(environ, start_response)

    app: WSGIApplication = wait
    server.app = app
    try:
        jobs: list[Job] = [{"url": server.origin()}]
        (result,) = runner.run(engine, page.origin(), jobs, job_timeout=0.2)
    finally:
        released.set()
    assert result["error"] is not None
    assert result["error"].startswith("TimeoutError: ")


def test_evaluate(engine: Engine, runner: Runner, page: Server) -> None:
    argument = {"text": "</script>\u2028 ü", "numbers": [1, 2.5, None]}
    script = "return [argument, await Promise.resolve(location.origin)]"
    assert runner.evaluate(engine, page.origin(), script, argument) == [argument, page.origin()]
    assert runner.evaluate(engine, page.origin(), "") is None


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("throw new RangeError('too far')", "^RangeError: too far$"),
        ("throw 'a string'", "^a string$"),
        ("return (", "^SyntaxError: "),
        ("const knot = []; knot.push(knot); return knot", "^TypeError: "),
    ],
)
def test_script_error(
    engine: Engine, runner: Runner, page: Server, script: str, message: str
) -> None:
    with pytest.raises(ScriptError, match=message):
        runner.evaluate(engine, page.origin(), script)


def test_script_that_never_returns(engine: Engine, runner: Runner, page: Server) -> None:
    with pytest.raises(TimeoutError, match="its script did not return"):
        runner.evaluate(engine, page.origin(), "await new Promise(() => {})", timeout=0.2)
    assert runner.evaluate(engine, page.origin(), "return 1") == 1


def test_screenshot(engine: Engine, runner: Runner, page: Server) -> None:
    runner.evaluate(engine, page.origin(), "document.body.append('hello')")
    image = engine.screenshot()
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", image[16:24])
    assert width > 100
    assert height > 100
