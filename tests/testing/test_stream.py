"""Bodies that are read on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Flask, Response, stream_with_context

from flask_crossorigin.testing import Browser, CORSError

from .server import API, PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOWED = {"Access-Control-Allow-Origin": "*"}


class Events:
    """An app with an endless event stream, which counts the chunks that are read."""

    def __init__(self) -> None:
        self.asked = 0
        self.closed = 0
        self.app = Flask(__name__)
        self.app.add_url_rule("/events", view_func=self.events, methods=["GET", "HEAD", "POST"])
        self.app.add_url_rule("/private", view_func=self.private)
        self.app.add_url_rule("/moved", view_func=self.moved)
        self.page = Browser({API: self.app}, origin=PAGE)

    def events(self) -> Response:
        response = self.private()
        response.headers.update(ALLOWED)
        return response

    def private(self) -> Response:
        response = Response(stream_with_context(self._count()), mimetype="text/event-stream")
        response.call_on_close(self._close)
        return response

    def moved(self) -> tuple[Response, int, dict[str, str]]:
        return self.events(), 302, {"Location": "/events"}

    def _count(self) -> Iterator[str]:
        while True:
            self.asked += 1
            yield f"data: {self.asked}\n\n"

    def _close(self) -> None:
        self.closed += 1


def test_fetch_returns_before_the_end_of_a_stream() -> None:
    server = Events()
    reply = server.page.fetch(f"{API}/events")
    assert (reply.status, reply.headers["Content-Type"], server.asked) == (
        200,
        "text/event-stream; charset=utf-8",
        0,
    )
    with reply.stream as stream:
        assert next(stream) == b"data: 1\n\n"
        assert (stream.read(4), stream.read(0), stream.read(100)) == (b"data", b"", b": 2\n\n")
        assert server.asked == 2
        assert server.closed == 0
    assert server.closed == 1
    # What was read is still available, but nothing more arrives.
    assert (stream.read(), [*stream], reply.text) == (b"", [], "data: 1\n\ndata: 2\n\n")
    assert server.page.exchanges[0].response.body == reply.data
    stream.close()
    assert server.closed == 1


@pytest.mark.parametrize("mode", ["no-cors", "cors"])
def test_fetch_does_not_wait_for_a_body_that_the_page_cannot_read(mode: str) -> None:
    server = Events()
    if mode == "cors":
        with pytest.raises(CORSError):
            server.page.fetch(f"{API}/private")
    else:
        assert server.page.fetch(f"{API}/private", mode="no-cors").data == b""
    assert (server.asked, server.closed) == (0, 1)


def test_fetch_does_not_wait_for_the_body_of_a_redirect() -> None:
    server = Events()
    reply = server.page.fetch(f"{API}/moved")
    assert (reply.redirected, server.asked, server.closed) == (True, 0, 1)
    reply.stream.close()


def test_a_stream_that_ends() -> None:
    app = Flask(__name__)
    closed: list[int] = []

    @app.get("/")
    def lines() -> Response:
        response = Response((f"{number}\n" for number in range(3)), headers=ALLOWED)
        response.call_on_close(lambda: closed.append(1))
        return response

    reply = Browser(app, origin=PAGE).fetch("/")
    assert reply.stream.read(1) == b"0"
    assert reply.text == "0\n1\n2\n"
    assert closed == [1]
    assert reply.stream.read() == b"\n1\n2\n"
    assert [*Browser(app, origin=PAGE).fetch("/").stream] == [b"0\n", b"1\n", b"2\n"]
