"""Telling of refusals: in the log, by a signal, and in debug mode with a header."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from blinker import Namespace

from .policy import Decision

if TYPE_CHECKING:
    from flask import Flask, Request, Response

logger = logging.getLogger("flask_crossorigin")

#: Sent when a request of another origin is refused something, with the application as the
#: sender and the :class:`~flask_crossorigin.Decision` as ``decision``.
request_refused = Namespace().signal("request-refused")

#: The header that tells the reason to who looks into a browser's network tab, in debug mode.
REASON_HEADER = "X-Crossorigin-Reason"


def is_heard(app: Flask) -> bool:
    """Tell whether anybody would learn of a refusal, so that its reason is worth finding."""
    return bool(app.debug or request_refused.receivers) or logger.isEnabledFor(logging.INFO)


def report_refusal(
    app: Flask, request: Request, response: Response, decision: Decision, *, again: bool
) -> None:
    """Tell of a refusal to all who listen.

    :param again: whether it was told already, with another response that was not sent.
    """
    level = logging.WARNING if app.debug else logging.INFO
    if app.debug or logger.isEnabledFor(level):
        reason = str(decision)
        if not again:
            logger.log(level, "%s %r: %s", request.method, request.path, reason)
        if app.debug:
            response.headers[REASON_HEADER] = _as_header(reason)
    if request_refused.receivers and not again:
        request_refused.send(app, decision=decision)


def _as_header(text: str) -> str:
    """Escape what no header value may hold, or what not every server sends alike."""
    return "".join(c if c.isprintable() and c.isascii() else ascii(c)[1:-1] for c in text)


def report_crash(app: Flask, request: Request, exception: BaseException | None) -> None:
    """Say that an exception, and not CORS, is what a page of another origin runs into.

    In debug mode the exception leaves the application, and what answers in its place sends no
    headers of ours.
    """
    if app.debug and "HTTP_ORIGIN" in request.environ:
        logger.warning(
            "%s %r: the browser will call this a CORS error, since the debugger's answer carries "
            "no CORS headers. It is the exception: %r",
            request.method,
            request.path,
            exception,
        )
