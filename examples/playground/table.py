"""The table of what each page may do, from requests that were really made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from client import Page, Refused
from tries import REFUSED, TRIES, Role, Try

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GREEN, _RED, _PLAIN = "\033[32m", "\033[31m", "\033[0m"
_LINE = "{:38} {:9}  {:15}  {}"


@dataclass(frozen=True)
class Seen:
    """What one page saw of one request."""

    sees: str
    preflight: bool
    #: Why the page saw nothing; empty when it did see the response.
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """One request, as both pages saw it."""

    attempt: Try
    app: Seen
    stranger: Seen


def make_rows(api_origin: str, app_origin: str, stranger_origin: str) -> list[Row]:
    """Make every request for both pages."""
    app, stranger = Page(app_origin), Page(stranger_origin)
    return [
        Row(attempt, _see(app, api_origin, attempt), _see(stranger, api_origin, attempt))
        for attempt in TRIES
    ]


def _see(page: Page, api_origin: str, attempt: Try) -> Seen:
    try:
        reply = page.fetch(
            api_origin + attempt.path,
            method=attempt.method,
            headers=attempt.headers,
            body=attempt.body,
            credentials=attempt.credentials,
        )
    except Refused as refused:
        return Seen(REFUSED, refused.preflight, str(refused))
    sees = str(reply.status)
    if attempt.reads:
        sees += f" {attempt.reads}: {reply.headers.get(attempt.reads.lower(), 'hidden')}"
    return Seen(sees, reply.preflight)


def format_table(rows: Sequence[Row], *, colour: bool) -> str:
    """Write the table, at most 80 columns wide, with the reasons as notes below it."""
    notes: dict[str, str] = {}

    def cell(seen: Seen, width: int = 0) -> str:
        text = seen.sees
        if seen.reason:
            text += f" ({notes.setdefault(seen.reason, chr(ord('a') + len(notes)))})"
        # Colours come after the width: a terminal shows them in no column.
        text = text.ljust(width)
        return f"{_RED if seen.reason else _GREEN}{text}{_PLAIN}" if colour else text

    lines = [_LINE.format("What the page does", "preflight", "app sees", "stranger sees")]
    lines.append("-" * 78)
    for row in rows:
        preflight = "yes" if row.app.preflight else ""
        line = _LINE.format(row.attempt.title, preflight, cell(row.app, 15), cell(row.stranger))
        lines.append(line)
    lines.append("")
    lines.extend(f"({letter}) {reason}" for reason, letter in notes.items())
    return "\n".join(lines)


def differences(rows: Sequence[Row]) -> Iterator[str]:
    """Say, a line each, what a page saw that it must not see, or the reverse."""
    roles: tuple[Role, ...] = ("app", "stranger")
    for row in rows:
        for role in roles:
            seen = row.app if role == "app" else row.stranger
            expected = row.attempt.outcome(role).sees
            if seen.sees != expected:
                got = f"{seen.sees} ({seen.reason})" if seen.reason else seen.sees
                yield f"{row.attempt.title}: the {role} must see {expected}, but sees {got}"
