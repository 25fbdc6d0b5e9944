"""Request bodies and their content types."""

from __future__ import annotations

import re
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, request
from werkzeug.datastructures import FileStorage, MultiDict

from flask_crossorigin.testing import Browser

from .server import API, PAGE, Server, browse, respond

if TYPE_CHECKING:
    from pathlib import Path

ANYTHING = respond(allow_origin="*", allow_headers="*")
FORM = "application/x-www-form-urlencoded;charset=UTF-8"
TEXT = "text/plain;charset=UTF-8"


@pytest.mark.parametrize(
    ("arguments", "body", "content_type"),
    [
        ({"data": "gr\u00fc\u00df"}, "gr\u00fc\u00df".encode(), TEXT),
        ({"data": "\ud800x"}, "\ufffdx".encode(), TEXT),
        ({"data": ""}, b"", TEXT),
        ({"data": b"\x00\xff"}, b"\x00\xff", None),
        ({"data": bytearray(b"ab")}, b"ab", None),
        ({"data": {"a b": "c&d", "e": 1}}, b"a+b=c%26d&e=1", FORM),
        ({"data": [("a", "1"), ("a", "\u00e9")]}, b"a=1&a=%C3%A9", FORM),
        ({"data": {"a": ["1", "2"]}}, b"a=1&a=2", FORM),
        ({"data": MultiDict([("a", "1"), ("a", "2")])}, b"a=1&a=2", FORM),
        ({"data": {"a": "*-._~\n"}}, b"a=*-._%7E%0A", FORM),
        ({"data": {}}, b"", FORM),
        ({"json": {"a": [1, "\u00e9"]}}, '{"a":[1,"\u00e9"]}'.encode(), "application/json"),
        ({"json": 0}, b"0", "application/json"),
        ({"data": "x", "headers": {"content-type": "a/b"}}, b"x", "a/b"),
        ({"json": [], "headers": {"content-type": "a/b"}}, b"[]", "a/b"),
        ({"data": b"x", "headers": {"content-type": "a/b"}}, b"x", "a/b"),
        ({"json": {}, "mode": "no-cors"}, b"{}", TEXT),
        ({"data": {"a": "b"}, "mode": "no-cors"}, b"a=b", FORM),
        (
            {"data": "x", "headers": {"content-type": "a/b"}, "mode": "no-cors"},
            b"x",
            TEXT,
        ),
    ],
)
def test_each_kind_of_body(
    arguments: dict[str, Any], body: bytes, content_type: str | None
) -> None:
    server = Server(default=ANYTHING)
    browse(server).fetch(API, method="POST", **arguments)
    assert server.last.body == body
    assert server.last.headers.get("content-type") == content_type
    assert server.last.headers["content-length"] == str(len(body))


@pytest.mark.parametrize(
    ("method", "data", "length"),
    [
        ("GET", None, None),
        ("HEAD", None, None),
        ("POST", None, "0"),
        ("PUT", None, "0"),
        ("DELETE", None, None),
        ("DELETE", "", "0"),
        ("PATCH", "ab", "2"),
    ],
)
def test_content_length(method: str, data: str | None, length: str | None) -> None:
    server = Server(default=respond(allow_origin="*", allow_methods="*"))
    browse(server).fetch(API, method=method, data=data)
    assert server.last.headers.get("content-length") == length


def test_a_preflight_has_no_body() -> None:
    server = Server(default=ANYTHING)
    browse(server).fetch(API, method="POST", json={})
    preflight = server.arrivals[0]
    assert preflight.body == b""
    assert not {"content-type", "content-length"} & set(preflight.headers)


@pytest.fixture
def echo() -> Browser:
    app = Flask(__name__)

    @app.post("/")
    def files() -> dict[str, list[str | None]]:
        seen: dict[str, list[str | None]] = {"form": [*request.form.values()]}
        for name, file in request.files.items(multi=True):
            seen[name] = [file.filename, file.content_type, file.read().decode()]
        return seen

    return Browser({PAGE: app}, origin=PAGE)


def test_a_form_with_files_is_multipart(echo: Browser, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"two")
    with path.open("rb") as opened:
        reply = echo.fetch(
            "/",
            method="POST",
            data={
                "tuple": (BytesIO(b"one"), "a.png"),
                "typed": (BytesIO(b"one"), "a.png", "x/y"),
                "by_path": (str(path), "b.txt"),
                "path": path,
                "open": opened,
                "nameless": BytesIO(b"three"),
                "storage": FileStorage(BytesIO(b"four"), "c.bin"),
                "storage2": FileStorage(BytesIO(b"five"), content_type="x/z"),
                "text": "l1\nl2\rl3\r\n",
                "number": 5,
            },
        )
    assert reply.json == {
        "tuple": ["a.png", "image/png", "one"],
        "typed": ["a.png", "x/y", "one"],
        "by_path": ["b.txt", "text/plain", "two"],
        "path": ["notes.txt", "text/plain", "two"],
        "open": ["notes.txt", "text/plain", "two"],
        "nameless": ["blob", "application/octet-stream", "three"],
        "storage": ["c.bin", "application/octet-stream", "four"],
        "storage2": ["blob", "x/z", "five"],
        "form": ["l1\r\nl2\r\nl3\r\n", "5"],
    }


def test_multipart_names_are_escaped_and_need_no_preflight() -> None:
    server = Server()
    browse(server).fetch(API, method="POST", data={'a"\r\n': (BytesIO(b""), 'b"\n.txt')})
    (arrival,) = server.arrivals
    assert b'name="a%22%0D%0A"; filename="b%22%0A.txt"\r\n' in arrival.body
    boundary = arrival.headers["content-type"].removeprefix("multipart/form-data; boundary=")
    assert re.fullmatch(r"[\w-]{20,70}", boundary)
    assert arrival.body.endswith(f"\r\n--{boundary}--\r\n".encode())


@pytest.mark.parametrize("data", [{"f": StringIO("text")}, {"f": (StringIO(""), "a.txt")}])
def test_a_file_in_text_mode_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="binary"):
        browse(Server()).fetch(API, method="POST", data=data)


def test_an_open_file_is_refused_as_data() -> None:
    with pytest.raises(TypeError, match="form fields"):
        browse(Server()).fetch(API, method="POST", data=BytesIO(b"x"))  # type: ignore[arg-type]
