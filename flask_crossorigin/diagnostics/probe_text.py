"""A probe, to be read in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .text import fill

if TYPE_CHECKING:
    from ..testing import Exchange
    from .probe import Probe

#: The response headers that tell something, beside those of CORS.
_TELLING = frozenset(
    {"age", "location", "server", "vary", "via", "www-authenticate", "x-cache"}
    | {"cache-control", "x-crossorigin-reason"}
)


def probe_lines(probe: Probe, width: int) -> Iterator[str]:
    """Write a probe: the verdict, each hop, and the faults with their fixes."""
    yield fill(f"{probe.verdict.upper()}: {probe.reason}", width, "", "    ")
    for exchange in probe.exchanges:
        yield ""
        yield from _exchange_lines(exchange)
    for fault in probe.faults:
        yield ""
        yield fill(f"FAULT {fault.name}: {fault.message}.", width, "", "    ")
        yield fill(fault.fix, width, "  Fix:  ", "        ")


def _exchange_lines(exchange: Exchange) -> Iterator[str]:
    request, response = exchange.request, exchange.response
    yield "The browser asks first: the preflight" if exchange.is_preflight else "The request"
    yield f"  > {request.method} {request.url}"
    for name, value in request.headers.lines:
        if name.lower() != "accept":
            yield f"  > {name}: {value}"
    yield f"  < {response.status} {response.reason}".rstrip()
    for name, value in response.headers.lines:
        if name.lower() in _TELLING or name.lower().startswith("access-control-"):
            # What a server sends is not for the terminal to obey.
            yield f"  < {name}: {value}".encode("unicode_escape").decode("ascii")
