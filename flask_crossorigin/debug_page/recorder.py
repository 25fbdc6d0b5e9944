"""What the debug page remembers of an app's decisions."""

from __future__ import annotations

from threading import Lock
from time import time
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import quote

from flask import request

from ..reporting import escaped, request_allowed, request_refused, request_reported

if TYPE_CHECKING:
    from flask import Flask

    from ..core.places import Place
    from ..core.policy import Decision

#: How many different decisions are remembered.
MOST_DECISIONS = 200

# How much of what a request sent is kept, in characters.
_LONGEST_METHOD = 40
_LONGEST_HOST = 100
_LONGEST_ORIGIN = 200
_LONGEST_PATH = 200
_LONGEST_NAMES = 500

#: ``reported``: it is allowed, and ``report_only`` would refuse it.
Verdict = Literal["allowed", "refused", "reported"]


def as_url_path(path: str) -> str:
    """Write a path as browsers do in a URL (RFC 3986, 3.3)."""
    return quote(path, safe="/:@!$&'()*+,;=~")


class _Recorded(NamedTuple):
    """A decision without the time; repeats are equal."""

    verdict: Verdict
    origin: str
    #: That of the actual request, also where a preflight asks for it.
    method: str
    #: Without the query.
    url: str
    is_preflight: bool
    #: The header names that a preflight asks for, as it wrote them.
    header_names: str
    reason: str
    policy: str | None
    place: Place | None


class _Repeats(NamedTuple):
    """How often a decision was made."""

    #: Which of the different decisions it was, counted from 1.
    id: int
    #: Which of all decisions the latest was.
    number: int
    times: int
    #: The time of the latest, in seconds since 1970.
    time: float


class Recorder:
    """Remembers the latest decisions of an app, from when it is made.

    :param app: the app, whose signals it receives.
    """

    def __init__(self, app: Flask) -> None:
        self._lock = Lock()
        # The one that was repeated last comes last.
        self._decisions: dict[_Recorded, _Repeats] = {}
        self._last_id = 0
        self._last_number = 0
        # Signals forget receivers that nobody else holds.
        self._receivers = (self._on_allowed, self._on_refused, self._on_reported)
        signals = (request_allowed, request_refused, request_reported)
        for signal, receiver in zip(signals, self._receivers, strict=True):
            signal.connect(receiver, app)

    def _on_allowed(self, _app: Flask, decision: Decision) -> None:
        self._record("allowed", decision)

    def _on_refused(self, _app: Flask, decision: Decision) -> None:
        self._record("refused", decision)

    def _on_reported(self, _app: Flask, decision: Decision) -> None:
        self._record("reported", decision)

    def _record(self, verdict: Verdict, decision: Decision) -> None:
        environ, policy = request.environ, decision.policy
        is_preflight = decision.method is not None
        names = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "") if is_preflight else ""
        host = environ.get("HTTP_HOST", "")[:_LONGEST_HOST]
        path = as_url_path((request.root_path + request.path)[:_LONGEST_PATH])
        recorded = _Recorded(
            verdict,
            # A policy for any origin does not look at it.
            escaped(environ.get("HTTP_ORIGIN", ""), _LONGEST_ORIGIN),
            escaped(decision.method or request.method, _LONGEST_METHOD),
            f"{request.scheme}://{quote(host, safe=':[]')}{path}",
            is_preflight,
            escaped(names, _LONGEST_NAMES),
            str(decision),
            None if policy is None else policy.where,
            None if policy is None else policy.place,
        )
        with self._lock:
            self._last_number += 1
            before = self._decisions.pop(recorded, None)
            if before is None:
                self._last_id += 1
                if len(self._decisions) >= MOST_DECISIONS:
                    del self._decisions[next(iter(self._decisions))]
            id_ = self._last_id if before is None else before.id
            times = 1 if before is None else before.times + 1
            self._decisions[recorded] = _Repeats(id_, self._last_number, times, time())

    def after(self, number: int) -> list[dict[str, Any]]:
        """Return the decisions since one of them, the oldest first.

        :param number: the ``number`` of the last that is known; 0 for none.
        """
        with self._lock:
            decisions = [*self._decisions.items()]
        return [
            {
                **recorded._asdict(),
                **repeats._asdict(),
                "place": recorded.place
                and {"file": recorded.place.file, "line": recorded.place.line},
            }
            for recorded, repeats in decisions
            if repeats.number > number
        ]
