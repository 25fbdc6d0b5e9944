"""One exchange between a page and an application, told from the policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..fetch.grammar import is_token
from ..fetch.safelists import is_forbidden_method, is_forbidden_request_header, normalize_method
from .client import PageRequest, check_cors, check_preflight
from .rehearsal import Answer, Application
from .remedies import find_remedy
from .target import HeadersInit, Target, read_headers, read_page_origin, read_target

if TYPE_CHECKING:
    from flask import Flask

#: How many redirects a browser follows (Fetch, "HTTP-redirect fetch").
_MAX_REDIRECTS = 20

_ROUTING_ERRORS = {
    404: "No route leads to this URL (404), whatever CORS says.",
    405: "No view serves this method at this URL (405), whatever CORS says.",
}

Verdict = Literal["allowed", "refused"]


@dataclass(frozen=True)
class Message:
    """A request and its answer, as far as policies and routes tell it."""

    method: str
    url: str
    request_headers: Mapping[str, str]
    #: The status of the answer; None where the view says it.
    status: int | None
    #: The headers that the policy puts on the answer.
    headers: Mapping[str, str]
    #: What the browser finds wrong with the answer; None if nothing.
    problem: str | None

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON has it."""
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
    """A preflight and its answer."""

    #: What makes it necessary, as in ``the method PUT``.
    because: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return {**super().to_dict(), "because": list(self.because)}


@dataclass(frozen=True)
class Explanation:
    """One exchange as a browser would make it, and what the page gets of it.

    After a redirect it tells of the last URL; :attr:`redirects` has the others.
    """

    #: Whether the page gets the response.
    verdict: Verdict
    #: Why, in a sentence.
    reason: str
    #: Where the policy was written that decided; None if none did.
    policy: str | None
    #: None where none is made.
    preflight: Preflight | None
    #: None where the request is not sent.
    response: Message | None
    method: str
    url: str
    #: The page's.
    origin: str
    is_cross_origin: bool
    credentials: bool
    #: What to change for the page to get the response; empty if it does.
    remedy: str
    #: What else is worth knowing.
    notes: Sequence[str]
    #: The exchanges before, each of which ended in a redirect.
    redirects: Sequence[Message]

    def to_dict(self) -> dict[str, Any]:
        """Give it as ``flask cors explain --json`` writes it."""
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
    """Tell what would happen if a page fetched a URL of an application.

    It is told from the policies and the routes: no hook and no view is run, so that the status
    and the headers that these would give are not part of it. Functions among the origins are
    called.

    :param method: as script writes it.
    :param url: a whole URL, or a path at the application's ``SERVER_NAME`` or, without one, at
        ``http://localhost``.
    :param origin: the page's, or ``"null"``.
    :param headers: what script sets: a mapping, or pairs.
    :param credentials: whether the page sends cookies, as with ``credentials: "include"``.
    :raises ValueError: if ``fetch()`` would not take one of these.

    >>> from flask import Flask
    >>> from flask_crossorigin import CORS
    >>> app = Flask("shop")
    >>> cors = CORS(app, origins="https://app.example.com")
    >>> explanation = explain(app, "GET", "/items", origin="https://app.example.org")
    >>> explanation.verdict
    'refused'
    """
    if not is_token(method):
        raise ValueError(f"{method!r} is no method")
    if is_forbidden_method(method):
        raise ValueError(f"a browser sends no {method.upper()} request of a script's")
    target = read_target(url, app)
    pairs = read_headers(headers)
    dropped = [name for name, value in pairs if is_forbidden_request_header(name, value)]
    page = PageRequest(
        method=normalize_method(method),
        headers=[header for header in pairs if not is_forbidden_request_header(*header)],
        origin=read_page_origin(origin),
        credentials=credentials,
    )
    notes = [f"A browser leaves out the header {name}: script may not set it." for name in dropped]
    return _Exchange(Application(app), page, notes).follow(target)


class _Exchange:
    def __init__(self, application: Application, page: PageRequest, notes: list[str]) -> None:
        self._application = application
        self._page = page
        self._notes = notes
        self._redirects: list[Message] = []

    def follow(self, target: Target) -> Explanation:
        """Go from redirect to redirect (Fetch, "main fetch")."""
        while True:
            page, is_cross_origin = self._page, self._is_cross_origin(target)
            preflight: Preflight | None = None
            if is_cross_origin and page.preflight_reasons:
                preflight, asked = self._ask(target)
                if preflight.problem is not None:
                    return self._refuse(target, preflight, None, asked, preflight.problem)
            sent = page.sent_headers(is_cross_origin=is_cross_origin)
            answer = self._application.answer(page.method, target, sent)
            problem = check_cors(page, answer.headers) if is_cross_origin else None
            response = Message(
                page.method, str(target), sent, answer.status, answer.headers, problem
            )
            if problem is not None:
                return self._refuse(target, preflight, response, answer, problem)
            if answer.location is None:
                reason = "the page is of the URL's own origin, so CORS does not apply"
                if is_cross_origin:
                    reason = str(answer.decision)
                return self._tell("allowed", reason, target, preflight, response, answer)
            after = read_target(answer.location, self._application.app)
            if after.origin != target.origin or len(self._redirects) == _MAX_REDIRECTS:
                reason = _redirect_reason(after)
                if after.origin == target.origin:
                    reason = f"it is redirected more than {_MAX_REDIRECTS} times"
                return self._tell("refused", reason, target, preflight, response, answer)
            self._redirects.append(response)
            target = after

    def _ask(self, target: Target) -> tuple[Preflight, Answer]:
        page = self._page
        sent = page.preflight_headers
        answer = self._application.answer("OPTIONS", target, sent)
        problem = check_preflight(page, answer.status, answer.headers)
        if answer.status is None:
            self._notes.append("The view answers the preflight, taken here to have status 200.")
        preflight = Preflight(
            "OPTIONS",
            str(target),
            sent,
            answer.status,
            answer.headers,
            problem,
            page.preflight_reasons,
        )
        return preflight, answer

    def _refuse(
        self,
        target: Target,
        preflight: Preflight | None,
        response: Message | None,
        answer: Answer,
        problem: str,
    ) -> Explanation:
        decision = answer.decision
        if decision is None or decision.policy is None:
            reason = "no policy covers this URL"
        elif decision.refused:
            reason = str(decision)
        else:
            reason = f"by {decision.policy.where}, {problem}"
        if response is not None and response.status is None:
            text = "The view runs all the same: only its answer is kept from the page."
            hint = "" if decision is None else " enforce=True refuses the request before."
            self._notes.append(text + hint)
        remedy = find_remedy(answer, self._page, target, self._application)
        return self._tell("refused", reason, target, preflight, response, answer, remedy)

    def _tell(
        self,
        verdict: Verdict,
        reason: str,
        target: Target,
        preflight: Preflight | None,
        response: Message | None,
        answer: Answer,
        remedy: str = "",
    ) -> Explanation:
        is_cross_origin = self._is_cross_origin(target)
        decided = answer.policy if is_cross_origin else None
        if not self._application.has_map and is_cross_origin:
            self._notes.append(
                "There is no CORS(app): a before_request hook may answer before the view's "
                "@cross_origin has its say."
            )
        if response is not None and response.status in _ROUTING_ERRORS:
            self._notes.append(_ROUTING_ERRORS[response.status])
        return Explanation(
            verdict=verdict,
            reason=reason,
            policy=None if decided is None else decided.where,
            preflight=preflight,
            response=response,
            method=self._page.method,
            url=str(target),
            origin=self._page.origin,
            is_cross_origin=is_cross_origin,
            credentials=self._page.credentials,
            remedy=remedy,
            notes=self._notes,
            redirects=self._redirects,
        )

    def _is_cross_origin(self, target: Target) -> bool:
        # Until it is cross-origin it stays at the page's own origin, and after that at another.
        return str(target.origin) != self._page.origin


def _redirect_reason(after: Target) -> str:
    return f"it is redirected to {after}, which is of another origin: ask about that URL too"
