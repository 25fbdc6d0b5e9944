"""If a view returns the same response object again, each request gets only its own headers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, ClassVar

import pytest
from flask import Flask, Response, jsonify, request
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin

Send = Callable[..., TestResponse]

PAGE = "https://page.test"
OTHER = "https://other.test"
EVIL = "https://evil.test"


def constant(app: Flask) -> Callable[[], Response]:
    kept = Response("kept", headers={"Vary": "Accept"})
    return lambda: kept


def cached(app: Flask) -> Callable[[], Response]:
    @functools.lru_cache
    def view() -> Response:
        return Response("kept", headers={"Vary": "Accept"})

    return view


def cached_json(app: Flask) -> Callable[[], Response]:
    kept: list[Response] = []

    def view() -> Response:
        if not kept:
            kept.append(jsonify("kept"))
            kept[0].vary.add("Accept")
        return kept[0]

    return view


def ours(response: TestResponse) -> dict[str, str]:
    return {
        name: value
        for name, value in response.headers
        if name.startswith(("Access-Control-", "X-Crossorigin"))
    }


@pytest.mark.parametrize("keep", [constant, cached, cached_json])
@pytest.mark.parametrize("order", [1, -1])
def test_each_request_gets_its_own(
    keep: Callable[[Flask], Callable[[], Response]], order: int, send: Send
) -> None:
    app = Flask("shop")
    app.debug = True
    view = keep(app)
    CORS(app, resources={"/x": {"origins": [PAGE, OTHER], "supports_credentials": True}})
    app.add_url_rule("/x", "x", view)
    app.add_url_rule("/open", "open", cross_origin(origins="*", expose_headers="X-A")(view))
    app.add_url_rule("/closed", "closed", view)
    expected: list[tuple[str, str | None, dict[str, str], str]] = [
        (
            "/x",
            PAGE,
            {
                "Access-Control-Allow-Origin": PAGE,
                "Access-Control-Allow-Credentials": "true",
            },
            "Accept, Origin",
        ),
        ("/open", PAGE, {"Access-Control-Allow-Origin": "*"}, "Accept"),
        (
            "/x",
            OTHER,
            {
                "Access-Control-Allow-Origin": OTHER,
                "Access-Control-Allow-Credentials": "true",
            },
            "Accept, Origin",
        ),
        ("/x", EVIL, {}, "Accept, Origin"),
        ("/closed", PAGE, {}, "Accept"),
        ("/closed", None, {}, "Accept"),
        ("/x", None, {}, "Accept, Origin"),
    ]
    for url, origin, headers, vary in (expected * 2)[::order]:
        response = send(app, url, origin=origin)
        found = ours(response)
        assert ("X-Crossorigin-Reason" in found) is (headers == {} and origin is not None)
        found.pop("X-Crossorigin-Reason", None)
        if url == "/open":
            assert found.pop("Access-Control-Expose-Headers") == "X-A"
        assert found == headers
        assert sorted(", ".join(response.headers.getlist("Vary")).split(", ")) == vary.split(", ")
        assert "kept" in response.text


def test_no_reason_is_left_where_no_policy_covers_the_url(send: Send) -> None:
    app = Flask("shop")
    app.debug = True
    kept = Response("kept")
    CORS(app, resources="/x")
    app.add_url_rule("/closed", "closed", lambda: kept)
    for origin in (None, PAGE, None, None, PAGE):
        assert ours(send(app, "/closed", origin=origin)).keys() == (
            {"X-Crossorigin-Reason"} if origin else set()
        )


def test_what_the_application_changes_in_between_is_kept(send: Send) -> None:
    app = Flask("shop")
    CORS(app, origins=[PAGE, OTHER])
    kept = Response("kept")
    app.add_url_rule("/x", "x", lambda: kept)
    number = iter(range(10))

    @app.after_request
    def count(response: Response) -> Response:
        response.headers["X-Number"] = str(next(number))
        return response

    for expected, origin in enumerate([PAGE, OTHER, EVIL, PAGE]):
        response = send(app, "/x", origin=origin)
        assert response.headers.getlist("X-Number") == [str(expected)]
        allowed = response.headers.get("Access-Control-Allow-Origin")
        assert allowed == (None if origin == EVIL else origin)


def test_credentials_that_the_application_set_come_back(send: Send) -> None:
    """The policy of one view drops the header, but a view without a policy still sends it."""
    app = Flask("shop")
    kept = Response("kept", headers={"Access-Control-Allow-Credentials": "true"})
    app.add_url_rule("/x", "x", cross_origin(origins=PAGE)(lambda: kept))
    app.add_url_rule("/own", "own", lambda: kept)
    for _ in range(2):
        assert "Access-Control-Allow-Credentials" not in send(app, "/x").headers
        assert send(app, "/own").headers["Access-Control-Allow-Credentials"] == "true"


def test_in_threads() -> None:
    app = Flask("shop")
    kept = Response("kept")
    CORS(app, origins=r"https://page\d+\.test", supports_credentials=True)
    barrier = Barrier(8)

    @app.get("/x")
    def view() -> Response:
        barrier.wait(timeout=60)
        return kept

    def ask(number: int) -> bool:
        origin = f"https://page{number}.test" if number % 4 else EVIL
        response = app.test_client().get("/x", headers={"Origin": origin})
        found = response.headers.getlist("Access-Control-Allow-Origin")
        return found == ([origin] if number % 4 else [])

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(160)))


def test_close_and_a_stream_are_those_of_the_response(send: Send) -> None:
    app = Flask("shop")
    CORS(app, origins=[PAGE, OTHER])
    closed: list[str] = []
    kept = Response("kept")

    @app.get("/x")
    def view() -> Any:
        origin = request.headers["Origin"]
        kept.call_on_close(lambda: closed.append(origin))
        return kept

    for origin in (PAGE, OTHER):
        response = send(app, "/x", origin=origin)
        response.close()
        assert response.headers["Access-Control-Allow-Origin"] == origin
    assert closed[-1] == OTHER


def test_a_refusal_comes_first_in_debug_mode(send: Send) -> None:
    app = Flask("shop")
    app.debug = True
    CORS(app, origins=[PAGE, OTHER])
    kept = Response("kept")
    app.add_url_rule("/x", "x", lambda: kept)
    assert "X-Crossorigin-Reason" in send(app, "/x", origin=EVIL).headers
    assert "X-Crossorigin-Reason" not in send(app, "/x", origin=PAGE).headers


class Interrupted(Headers):
    """Headers that let another request run while they are read."""

    interrupts: ClassVar[list[Callable[[], object]]] = []

    def __iter__(self) -> Any:
        if self.interrupts:
            self.interrupts.pop()()
        return super().__iter__()


@pytest.mark.parametrize("policy", [{}, {"supports_credentials": True, "expose_headers": "*"}])
def test_two_requests_at_once(policy: dict[str, Any], send: Send) -> None:
    app = Flask("shop")
    CORS(app, origins=[PAGE, OTHER], **policy)
    kept = Response("kept")
    kept.headers = Interrupted(kept.headers)
    app.add_url_rule("/x", "x", lambda: kept)
    other: list[TestResponse] = []
    Interrupted.interrupts.append(lambda: other.append(send(app, "/x", origin=OTHER)))
    response = send(app, "/x", origin=PAGE)
    for found, origin in ((response, PAGE), (other[0], OTHER)):
        assert found.headers.getlist("Access-Control-Allow-Origin") == [origin]
        assert found.headers.getlist("Vary") == ["Origin"]
