"""The browser's wire to a deployed server.

urllib3 carries it, and not httpx: it has no dependencies of its own, gives repeated response
headers one by one and in the case in which they came, and adds nothing to a request that would
have to be taken out again.
"""

from __future__ import annotations

import ssl

import urllib3
from urllib3 import exceptions

from ..testing import HeaderList, NetworkError, ReceivedResponse, SentRequest

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_USER_AGENT = "Mozilla/5.0 (compatible; flask_crossorigin)"


class UnsentError(NetworkError):
    """The request was held back, since it may change something at the server."""


class NetworkTransport:
    """Carries requests over HTTP(S), each over a connection of its own.

    :param timeout: how long to wait for a connection, and then for an answer, in seconds.
    :param sends_unsafe: whether requests are sent that may change something.
    :param certificates: a file of the certificates to trust, instead of those of the system.
    """

    def __init__(
        self, timeout: float, *, sends_unsafe: bool = False, certificates: str | None = None
    ) -> None:
        self._timeout = timeout
        self._sends_unsafe = sends_unsafe
        self._certificates = certificates

    def send(self, request: SentRequest) -> ReceivedResponse:
        """Send one request, follow no redirect, and leave the body where it is.

        :raises UnsentError: it may change something, and is not to be sent.
        :raises NetworkError: there is no answer; the reason is one line.
        """
        if not self._sends_unsafe and request.method not in _SAFE_METHODS:
            raise UnsentError(f"{request.method} {request.url} was not sent")
        headers = urllib3.HTTPHeaderDict([*request.headers.lines, ("User-Agent", _USER_AGENT)])
        with urllib3.PoolManager(ca_certs=self._certificates) as pool:
            try:
                # The body could go on for ever, and CORS asks for none of it.
                response = pool.request(
                    request.method,
                    request.url,
                    body=request.body,
                    headers=headers,
                    timeout=self._timeout,
                    # A redirect is then an answer too.
                    retries=False,
                    preload_content=False,
                )
            except (exceptions.HTTPError, OSError) as error:
                raise NetworkError(f"{request.url}: {self._describe(error)}") from error
            lines = [*response.headers.iteritems()]
            response.close()
        return ReceivedResponse(response.status, HeaderList(lines), reason=response.reason or "")

    def _describe(self, error: Exception) -> str:
        """Say in one line why there is no answer."""
        match error:
            case exceptions.NameResolutionError():
                return "there is no host of this name"
            case exceptions.NewConnectionError():
                # It counts as a ConnectTimeoutError too, which it is not.
                return (
                    "the connection was refused: no server is running there, or a firewall bars it"
                )
            case exceptions.ConnectTimeoutError():
                return f"no connection within {self._timeout:g} seconds"
            case exceptions.ReadTimeoutError():
                return f"no answer within {self._timeout:g} seconds"
            case exceptions.SSLError():
                return _describe_tls(error)
            case exceptions.ProtocolError():
                return "the server closed the connection without an HTTP answer"
        return f"the request cannot be sent: {error}".partition("\n")[0]


def _describe_tls(error: exceptions.SSLError) -> str:
    cause = error.args[0] if error.args else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {cause.verify_message}"
    reason = getattr(cause, "reason", None) or cause
    return f"no TLS connection: {str(reason).replace('_', ' ').lower()}"
