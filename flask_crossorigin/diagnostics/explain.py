"""What a page gets from a URL of an app, and why.

The browser for tests makes the exchange, over a transport that responds as the app's policies and
routes say. So the rules of CORS are in :mod:`~flask_crossorigin.testing` alone. It is one module
because what to change follows from the same facts as the rest of the explanation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from ..core.reasons import nearest_origin
from ..fetch.grammar import parse_origin
from ..fetch.safelists import normalize_method
from ..state import State
from ..testing import Browser, Exchange, NetworkError
from ..testing.blocking import BLOCKS
from ..testing.url import parse_url
from ..testing.wire import is_routine
from .rehearsal import Rehearsal, RehearsedResponse, locate

if TYPE_CHECKING:
    from flask import Flask

    from ..core.policy import Decision, Policy
    from ..testing.headers import HeadersInit

_ROUTING_ERRORS = {
    404: "No route matches this URL, so the app responds with 404.",
    405: "No view serves this method at this URL, so the app responds with 405.",
}

_NO_POLICIES = (
    "No CORS(app) and no @cross_origin was found. If another decorator hides a @cross_origin, only "
    "running the view shows it, so it is not part of this explanation."
)
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
        return {
            "request": {
                "method": self.method,
                "url": self.url,
                "headers": dict(self.request_headers),
            },
            "status": self.status,
            "headers": dict(self.headers),
            "problem": self.problem,
        }


@dataclass(frozen=True)
class Preflight(Message):
    """A preflight and its response."""

    #: What requires it, as in ``the method PUT``.
    because: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """Return it as ``flask cors explain --json`` prints it."""
        return {**super().to_dict(), "because": list(self.because)}


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

    def to_dict(self) -> dict[str, Any]:
        """Return it as ``flask cors explain --json`` prints it."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "policy": self.policy,
            "preflight": None if self.preflight is None else self.preflight.to_dict(),
            "response": None if self.response is None else self.response.to_dict(),
            "method": self.method,
            "url": self.url,
            "origin": self.origin,
            "credentials": self.credentials,
            "remedy": self.remedy,
            "notes": list(self.notes),
            "redirects": [message.to_dict() for message in self.redirects],
        }


def explain(
    app: Flask,
    method: str,
    url: str,
    *,
    origin: str,
    headers: HeadersInit | None = None,
    credentials: bool = False,
) -> Explanation:
    """Explain what a page would get if it fetched a URL of an app.

    The explanation follows from the policies and the routes. No hook and no view runs, so the
    status and the headers that they would set are not part of it. Callables among the origins are
    called.

    :param method: the method as JavaScript writes it.
    :param url: an absolute URL, or a path of the app at its ``SERVER_NAME`` or, without one, at
        ``http://localhost``.
    :param origin: the page's origin, or an opaque one: ``"null"``, or ``"file://"``.
    :param headers: the headers that JavaScript sets: a mapping, or pairs.
    :param credentials: whether the page sends cookies, as with ``credentials: "include"``.
    :raises ValueError: one of these is not valid.

    >>> from flask import Flask
    >>> from flask_crossorigin import CORS
    >>> app = Flask("shop")
    >>> cors = CORS(app, origins="https://app.example.com")
    >>> explanation = explain(app, "GET", "/items", origin="https://app.example.org")
    >>> explanation.verdict
    'refused'
    """
    target = locate(app, url)
    rehearsal = Rehearsal(app, target.origin)
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
    decision = _rehearsed(last).decision
    preflight, response, redirects = _sort(browser.exchanges)
    remedy = ""
    if problem is not None:
        path = parse_url(last.request.url).path
        remedy = _find_remedy(app, decision, path, browser.origin, credentials=credentials)
    return Explanation(
        verdict="allowed" if error is None else "refused",
        reason=_find_reason(last, decision, error, problem),
        policy=decision.policy.where if decision.policy and last.is_cross_origin else None,
        preflight=None if preflight is None else _tell_preflight(preflight, last, problem),
        response=None if response is None else Message(**_tell(response, problem)),
        method=normalize_method(method),
        url=last.request.url,
        origin=browser.origin,
        is_cross_origin=last.is_cross_origin,
        credentials=credentials,
        remedy=remedy,
        notes=list(_find_notes(rehearsal, last, preflight, problem)),
        redirects=[Message(**_tell(redirect, None)) for redirect in redirects],
    )


def _rehearsed(exchange: Exchange) -> RehearsedResponse:
    return cast("RehearsedResponse", exchange.response)


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
    request, response = exchange.request, _rehearsed(exchange)
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


def _find_notes(
    rehearsal: Rehearsal, last: Exchange, preflight: Exchange | None, problem: str | None
) -> Iterator[str]:
    for name in last.dropped_headers:
        yield f"Browsers drop the header {name}: JavaScript is not allowed to set it."
    if preflight is not None and not _rehearsed(preflight).is_status_known:
        yield "The view responds to the preflight. Its status is assumed to be 200."
    yield from rehearsal.notes_on(_rehearsed(last).endpoint)
    for exchange in (preflight, last):
        stricter = None if exchange is None else _rehearsed(exchange).stricter
        if stricter is not None:
            yield f"report_only would refuse this: {stricter}."
            break
    if last.is_preflight:
        return
    response = _rehearsed(last)
    if problem is not None and not response.is_status_known:
        note = "The view runs anyway: only its response is kept from the page."
        hint = " With enforce=True, the request is refused before the view runs."
        yield note if response.decision.policy is None else note + hint
    if last.is_cross_origin and not rehearsal.has_policies:
        yield _NO_POLICIES
    if response.status in _ROUTING_ERRORS:
        yield _ROUTING_ERRORS[response.status]


def _find_remedy(
    app: Flask, decision: Decision, path: str, origin: str, *, credentials: bool
) -> str:
    """Return what to change so that the page gets the response."""
    policy = decision.policy
    if policy is None:
        if not State.of(app).has_map:
            return f'Add CORS(app, origins="{origin}"), or decorate the view with @cross_origin'
        resources = f'{{"{path}": {{"origins": "{origin}"}}}}'
        return f"Cover the path with CORS(app, resources={resources}), or decorate the view"
    match decision.reason:
        case "origin":
            return _origin_remedy(policy, origin)
        case "method":
            return _method_remedy(policy, decision.method or "")
        case "headers" if decision.refused_headers:
            names = ", ".join(f'"{name}"' for name in decision.refused_headers)
            return f"Add {names} to allow_headers in {policy.where}"
        case "headers":
            return "Send fewer headers"
        case "misconfigured":
            return 'Fix the mistakes that "flask cors audit" reports'
    if not credentials or policy.supports_credentials:
        return "Let flask_crossorigin respond to the preflight: remove automatic_options=False"
    if policy.origins.any:
        return (
            f'Name the origins that may act for the user, as in origins="{origin}", and set '
            f"supports_credentials=True in {policy.where}; or let the page omit credentials"
        )
    return f"Set supports_credentials=True in {policy.where}, or let the page omit credentials"


def _origin_remedy(policy: Policy, text: str) -> str:
    if not policy.origins.rules:
        return f'If this is your page, write origins="{text}": {policy.where} allows nobody'
    origin = parse_origin(text)
    if origin is None and text == "file://" and not policy.supports_credentials:
        return (
            f'If this is your app in a web view, add "{text}" to the origins of {policy.where}; '
            "every other file has that origin too"
        )
    if origin is None:
        return (
            "Serve the page over HTTP, so that it has an origin. Any page can make its origin "
            f'null, so "null" among the origins of {policy.where} would allow every page'
        )
    remedy = f'If this is your page, add "{text}" to the origins of {policy.where}'
    near = nearest_origin(policy.origins, origin)
    return f"{remedy}, or open it at {near[0]}" if near and "*" not in near[0] else remedy


def _method_remedy(policy: Policy, method: str) -> str:
    upper = method.upper()
    if method != upper and policy.methods.allows(upper):
        return f'In the page, write the method as "{upper}": methods are case-sensitive'
    return f'Add "{method}" to the methods of {policy.where}'
