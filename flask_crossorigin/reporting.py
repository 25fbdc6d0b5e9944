"""Where refusals are reported: in the log, by a signal, and in debug mode in a header."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

from blinker import Namespace
from flask import current_app, request

from .core.policy import Decision, Policy

if TYPE_CHECKING:
    from flask import Flask, Request, Response

logger = logging.getLogger("flask_crossorigin")

#: Sent when a request of another origin is refused something, with the application as the
#: sender and the :class:`~flask_crossorigin.Decision` as ``decision``.
request_refused = Namespace().signal("request-refused")

#: In debug mode, the header that shows the reason in a browser's network tab.
REASON_HEADER = "X-Crossorigin-Reason"

# How much of what a request sent is shown, in characters.
_LONGEST_METHOD = 40
_LONGEST_PATH = 200
_LONGEST_TEXT = 500


def is_heard(app: Flask) -> bool:
    """Return whether anybody would learn of a refusal, so that its reason is worth finding."""
    return bool(app.debug or request_refused.receivers) or logger.isEnabledFor(logging.INFO)


def report_refusal(
    app: Flask, request: Request, response: Response, decision: Decision, *, again: bool
) -> None:
    """Report a refusal to all who listen.

    :param again: whether it was reported already, with another response that was not sent.
    """
    level = logging.WARNING if app.debug else logging.INFO
    if app.debug or logger.isEnabledFor(level):
        reason = str(decision)
        if not again:
            logger.log(level, "%s: %s", _shown(request), reason)
        if app.debug:
            response.headers[REASON_HEADER] = _escaped(reason)
    if request_refused.receivers and not again:
        try:
            request_refused.send(app, decision=decision)
        except Exception:
            # A refusal is no reason for the request to crash.
            logger.exception("%s: a receiver of request_refused failed", _shown(request))


def report_crash(app: Flask, request: Request, exception: BaseException) -> None:
    """Say that an exception, and not CORS, is what a page of another origin runs into.

    Where exceptions propagate, the response comes from a debugger or from the server, without our
    headers.
    """
    propagates = app.config["PROPAGATE_EXCEPTIONS"]
    if not (app.testing or app.debug if propagates is None else propagates):
        return
    # The text of an exception may be what the request sent.
    text = "".join(traceback.format_exception_only(exception)).strip()
    logger.warning(
        "%s: the browser will call this a CORS error, because the debugger's response has no CORS "
        "headers. The cause is the exception: %s",
        _shown(request),
        _escaped(text, _LONGEST_TEXT),
    )


def report_own_header(policy: Policy) -> None:
    """Say in debug mode that the application allows an origin itself."""
    if current_app.debug:
        logger.warning(
            "%s: the application sets Access-Control-Allow-Origin itself, so only Vary is added to "
            "it. Preflights still get the headers of %s: remove one of the two",
            _shown(request),
            policy.where,
        )


def _shown(request: Request) -> str:
    """Name a request by its method and path as the browser knows it."""
    # Some servers pass on anything as a method.
    method = _escaped(request.method, _LONGEST_METHOD)
    return f"{method} '{_escaped(request.root_path + request.path, _LONGEST_PATH)}'"


def _escaped(text: str, longest: int | None = None) -> str:
    """Escape what would break a line, a header's value or a terminal, and cut what is too long."""
    kept = text[:longest]
    shown = "".join(c if c.isprintable() and c.isascii() else ascii(c)[1:-1] for c in kept)
    return shown if kept == text else f"{shown}..."
