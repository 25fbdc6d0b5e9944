"""Response bodies with content codings: correct ones and broken ones."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Values of Content-Encoding, each with a way to encode the body. All pairs are equally likely.
CODINGS = (
    ("gzip", "gzip"),
    ("GZIP", "gzip"),
    ("x-gzip", "gzip"),
    ("deflate", "deflate"),
    ("deflate", "bare deflate"),
    ("deflate, gzip", "deflate, gzip"),
    ("gzip, gzip", "gzip, gzip"),
    ("identity", "identity"),
    ("unheard-of", "identity"),
    ("", "identity"),
    ("gzip", "identity"),
    ("gzip", "deflate"),
    ("gzip", "cut gzip"),
    ("gzip", "empty"),
    ("gzip", "gzip and more"),
    ("gzip", "two members"),
    ("deflate", "gzip"),
    ("deflate", "cut deflate"),
)


def _bare(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


_MAKERS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": _gzip,
    "deflate": zlib.compress,
    "bare deflate": _bare,
    "deflate, gzip": lambda data: _gzip(zlib.compress(data)),
    "gzip, gzip": lambda data: _gzip(_gzip(data)),
    "cut gzip": lambda data: _gzip(data)[:-9],
    "cut deflate": lambda data: zlib.compress(data)[:-5],
    "empty": lambda _: b"",
    "gzip and more": lambda data: _gzip(data) + b"more",
    "two members": lambda data: _gzip(data) + _gzip(data),
}


def encode(text: str, way: str) -> bytes:
    """Encode a text in one of the ways that :data:`CODINGS` lists."""
    return _MAKERS[way](text.encode())
