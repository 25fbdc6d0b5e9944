"""A body that is read on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


class BodyStream:
    """The body of a response, as it arrives. Use it like a binary file, or iterate over it.

    Close it, or use it as a context manager, so that the server stops producing the body. At the
    end of the body, it closes itself.

    >>> stream = BodyStream([b"event: ", b"open", b"event: close"])
    >>> stream.read(3), stream.read(100), next(stream), stream.read(), stream.read()
    (b'eve', b'nt: ', b'open', b'event: close', b'')

    :param chunks: the bytes of the body, in pieces.
    :param close: called once, when the stream is closed.
    """

    def __init__(self, chunks: Iterable[bytes], close: Callable[[], object] | None = None) -> None:
        self._chunks = iter(chunks)
        self._close = close
        self._bytes = bytearray()
        self._position = 0
        self._error: Exception | None = None
        self._is_closed = False

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Wait if none have arrived yet.

        :param size: the maximum number of bytes; negative to read to the end.
        :returns: ``b""`` at the end.
        :raises NetworkError: the body cannot be decoded, or ends too early.
        """
        if size < 0:
            self.whole()
            size = len(self._bytes)
        elif size:
            self.wait()
        start, self._position = self._position, min(self._position + size, len(self._bytes))
        return bytes(self._bytes[start : self._position])

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self.wait()
        data = self.read(len(self._bytes) - self._position)
        if not data:
            raise StopIteration
        return data

    def wait(self) -> None:
        """Wait until there is a byte to read, or the body ends."""
        while self._position == len(self._bytes) and self._pull():
            pass

    def whole(self) -> bytes:
        """Return the whole body, even if part of it was read before."""
        while self._pull():
            pass
        return bytes(self._bytes)

    def replay(self) -> Iterator[bytes]:
        """Iterate over the body from its first byte, and read only as far as needed."""
        position = 0
        while position < len(self._bytes) or self._pull():
            chunk = bytes(self._bytes[position:])
            position += len(chunk)
            yield chunk

    def close(self) -> None:
        """Stop reading, as when the page is closed. What was already read stays available."""
        if not self._is_closed:
            self._is_closed = True
            if self._close is not None:
                self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _pull(self) -> bool:
        """Read one chunk, and return whether more may follow."""
        if self._error is not None:
            raise self._error
        if self._is_closed:
            return False
        try:
            self._bytes += next(self._chunks)
        except StopIteration:
            self.close()
            return False
        except Exception as error:
            # Raise it on the next read, too: what was read before is not the whole body.
            self._error = error
            self.close()
            raise
        return True
