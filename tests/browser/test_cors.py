"""Pages in real browsers can read exactly what the policies of an app allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response, abort, jsonify, request, session

from flask_crossorigin import CORS, cross_origin

from .engine import Engine
from .pages import Job, Result, Runner
from .servers import Server


def create_api(allowed: str, partner: str) -> Flask:
    """Make an API that allows the origin ``allowed``, with one view that allows ``partner``."""
    api = Flask(__name__)
    api.secret_key = "for tests"
    api.extensions["seen"] = []

    @api.before_request
    def require_login() -> None:
        if request.path.startswith("/api/private/") and "user" not in session:
            abort(401)

    CORS(
        api,
        resources={
            "/api/*": {
                "origins": allowed,
                "methods": ["GET", "PUT", "POST"],
                "allow_headers": ["Content-Type", "X-Token"],
                "expose_headers": ["X-Total"],
                "supports_credentials": True,
            }
        },
    )

    @api.route("/api/items/", methods=["GET", "PUT", "DELETE"])
    def items() -> Response:
        api.extensions["seen"].append(request.method)
        response = jsonify(
            method=request.method,
            json=request.get_json(silent=True),
            token=request.headers.get("X-Token"),
            origin=request.headers.get("Origin"),
        )
        response.headers["X-Total"] = "3"
        response.headers["X-Secret"] = "42"
        return response

    @api.post("/api/login")
    def login() -> dict[str, str]:
        session["user"] = "ada"
        return {"user": "ada"}

    @api.put("/api/private/note")
    def note() -> dict[str, Any]:
        api.extensions["seen"].append("note")
        return {"user": session["user"]}

    @api.get("/api/crash")
    def crash() -> str:
        raise RuntimeError("on purpose")

    @api.get("/api/report")
    @cross_origin(origins=partner)
    def report() -> str:
        return "report"

    @api.put("/api/report")
    def write_report() -> str:
        return "written"

    @api.get("/internal")
    def internal() -> str:
        return "internal"

    return api


@pytest.fixture
def app_page(runner: Runner) -> Iterator[Server]:
    """Serve pages whose origin the API allows."""
    with Server(runner.pages()) as server:
        yield server


@pytest.fixture
def api(app_page: Server, stranger: Server) -> Flask:
    return create_api(app_page.origin(), stranger.origin())


@pytest.fixture
def server(api: Flask) -> Iterator[Server]:
    with Server(api) as server:
        yield server


_JSON: Job = {"headers": [["Content-Type", "application/json"]], "body": '{"name": "pear"}'}

# Each request, with the status that a page of the allowed origin sees, and the status that a page
# of the other origin sees. None means that fetch() fails with a TypeError.
_FETCHES: dict[str, tuple[Job, int | None, int | None]] = {
    "simple GET": ({"url": "/api/items/"}, 200, None),
    "HEAD": ({"url": "/api/items/", "method": "HEAD"}, 200, None),
    "PUT with JSON": ({"url": "/api/items/", "method": "PUT", **_JSON}, 200, None),
    "custom header": ({"url": "/api/items/", "headers": [["X-Token", "t"]]}, 200, None),
    "refused header": ({"url": "/api/items/", "headers": [["X-Other", "t"]]}, None, None),
    "refused method": ({"url": "/api/items/", "method": "DELETE"}, None, None),
    "method in lower case": ({"url": "/api/items/", "method": "patch"}, None, None),
    "error 500": ({"url": "/api/crash"}, 500, None),
    "error 404": ({"url": "/api/unknown"}, 404, None),
    "error 405": ({"url": "/api/crash", "method": "PUT"}, 405, None),
    "missing slash": ({"url": "/api/items"}, 200, None),
    "PUT, missing slash": ({"url": "/api/items", "method": "PUT", **_JSON}, 200, None),
    "login hook": ({"url": "/api/private/note", "method": "PUT"}, 401, None),
    "decorated view": ({"url": "/api/report"}, None, 200),
    "its undecorated neighbour": ({"url": "/api/report", "method": "PUT"}, 200, None),
    "no policy": ({"url": "/internal"}, None, None),
}


def fetch_all(runner: Runner, engine: Engine, page: Server, api: Server) -> dict[str, Result]:
    jobs: list[Job] = [
        {**job, "url": api.origin() + job.get("url", "")} for job, _, _ in _FETCHES.values()
    ]
    return dict(zip(_FETCHES, runner.run(engine, page.origin(), jobs), strict=True))


def status(result: Result) -> int | None:
    """Return the status that a page sees, or None if ``fetch()`` failed with a TypeError."""
    if result["error"] is not None:
        assert result["error"].startswith("TypeError")
        return None
    assert result["type"] == "cors"
    return result["status"]


def test_what_each_page_sees(
    engine: Engine,
    runner: Runner,
    app_page: Server,
    stranger: Server,
    server: Server,
    api: Flask,
) -> None:
    engine.clear_cookies()
    seen = fetch_all(runner, engine, app_page, server)
    assert {name: status(result) for name, result in seen.items()} == {
        name: allowed for name, (_, allowed, _) in _FETCHES.items()
    }
    arrived = api.extensions["seen"]
    assert "DELETE" not in arrived, "a refused preflight keeps the request from being sent"
    arrived.clear()
    seen = fetch_all(runner, engine, stranger, server)
    assert {name: status(result) for name, result in seen.items()} == {
        name: refused for name, (_, _, refused) in _FETCHES.items()
    }
    assert set(arrived) == {"GET", "HEAD"}, "nothing that needs a preflight gets to a view"


def test_what_is_sent_and_exposed(
    engine: Engine, runner: Runner, app_page: Server, server: Server
) -> None:
    url = server.origin() + "/api/items/"
    put, get = runner.run(
        engine,
        app_page.origin(),
        [
            {
                "url": url,
                "method": "PUT",
                "headers": [["Content-Type", "application/json"], ["X-Token", "secret"]],
                "body": '{"name": "pear"}',
            },
            {"url": server.origin() + "/api/items"},
        ],
    )
    assert '"method":"PUT"' in put["body"]
    assert '"json":{"name":"pear"}' in put["body"]
    assert '"token":"secret"' in put["body"]
    assert f'"origin":"{app_page.origin()}"' in put["body"]
    names = {name.lower() for name, _ in put["headers"]}
    assert "x-total" in names
    assert not names & {"x-secret", "vary", "access-control-allow-origin"}
    assert (get["redirected"], get["url"]) == (True, url)


def test_credentials(
    engine: Engine, runner: Runner, app_page: Server, stranger: Server, server: Server, api: Flask
) -> None:
    engine.clear_cookies()
    login: Job = {"url": server.origin() + "/api/login", "method": "POST", "credentials": "include"}
    note: Job = {"url": server.origin() + "/api/private/note", "method": "PUT"}
    with_cookie: Job = {**note, "credentials": "include"}
    results = runner.run(engine, app_page.origin(), [with_cookie, login, with_cookie, note])
    # The preflight has no cookie. The package responds to it before the login hook runs.
    assert [status(result) for result in results] == [401, 200, 200, 401]
    assert '"user":"ada"' in results[2]["body"]
    assert api.extensions["seen"] == ["note"]
    # The browser has the cookie now, and the page of the other origin is on the same site.
    results = runner.run(engine, stranger.origin(), [with_cookie])
    assert [status(result) for result in results] == [None]
    assert api.extensions["seen"] == ["note"]


def test_any_origin(engine: Engine, runner: Runner, stranger: Server) -> None:
    api = Flask(__name__)
    CORS(api)
    api.put("/items")(lambda: "written")
    with Server(api) as server:
        url = server.origin() + "/items"
        jobs: list[Job] = [
            {"url": url, "method": "PUT", "headers": [["X-Anything", "1"]]},
            {"url": url, "method": "PUT", "credentials": "include"},
        ]
        without, with_credentials = runner.run(engine, stranger.origin(), jobs)
        assert without["body"] == "written"
        # Browsers don't accept * in the response to a request with credentials.
        assert status(with_credentials) is None
        opaque = runner.run(engine, stranger.origin(), jobs[:1], sandboxed=True)
        assert opaque[0]["body"] == "written"
