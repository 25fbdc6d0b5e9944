"""Show a table in the terminal: what pages on both origins get from the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tries import TRIES, Try

from flask_crossorigin import Decision, request_refused
from flask_crossorigin.testing import Browser, NetworkError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

_RED, _YELLOW, _GREEN = 31, 33, 32
_LINE = "{:26} {:10} {:21} {}"


def table_lines(
    api: Flask, api_origin: str, app_origin: str, other_origin: str, *, color: bool
) -> Iterator[str]:
    """Send every request from both origins with ``testing.Browser``, and yield a line for each."""
    app = Browser({api_origin: api}, origin=app_origin)
    other = Browser({api_origin: api}, origin=other_origin)
    yield _LINE.format("What a page requests", "Preflight", "App", "Other site")
    yield "-" * 79
    for attempt in TRIES:
        by_app, by_other = (_get(page, api, api_origin, attempt) for page in (app, other))
        preflight = any(exchange.is_preflight for exchange in app.exchanges)
        app.exchanges.clear()
        # Add colors after the padding, because their escape codes take no columns.
        yield _LINE.format(
            attempt.title,
            "yes" if preflight else "",
            _paint(by_app.ljust(21), color=color),
            _paint(by_other, color=color),
        )


def _get(page: Browser, api: Flask, api_origin: str, attempt: Try) -> str:
    """Return what a page gets: the status and the header that it reads, or why CORS refused it."""
    reasons: list[str] = []

    def note(_app: Flask, decision: Decision) -> None:
        reasons.append(decision.reason)

    with request_refused.connected_to(note, api):
        try:
            reply = page.fetch(
                api_origin + attempt.path,
                method=attempt.method,
                headers=attempt.headers,
                data=attempt.body,
                credentials="include" if attempt.credentials else "omit",
            )
        except NetworkError:
            return f"refused: {reasons[-1]}" if reasons else "refused"
    if attempt.reads is None:
        return str(reply.status)
    return f"{reply.status}, {attempt.reads}: {reply.headers.get(attempt.reads, 'hidden')}"


def _paint(text: str, *, color: bool) -> str:
    """Color a success green, an error that the page can read yellow, and a refusal red."""
    if not color:
        return text
    number = _RED if text.startswith("refused") else _GREEN if text[0] in "23" else _YELLOW
    return f"\033[{number}m{text}\033[0m"
