"""A transport that responds as an app's policies and routes say, without running its views.

No hook runs either, and nothing is logged. URL converters run, in an app context, and so do
callables among the origins.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from ..core.origins import recorded_failures
from ..core.policy import Decision
from ..hooks import begin, decide, find_stricter, is_preflight, refuse, skip_teardown
from ..state import State
from ..testing import Exchange, HeaderList, NetworkError, ReceivedResponse, SentRequest
from ..testing.url import parse_url
from ..testing.wsgi import make_environ
from .late import LateDecorator, decorated_error_handlers

if TYPE_CHECKING:
    from flask import Flask, Request
    from flask.ctx import RequestContext
    from werkzeug.routing import MapAdapter

    from ..core.policy import Policy
    from ..options.errors import Problem
    from .server import Server

#: Why no view gets a request, by the status with which routing rejects it.
UNROUTED = {
    404: "No route matches this URL",
    405: "No view serves this method at this URL",
}

_NOT_INSTALLED = (
    "There is no CORS(app), and the first @cross_origin was added after the app's first request. "
    "Flask accepts no hooks then, so nothing responds to preflights. Write CORS(app, resources=[]) "
    "where the app is created."
)


@dataclass(frozen=True, kw_only=True)
class RehearsedResponse(ReceivedResponse):
    """A response, as far as it is known without running a view."""

    decision: Decision
    #: The policy of the URL; None if there is none. The decision's policy can be a part of it.
    policy: Policy | None
    #: Whether a policy or a route determines the status. If not, the view sets it, and the status
    #: here is assumed to be 200.
    is_status_known: bool
    #: The endpoint of the view; None if no view serves the request.
    endpoint: str | None
    #: The status 404 or 405 if routing rejects the request, or the one that a preflight asks for;
    #: otherwise None.
    unrouted: int | None
    #: The path of the URL within the app.
    path: str
    #: The exception that routing raises; None if it raises none.
    crash: Exception | None
    #: The decision with which ``report_only`` would refuse the request; None if it would not.
    stricter: Decision | None


def rehearsed(exchange: Exchange) -> RehearsedResponse:
    """Return the response of an exchange that used a :class:`Rehearsal` as its transport."""
    return cast("RehearsedResponse", exchange.response)


class Rehearsal:
    """A transport to one app.

    :param app: the app. Before its first request, the policies are made only for this rehearsal, so
        that options that are added later still count.
    :param server: where the app is reached.
    """

    def __init__(self, app: Flask, server: Server) -> None:
        self._app = app
        self._server = server
        self._state = State.of(app)
        self._policies, self._problems = self._state.survey()
        #: Each callable among the origins that failed, and its exception, as text.
        self.failures: list[str] = []

    @property
    def has_policies(self) -> bool:
        """Whether the app has any policy."""
        return next(self._policies.all(), None) is not None

    def notes_on(self, response: RehearsedResponse) -> Iterator[str]:
        """Yield notes about decorators that a rehearsed response doesn't take into account."""
        for problem in self._above_route(response.endpoint):
            yield f"{problem.where}: {problem.message} {problem.hint}"
        late = LateDecorator.of(self._app, self._policies, response.endpoint)
        if late is not None:
            yield f"{late.where} {late.MEANING}"
        if response.is_status_known and response.status >= 400:
            for handler in decorated_error_handlers(self._app):
                yield f"{handler.where} takes effect if this function handles the error."
        if not self._state.installed and self.has_policies:
            yield _NOT_INSTALLED

    def fix_of_decorator(self, response: RehearsedResponse) -> str:
        """Return how to make the decorator of a response's view take effect.

        :returns: a sentence without its period; empty if Flask sees the decorator, or there is
            none.
        """
        for problem in self._above_route(response.endpoint):
            return problem.hint.removesuffix(".")
        late = LateDecorator.of(self._app, self._policies, response.endpoint)
        return "" if late is None else late.fix

    def _above_route(self, endpoint: str | None) -> Iterator[Problem]:
        """Yield the problem of a ``@cross_origin`` above the ``@app.route`` of an endpoint."""
        view = None if endpoint is None else self._app.view_functions.get(endpoint)
        for problem in self._problems:
            if problem.code == "decorated-above-route" and problem.value is view:
                yield problem

    def send(self, request: SentRequest) -> RehearsedResponse:
        """Respond to one request.

        :raises NetworkError: the URL doesn't belong to the app.
        """
        with recorded_failures() as failures:
            response = self._send(request)
        for rule, error in failures:
            text = f"{rule} among the origins fails with {type(error).__name__}: {error}"
            if text not in self.failures:
                self.failures.append(text)
        return response

    def _send(self, request: SentRequest) -> RehearsedResponse:
        url = parse_url(request.url)
        if not self._server.has(url):
            raise NetworkError(
                f"the app redirects to {url}, which {self._server.why_not(url)}: explain that URL "
                "separately"
            )
        environ = make_environ(request)
        environ["SCRIPT_NAME"] = self._server.root
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(self._server.root)
        context = self._app.request_context(environ)
        # URL converters may need an app context. It is never popped, because that would run the
        # app's teardown functions.
        unpopped = copy_context()
        unpopped.run(self._app.app_context().push)
        crash = unpopped.run(_route, context)
        if not unpopped.run(self._needs_callables, context.request):
            return unpopped.run(self._respond, context.request, crash)
        # Callables among the origins may use the request and the session, so enter the context.
        skip_teardown(self._app, self._state)
        with context:
            return self._respond(context.request, crash)

    def _needs_callables(self, request: Request) -> bool:
        """Return whether the decision depends on callables among the origins."""
        if is_preflight(self._policies, request):
            method = request.headers["Access-Control-Request-Method"]
            policy = self._policies.find_for_preflight(request, method).policy
        else:
            policy = self._policies.find(request)
        return policy is not None and policy.asks

    def _respond(self, request: Request, crash: Exception | None) -> RehearsedResponse:
        progress = begin(self._policies, request)
        # This keeps teardown_request functions from running: no before_request function ran.
        progress.skips_hooks = True
        if progress.decision is not None and not self._state.installed:
            # Without hooks, nothing handles preflights.
            origin = request.headers["Origin"]
            progress.policy, progress.decision = None, Decision(None, origin, "no-policy")
        decision = decide(request, progress)
        headers = _headers(decision)
        status: int | None
        if decision.replaces_view:
            status, crash = decision.status, None
        elif refuse(self._app, self._policies, request, progress, progress.policy) is not None:
            status, crash = 403, None
        else:
            status, location, crash = self._route_response(request, crash)
            headers += location
        # The view of a preflight is that of the request it announces.
        rule = request.url_rule if progress.target is None else progress.target.rule
        return RehearsedResponse(
            status or 200,
            HeaderList(headers),
            decision=decision,
            policy=progress.policy,
            is_status_known=status is not None,
            endpoint=None if rule is None else rule.endpoint,
            unrouted=self._find_unrouted(request),
            path=request.path,
            crash=crash,
            stricter=find_stricter(self._policies, request, progress),
        )

    def _find_unrouted(self, request: Request) -> int | None:
        """Return the status 404 or 405 if no view gets the request, or the one asked for."""
        error: Exception | None = request.routing_exception
        if is_preflight(self._policies, request):
            error = None
            adapter = self._app.create_url_adapter(request)
            try:
                cast("MapAdapter", adapter).match(
                    method=request.headers["Access-Control-Request-Method"]
                )
            except Exception as failure:
                # A URL converter may raise anything.
                error = failure
        status = getattr(error, "code", None)
        return status if status in UNROUTED else None

    def _route_response(
        self, request: Request, crash: Exception | None
    ) -> tuple[int | None, list[tuple[str, str]], Exception | None]:
        """Return what routing alone determines: the status, the ``Location`` and an exception.

        The status is None if a view sets it. The exception may come from Werkzeug, which can't send
        some URLs in ``Location``.
        """
        error = request.routing_exception
        if crash is None and error is not None:
            try:
                response = self._app.response_class.force_type(error, request.environ)  # type: ignore[arg-type]
                headers = response.get_wsgi_headers(request.environ)
            except Exception as failure:
                crash = failure
            else:
                locations = [("Location", value) for value in headers.getlist("Location")]
                return response.status_code, locations, None
        if crash is not None:
            return 500, [], crash
        # Flask responds to OPTIONS automatically, unless the view does that itself.
        automatic = getattr(request.url_rule, "provide_automatic_options", False)
        return (200 if request.method == "OPTIONS" and automatic else None), [], None


def _route(context: RequestContext) -> Exception | None:
    """Route the request, and return the exception that a URL converter raises, if any."""
    if context.url_adapter is not None:
        try:
            context.match_request()
        except Exception as crash:
            # Without an adapter, entering the context doesn't raise the exception again.
            context.url_adapter = None
            return crash
    return None


def _headers(decision: Decision) -> list[tuple[str, str]]:
    """Return the headers that a policy adds to the response."""
    headers = list(decision.headers_and_vary)
    policy = decision.policy
    if (
        policy is not None
        and policy.exposes_present_headers
        and decision.origin_allowed
        and decision.method is None
    ):
        names = "(the names of the response's headers)"
        headers.append(("Access-Control-Expose-Headers", names))
    return headers
