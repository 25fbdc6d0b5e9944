"""Reports decisions: in the log, by signals and, in debug mode, in a response header."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from blinker import NamedSignal, Namespace
from flask import current_app, request

from .core.policy import Decision, Policy

if TYPE_CHECKING:
    from flask import Flask, Request, Response

logger = logging.getLogger("flask_crossorigin")

_signals = Namespace()
#: Sent when a cross-origin request is refused. The sender is the application, and ``decision`` is
#: the :class:`~flask_crossorigin.Decision`.
request_refused = _signals.signal("request-refused")
#: Sent in the same way when a cross-origin request is allowed.
request_allowed = _signals.signal("request-allowed")
#: Sent in the same way when ``report_only`` would refuse a request that is allowed.
request_reported = _signals.signal("request-reported")

#: The response header that, in debug mode, shows the reason in a browser's network tab.
REASON_HEADER = "X-Crossorigin-Reason"

# How many characters of a request's data are logged.
_LONGEST_METHOD = 40
_LONGEST_PATH = 200
_LONGEST_TEXT = 500

#: For how many seconds the same line is not logged again.
PAUSE = 60
#: How many different lines are logged in that time. Attackers can send endless different origins.
MOST_LINES = 250


class Throttle:
    """Decides which lines are logged, so that the same line is logged at most once a minute.

    :param clock: returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        # When each line was last logged, and how many like it were left out since. Oldest first.
        self._lines: dict[Hashable, tuple[float, int]] = {}
        self._left_out = 0

    def take(self, line: Hashable) -> int | None:
        """Decide whether to log a line.

        :param line: what makes two lines the same.
        :returns: how many lines were left out before, for the log to mention; None if this line is
            to be left out.
        """
        with self._lock:
            now = self._clock()
            logged, left_out = self._lines.get(line, (None, 0))
            if logged is not None and now - logged < PAUSE:
                self._lines[line] = logged, left_out + 1
                return None
            self._lines.pop(line, None)
            while self._lines and now - next(iter(self._lines.values()))[0] >= PAUSE:
                oldest = next(iter(self._lines))
                self._left_out += self._lines.pop(oldest)[1]
            if len(self._lines) >= MOST_LINES:
                self._left_out += left_out + 1
                return None
            self._lines[line] = now, 0
            # Lines that were left out and never come again are counted with this one.
            left_out, self._left_out = left_out + self._left_out, 0
            return left_out


def is_heard(app: Flask, signal: NamedSignal, level: int = logging.INFO) -> bool:
    """Return whether a report would reach anyone. If not, the work to make it can be skipped.

    :param signal: the signal of the report.
    :param level: the level of its log line.
    """
    return (
        logger.isEnabledFor(level)
        or bool(signal.receivers and signal.has_receivers_for(app))
        or app.debug
    )


def report_refusal(
    app: Flask,
    request: Request,
    response: Response,
    decision: Decision,
    throttle: Throttle,
    *,
    again: bool,
) -> None:
    """Report a refusal: log it, send the signal and, in debug mode, set the header.

    :param again: whether the refusal was already reported, with a response that was then replaced.
        Only the header is set then.
    """
    # The sentence is expensive, so it is made once, and only if it is needed.
    reason = str(decision) if app.debug else None
    if not again:
        _log(app, request, decision, throttle, "%s: %s%s", reason)
        _send(request_refused, app, request, decision)
    if reason is not None:
        response.headers[REASON_HEADER] = escaped(reason)


def report_stricter(app: Flask, request: Request, decision: Decision, throttle: Throttle) -> None:
    """Report that ``report_only`` would refuse a request that is allowed."""
    text = "%s: allowed, but report_only would refuse it: %s%s"
    _log(app, request, decision, throttle, text, level=logging.WARNING)
    _send(request_reported, app, request, decision)


def report_allowed(app: Flask, request: Request, decision: Decision) -> None:
    """Report that a cross-origin request is allowed."""
    _send(request_allowed, app, request, decision)


def _log(
    app: Flask,
    request: Request,
    decision: Decision,
    throttle: Throttle,
    text: str,
    reason: str | None = None,
    level: int | None = None,
) -> None:
    if level is None:
        level = logging.WARNING if app.debug else logging.INFO
    if not logger.isEnabledFor(level):
        return
    left_out: int | None = 0
    if not app.debug:
        where = None if decision.policy is None else decision.policy.where
        left_out = throttle.take((where, decision.origin, decision.reason))
    if left_out is not None:
        more = f" ({left_out} more refusals were not logged)" if left_out else ""
        logger.log(level, text, _shown(request), reason or str(decision), more)


def _send(signal: NamedSignal, app: Flask, request: Request, decision: Decision) -> None:
    try:
        signal.send(app, decision=decision)
    except Exception:
        # A broken receiver must not fail the request.
        name = signal.name.replace("-", "_")
        logger.exception("%s: a receiver of %s failed", _shown(request), name)


def report_crash(app: Flask, request: Request, exception: BaseException) -> None:
    """Log that an exception is the cause of what the browser will report as a CORS error.

    Where exceptions propagate, the debugger or the server makes the response, and it has no CORS
    headers. Elsewhere nothing is logged.
    """
    propagates = app.config["PROPAGATE_EXCEPTIONS"]
    if not (app.testing or app.debug if propagates is None else propagates):
        return
    # The exception's message may contain data from the request.
    text = "".join(traceback.format_exception_only(exception)).strip()
    logger.warning(
        "%s: the browser will call this a CORS error, because the debugger's response has no CORS "
        "headers. The cause is the exception: %s",
        _shown(request),
        escaped(text, _LONGEST_TEXT),
    )


def report_app_header(policy: Policy) -> None:
    """Warn in debug mode that the application itself sets ``Access-Control-Allow-Origin``."""
    if current_app.debug:
        logger.warning(
            "%s: the application sets Access-Control-Allow-Origin itself, so only Vary is added. "
            "Preflights still get the headers of %s: remove one of the two",
            _shown(request),
            policy.where,
        )


def _shown(request: Request) -> str:
    """Return the method and the path of a request, including the path of the mount point."""
    # Some servers accept any text as a method.
    method = escaped(request.method, _LONGEST_METHOD)
    return f"{method} '{escaped(request.root_path + request.path, _LONGEST_PATH)}'"


def escaped(text: str, longest: int | None = None) -> str:
    """Escape what could break a log line, a header value or a terminal, and truncate the text."""
    kept = text[:longest]
    shown = "".join(c if c.isprintable() and c.isascii() else ascii(c)[1:-1] for c in kept)
    return shown if kept == text else f"{shown}..."
