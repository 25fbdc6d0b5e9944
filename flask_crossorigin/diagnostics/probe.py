"""Fetches a URL from a deployed server with the test browser, and looks for faults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from secrets import token_hex
from typing import Any, Literal
from urllib.parse import urlsplit

from ..fetch.grammar import SAFE_METHODS
from ..fetch.safelists import normalize_method
from ..testing import Browser, CORSError, Exchange, HeaderList, NetworkError, ReceivedResponse
from ..testing.blocking import BLOCKS
from ..testing.url import parse_url
from .blocked import blocked_notes
from .faults import Fault, find_faults, plain_http_to_tls
from .messages import message_as_json
from .transport import NetworkTransport, UnsentError


@dataclass(frozen=True)
class Probe:
    """The result of a fetch over the network."""

    #: ``failed`` if there was no response, for a reason other than CORS.
    verdict: Literal["allowed", "refused", "failed"]
    #: The reason for the verdict, as a sentence.
    reason: str
    #: The page's origin.
    origin: str
    method: str
    #: The URL that the page fetches.
    url: str
    credentials: bool
    #: The requests that got a response, including preflights.
    exchanges: Sequence[Exchange]
    #: Why the browser rejects the last response; None if it accepts it.
    problem: str | None
    faults: Sequence[Fault]
    #: What browsers might block before CORS, in sentences.
    notes: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``flask cors probe --json`` prints."""
        return {
            "schema": 1,
            "command": "probe",
            "verdict": self.verdict,
            "reason": self.reason,
            "origin": self.origin,
            "method": self.method,
            "url": self.url,
            "credentials": self.credentials,
            "exchanges": [self._exchange_as_json(exchange) for exchange in self.exchanges],
            "faults": [vars(fault) for fault in self.faults],
            "notes": [*self.notes],
        }

    def _exchange_as_json(self, exchange: Exchange) -> dict[str, Any]:
        request, response = exchange.request, exchange.response
        return message_as_json(
            method=request.method,
            url=request.url,
            request_headers=request.headers.lines,
            status=response.status,
            headers=response.headers.lines,
            problem=self.problem if exchange is self.exchanges[-1] else None,
            because=exchange.because,
            is_preflight=exchange.is_preflight,
        )


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

    :param transport: sends the requests.
    :param url: an absolute URL.
    :param origin: the page's origin, or ``"null"``.
    :param method: the method as JavaScript writes it.
    :param headers: the request headers that JavaScript sets.
    :param credentials: whether the page sends cookies, as with ``credentials: "include"``.
    :raises ValueError: the URL is not absolute, the origin is invalid, or nothing can be sent: the
        transport doesn't send this method, and the request needs no preflight.
    :raises TypeError: ``fetch()`` would reject an argument.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise ValueError(f"{url!r} is not an absolute URL, as in https://api.example.com/items")
    browser = Browser(transport, origin=origin, unblocked=BLOCKS)
    verdict: Literal["allowed", "refused", "failed"] = "allowed"
    problem = ""
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
        reason = f"the preflight passes, but {error.reason}"
    except CORSError as error:
        verdict, reason, problem = "refused", error.reason, error.problem
    except NetworkError as error:
        verdict, reason = "failed", error.reason
    exchanges = [*browser.exchanges]
    faults = find_faults(
        exchanges, credentials=credentials, resend=partial(_resend, transport), problem=problem
    )
    last = exchanges[-1].request.url if exchanges else url
    has_failed = not exchanges or exchanges[-1].response.status == 400
    if verdict != "allowed" and has_failed and _is_tls_port(transport, last):
        faults.append(plain_http_to_tls(last))
    return Probe(
        verdict,
        reason,
        browser.origin,
        normalize_method(method),
        url,
        credentials,
        exchanges,
        problem or None,
        faults,
        [*blocked_notes(browser.origin, parse_url(url))],
    )


def _resend(
    transport: NetworkTransport, exchange: Exchange, origin: str | None, is_fresh: bool
) -> ReceivedResponse | None:
    """Send the request of an exchange again. See :data:`~.faults.Resend`."""
    request = exchange.request
    if request.method not in SAFE_METHODS:
        return None
    lines = [line for line in request.headers.lines if line[0] != "Origin"]
    if origin is not None:
        lines.append(("Origin", origin))
    url = request.url
    if is_fresh:
        url += f"{'&' if '?' in url else '?'}flask-crossorigin-probe={token_hex(4)}"
    try:
        return transport.send(replace(request, url=url, headers=HeaderList(lines)))
    except NetworkError:
        return None


def _is_tls_port(transport: NetworkTransport, url: str) -> bool:
    parts = urlsplit(url)
    return (
        parts.scheme == "http"
        and parts.hostname is not None
        and transport.speaks_tls(parts.hostname, parts.port or 80)
    )
