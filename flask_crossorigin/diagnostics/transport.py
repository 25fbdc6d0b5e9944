"""Sends the requests of the test browser over the network.

It uses urllib3 rather than httpx because urllib3 has no dependencies, returns repeated response
headers separately and with their original case, and adds no headers to a request that would have to
be removed again.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from typing import Any

import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ..fetch.grammar import SAFE_METHODS
from ..testing import HeaderList, NetworkError, ReceivedResponse, SentRequest

#: The start of http.client's message for a response with too many headers.
_TOO_MANY = "got more than"


class UnsentError(NetworkError):
    """Raised instead of sending a request that might change data on the server."""


class NetworkTransport:
    """Sends requests over HTTP(S), each over its own connection.

    :param timeout: how long all requests together may take, in seconds.
    :param sends_unsafe: whether to send requests that might change data.
    :param certificates: a PEM file of certificates to trust instead of the system's.
    """

    def __init__(
        self, timeout: float, *, sends_unsafe: bool = False, certificates: str | None = None
    ) -> None:
        self._timeout = timeout
        self._sends_unsafe = sends_unsafe
        self._certificates = certificates
        self._deadline: float | None = None

    def send(self, request: SentRequest) -> ReceivedResponse:
        """Send one request, without following redirects or reading the body of the response.

        :raises UnsentError: the request might change data, so it was not sent.
        :raises NetworkError: there is no response. The reason is one line.
        """
        if not self._sends_unsafe and request.method not in SAFE_METHODS:
            raise UnsentError(
                f"{request.method} {request.url} was not sent, because it might change data. Add "
                "--send to send it"
            )
        if self._deadline is None:
            self._deadline = time.monotonic() + self._timeout
        left = self._deadline - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            with urllib3.PoolManager(ca_certs=self._certificates) as pool:
                pool.pool_classes_by_scheme = _pool_classes(self._deadline)
                response = pool.request(
                    request.method,
                    request.url,
                    body=request.body,
                    headers=urllib3.HTTPHeaderDict(request.headers.lines),
                    timeout=left,
                    # Return redirects as responses.
                    retries=False,
                    # The body may be endless, and CORS doesn't depend on it.
                    preload_content=False,
                )
                lines = [*response.headers.iteritems()]
                response.close()
        except (exceptions.HTTPError, OSError, ValueError) as error:
            raise NetworkError(f"{request.url}: {self._describe(error)}") from error
        return ReceivedResponse(response.status, HeaderList(lines), reason=response.reason or "")

    def speaks_tls(self, host: str, port: int) -> bool:
        """Return whether a port expects TLS, whatever its certificate is."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            with (
                socket.create_connection((host, port), min(self._timeout, 5)) as connection,
                context.wrap_socket(connection, server_hostname=host),
            ):
                return True
        except (OSError, ValueError):
            return False

    def _describe(self, error: Exception) -> str:
        """Return why there is no response, in one line."""
        match error:
            case exceptions.NameResolutionError():
                return "there is no host with this name"
            case exceptions.NewConnectionError():
                # This must come first: it is a subclass of ConnectTimeoutError, but not a timeout.
                return (
                    "the connection was refused: no server listens there, or a firewall blocks it"
                )
            case exceptions.ConnectTimeoutError():
                return f"no connection within {self._timeout:g} seconds"
            case exceptions.ReadTimeoutError() | TimeoutError():
                return f"no response within {self._timeout:g} seconds"
            case exceptions.SSLError():
                return _describe_tls(error)
            case exceptions.ProtocolError():
                return _describe_protocol(error)
        return f"the request can't be sent: {error}".partition("\n")[0]


def _describe_tls(error: exceptions.SSLError) -> str:
    cause = error.args[0] if error.args else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {cause.verify_message}"
    reason = getattr(cause, "reason", None) or cause
    return f"no TLS connection: {str(reason).replace('_', ' ').lower()}"


def _describe_protocol(error: exceptions.ProtocolError) -> str:
    cause = error.args[-1] if error.args else error
    if isinstance(cause, http.client.LineTooLong):
        return "a header line of the response is longer than 65536 bytes"
    if str(cause).startswith(_TOO_MANY):
        return "the response has more than 100 headers"
    return "the server closed the connection without an HTTP response"


class _Reader(io.RawIOBase):
    """Reads from a socket until a deadline, however slowly the bytes arrive."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        # A timeout of 0 would make the socket non-blocking.
        self._connection.settimeout(max(self._deadline - time.monotonic(), 0.001))
        return self._connection.recv_into(buffer)


def _pool_classes(deadline: float) -> dict[str, type[HTTPConnectionPool]]:
    """Return connection pools for urllib3 that keep a deadline and skip interim responses."""

    class FinalResponse(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
            super().__init__(sock, *arguments, **options)
            self.fp.close()
            self.fp = io.BufferedReader(_Reader(sock, deadline))

        def begin(self) -> None:
            super().begin()
            # http.client skips only 100, but the other 1xx responses are interim too, such as 103.
            # RFC 9110, 15.2: https://www.rfc-editor.org/rfc/rfc9110#section-15.2
            while 102 <= self.status <= 199:
                self.headers = self.msg = None  # type: ignore[assignment]
                super().begin()

    class Plain(HTTPConnection):
        response_class = FinalResponse

    class Secure(HTTPSConnection):
        response_class = FinalResponse

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain  # pyright: ignore[reportAssignmentType]

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure  # pyright: ignore[reportAssignmentType]

    return {"http": PlainPool, "https": SecurePool}
