"""Content codings and lengths."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING

import pytest
from flask import Flask, Response

from flask_crossorigin.testing import Browser, CORSError, HeaderList, NetworkError, Reply
from flask_crossorigin.testing.decoding import decode

from .server import API, PAGE, Server, browse, respond

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = json.dumps({"items": [*range(1000)]}).encode()


def bare_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def fetch(body: bytes, **headers: str) -> Reply:
    return browse(Server(default=respond(200, body, allow_origin="*", **headers))).fetch(f"{API}/a")


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        (" GZip ", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare_deflate(TEXT)),
        ("deflate, gzip", gzip.compress(zlib.compress(TEXT))),
        ("", TEXT),
    ],
)
def test_bodies_are_decoded(coding: str, body: bytes) -> None:
    reply = fetch(body, content_encoding=coding, content_length=str(len(body)))
    assert reply.data == TEXT
    assert reply.json["items"][-1] == 999
    # The headers are unchanged.
    assert reply.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("coding", ["identity", "br", "gzip, br", "gzip;q=1"])
def test_a_body_with_an_unknown_coding_is_not_decoded(coding: str) -> None:
    body = gzip.compress(TEXT)
    assert fetch(body, content_encoding=coding).data == body


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("body", [b"plain text", gzip.compress(TEXT)[:20] + b"\xff" * 99])
def test_an_invalid_body_is_a_network_error_while_reading(coding: str, body: bytes) -> None:
    reply = fetch(body, content_encoding=coding)
    assert reply.status == 200
    with pytest.raises(NetworkError, match="is not valid"):
        _ = reply.text
    with pytest.raises(NetworkError) as caught:
        _ = reply.text
    assert not isinstance(caught.value, CORSError)
    assert caught.value.reason == (
        f"the body of the response to GET {API}/a is not valid {coding}, although "
        "Content-Encoding says so"
    )


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_stream_is_decoded_as_it_arrives(coding: str) -> None:
    app = Flask(__name__)
    wbits = zlib.MAX_WBITS | 16 if coding == "gzip" else zlib.MAX_WBITS

    @app.get("/")
    def numbers() -> Response:
        def compress() -> Iterator[bytes]:
            compressor = zlib.compressobj(wbits=wbits)
            yield b""
            for number in range(10**9):
                data = compressor.compress(b"%d\n" % number)
                yield data + compressor.flush(zlib.Z_SYNC_FLUSH)

        headers = {"Content-Encoding": coding, "Access-Control-Allow-Origin": "*"}
        return Response(compress(), headers=headers)

    with Browser(app, origin=PAGE).fetch("/").stream as stream:
        assert [next(stream) for _ in range(3)] == [b"0\n", b"1\n", b"2\n"]


def test_deflate_that_fails_later() -> None:
    # The checksum is wrong.
    chunks = [zlib.compress(TEXT)[:-4], b"\0\0\0\0"]
    headers = HeaderList([("Content-Encoding", "deflate")])
    with pytest.raises(NetworkError, match="is not valid deflate"):
        _ = [*decode(chunks, headers, "the response")]


def test_an_empty_body() -> None:
    assert [*decode([], HeaderList([("Content-Length", "0")]), "the response")] == []


@pytest.mark.parametrize(
    ("body", "length", "data"),
    [(b"abc", "3", b"abc"), (b"abc", "2", b"ab"), (b"", "0", b""), (b"abc", "x", b"abc")],
)
def test_a_body_is_cut_off_at_its_content_length(body: bytes, length: str, data: bytes) -> None:
    assert fetch(body, content_length=length).data == data


def test_a_body_shorter_than_its_content_length_is_a_network_error_while_reading() -> None:
    reply = fetch(b"abc", content_length="5")
    assert reply.status == 200
    with pytest.raises(NetworkError) as caught:
        _ = reply.data
    assert caught.value.reason == (
        f"the body of the response to GET {API}/a ends after 3 bytes, but its Content-Length is 5"
    )


@pytest.mark.parametrize(
    "text", ["NaN", "[Infinity]", '{"a": -Infinity}', "'a'", "{a: 1}", "01", ""]
)
def test_invalid_json(text: str) -> None:
    reply = fetch(text.encode())
    with pytest.raises(ValueError, match=r"is not JSON|Expecting|Extra data"):
        _ = reply.json
