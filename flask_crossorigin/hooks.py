"""What happens to a request: respond to preflights, refuse requests, add headers to responses.

An ``after_request`` function adds the headers. It runs after all others. In addition, two methods
of the application are wrapped:

- ``full_dispatch_request``, so that preflights and refused requests run no hook of the application.
  A ``before_request`` function can't do that: other hooks run before it, and ``after_request``
  functions run even if it responds. They fail if their counterpart didn't run, for example if they
  stop a timer that a ``before_request`` function starts.
- ``handle_exception``, so that the response to a crash has its headers, even if another hook failed
  or an extension made the response.

It is one module because the hooks share what they know about a request.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import copy
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flask import (
    Response,
    got_request_exception,
    has_request_context,
    request,
    request_tearing_down,
)
from werkzeug.datastructures import Headers

from .core.enforcement import Sender, find_refusal
from .core.policy import Decision, Policy
from .fetch.grammar import DEFAULT_PORTS
from .reporting import (
    is_heard,
    report_allowed,
    report_crash,
    report_refusal,
    report_stricter,
    request_allowed,
    request_refused,
    request_reported,
)
from .responses import add_headers, unshared
from .scope import Policies, Target
from .state import State

if TYPE_CHECKING:
    from flask import Flask, Request

# This function returns the request without the cost of a proxy.
current_request = request._get_current_object  # type: ignore[attr-defined]

#: The attribute of a request that holds its :class:`Progress`. It is not a key of the environ,
#: because several applications may get the same environ, and one of them twice.
_PROGRESS = "_cross_origin"


class Progress:
    """What the hooks know about a request.

    Most requests don't have one, because there is nothing to remember.
    """

    __slots__ = ("decision", "is_reported", "policy", "response", "skips_hooks", "target")

    def __init__(self, policy: Policy | None, decision: Decision | None) -> None:
        #: The policy for its URL; None if no policy covers it.
        self.policy = policy
        #: The decision, if it was made before there was a response.
        self.decision = decision
        #: The request that a preflight asks for; None for other requests.
        self.target: Target | None = None
        #: Whether it got its response without running any hook of the application.
        self.skips_hooks = False
        #: Whether the decision was reported.
        self.is_reported = False
        #: The response with the headers.
        self.response: Response | None = None


def progress_of(request: Request) -> Progress | None:
    """Return what the hooks know about a request; None if there is nothing to remember."""
    progress: Progress | None = request.__dict__.get(_PROGRESS)
    return progress


def install(app: Flask, state: State) -> None:
    """Register the hooks of an application, once."""
    if state.installed:
        return
    finish = state.finish = finisher(app, state)
    app.after_request(finish)
    # Flask calls the functions of an application in reverse order, so the first one runs last.
    functions = app.after_request_funcs[None]
    functions.insert(0, functions.pop())
    _wrap_dispatch(app, state)
    _wrap_exception_handler(app, state)
    got_request_exception.connect(_after_exception, app)
    state.installed = True


# The wrapped methods are looked up at each call, because other code may patch the class later.
# Newer versions of Flask pass a context as the first argument.


def _wrap_dispatch(app: Flask, state: State) -> None:
    """Respond to preflights and refuse requests before the application runs."""
    app_class: Any = type(app)
    dispatch = vars(app).get("full_dispatch_request")

    def full_dispatch_request(*context: Any) -> Response:
        request: Request = current_request()
        policies = state.settled
        if policies is None:
            policies = _settle(app, state)
            # Later requests get to the debug page before this function runs.
            for respond in state.debug_pages.values():
                response = respond(request)
                if response is not None:
                    return response
        if (policies.enforcing or request.method == "OPTIONS") and is_from_elsewhere(request):
            response = _respond_early(app, state, policies, request)
            if response is not None:
                return response
        try:
            if dispatch is not None:
                return dispatch(*context)  # type: ignore[no-any-return]
            if context:
                return app_class.full_dispatch_request(app, *context)  # type: ignore[no-any-return]
            # Released versions of Flask pass no context, and a call without a star is faster.
            return app_class.full_dispatch_request(app)  # type: ignore[no-any-return]
        except Exception:
            if progress_of(request) is None:
                begin(state.policies, request)
            # An extension may have wrapped handle_exception since.
            _wrap_exception_handler(app, state)
            raise

    app.full_dispatch_request = full_dispatch_request  # type: ignore[method-assign]


def skip_teardown(app: Flask, state: State) -> None:
    """Run no ``teardown_request`` function for requests that skipped the other hooks.

    This wraps a method, so it is only called once there are such functions and such a request.
    """
    if state.skips_teardown:
        return
    state.skips_teardown = True
    app_class: Any = type(app)
    teardown = vars(app).get("do_teardown_request")

    def do_teardown_request(*arguments: Any) -> None:
        progress = progress_of(current_request())
        if progress is not None and progress.skips_hooks:
            return
        if teardown is not None:
            teardown(*arguments)
        else:
            app_class.do_teardown_request(app, *arguments)

    app.do_teardown_request = do_teardown_request  # type: ignore[assignment,method-assign]


def _wrap_exception_handler(app: Flask, state: State) -> None:
    """Add the headers to the response to an exception, whether Flask or an extension made it."""
    handle = vars(app).get("handle_exception")
    if handle is not None and handle is state.handle_exception:
        return

    def handle_exception(*arguments: Any) -> Response:
        request: Request = current_request()
        if is_from_elsewhere(request) and progress_of(request) is None:
            # It didn't get to the dispatch, for example because opening the session failed.
            policies = state.settled or _settle(app, state)
            early = _respond_early(app, state, policies, request)
            if early is not None:
                return early
        handler = handle or type(app).handle_exception.__get__(app)
        response: Response = handler(*arguments)
        return response if state.finish is None else state.finish(response)

    state.handle_exception = handle_exception
    app.handle_exception = handle_exception  # type: ignore[assignment,method-assign]


def _settle(app: Flask, state: State) -> Policies:
    """Make the policies at the first request, when everything is set up.

    An extension that was set up after CORS may have wrapped ``handle_exception``, so it is wrapped
    again.
    """
    _wrap_exception_handler(app, state)
    policies = state.policies
    if state.debug_page_path is not None and app.debug:
        _open_debug_page(app, state, state.debug_page_path)
    # From now on, other requests don't call this function.
    state.settled = policies
    return policies


def _open_debug_page(app: Flask, state: State, path: str) -> None:
    """Respond to requests for the debug page before the application runs.

    The module is only loaded here, because most applications don't need it.
    """
    page = import_module(".debug_page", __package__).DebugPage(app, path)

    def respond(request: Request) -> Response | None:
        response: Response | None = page.respond(request)
        if response is not None:
            progress = request.__dict__[_PROGRESS] = Progress(None, None)
            _skip_hooks(app, state, progress)
        return response

    # If two threads get here, the first one wins.
    if state.debug_pages.setdefault(None, respond) is not respond:
        return
    dispatch: Any = app.full_dispatch_request

    def full_dispatch_request(*context: Any) -> Response:
        response = respond(current_request())
        return dispatch(*context) if response is None else response

    app.full_dispatch_request = full_dispatch_request  # type: ignore[method-assign]


def _respond_early(
    app: Flask, state: State, policies: Policies, request: Request
) -> Response | None:
    """Respond to a preflight, or refuse a request, before the application runs.

    :returns: None if the application has to respond.
    """
    progress = begin(policies, request)
    response = None
    if progress.decision is None or not progress.decision.replaces_view:
        response = refuse(app, policies, request, progress, progress.policy)
        if response is None:
            return None
    _skip_hooks(app, state, progress)
    return _finish(app, policies, request, progress, response)


def _skip_hooks(app: Flask, state: State, progress: Progress) -> None:
    """Don't run the hooks of the application for a request."""
    progress.skips_hooks = True
    if app.teardown_request_funcs or request_tearing_down.receivers:
        skip_teardown(app, state)


def begin(policies: Policies, request: Request) -> Progress:
    """Find the policy of a request's URL, and decide if it is a preflight."""
    policy, decision, target = None, None, None
    if is_preflight(policies, request):
        method = request.environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"]
        target = policies.find_for_preflight(request, method)
        policy = target.policy
        if policy is not None:
            decision = decide_on_preflight(policy, target, request)
    else:
        policy = policies.find(request)
    progress = request.__dict__[_PROGRESS] = Progress(policy, decision)
    progress.target = target
    return progress


def is_preflight(policies: Policies, request: Request) -> bool:
    """Return whether a request is a preflight (Fetch, "CORS-preflight request").

    A request for a host that isn't trusted isn't one, because the application refuses every request
    for that host.
    """
    return (
        request.method == "OPTIONS"
        and "HTTP_ORIGIN" in request.environ
        and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.environ
        and policies.trusts(request)
    )


def decide_on_preflight(policy: Policy, target: Target, request: Request) -> Decision:
    """Decide on a preflight.

    :param target: the request that it asks for.
    """
    environ = request.environ
    return policy.preflight(
        environ["HTTP_ORIGIN"],
        environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"],
        environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"),
        private_network=environ.get("HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK") == "true",
        granted=target.granted,
        request=_asked_for(target, request) if policy.asks else None,
    )


def _asked_for(target: Target, request: Request) -> Request:
    """Return the request that a preflight asks for, with the parts that the preflight tells."""
    method = request.environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"]
    asked = copy(request)
    asked.environ = {**request.environ, "REQUEST_METHOD": method}
    asked.method = method.upper()
    asked.url_rule = target.rule
    asked.view_args = None if target.rule is None else {**target.view_args}
    return asked


def preflight_response(app: Flask, decision: Decision) -> Response:
    """Return the response to a preflight."""
    # There is no body, so there is no Content-Type. With an empty one, Werkzeug doesn't make the
    # default one, which would take half of the time.
    response = app.response_class(status=decision.status, content_type="")
    headers = response.headers = Headers()
    for name, value in decision.headers_and_vary:
        headers.add(name, value)
    return response


def refuse(
    app: Flask, policies: Policies, request: Request, progress: Progress, policy: Policy | None
) -> Response | None:
    """Refuse a request that a policy with ``enforce`` doesn't allow.

    :param policy: the policy for its URL, or for its view.
    :returns: the response; None if the request passes.
    """
    if policy is None or not policy.enforce:
        return None
    refusal = find_refusal(policy, _sender(policies, request), lambda: decide(request, progress))
    if refusal is None:
        return None
    progress.decision = refusal
    # Don't reveal the allowed origins.
    reason = str(refusal) if app.debug else "This origin is not allowed here."
    return app.response_class(f"{reason}\n", status=403, mimetype="text/plain")


def find_stricter(policies: Policies, request: Request, progress: Progress) -> Decision | None:
    """Return the decision by which ``report_only`` would refuse an allowed request.

    :returns: None if it would not refuse it, or if there is no ``report_only``.
    """
    stricter = None if progress.policy is None else progress.policy.report_only
    if stricter is None or decide(request, progress).refused:
        return None
    if progress.target is not None:
        decision = decide_on_preflight(stricter, progress.target, request)
        return decision if decision.refused else None
    origin = request.environ.get("HTTP_ORIGIN")
    decision = stricter.actual(origin, request)
    if not decision.refused and (origin is not None or not stricter.enforce):
        # For most requests, that is all there is to find out.
        return None
    refusal = find_refusal(stricter, _sender(policies, request), lambda: decision)
    if refusal is None and decision.refused and is_cross_origin(policies, request):
        return decision
    return refusal


def is_from_elsewhere(request: Request) -> bool:
    """Return whether a page on another origin may have sent the request.

    For links and some forms, browsers send ``Sec-Fetch-Site`` but no ``Origin``.
    """
    environ = request.environ
    return "HTTP_ORIGIN" in environ or environ.get("HTTP_SEC_FETCH_SITE") in (
        "cross-site",
        "same-site",
    )


def _sender(policies: Policies, request: Request) -> Sender:
    environ = request.environ
    return Sender(
        environ.get("HTTP_ORIGIN"),
        environ.get("HTTP_SEC_FETCH_SITE"),
        request.method,
        "HTTP_UPGRADE" in environ,
        # A host that isn't trusted is not the application's host.
        _own_origin(request) if policies.trusts(request) else None,
    )


def decide(request: Request, progress: Progress) -> Decision:
    """Decide on a request, or return the decision that was made before."""
    decision = progress.decision
    if decision is None:
        origin = request.environ.get("HTTP_ORIGIN")
        if progress.policy is None:
            decision = Decision(None, origin, "no-policy")
        else:
            decision = progress.policy.actual(origin, request)
        # After an error there is another response. Functions aren't called again for it.
        progress.decision = decision
    return decision


def is_cross_origin(policies: Policies, request: Request) -> bool:
    """Return whether a page on another origin sent the request.

    Browsers also send ``Origin`` to the page's own server, unless the method is GET or HEAD. Pages
    can't change ``Sec-Fetch-Site`` (Fetch Metadata, https://www.w3.org/TR/fetch-metadata/).
    """
    sender = _sender(policies, request)
    if sender.origin is None or sender.fetch_site in ("same-origin", "none"):
        return False
    return sender.origin != sender.own_origin


def _own_origin(request: Request) -> str:
    """Return the origin of the server that a request was sent to.

    Werkzeug's ``get_host`` returns an empty string for hosts with a ``_``. Browsers accept them.
    """
    environ = request.environ
    scheme = {"ws": "http", "wss": "https"}.get(request.scheme, request.scheme)
    server = f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    host = environ.get("HTTP_HOST", server).lower()
    return f"{scheme}://{host.removesuffix(f':{DEFAULT_PORTS.get(scheme)}')}"


def finisher(app: Flask, state: State) -> Callable[[Response], Response]:
    """Return the ``after_request`` function, which adds the headers to a response."""

    def finish(response: Response) -> Response:
        request: Request = current_request()
        policies = state.settled or _settle(app, state)
        environ = request.environ
        progress: Progress | None = request.__dict__.get(_PROGRESS)
        if progress is None:
            if "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ:
                # It may be a preflight, if something failed before the dispatch.
                progress = begin(policies, request)
            else:
                policy = policies.find(request)
                origin = environ.get("HTTP_ORIGIN")
                decision = None
                if policy is not None:
                    decision = policy.constant or policy.actual(origin, request)
                    if decision.is_final and not (
                        is_heard(app, request_refused)
                        if decision.refused
                        else origin is not None
                        and request_allowed.receivers
                        and request_allowed.has_receivers_for(app)
                    ):
                        return add_headers(response, decision)
                elif origin is None:
                    return unshared(response)
                progress = request.__dict__[_PROGRESS] = Progress(policy, decision)
        return _finish(app, policies, request, progress, response)

    return finish


def _finish(
    app: Flask, policies: Policies, request: Request, progress: Progress, response: Response | None
) -> Response:
    """Add the headers to a response, and report the decision.

    :param response: the response; None for the response to a preflight.
    """
    if response is not None and progress.response is response:
        # After a crash, this runs twice: as a hook, and when the exception was handled.
        return response
    decision = decide(request, progress)
    if response is None or decision.replaces_view:
        response = preflight_response(app, decision)
    else:
        response = add_headers(response, decision)
    progress.response = response
    if decision.refused:
        if is_heard(app, request_refused) and (
            decision.method is not None
            or decision.reason == "cross-site"
            or is_cross_origin(policies, request)
        ):
            throttle = State.of(app).throttle
            report_refusal(app, request, response, decision, throttle, again=progress.is_reported)
            progress.is_reported = True
    elif not progress.is_reported:
        progress.is_reported = True
        _report_allowed(app, policies, request, progress, decision)
    return response


def _report_allowed(
    app: Flask, policies: Policies, request: Request, progress: Progress, decision: Decision
) -> None:
    is_awaited = request_allowed.receivers and request_allowed.has_receivers_for(app)
    if is_awaited and is_cross_origin(policies, request):
        report_allowed(app, request, decision)
    if progress.policy is None or progress.policy.report_only is None:
        return
    if not is_heard(app, request_reported, logging.WARNING):
        return
    stricter = find_stricter(policies, request, progress)
    if stricter is not None:
        report_stricter(app, request, stricter, State.of(app).stricter_throttle)


def _after_exception(app: Flask, exception: BaseException, **_extra: Any) -> None:
    """Log that an exception, not CORS, is the reason why a page gets no response."""
    if has_request_context():
        request: Request = current_request()
        state = State.of(app)
        if is_cross_origin(state.settled or _settle(app, state), request):
            report_crash(app, request, exception)
