"""What an application answers to a request as far as its policies and its routes tell it.

No hook and no view is run, no session is opened, nothing is logged or signalled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from ..hooks import begin, decide, is_cross_origin
from ..state import State

if TYPE_CHECKING:
    from flask import Flask, Request

    from ..core.policy import Decision, Policy
    from .target import Target


@dataclass(frozen=True)
class Answer:
    """What is known of a response without running a view."""

    #: None where the view says it.
    status: int | None
    #: Those that the policy adds.
    headers: Mapping[str, str]
    #: What decided; None where no policy does.
    decision: Decision | None = None
    #: Where a routing redirect leads.
    location: str | None = None

    @property
    def policy(self) -> Policy | None:
        """The policy that decided."""
        return None if self.decision is None else self.decision.policy


class Application:
    """An application that is asked without being run.

    :param app: it stays as it is: policies that no request has settled yet are not settled.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        state = State.of(app)
        #: Whether there is a ``CORS(app)``.
        self.has_map = state.has_map
        self._policies, self.problems = state.survey()

    def answer(self, method: str, target: Target, headers: Mapping[str, str]) -> Answer:
        """Answer one request."""
        context = self.app.request_context(target.make_environ(method, headers))
        request = context.request
        with self.app.app_context():
            if context.url_adapter is not None:
                context.match_request()
            progress = begin(self._policies, request)
            if progress.policy is None:
                return Answer(_routed_status(request), {}, None, _location(request))
            if progress.policy.asks:
                # For the functions among the origins. No hook runs when it is popped.
                progress.is_answered = True
                with context:
                    decision = decide(request, progress)
            else:
                decision = decide(request, progress)
        status, location = _routed_status(request), _location(request)
        if decision.replaces_view:
            status, location = decision.status, None
        elif self._is_refused(request, decision):
            status, location = 403, None
        return Answer(status, _headers(decision), decision, location)

    def _is_refused(self, request: Request, decision: Decision) -> bool:
        """Return whether an enforcing policy answers in place of the view."""
        enforces = decision.policy is not None and decision.policy.enforce
        return enforces and not decision.origin_allowed and is_cross_origin(self._policies, request)


def _headers(decision: Decision) -> dict[str, str]:
    headers = dict(decision.headers)
    policy = decision.policy
    if policy is None:
        return headers
    if headers and policy.exposes_present_headers and decision.method is None:
        headers["Access-Control-Expose-Headers"] = "(the names of the response's headers)"
    if policy.varies:
        headers["Vary"] = "Origin"
    return headers


def _location(request: Request) -> str | None:
    error = request.routing_exception
    return error.new_url if isinstance(error, RequestRedirect) else None


def _routed_status(request: Request) -> int | None:
    """Give the status that routing alone leads to; None where a view is run."""
    error: HTTPException | None = request.routing_exception
    if error is not None:
        return error.code
    return 200 if _is_automatic(request) else None


def _is_automatic(request: Request) -> bool:
    """Tell whether Flask answers OPTIONS in the view's place."""
    automatic = getattr(request.url_rule, "provide_automatic_options", False)
    return request.method == "OPTIONS" and bool(automatic)
