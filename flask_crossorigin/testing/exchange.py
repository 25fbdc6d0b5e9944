"""The wire between the browser and the servers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .headers import HeaderList


@dataclass(frozen=True)
class SentRequest:
    """A request as it goes over the wire.

    ``Host`` and ``Content-Length`` are not among the headers: they follow from the URL and the
    body, and the transport writes them.
    """

    method: str
    #: The absolute URL, without a fragment.
    url: str
    headers: HeaderList
    #: None where there is no body, which is not the same as an empty one.
    body: bytes | None = None


@dataclass(frozen=True)
class ReceivedResponse:
    """A response as it comes over the wire, before the browser decides what script may see."""

    status: int
    headers: HeaderList
    body: bytes = b""
    #: The reason phrase, which plays no part.
    reason: str = ""


@dataclass(frozen=True)
class Exchange:
    """A request that went out and the response that came back."""

    request: SentRequest
    response: ReceivedResponse
    #: Whether the browser asked for another request's sake (Fetch, "CORS-preflight request").
    is_preflight: bool


class Transport(Protocol):
    """What carries requests to servers: to WSGI apps, or over the network.

    An implementation is told from a WSGI app by not being callable.
    """

    def send(self, request: SentRequest) -> ReceivedResponse:
        """Carry one request to its server, follow no redirect, keep no cookie.

        :raises NetworkError: there is no such server, or no response came back.
        """
        ...


class NetworkError(TypeError):
    """The page gets no response (Fetch, "network error").

    In a browser this is the ``TypeError`` that ``fetch()`` rejects with, and script is not told
    why. Here :attr:`reason` says it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        #: The rule that failed and, where a server can help it, what it would have to send.
        self.reason = reason


class CORSError(NetworkError):
    """The page gets no response because the CORS protocol forbids it.

    Raised by the CORS check, by a preflight's validation, and by a user name or password in a
    cross-origin redirect.
    """
