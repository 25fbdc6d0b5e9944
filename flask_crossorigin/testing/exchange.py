"""An exchange with a server: the request, and the response or the error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .headers import HeaderList
    from .stream import BodyStream


@dataclass(frozen=True)
class SentRequest:
    """A request as it goes over the wire.

    The headers do not include ``Host`` and ``Content-Length``. The transport derives them from
    the URL and the body.
    """

    method: str
    #: The absolute URL, without a fragment.
    url: str
    headers: HeaderList
    #: None if there is no body, which is not the same as an empty body.
    body: bytes | None = None


@dataclass(frozen=True)
class ReceivedResponse:
    """A response as it comes over the wire, before the browser hides parts of it.

    A transport may return a subclass with more attributes: :attr:`Exchange.response` is the
    object that it returned.
    """

    status: int
    headers: HeaderList
    #: The body before it is decoded, or a stream that reads it on demand.
    content: bytes | BodyStream = b""
    #: The reason phrase. It has no effect.
    reason: str = ""

    @property
    def body(self) -> bytes:
        """The whole body before it is decoded. Waits for the end of a stream."""
        return self.content if isinstance(self.content, bytes) else self.content.whole()

    def chunks(self) -> Iterator[bytes]:
        """Iterate over the body from its start, and read a stream only as far as needed.

        The chunks are not decoded.
        """
        return iter((self.content,)) if isinstance(self.content, bytes) else self.content.replay()

    def close(self) -> None:
        """Close a stream, so that the server can stop. What was already read stays available."""
        if not isinstance(self.content, bytes):
            self.content.close()


@dataclass(frozen=True)
class Exchange:
    """A request that the browser sent, and the response."""

    request: SentRequest
    response: ReceivedResponse
    #: Whether the request is a CORS preflight (Fetch, "CORS-preflight request").
    is_preflight: bool
    #: Whether the fetch is cross-origin. It still is if a redirect leads back to the page's origin.
    is_cross_origin: bool
    #: For a preflight, what requires it: ``"the method PUT"``, ``"the header x-token"``.
    because: tuple[str, ...] = ()
    #: The names of the headers that ``fetch()`` was given but JavaScript is not allowed to set.
    dropped_headers: tuple[str, ...] = ()


class Transport(Protocol):
    """Sends requests to servers: to WSGI apps, or over the network.

    A transport must not be callable: :class:`Browser` would take it for a WSGI app.
    """

    def send(self, request: SentRequest) -> ReceivedResponse:
        """Send one request. Do not follow redirects, and do not keep cookies.

        :raises NetworkError: there is no such server, or it sent no response.
        """
        ...


class NetworkError(TypeError):
    """The page gets no response (Fetch, "network error").

    In a browser this is the ``TypeError`` that ``fetch()`` rejects with. JavaScript does not
    learn the reason; here, :attr:`reason` states it.

    :param problem: the reason without the words that identify the response, if it has such words.
    """

    def __init__(self, reason: str, *, problem: str | None = None) -> None:
        super().__init__(reason)
        #: The rule that failed and, if the server can fix it, what it must send.
        self.reason = reason
        #: What is wrong with the response, as in ``does not allow the method PUT: ...``, for
        #: output that already shows the exchange. Otherwise the same as :attr:`reason`.
        self.problem = reason if problem is None else problem


class CORSError(NetworkError):
    """The page gets no response because the CORS protocol forbids it.

    The CORS check failed, a preflight did not allow the request, or a cross-origin redirect leads
    to a URL with a user name or password.
    """
