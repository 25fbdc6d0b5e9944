"""Every response has the headers, and they are added last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, abort, got_request_exception, redirect, request, session
from full_policy import CORS_HEADERS, PAGE, Send, cors_headers, set_up

from flask_crossorigin import CORS


def make_app(**options: Any) -> Flask:
    app = Flask("shop")
    app.config.update(SECRET_KEY="key", PROPAGATE_EXCEPTIONS=False, MAX_CONTENT_LENGTH=8)
    set_up(app, **options)

    @app.route("/x", methods=["GET", "POST"])
    def view() -> str:
        return str(len(request.get_data())) if request.method == "POST" else "x"

    @app.get("/abort/<int:code>")
    def stop(code: int) -> str:
        abort(code)

    @app.get("/crash")
    def crash() -> str:
        raise LookupError

    @app.get("/handled")
    def handled() -> str:
        raise ArithmeticError

    @app.errorhandler(ArithmeticError)
    def handle(_error: Exception) -> tuple[str, int]:
        return "handled", 418

    @app.get("/redirect")
    def leave() -> Any:
        # The default status differs between versions of Flask.
        return redirect("https://elsewhere.test/", 303)

    @app.get("/stream")
    def stream() -> Iterator[str]:
        yield from ("a", "b")

    @app.get("/session")
    def remember() -> str:
        session["user"] = 1
        return "x"

    @app.get("/slash/")
    def slash() -> str:
        return "x"

    return app


@pytest.mark.parametrize(
    ("url", "method", "status"),
    [
        ("/x", "GET", 200),
        ("/x", "HEAD", 200),
        ("/x", "OPTIONS", 200),
        ("/x", "DELETE", 405),
        ("/nowhere", "GET", 404),
        ("/abort/401", "GET", 401),
        ("/abort/503", "GET", 503),
        ("/crash", "GET", 500),
        ("/handled", "GET", 418),
        ("/redirect", "GET", 303),
        ("/slash", "GET", 308),
        ("/stream", "GET", 200),
        ("/session", "GET", 200),
        ("/static/nothing.js", "GET", 404),
    ],
)
def test_every_response(url: str, method: str, status: int, send: Send) -> None:
    app = make_app()
    response = send(app, url, method)
    assert response.status_code == status
    assert cors_headers(response) == CORS_HEADERS
    assert "Origin" in response.headers["Vary"]
    for origin in ("https://evil.test", None):
        response = send(app, url, method, origin)
        assert response.status_code == status
        assert cors_headers(response) == {}
        assert "Origin" in response.headers["Vary"]


@pytest.mark.parametrize("origin", [PAGE, "https://evil.test", None])
def test_a_stream_is_not_read_ahead(origin: str | None) -> None:
    app = make_app(expose_headers="*")
    read: list[int] = []

    @app.get("/numbers")
    def numbers() -> Iterator[str]:
        for number in range(3):
            read.append(number)
            yield str(number)

    headers = {} if origin is None else {"Origin": origin}
    response = app.test_client().get("/numbers", headers=headers)
    assert response.is_streamed
    # The test client reads the first part by itself.
    assert len(read) <= 1
    assert cors_headers(response).get("Access-Control-Allow-Origin") == (
        PAGE if origin == PAGE else None
    )
    assert response.text == "012"


def test_a_body_that_is_too_large(send: Send) -> None:
    response = send(make_app(), "/x", "POST", data="123456789")
    assert response.status_code == 413
    assert cors_headers(response) == CORS_HEADERS


def test_static_files(tmp_path: Path, send: Send) -> None:
    (tmp_path / "a.txt").write_text("static")
    app = Flask("shop", static_folder=str(tmp_path), static_url_path="/static")
    CORS(app, origins=PAGE)
    with send(app, "/static/a.txt") as response:
        etag = response.headers["ETag"]
        assert (response.data, cors_headers(response)) == (
            b"static",
            {"Access-Control-Allow-Origin": PAGE},
        )
    with send(app, "/static/a.txt", headers={"If-None-Match": etag}) as response:
        assert response.status_code == 304
        assert cors_headers(response) == {"Access-Control-Allow-Origin": PAGE}


def answer(_response: Response | None = None) -> Response:
    return Response("mine", status=203)


def fail(_response: Response | None = None) -> Response:
    raise LookupError


def stop(_response: Response | None = None) -> Response:
    abort(503)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("hook", ["before_request", "after_request"])
@pytest.mark.parametrize(("interfere", "status"), [(answer, 203), (fail, 500), (stop, 503)])
def test_other_hooks(
    first: bool, hook: str, interfere: Callable[..., Response], status: int, send: Send
) -> None:
    app = Flask("shop")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    if first:
        getattr(app, hook)(interfere)
    CORS(app, origins=PAGE)
    if not first:
        getattr(app, hook)(interfere)
    app.add_url_rule("/x", "x", lambda: "x")
    if interfere is stop and hook == "after_request":
        status = 500
    response = send(app, "/x")
    assert response.status_code == status
    assert cors_headers(response) == {"Access-Control-Allow-Origin": PAGE}


def test_an_exception_that_is_signalled_outside_a_request(send: Send) -> None:
    app = make_app()
    got_request_exception.send(app, exception=LookupError())
    assert cors_headers(send(app, "/x")) == CORS_HEADERS


def test_a_crash_in_a_session(send: Send) -> None:
    app = make_app()
    app.config["SECRET_KEY"] = None
    response = send(app, "/session")
    assert response.status_code == 500
    assert cors_headers(response) == CORS_HEADERS


@pytest.mark.parametrize("hook", [fail, stop])
def test_a_hook_that_is_put_where_it_runs_last(hook: Callable[..., Response], send: Send) -> None:
    app = make_app()
    # Flask runs these functions in reverse order.
    app.after_request_funcs[None].insert(0, hook)
    response = send(app, "/x")
    assert response.status_code == 500
    assert cors_headers(response) == CORS_HEADERS
