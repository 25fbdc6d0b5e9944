"""Explains what a page gets from a URL of an app, and why.

The test browser of :mod:`flask_crossorigin.testing` makes the requests, over a transport that
responds as the app's policies and routes say. So the browser's rules are written only there.
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
from .messages import message_as_json
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
    #: Why the browser rejects the response, such as ``does not allow the method PUT: ...``; None if
    #: it accepts it.
    problem: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``flask cors explain --json`` prints."""
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

    #: What requires the preflight, such as ``the method PUT``.
    because: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``flask cors explain --json`` prints."""
        return {**super().to_dict(), "is_preflight": True, "because": [*self.because]}


@dataclass(frozen=True)
class Explanation:
    """What a browser would do with a fetch, and what the page would get.

    After redirects it describes the last URL; :attr:`redirects` has the others.
    """

    #: ``allowed`` if the page gets the response, ``refused`` if not.
    verdict: Verdict
    #: The reason for the verdict, as a sentence.
    reason: str
    #: The policy that decided, such as ``resources["/api/*"]``; None if no policy covers the URL.
    policy: str | None
    #: The file and the line where the policy was written; None if there is no policy, or if it
    #: comes from the configuration.
    place: Place | None
    #: The preflight and its response; None if the request needs no preflight.
    preflight: Preflight | None
    #: The request and its response; None if it is not sent because its preflight fails.
    response: Message | None
    method: str
    url: str
    #: The page's origin.
    origin: str
    is_cross_origin: bool
    credentials: bool
    #: What to change so that the page gets the response; empty if it does.
    remedy: str
    #: More to know about the request, in sentences.
    notes: Sequence[str]
    #: The earlier requests, each of which was redirected.
    redirects: Sequence[Message]
    #: Whether the session cookie is sent; None without credentials, or if the app has no session.
    session_cookie: SessionCookie | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``flask cors explain --json`` prints."""
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
            "place": self.place and self.place.to_dict(),
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

    The explanation follows from the policies and the routes. No hook and no view runs, so it
    doesn't know the status and the headers that they would set. Callables among the origins run.

    :param method: the method as JavaScript writes it.
    :param url: an absolute URL, or a path of the app at ``base_url``.
    :param origin: the page's origin, or an opaque origin: ``"null"`` or ``"file://"``.
    :param headers: the request headers that JavaScript sets, as a mapping or as pairs.
    :param credentials: whether the page sends cookies, as with ``credentials: "include"``.
    :param base_url: the URL of the app's root, such as ``https://example.com`` or, if the app is
        mounted below a path, ``https://example.com/shop``. By default, this is ``SERVER_NAME`` or
        else ``http://127.0.0.1:5000``, where ``flask run`` serves.
    :raises ValueError: an argument is invalid.

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

    # If both are the same, the last response is fine, and what follows it failed.
    problem = None if error is None or error.problem == error.reason else error.problem
    last = browser.exchanges[-1]
    decision = rehearsed(last).decision
    policy = decision.policy if last.is_cross_origin else None
    preflight, response, redirects = _sort(browser.exchanges)
    remedy = ""
    if problem is not None:
        remedy = find_remedy(app, rehearsal, last, browser.origin, credentials=credentials)
    notes = [*find_notes(rehearsal, last, preflight, problem)]
    if not server.is_assumed:
        notes += blocked_notes(browser.origin, target)
    url = last.request.url
    cookie = None
    if credentials:
        cookie = find_session_cookie(app, browser.origin, parse_url(url), rehearsed(last).policy)
    return Explanation(
        verdict="allowed" if error is None else "refused",
        reason=_find_reason(last, decision, error, problem),
        policy=None if policy is None else policy.where,
        place=None if policy is None else policy.place,
        preflight=None if preflight is None else _preflight(preflight, last, problem),
        response=None if response is None else Message(**_message_fields(response, problem)),
        method=normalize_method(method),
        url=url,
        origin=browser.origin,
        is_cross_origin=last.is_cross_origin,
        credentials=credentials,
        remedy=remedy,
        notes=notes,
        redirects=[Message(**_message_fields(redirect, None)) for redirect in redirects],
        session_cookie=cookie,
    )


def _sort(
    exchanges: Sequence[Exchange],
) -> tuple[Exchange | None, Exchange | None, list[Exchange]]:
    """Return the preflight and the request for the last URL, and the redirected requests."""
    last = exchanges[-1]
    # In a redirect loop, the preflight of an earlier round may be cached and count for the last.
    preflights = [e for e in exchanges if e.is_preflight and e.request.url == last.request.url]
    redirects = [exchange for exchange in exchanges if not exchange.is_preflight]
    response = None if last.is_preflight else redirects.pop()
    return (preflights[-1] if preflights else None), response, redirects


def _message_fields(exchange: Exchange, problem: str | None) -> dict[str, Any]:
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


def _preflight(preflight: Exchange, last: Exchange, problem: str | None) -> Preflight:
    fields = _message_fields(preflight, problem if preflight is last else None)
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
