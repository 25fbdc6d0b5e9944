"""How a body is read: its length, and its content codings (Fetch, "handle content codings")."""

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
    """Decode a body as its headers say.

    :param name: what identifies the response in an error.
    :raises NetworkError: while reading: the body is too short, or its coding is broken.
    """
    chunks = _check_length(chunks, headers, name)
    codings = [coding.lower() for coding in headers.tokens("Content-Encoding") or []]
    # With one coding that the browser does not know, none is undone.
    if all(coding in _DECODERS for coding in codings):
        for coding in reversed(codings):
            chunks = _decode(chunks, coding, name)
    yield from chunks


def _check_length(chunks: Iterable[bytes], headers: HeaderList, name: str) -> Iterator[bytes]:
    """Cut a body at its ``Content-Length``, and refuse one that ends before."""
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
        # Around the call alone, because an error of the app's own has to propagate.
        except zlib.error as error:  # noqa: PERF203
            raise NetworkError(
                f"the body of {name} is not valid {coding}, which its Content-Encoding says it is"
            ) from error


def _gzip() -> Callable[[bytes], bytes]:
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress


def _deflate() -> Callable[[bytes], bytes]:
    """Decode what RFC 9110 calls deflate, or the bare format, which some servers send."""
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
