"""What a page gets from a URL of an app, and why.

The browser for tests makes the exchange, over a transport that responds as the app's policies and
routes say. So the rules of CORS are in :mod:`~flask_crossorigin.testing` alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..fetch.safelists import normalize_method
from ..testing import Browser, Exchange, NetworkError
from ..testing.blocking import BLOCKS
from ..testing.url import parse_url
from ..testing.wire import is_routine
from .blocked import blocked_notes
from .messages import message_as_json, place_as_json
from .notes import find_notes
from .rehearsal import Rehearsal, rehearsed
from .remedies import find_remedy
from .server import locate
from .session_cookie import SessionCookie, find_session_cookie

if TYPE_CHECKING:
    from flask import Flask

    from ..core.places import Place
    from ..core.policy import Decision
    from ..testing.headers import HeadersInit

Verdict = Literal["allowed", "refused"]


@dataclass(frozen=True)
class Message:
    """A request and its response, as far as policies and routes determine it."""

    method: str
    url: str
    request_headers: Mapping[str, str]
    #: The status of the response; None if the view sets it.
    status: int | None
    #: The headers that the policy adds to the response.
    headers: Mapping[str, str]
    #: What the browser finds wrong with the response, as in ``does not allow the method PUT: ...``;
    #: None if nothing is.
    problem: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as ``flask cors explain --json`` prints it."""
        return message_as_json(
            method=self.method,
            url=self.url,
            request_headers=self.request_headers.items(),
            status=self.status,
            headers=self.headers.items(),
            problem=self.problem,
        )


@dataclass(frozen=True)
class Preflight(Message):
    """A preflight and its response."""

    #: What requires it, as in ``the method PUT``.
    because: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """Return it as ``flask cors explain --json`` prints it."""
        return {**super().to_dict(), "is_preflight": True, "because": [*self.because]}


@dataclass(frozen=True)
class Explanation:
    """One exchange as a browser would make it, and what the page gets.

    After redirects it describes the last URL; :attr:`redirects` has the others.
    """

    #: Whether the page gets the response.
    verdict: Verdict
    #: Why, in a sentence.
    reason: str
    #: Where the policy that decided was written; None if no policy covers the URL.
    policy: str | None
    #: The file and the line of the call that wrote it; None if the configuration did, or nothing.
    place: Place | None
    #: None if the request needs none.
    preflight: Preflight | None
    #: None if the request is not sent, because its preflight fails.
    response: Message | None
    method: str
    url: str
    #: The page's origin.
    origin: str
    is_cross_origin: bool
    credentials: bool
    #: What to change so that the page gets the response; empty if it does.
    remedy: str
    #: What else is worth knowing.
    notes: Sequence[str]
    #: The exchanges before, each of which ended in a redirect.
    redirects: Sequence[Message]
    #: Whether the session cookie travels, if the page sends credentials and the app has a session.
    session_cookie: SessionCookie | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as ``flask cors explain --json`` prints it."""
        cookie = self.session_cookie
        return {
            "schema": 1,
            "command": "explain",
            "verdict": self.verdict,
            "reason": self.reason,
            "origin": self.origin,
            "method": self.method,
            "url": self.url,
            "credentials": self.credentials,
            "is_cross_origin": self.is_cross_origin,
            "policy": self.policy,
            "place": place_as_json(self.place),
            "redirects": [message.to_dict() for message in self.redirects],
            "preflight": None if self.preflight is None else self.preflight.to_dict(),
            "response": None if self.response is None else self.response.to_dict(),
            "session_cookie": None if cookie is None else cookie.to_dict(),
            "remedy": self.remedy,
            "notes": [*self.notes],
        }


def explain(
    app: Flask,
    method: str,
    url: str,
    *,
    origin: str,
    headers: HeadersInit | None = None,
    credentials: bool = False,
    base_url: str | None = None,
) -> Explanation:
    """Explain what a page would get if it fetched a URL of an app.

    The explanation follows from the policies and the routes. No hook and no view runs, so the
    status and the headers that they would set are not part of it. Callables among the origins are
    called.

    :param method: the method as JavaScript writes it.
    :param url: an absolute URL, or a path of the app at ``base_url``.
    :param origin: the page's origin, or an opaque one: ``"null"``, or ``"file://"``.
    :param headers: the headers that JavaScript sets: a mapping, or pairs.
    :param credentials: whether the page sends cookies, as with ``credentials: "include"``.
    :param base_url: where the app is, as in ``https://example.com`` or, if it is mounted below a
        path, ``https://example.com/shop``. By default, it is at its ``SERVER_NAME`` or else at
        ``http://127.0.0.1:5000``, where ``flask run`` serves it.
    :raises ValueError: one of these is not valid.

    >>> from flask import Flask
    >>> from flask_crossorigin import CORS
    >>> app = Flask("shop")
    >>> cors = CORS(app, origins="https://app.example.com")
    >>> explanation = explain(app, "GET", "/items", origin="https://app.example.org")
    >>> explanation.verdict
    'refused'
    """
    target, server = locate(app, url, base_url)
    rehearsal = Rehearsal(app, server)
    browser = Browser(rehearsal, origin=origin, unblocked=BLOCKS)
    error: NetworkError | None = None
    try:
        browser.fetch(
            str(target),
            method=method,
            headers=headers,
            credentials="include" if credentials else "same-origin",
        )
    except NetworkError as failure:
        if not browser.exchanges:
            raise ValueError(failure.reason) from failure
        error = failure
    except TypeError as refusal:
        raise ValueError(str(refusal)) from refusal

    # If both are the same, nothing is wrong with the last response, but with what follows it.
    problem = None if error is None or error.problem == error.reason else error.problem
    last = browser.exchanges[-1]
    decision = rehearsed(last).decision
    policy = decision.policy if last.is_cross_origin else None
    preflight, response, redirects = _sort(browser.exchanges)
    remedy = ""
    if problem is not None:
        path = rehearsed(last).path
        remedy = find_remedy(app, decision, path, browser.origin, credentials=credentials)
    notes = [*find_notes(rehearsal, last, preflight, problem)]
    if not server.is_assumed:
        notes += blocked_notes(browser.origin, target)
    url = last.request.url
    cookie = None
    if credentials:
        cookie = find_session_cookie(app, browser.origin, parse_url(url))
    return Explanation(
        verdict="allowed" if error is None else "refused",
        reason=_find_reason(last, decision, error, problem),
        policy=None if policy is None else policy.where,
        place=None if policy is None else policy.place,
        preflight=None if preflight is None else _tell_preflight(preflight, last, problem),
        response=None if response is None else Message(**_tell(response, problem)),
        method=normalize_method(method),
        url=url,
        origin=browser.origin,
        is_cross_origin=last.is_cross_origin,
        credentials=credentials,
        remedy=remedy,
        notes=notes,
        redirects=[Message(**_tell(redirect, None)) for redirect in redirects],
        session_cookie=cookie,
    )


def _sort(
    exchanges: Sequence[Exchange],
) -> tuple[Exchange | None, Exchange | None, list[Exchange]]:
    """Return the preflight for the last URL, its response, and the redirects that led there."""
    last = exchanges[-1]
    # In a redirect loop, the browser remembers the preflight of an earlier round.
    preflights = [e for e in exchanges if e.is_preflight and e.request.url == last.request.url]
    redirects = [exchange for exchange in exchanges if not exchange.is_preflight]
    response = None if last.is_preflight else redirects.pop()
    return (preflights[-1] if preflights else None), response, redirects


def _tell(exchange: Exchange, problem: str | None) -> dict[str, Any]:
    """Return the fields of a :class:`Message`."""
    request, response = exchange.request, rehearsed(exchange)
    return {
        "method": request.method,
        "url": request.url,
        "request_headers": dict(line for line in request.headers.lines if not is_routine(*line)),
        "status": response.status if response.is_status_known else None,
        "headers": dict(line for line in response.headers.lines if line[0] != "Location"),
        "problem": problem,
    }


def _tell_preflight(preflight: Exchange, last: Exchange, problem: str | None) -> Preflight:
    fields = _tell(preflight, problem if preflight is last else None)
    return Preflight(**fields, because=list(preflight.because))


def _find_reason(
    last: Exchange, decision: Decision, error: NetworkError | None, problem: str | None
) -> str:
    if problem is None and error is not None:
        return error.reason
    if not last.is_cross_origin:
        return "the page and the URL have the same origin, so CORS does not apply"
    if decision.policy is None or problem is None or decision.refused:
        return str(decision)
    return f"under {decision.policy.where}, the response {problem}"
