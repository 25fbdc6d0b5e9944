"""A transport that responds as an app's policies and routes say, without running the app.

No hook and no view runs, and nothing is logged. An app context is pushed for the URL converters,
and the callables among the origins are called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.routing import RequestRedirect

from ..hooks import begin, decide, find_stricter, is_preflight, refuse, skip_teardown
from ..state import State
from ..testing import HeaderList, NetworkError, ReceivedResponse, SentRequest
from ..testing.url import URL, parse_url
from ..testing.wsgi import make_environ
from .routes import LateDecorator

if TYPE_CHECKING:
    from flask import Flask, Request

    from ..core.policy import Decision
    from ..fetch.grammar import Origin

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


@dataclass(frozen=True, kw_only=True)
class RehearsedResponse(ReceivedResponse):
    """A response as far as it is known without running a view."""

    decision: Decision
    #: Whether the status comes from a policy or a route. If not, the view sets it, and it is
    #: assumed to be 200.
    is_status_known: bool
    #: The endpoint of the view; None if no view serves the request.
    endpoint: str | None
    #: The decision by which ``report_only`` would refuse the request; None if it would not.
    stricter: Decision | None


class Rehearsal:
    """A transport to one app.

    :param app: the app. Its policies are made anew and thrown away if there was no request yet, so
        that configuration that comes later still counts.
    :param origin: the origin at which the app is reached.
    """

    def __init__(self, app: Flask, origin: Origin) -> None:
        self._app = app
        self._origin = origin
        self._state = State.of(app)
        self._policies, self._problems = self._state.survey()

    @property
    def has_policies(self) -> bool:
        """Whether the app has a policy for anything."""
        return next(self._policies.all(), None) is not None

    def notes_on(self, endpoint: str | None) -> Iterator[str]:
        """Say what about a view's decorators is not part of the rehearsal."""
        view = None if endpoint is None else self._app.view_functions.get(endpoint)
        for problem in self._problems:
            if problem.code == "decorated-above-route" and problem.value is view:
                yield f"{problem.where}: {problem.message} {problem.hint}"
        late = LateDecorator.of(self._app, endpoint)
        if late is not None:
            yield f"{late.where}: {late.MEANING}"

    def send(self, request: SentRequest) -> RehearsedResponse:
        """Respond to one request.

        :raises NetworkError: the request is for another origin than the app's.
        """
        if parse_url(request.url).origin != self._origin:
            raise NetworkError(
                f"the app redirects to {request.url}, which has another origin: ask about that "
                "URL separately"
            )
        context = self._app.request_context(make_environ(request))
        # URL converters may need an app context. This one is never popped, because that would run
        # the app's teardown functions.
        unpopped = copy_context()
        unpopped.run(self._app.app_context().push)
        if context.url_adapter is not None:
            unpopped.run(context.match_request)
        if not unpopped.run(self._asks, context.request):
            return unpopped.run(self._respond, context.request)
        # The callables may use the request and the session, and open what has to be closed.
        skip_teardown(self._app, self._state)
        with context:
            return self._respond(context.request)

    def _asks(self, request: Request) -> bool:
        """Return whether callables have to be asked."""
        if is_preflight(self._policies, request):
            method = request.headers["Access-Control-Request-Method"]
            policy = self._policies.find_for_preflight(request, method).policy
        else:
            policy = self._policies.find(request)
        return policy is not None and policy.asks

    def _respond(self, request: Request) -> RehearsedResponse:
        progress = begin(self._policies, request)
        # So no teardown_request function runs.
        progress.is_answered = True
        decision = decide(request, progress)
        headers = _headers(decision)
        status = _routed_status(request)
        if decision.replaces_view:
            status = decision.status
        elif refuse(self._app, self._policies, request, progress, progress.policy) is not None:
            status = 403
        elif isinstance(request.routing_exception, RequestRedirect):
            headers.append(("Location", request.routing_exception.new_url))
        return RehearsedResponse(
            status or 200,
            HeaderList(headers),
            decision=decision,
            is_status_known=status is not None,
            endpoint=request.endpoint,
            stricter=find_stricter(self._policies, request, progress),
        )


def _headers(decision: Decision) -> list[tuple[str, str]]:
    """Return the headers that a policy puts on the response."""
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


def _routed_status(request: Request) -> int | None:
    """Return the status that follows from routing alone; None if a view runs."""
    error = request.routing_exception
    if error is not None:
        return error.code
    # Flask responds to OPTIONS in the view's place, unless the view does that itself.
    automatic = getattr(request.url_rule, "provide_automatic_options", False)
    return 200 if request.method == "OPTIONS" and automatic else None


def locate(app: Flask, text: str) -> URL:
    """Find the URL that a user means.

    :param text: an absolute URL, or a path of the app at the server that ``SERVER_NAME`` and
        ``PREFERRED_URL_SCHEME`` name. Without them that is ``http://localhost``.
    :raises ValueError: a browser cannot parse it.
    """
    text = text.strip()
    if _SCHEME.match(text):
        return parse_url(text)
    path = text[1:] if text.startswith(("/", "\\")) else text
    server = app.config["SERVER_NAME"] or "localhost"
    return parse_url(f"{app.config['PREFERRED_URL_SCHEME']}://{server}/{path}")
