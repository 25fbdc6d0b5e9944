"""Records the latest decisions of an app for the debug page."""

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

#: How many different decisions are kept.
MOST_DECISIONS = 200

# The longest texts from a request that are kept, in characters.
_LONGEST_METHOD = 40
_LONGEST_HOST = 100
_LONGEST_ORIGIN = 200
_LONGEST_PATH = 200
_LONGEST_NAMES = 500

#: ``reported``: it is allowed, but ``report_only`` would refuse it.
Verdict = Literal["allowed", "refused", "reported"]


def as_url_path(path: str) -> str:
    """Return a path as browsers write it in a URL (RFC 3986, section 3.3)."""
    return quote(path, safe="/:@!$&'()*+,;=~")


class _Recorded(NamedTuple):
    """A decision without its time, so that repeats are equal."""

    verdict: Verdict
    origin: str
    #: The method of the actual request, even if this is its preflight.
    method: str
    #: The URL without the query.
    url: str
    is_preflight: bool
    #: The ``Access-Control-Request-Headers`` of a preflight.
    header_names: str
    reason: str
    policy: str | None
    place: Place | None


class _Repeats(NamedTuple):
    """How often a decision was made."""

    #: The number among the different decisions, starting at 1.
    id: int
    #: The number of the latest repeat among all decisions.
    number: int
    times: int
    #: The time of the latest repeat, in seconds since 1970.
    time: float


class Recorder:
    """Records the latest decisions of an app.

    :param app: the app, whose signals it receives.
    """

    def __init__(self, app: Flask) -> None:
        self._lock = Lock()
        # In the order of their latest repeats.
        self._decisions: dict[_Recorded, _Repeats] = {}
        self._last_id = 0
        self._last_number = 0
        # Signals only hold weak references to their receivers.
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
            # The decision of a policy for any origin has no origin.
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
        """Return the decisions after a number, the oldest first.

        :param number: the ``number`` of the last decision that the page has; 0 for all decisions.
        """
        with self._lock:
            decisions = [*self._decisions.items()]
        return [
            {
                **recorded._asdict(),
                **repeats._asdict(),
                "place": recorded.place and recorded.place.to_dict(),
            }
            for recorded, repeats in decisions
            if repeats.number > number
        ]
