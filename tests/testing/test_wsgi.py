"""The transport to WSGI apps."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from wsgiref.validate import validator

import pytest

from flask_crossorigin.testing import Browser, HeaderList, SentRequest
from flask_crossorigin.testing.wsgi import make_environ, run_app

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def environ(url: str, method: str = "GET", **fields: Any) -> dict[str, Any]:
    sent = SentRequest(method, url, HeaderList(fields.pop("headers", ())), **fields)
    return make_environ(sent)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost/", {"PATH_INFO": "/", "QUERY_STRING": "", "HTTP_HOST": "localhost"}),
        ("http://a.test/", {"SERVER_NAME": "a.test", "SERVER_PORT": "80"}),
        ("https://a.test/", {"SERVER_PORT": "443", "wsgi.url_scheme": "https"}),
        ("https://a.test:8443/", {"SERVER_PORT": "8443", "HTTP_HOST": "a.test:8443"}),
        ("http://[::1]:5/", {"SERVER_NAME": "[::1]", "HTTP_HOST": "[::1]:5"}),
        ("http://a.test/%C3%A9%2F?%C3%A9", {"PATH_INFO": "/\xc3\xa9/", "QUERY_STRING": "%C3%A9"}),
        ("http://a.test//x//y", {"PATH_INFO": "//x//y", "SCRIPT_NAME": ""}),
        ("http://a.test/a%20b?c", {"REQUEST_URI": "/a%20b?c", "RAW_URI": "/a%20b?c"}),
        ("http://a.test/?", {"QUERY_STRING": "", "REQUEST_URI": "/?"}),
        ("http://a.test/", {"REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1"}),
        ("http://a.test/", {"wsgi.version": (1, 0), "wsgi.errors": sys.stderr}),
        ("http://a.test/", {"wsgi.multithread": False, "wsgi.multiprocess": False}),
        ("http://a.test/", {"wsgi.run_once": False, "REQUEST_METHOD": "GET"}),
    ],
)
def test_environ(url: str, expected: dict[str, object]) -> None:
    made = environ(url)
    assert {key: made[key] for key in expected} == expected


def test_headers_in_the_environ() -> None:
    headers = [("X-A", "1"), ("content-type", "a/b"), ("x-a", "2"), ("Content-Type", "c")]
    made = environ("http://a.test/", headers=headers)
    assert (made["HTTP_X_A"], made["CONTENT_TYPE"]) == ("1,2", "a/b,c")
    assert "HTTP_CONTENT_TYPE" not in made


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [
        ("GET", None, None),
        ("GET", b"", "0"),
        ("POST", None, "0"),
        ("PUT", None, "0"),
        ("PATCH", None, None),
        ("PATCH", b"abc", "3"),
    ],
)
def test_body_in_the_environ(method: str, body: bytes | None, length: str | None) -> None:
    made = environ("http://a.test/", method, body=body)
    assert made.get("CONTENT_LENGTH") == length
    assert made["wsgi.input"].read() == (body or b"")


def test_the_environ_passes_wsgiref_validation() -> None:
    def app(_environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"valid"]

    browser = Browser(validator(app), origin="http://localhost")
    assert browser.fetch("/a?b", method="PUT", data="x").data == b"valid"


class Chunks:
    """An iterable response that counts how often it is closed."""

    def __init__(self, *chunks: bytes, error: Exception | None = None) -> None:
        self.chunks = chunks
        self.error = error
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield from self.chunks
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed += 1


def test_the_iterable_is_closed() -> None:
    chunks = Chunks(b"a", b"b")

    def app(_environ: WSGIEnvironment, start: StartResponse) -> Chunks:
        start("201 Created Here", [("X-A", "1")])
        return chunks

    response = run_app(app, {})
    assert (response.status, response.reason) == (201, "Created Here")
    assert (response.body, chunks.closed) == (b"ab", 1)
    assert response.headers.lines == (("X-A", "1"),)


def test_the_iterable_is_closed_after_an_error() -> None:
    chunks = Chunks(b"a", error=ZeroDivisionError("app"))

    def app(_environ: WSGIEnvironment, start: StartResponse) -> Chunks:
        start("200 OK", [])
        return chunks

    response = run_app(app, {})
    assert chunks.closed == 0
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="app"):
            _ = response.body
    assert chunks.closed == 1


def test_written_bytes_come_before_the_iterable() -> None:
    def app(_environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        write = start("200", [])
        write(b"a")
        write(b"b")
        return [b"c"]

    response = run_app(app, {})
    assert (response.body, response.reason) == (b"abc", "")


def test_a_generator_can_start_the_response_late() -> None:
    def app(_environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        start("200 OK", [])
        yield b"a"

    assert run_app(app, {}).body == b"a"


def test_headers_are_copied_when_the_response_starts() -> None:
    def app(_environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        headers = [("X-A", "1")]
        start("200 OK", headers)
        headers.clear()
        return []

    assert run_app(app, {}).headers == {"x-a": "1"}


def test_an_error_can_replace_a_started_response() -> None:
    def app(_environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        start("200 OK", [("X-A", "1")])
        yield b""
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            start("500 Error", [], sys.exc_info())
        yield b"error"

    response = run_app(app, {})
    assert (response.status, dict(response.headers), response.body) == (500, {}, b"error")


def test_an_error_after_the_first_bytes_is_raised_with_its_traceback() -> None:
    def fail() -> None:
        raise ZeroDivisionError("late")

    def app(_environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        start("200 OK", [])
        yield b"sent"
        try:
            fail()
        except ZeroDivisionError:
            start("500 Error", [], sys.exc_info())

    response = run_app(app, {})
    with pytest.raises(ZeroDivisionError, match="late") as caught:
        _ = response.body
    assert "fail" in [entry.name for entry in caught.traceback]


def test_an_app_that_starts_twice_is_an_error() -> None:
    def app(_environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        start("200 OK", [])
        start("200 OK", [])
        raise AssertionError

    with pytest.raises(RuntimeError, match=r"^the app called start_response twice$"):
        run_app(app, {})


def test_an_app_that_never_starts_is_an_error() -> None:
    chunks = Chunks(b"a")
    with pytest.raises(RuntimeError, match=r"^the app never called start_response$"):
        run_app(lambda _environ, _start: chunks, {})
    assert chunks.closed == 1


@pytest.mark.parametrize(
    ("status", "headers", "environ"),
    [
        ("200", [("Content-Length", "2")], {}),
        ("204", [], {}),
        ("304", [], {}),
        ("200", [], {"REQUEST_METHOD": "HEAD"}),
    ],
)
def test_a_body_of_known_length_is_read_at_once(
    status: str, headers: list[tuple[str, str]], environ: dict[str, str]
) -> None:
    chunks = Chunks(b"a", b"b")

    def app(_environ: WSGIEnvironment, start: StartResponse) -> Chunks:
        start(status, headers)
        return chunks

    response = run_app(app, environ)
    assert (response.content, chunks.closed) == (b"ab", 1)
    response.close()


def test_an_error_that_comes_after_the_response_is_raised() -> None:
    def app(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [])
        return fail(start)

    def fail(start: StartResponse) -> Iterator[bytes]:
        yield b""
        try:
            raise ZeroDivisionError("too late")
        except ZeroDivisionError:
            start("500 Error", [], sys.exc_info())

    response = run_app(app, {})
    with pytest.raises(ZeroDivisionError, match="too late"):
        _ = response.body
