"""Decode the body of a response (Fetch, "handle content codings").

https://fetch.spec.whatwg.org/#handle-content-codings
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from .exchange import NetworkError

if TYPE_CHECKING:
    from .headers import HeaderList

_DIGITS = re.compile(r"[0-9]+")


def decode(chunks: Iterable[bytes], headers: HeaderList, name: str) -> Iterator[bytes]:
    """Decode a body according to its headers.

    :param name: identifies the response in an error, as in ``the response to GET https://...``.
    :returns: the decoded chunks.
    :raises NetworkError: while reading: the body is too short, or can't be decoded.
    """
    chunks = _check_length(chunks, headers, name)
    codings = [coding.lower() for coding in headers.tokens("Content-Encoding") or []]
    # If the browser does not support one of the codings, it decodes none of them.
    if all(coding in _DECODERS for coding in codings):
        for coding in reversed(codings):
            chunks = _decode(chunks, coding, name)
    yield from chunks


def _check_length(chunks: Iterable[bytes], headers: HeaderList, name: str) -> Iterator[bytes]:
    """Cut a body off at its ``Content-Length``, and raise an error if it ends earlier."""
    digits = headers.get("Content-Length", "")
    if not _DIGITS.fullmatch(digits):
        yield from chunks
        return
    length = received = int(digits)
    for chunk in chunks:
        yield chunk[:received]
        received -= len(chunk)
        if received <= 0:
            return
    if received:
        raise NetworkError(
            f"the body of {name} ends after {length - received} bytes, but its Content-Length is "
            f"{length}"
        )


def _decode(chunks: Iterable[bytes], coding: str, name: str) -> Iterator[bytes]:
    decompress = _DECODERS[coding]()
    for chunk in chunks:
        try:
            yield decompress(chunk)
        # Not around the loop, because an exception of the app must propagate.
        except zlib.error as error:  # noqa: PERF203
            raise NetworkError(
                f"the body of {name} is not valid {coding}, although Content-Encoding says so"
            ) from error


def _gzip() -> Callable[[bytes], bytes]:
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress


def _deflate() -> Callable[[bytes], bytes]:
    """Decode the zlib format, or the bare deflate format that some servers send.

    https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2
    """
    decoder = zlib.decompressobj()
    is_first = True

    def decompress(chunk: bytes) -> bytes:
        nonlocal decoder, is_first
        try:
            return decoder.decompress(chunk)
        except zlib.error:
            if not is_first:
                raise
            decoder = zlib.decompressobj(-zlib.MAX_WBITS)
            return decoder.decompress(chunk)
        finally:
            is_first = is_first and not chunk

    return decompress


_DECODERS = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate}
