"""What an application answers to a request as far as its policies and its routes tell it.

No hook and no view is run, no session is opened, nothing is logged or signalled.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask.ctx import RequestContext
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from ..hooks import is_cross_origin, is_preflight
from ..scope import current_adapter
from ..state import Registry

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
        registry = Registry.of(app)
        #: Whether ``CORS`` has set the application up.
        self.installed = registry.installed
        self._policies, self.problems = registry.survey()

    def answer(self, method: str, target: Target, headers: Mapping[str, str]) -> Answer:
        """Answer one request."""
        # Given one, the context opens no session.
        session = self.app.session_interface.make_null_session(self.app)
        environ = target.make_environ(method, headers)
        context = RequestContext(self.app, environ, session=session)

        def answer() -> Answer:
            # For the functions among the origins. What is pushed here ends with the copy of the
            # context, without the teardown hooks that popping it would run.
            context.push()
            request: Request = request_ctx.request
            return self._answer_preflight(request) or self._answer_actual(request)

        return copy_context().run(answer)

    def _answer_preflight(self, request: Request) -> Answer | None:
        adapter = current_adapter()
        if adapter is None or not is_preflight(request):
            return None
        status, method = _routed_status(request), request.headers["Access-Control-Request-Method"]
        policy = None
        if self._is_covered(request):
            policy = self._policies.find_for_preflight(request, adapter, method)
        if policy is None:
            return Answer(status, {})
        names = request.headers.get("Access-Control-Request-Headers")
        decision = policy.preflight(request.headers["Origin"], method, names, request=request)
        if policy.automatic_options:
            status = decision.status
        elif self.installed and _is_turned_away(request, decision):
            status = 403
        return Answer(status, _headers(decision), decision)

    def _answer_actual(self, request: Request) -> Answer:
        status, error = _routed_status(request), request.routing_exception
        location = error.new_url if isinstance(error, RequestRedirect) else None
        policy = self._policies.find(request) if self._is_covered(request) else None
        if policy is None:
            return Answer(status, {}, None, location)
        decision = policy.actual(request.headers.get("Origin"), request)
        if _is_turned_away(request, decision):
            return Answer(403, _headers(decision), decision)
        return Answer(status, _headers(decision), decision, location)

    def _is_covered(self, request: Request) -> bool:
        """Tell whether anything of ours sees the request: without CORS(app), decorated views."""
        if self.installed:
            return True
        rule = request.url_rule
        return (
            rule is not None
            and not _is_automatic(request)
            and self._policies.view_policy(rule.endpoint, request.method) is not None
        )


def _is_turned_away(request: Request, decision: Decision) -> bool:
    """Tell whether an enforcing policy answers in place of the view."""
    enforces = decision.policy.enforce and not decision.origin_allowed
    return enforces and is_cross_origin(request)


def _headers(decision: Decision) -> dict[str, str]:
    headers = dict(decision.headers)
    policy = decision.policy
    if headers and policy.exposes_present_headers and decision.method is None:
        headers["Access-Control-Expose-Headers"] = "(the names of the response's headers)"
    if policy.varies:
        headers["Vary"] = "Origin"
    return headers


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
