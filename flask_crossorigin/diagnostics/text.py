"""What the commands print: plain text that is readable at 80 columns."""

from __future__ import annotations

import shlex
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..state import State
from ..testing.wire import is_routine
from .routes import show_origins

if TYPE_CHECKING:
    from flask import Flask

    from ..testing import Exchange
    from .audit import Audit
    from .explain import Explanation, Message, Preflight
    from .probe import Probe
    from .routes import Route, Routes

_LABELS = 16

#: The response headers that a probe shows, besides those of CORS.
_SHOWN = frozenset(
    {"age", "location", "server", "vary", "via", "www-authenticate", "x-cache"}
    | {"cache-control", "x-crossorigin-reason"}
)


def console_width() -> int:
    """Return the width of the terminal, at least 40 columns; 80 if there is no terminal."""
    return max(shutil.get_terminal_size((80, 24)).columns, 40)


def fill(text: str, width: int, indent: str = "", later: str | None = None) -> str:
    """Wrap a text between its words.

    :param indent: what precedes the first line.
    :param later: what precedes the other lines; None for the same as the first.
    """
    return textwrap.fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if later is None else later,
        break_long_words=False,
        break_on_hyphens=False,
    )


def format_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, flexible: int
) -> list[str]:
    """Format a table as ``flask routes`` does.

    :param width: the columns to fit the table into.
    :param flexible: how many of the last columns wrap if it does not fit.
    :returns: the lines, without trailing spaces.
    """
    columns = list(zip(heads, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    # A name is never broken: nobody could search for it.
    least = [max(map(len, " ".join(column).split())) for column in columns]
    for index in range(len(heads) - flexible, len(heads)):
        others = sum(widths[:index]) + sum(least[index + 1 :]) + 2 * (len(heads) - 1)
        room = max(width - others, least[index])
        widths[index] = max(len(line) for cell in columns[index] for line in _wrap(cell, room))
    table = [heads, ["-" * column for column in widths], *rows]
    lines: list[str] = []
    for row in table:
        cells = [_wrap(cell, column) for cell, column in zip(row, widths, strict=True)]
        for number in range(max(map(len, cells))):
            parts = [
                (cell[number] if number < len(cell) else "").ljust(column)
                for cell, column in zip(cells, widths, strict=True)
            ]
            lines.append("  ".join(parts).rstrip())
    return lines


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def routes_lines(app: Flask, routes: Routes, width: int) -> Iterator[str]:
    """Format routes: a table, then the patterns without a route, and the mistakes."""
    yield from _route_table(routes.routes, width, by_host=app.url_map.host_matching)
    if routes.unmatched:
        yield "\nThese patterns match no route:"
        for pattern in routes.unmatched:
            yield fill(pattern.where, width, "  ! ", "    ")
    for title, is_bare in (
        ("Policies with these mistakes allow nothing:", False),
        ("Flask serves these views without their decorator:", True),
    ):
        problems = [
            problem
            for problem in routes.problems
            if (problem.code == "decorated-above-route") is is_bare
        ]
        if problems:
            yield f"\n{title}"
        for problem in problems:
            yield f"  ! {problem}".replace("\n", "\n    ")
    if routes.late:
        yield "\nThese decorators are only found when the view runs:"
        for decorator in routes.late:
            yield fill(f"{decorator.where}, endpoint {decorator.endpoint}", width, "  ! ", "    ")
        yield fill(routes.late[0].MEANING, width, "  ", "  ")
    if not State.of(app).has_map:
        text = "There is no CORS(app): only decorated views and CORS(blueprint) have a policy."
        yield "\n" + fill(text, width)


def _route_table(routes: Sequence[Route], width: int, *, by_host: bool) -> list[str]:
    if not routes:
        return ["No routes were registered."]
    rows = [
        {
            "Endpoint": route.endpoint,
            "Method": route.method,
            "Host" if by_host else "Subdomain": route.domain,
            "Rule": route.rule,
            "Policy": "-" if route.policy is None else route.policy.where,
            "Origins": _origins_cell(route),
        }
        for route in routes
    ]
    # Most apps have neither hosts nor subdomains.
    heads = [head for head in rows[0] if any(row[head] for row in rows)]
    cells = [[row[head] for head in heads] for row in rows]
    return format_table(heads, cells, width, flexible=2)


def _origins_cell(route: Route) -> str:
    policy = route.policy
    if policy is None:
        return "none"
    if policy.misconfigured:
        return "none: mistakes"
    everywhere = (policy, *policy.for_origins.policies)
    shown = [each for part in everywhere for each in show_origins(part)]
    return ", ".join("any" if each == "*" else each for each in dict.fromkeys(shown))


def explanation_lines(explanation: Explanation, width: int) -> Iterator[str]:
    """Format an explanation: the verdict, the exchange, what to change, how to reproduce it."""
    verdict, reason = explanation.verdict.upper(), explanation.reason
    by = reason.removeprefix("allowed ")
    yield fill(f"{verdict} {by}" if by != reason else f"{verdict}: {reason}", width, "", "    ")
    yield ""
    yield from _overview(explanation, width)
    for redirect in explanation.redirects:
        yield from _message_lines(redirect, "Request, redirected")
    preflight, response = explanation.preflight, explanation.response
    if preflight is not None:
        yield from _message_lines(preflight, "Preflight")
        yield fill(_preflight_outcome(preflight, explanation.method), width, "  ")
    if response is not None:
        yield from _message_lines(response, "Request")
        yield fill(_outcome(response, explanation), width, "  ")
    if explanation.remedy:
        yield "\nWhat to change"
        yield fill(f"{explanation.remedy}.", width, "  ")
    if explanation.notes:
        yield "\nNotes"
        for note in explanation.notes:
            yield fill(note, width, "  - ", "    ")
    yield "\nTo reproduce it with curl"
    for message in (preflight, response):
        if message is not None:
            yield curl_line(message.method, message.url, message.request_headers)


def _overview(explanation: Explanation, width: int) -> Iterator[str]:
    server = "{0.scheme}://{0.netloc}".format(urlsplit(explanation.url))
    with_cookies = " with credentials" if explanation.credentials else ""
    facts = {
        "Page": explanation.origin,
        "Request": f"{explanation.method} {explanation.url}{with_cookies}",
        "Cross-origin": f"yes: {explanation.origin} is not {server}",
        "Preflight": "no: neither the method nor a header requires one",
        "Policy": explanation.policy or "none",
    }
    if explanation.preflight is not None:
        facts["Preflight"] = f"yes, because of {' and '.join(explanation.preflight.because)}"
    if not explanation.is_cross_origin:
        facts["Cross-origin"] = "no: the page and the URL have the same scheme, host and port"
        facts["Preflight"] = "no: only a cross-origin request can require one"
        facts["Policy"] = "not needed"
    for label, fact in facts.items():
        yield fill(fact, width, label.ljust(_LABELS), " " * _LABELS)


def _message_lines(message: Message, title: str) -> Iterator[str]:
    parts = urlsplit(message.url)
    query = f"?{parts.query}" if parts.query else ""
    status = "(the view sets the status)" if message.status is None else message.status
    yield f"\n{title}"
    yield f"  > {message.method} {parts.path}{query}"
    yield from (f"  > {name}: {value}" for name, value in message.request_headers.items())
    yield f"  < {status}"
    yield from (f"  < {name}: {value}" for name, value in message.headers.items())


def _preflight_outcome(preflight: Preflight, method: str) -> str:
    if preflight.problem is None:
        return f"The browser sends the {method}."
    return f"The browser does not send the {method}: the response {preflight.problem}."


def _outcome(response: Message, explanation: Explanation) -> str:
    if response.problem is not None:
        return f"The page cannot read the response: it {response.problem}."
    if explanation.verdict == "refused":
        return "The page gets no response."
    return "The page gets the response."


def curl_line(method: str, url: str, headers: Mapping[str, str]) -> str:
    """Return the curl command that sends a request and shows the headers of its response."""
    options = "-I" if method == "HEAD" else f"-i -X {shlex.quote(method)}"
    parts = [f"  curl {options} {shlex.quote(url)}"]
    parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    return " \\\n    ".join(parts)


def audit_lines(audit: Audit, width: int) -> Iterator[str]:
    """Format an audit: each kind of finding with its places, the harm it does, and the fix."""
    for _, group in groupby(audit.findings, key=attrgetter("id")):
        findings = [*group]
        first = findings[0]
        yield fill(f"{first.id} {first.severity}: {first.title}", width, "", "    ")
        for finding in findings:
            yield fill(f"{finding.where}: {finding.message}.", width, "  - ", "    ")
        yield fill(first.harm, width, "  Harm: ", "        ")
        yield fill(first.fix, width, "  Fix:  ", "        ")
        yield ""
    for skipped in audit.skipped:
        text = f"{skipped} was not checked: pip install flask_crossorigin[audit]"
        yield fill(text, width, "", "    ")
    counts = Counter(finding.severity for finding in audit.findings)
    total = sum(counts.values())
    parts = [f"{counts[name]} {name}" for name in ("high", "medium", "low") if counts[name]]
    by_severity = f": {', '.join(parts)}" if parts else ""
    yield f"{total or 'No'} finding{'' if total == 1 else 's'}{by_severity}."


def probe_lines(probe: Probe, width: int) -> Iterator[str]:
    """Format a probe: the verdict, each hop, and the faults with their fixes."""
    yield fill(f"{probe.verdict.upper()}: {_escape(probe.reason)}", width, "", "    ")
    for exchange in probe.exchanges:
        yield ""
        yield from _exchange_lines(exchange)
    for fault in probe.faults:
        yield ""
        yield fill(f"FAULT {fault.name}: {_escape(fault.message)}.", width, "", "    ")
        yield fill(fault.fix, width, "  Fix:  ", "        ")


def _exchange_lines(exchange: Exchange) -> Iterator[str]:
    request, response = exchange.request, exchange.response
    yield "Preflight" if exchange.is_preflight else "Request"
    yield f"  > {request.method} {_escape(request.url)}"
    for name, value in request.headers.lines:
        if not is_routine(name, value):
            yield _escape(f"  > {name}: {value}")
    yield _escape(f"  < {response.status} {response.reason}").rstrip()
    for name, value in response.headers.lines:
        if name.lower() in _SHOWN or name.lower().startswith("access-control-"):
            yield _escape(f"  < {name}: {value}")


def _escape(text: str) -> str:
    """Escape what a server sent, so that it cannot control the terminal."""
    return "".join(
        character if " " <= character <= "~" else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
