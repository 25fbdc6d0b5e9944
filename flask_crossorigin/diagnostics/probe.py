"""One exchange with a deployed server, made by the browser for tests.

urllib3 sends the requests, and not httpx: it has no dependencies, returns repeated response headers
one by one and in the case in which they arrived, and adds no headers to a request that would have
to be removed again.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import urllib3
from urllib3 import exceptions

from ..fetch.grammar import SAFE_METHODS
from ..testing import (
    Browser,
    CORSError,
    Exchange,
    HeaderList,
    NetworkError,
    ReceivedResponse,
    SentRequest,
)
from .faults import Fault, find_faults

_USER_AGENT = "Mozilla/5.0 (compatible; flask_crossorigin)"


class UnsentError(NetworkError):
    """The request was not sent, because it might change data on the server."""


class NetworkTransport:
    """Sends requests over HTTP(S), each over its own connection.

    :param timeout: how long to wait for a connection, and then for a response, in seconds.
    :param sends_unsafe: whether to send requests that might change data.
    :param certificates: a file of the certificates to trust instead of the system's.
    """

    def __init__(
        self, timeout: float, *, sends_unsafe: bool = False, certificates: str | None = None
    ) -> None:
        self._timeout = timeout
        self._sends_unsafe = sends_unsafe
        self._certificates = certificates

    def send(self, request: SentRequest) -> ReceivedResponse:
        """Send one request. Don't follow redirects, and don't read the body.

        :raises UnsentError: the request might change data, and is not to be sent.
        :raises NetworkError: there is no response. The reason is one line.
        """
        if not self._sends_unsafe and request.method not in SAFE_METHODS:
            raise UnsentError(
                f"{request.method} {request.url} was not sent, because it might change data; "
                "--send sends it"
            )
        headers = urllib3.HTTPHeaderDict([*request.headers.lines, ("User-Agent", _USER_AGENT)])
        with urllib3.PoolManager(ca_certs=self._certificates) as pool:
            try:
                response = pool.request(
                    request.method,
                    request.url,
                    body=request.body,
                    headers=headers,
                    timeout=self._timeout,
                    # A redirect is a response too.
                    retries=False,
                    # The body may be endless, and CORS does not need it.
                    preload_content=False,
                )
            except (exceptions.HTTPError, OSError) as error:
                raise NetworkError(f"{request.url}: {self._describe(error)}") from error
            lines = [*response.headers.iteritems()]
            response.close()
        return ReceivedResponse(response.status, HeaderList(lines), reason=response.reason or "")

    def _describe(self, error: Exception) -> str:
        """Say in one line why there is no response."""
        match error:
            case exceptions.NameResolutionError():
                return "there is no host with this name"
            case exceptions.NewConnectionError():
                # It is a subclass of ConnectTimeoutError, but not a timeout.
                return (
                    "the connection was refused: no server listens there, or a firewall blocks it"
                )
            case exceptions.ConnectTimeoutError():
                return f"no connection within {self._timeout:g} seconds"
            case exceptions.ReadTimeoutError():
                return f"no response within {self._timeout:g} seconds"
            case exceptions.SSLError():
                return _describe_tls(error)
            case exceptions.ProtocolError():
                return "the server closed the connection without an HTTP response"
        return f"the request cannot be sent: {error}".partition("\n")[0]


def _describe_tls(error: exceptions.SSLError) -> str:
    cause = error.args[0] if error.args else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {cause.verify_message}"
    reason = getattr(cause, "reason", None) or cause
    return f"no TLS connection: {str(reason).replace('_', ' ').lower()}"


@dataclass(frozen=True)
class Probe:
    """What a page got from a fetch over the network."""

    #: ``failed`` if there was no response, which has nothing to do with CORS.
    verdict: Literal["allowed", "refused", "failed"]
    reason: str
    #: The requests that got a response, including preflights.
    exchanges: Sequence[Exchange]
    faults: Sequence[Fault]

    def to_dict(self) -> dict[str, Any]:
        """Return it as ``flask cors probe --json`` prints it."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "faults": [vars(fault) for fault in self.faults],
            "exchanges": [_exchange_as_json(exchange) for exchange in self.exchanges],
        }


def _exchange_as_json(exchange: Exchange) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    return {
        "is_preflight": exchange.is_preflight,
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": [[*line] for line in request.headers.lines],
        },
        "response": {
            "status": response.status,
            "headers": [[*line] for line in response.headers.lines],
        },
    }


def probe(
    transport: NetworkTransport,
    url: str,
    *,
    origin: str,
    method: str,
    headers: Iterable[tuple[str, str]] = (),
    credentials: bool,
) -> Probe:
    """Fetch a URL as a page would.

    :param url: an absolute URL.
    :param origin: the page's origin, or ``"null"``.
    :raises ValueError: the URL is not absolute, the origin is not valid, or there is nothing to
        send: the transport does not send the method, and it needs no preflight.
    :raises TypeError: ``fetch()`` refuses an argument.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise ValueError(f"{url!r} is not an absolute URL, as in https://api.example.com/items")
    browser = Browser(transport, origin=origin)
    verdict: Literal["allowed", "refused", "failed"] = "allowed"
    try:
        reply = browser.fetch(
            url,
            method=method,
            headers=headers,
            credentials="include" if credentials else "same-origin",
        )
        reason = f"the page gets the response (status {reply.status})"
    except UnsentError as error:
        if not browser.exchanges:
            raise ValueError(f"{error.reason}. It needs no preflight either") from error
        reason = f"the preflight passes; {error.reason}"
    except CORSError as error:
        verdict, reason = "refused", error.reason
    except NetworkError as error:
        verdict, reason = "failed", error.reason
    faults = find_faults(browser.exchanges, credentials=credentials)
    return Probe(verdict, reason, [*browser.exchanges], faults)
