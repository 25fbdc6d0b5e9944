"""Telling of refusals: in the log, by a signal, and in debug mode with a header."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

from blinker import Namespace

from .core.policy import Decision, Policy

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
            logger.log(level, "%s: %s", _shown(request), reason)
        if app.debug:
            response.headers[REASON_HEADER] = _on_one_line(reason)
    if request_refused.receivers and not again:
        try:
            request_refused.send(app, decision=decision)
        except Exception:
            # A refusal is no reason for the request to crash.
            logger.exception("%s: a receiver of request_refused failed", _shown(request))


def report_crash(app: Flask, request: Request, exception: BaseException) -> None:
    """Say that an exception, and not CORS, is what a page of another origin runs into.

    In debug mode the exception leaves the application, and what answers in its place sends no
    headers of ours.
    """
    propagates = app.config["PROPAGATE_EXCEPTIONS"]
    if not app.debug or not (propagates is None or propagates):
        return
    # The text of an exception may be what the request sent.
    text = "".join(traceback.format_exception_only(exception)).strip()
    logger.warning(
        "%s: the browser will call this a CORS error, since the debugger's answer carries no "
        "CORS headers. It is the exception: %s",
        _shown(request),
        _on_one_line(text),
    )


def report_own_header(request: Request, policy: Policy) -> None:
    """Say that the application allows an origin itself, so its policy adds nothing."""
    logger.warning(
        "%s: the application sets Access-Control-Allow-Origin itself, so only Vary is added to it. "
        "Preflights still get the headers of %s: remove one of the two",
        _shown(request),
        policy.where,
    )


def _shown(request: Request) -> str:
    """Name a request by its method and path as the browser knows it, escaped."""
    # Some servers hand on whatever stands in a method's place.
    return f"{_on_one_line(request.method)} {request.root_path + request.path!r}"


def _on_one_line(text: str) -> str:
    """Escape what would break a line, a header's value or a terminal."""
    return "".join(c if c.isprintable() and c.isascii() else ascii(c)[1:-1] for c in text)
