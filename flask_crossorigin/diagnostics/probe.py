"""One exchange with a deployed server, made by the browser for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..testing import Browser, CORSError, Exchange, NetworkError
from .faults import Fault, find_faults
from .network import NetworkTransport, UnsentError
from .target import read_page_origin


@dataclass(frozen=True)
class Probe:
    """What came of a fetch over the network."""

    #: ``failed`` where there was no answer, whatever CORS says.
    verdict: Literal["allowed", "refused", "failed"]
    reason: str
    #: The requests that were answered, preflights too.
    exchanges: Sequence[Exchange]
    faults: Sequence[Fault]

    def to_dict(self) -> dict[str, Any]:
        """Give it as ``flask cors probe --json`` writes it."""
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

    :param url: a whole one.
    :param origin: the page's, or ``"null"``.
    :raises ValueError: the URL is no whole one, the origin is none, or nothing would be sent: the
        method may change something, the transport holds it back, and there is no preflight.
    :raises TypeError: ``fetch()`` refuses an argument.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise ValueError(f"{url!r} is no whole URL, such as https://api.example.com/items")
    browser = Browser(transport, origin=read_page_origin(origin))
    verdict: Literal["allowed", "refused", "failed"] = "allowed"
    try:
        reply = browser.fetch(
            url,
            method=method,
            headers=headers,
            credentials="include" if credentials else "same-origin",
        )
        reason = f"the page gets the answer, {reply.status}"
    except UnsentError as error:
        if not browser.exchanges:
            raise ValueError(f"{error.reason}, and no preflight goes before it") from error
        reason = f"the preflight passes; {error.reason}"
    except CORSError as error:
        verdict, reason = "refused", error.reason
    except NetworkError as error:
        verdict, reason = "failed", error.reason
    faults = find_faults(browser.exchanges, credentials=credentials)
    return Probe(verdict, reason, [*browser.exchanges], faults)
