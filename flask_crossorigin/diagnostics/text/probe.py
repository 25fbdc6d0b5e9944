"""Formats the output of ``flask cors probe``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...testing.wire import is_routine
from .terminal import BAD, VERDICTS, printable

if TYPE_CHECKING:
    from ...testing import Exchange
    from ..probe import Probe
    from .terminal import Terminal

#: The response headers that are printed, in addition to the CORS headers.
_SHOWN = frozenset(
    {"age", "location", "server", "vary", "via", "www-authenticate", "x-cache"}
    | {"cache-control", "x-crossorigin-reason"}
)


def probe_lines(probe: Probe, terminal: Terminal) -> Iterator[str]:
    """Yield the lines: the verdict, each request with its response, and the faults with fixes."""
    yield terminal.fill(f"{probe.verdict.upper()}: {_escape(probe.reason)}", "", "    ", VERDICTS)
    for exchange in probe.exchanges:
        yield ""
        yield from _exchange_lines(exchange, terminal)
    for fault in probe.faults:
        yield ""
        text = f"FAULT {fault.name}: {_escape(fault.message)}."
        yield terminal.fill(text, "", "    ", {"FAULT": BAD})
        yield terminal.fill(fault.fix, "  Fix:  ", "        ")
    for note in probe.notes:
        yield ""
        yield terminal.fill(f"NOTE: {_escape(note)}", "", "    ")


def _exchange_lines(exchange: Exchange, terminal: Terminal) -> Iterator[str]:
    request, response = exchange.request, exchange.response
    yield terminal.title("Preflight" if exchange.is_preflight else "Request")
    yield f"  > {request.method} {_escape(request.url)}"
    for name, value in request.headers.lines:
        if not is_routine(name, value):
            yield terminal.header(">", _escape(name), _escape(value))
    yield _escape(f"  < {response.status} {response.reason}").rstrip()
    for name, value in response.headers.lines:
        if name.lower() in _SHOWN or name.lower().startswith("access-control-"):
            yield terminal.header("<", _escape(name), _escape(value))


def _escape(text: str) -> str:
    """Escape text from a server: control characters, and what a terminal may be unable to print."""
    return printable(text).encode("ascii", "backslashreplace").decode("ascii")
