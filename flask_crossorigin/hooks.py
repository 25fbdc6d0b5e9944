"""What happens to a request: preflights answered, unwanted origins refused, headers added.

An ``after_request`` function, put where it runs last, adds the headers. Two methods of the
application are wrapped besides. Its dispatch, so that an answered preflight and a refused request
enter none of its hooks: Flask has no hook before which nothing runs and after which nothing runs,
and a hook whose counterpart does not run breaks, such as a timer that is started in
``before_request`` and read in ``after_request``. And what handles exceptions, so that the response
to a crash has its headers although another hook failed, or an extension made the response.

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

# An attribute of the proxy itself, bound once: through the proxy each look-up would be dear.
current_request = request._get_current_object  # type: ignore[attr-defined]

#: The attribute of a request under which its :class:`Progress` is kept. It is not a key of the
#: environ, which may come to several applications, and to one of them twice.
_PROGRESS = "_cross_origin"


class Progress:
    """What is known about a request on its way through the application.

    There is none for requests about which nothing has to be kept, which are most.
    """

    def __init__(self, policy: Policy | None, decision: Decision | None) -> None:
        #: The policy of its URL; None if no policy covers it.
        self.policy = policy
        #: What was decided before there was a response.
        self.decision = decision
        #: What a preflight asks for, if its policy has stricter options to be judged too.
        self.target: Target | None = None
        #: Whether it was answered in the application's place, and entered none of its hooks.
        self.is_answered = False
        #: Whether its refusal was reported.
        self.is_reported = False
        #: The response that has its headers.
        self.response: Response | None = None


def progress_of(request: Request) -> Progress | None:
    """Return what is known about a request; None if nothing had to be kept."""
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


# What is wrapped is looked up at each call, so that code that patches the class later is not
# bypassed. Newer versions of Flask put a context in front of the arguments.


def _wrap_dispatch(app: Flask, state: State) -> None:
    """Keep answered preflights and refused requests out of the application."""
    shop: Any = type(app)
    dispatch = vars(app).get("full_dispatch_request")

    def full_dispatch_request(*context: Any) -> Response:
        request: Request = current_request()
        policies = state.settled
        if policies is None:
            policies = _settle(app, state)
            # From the next request on, the debug page comes before this.
            for respond in state.debug_pages.values():
                response = respond(request)
                if response is not None:
                    return response
        if (policies.enforcing or request.method == "OPTIONS") and is_from_elsewhere(request):
            response = _answer_early(app, state, policies, request)
            if response is not None:
                return response
        try:
            if dispatch is not None:
                return dispatch(*context)  # type: ignore[no-any-return]
            return shop.full_dispatch_request(app, *context)  # type: ignore[no-any-return]
        except Exception:
            if progress_of(request) is None:
                begin(state.policies, request)
            # An extension may have put its own in front by now.
            _wrap_exception_handler(app, state)
            raise

    app.full_dispatch_request = full_dispatch_request  # type: ignore[method-assign]


def skip_teardown(app: Flask, state: State) -> None:
    """Run no ``teardown_request`` function for requests that did not enter the application.

    This is done when there is such a function and such a request, so that others don't pay for it.
    """
    if state.skips_teardown:
        return
    state.skips_teardown = True
    shop: Any = type(app)
    teardown = vars(app).get("do_teardown_request")

    def do_teardown_request(*arguments: Any) -> None:
        progress = progress_of(current_request())
        if progress is not None and progress.is_answered:
            return
        if teardown is not None:
            teardown(*arguments)
        else:
            shop.do_teardown_request(app, *arguments)

    app.do_teardown_request = do_teardown_request  # type: ignore[assignment,method-assign]


def _wrap_exception_handler(app: Flask, state: State) -> None:
    """Add the headers to whatever answers an exception, Flask or an extension."""
    handle = vars(app).get("handle_exception")
    if handle is not None and handle is state.handle_exception:
        return

    def handle_exception(*arguments: Any) -> Response:
        request: Request = current_request()
        if is_from_elsewhere(request) and progress_of(request) is None:
            # The application was not entered, for example because no session could be opened.
            policies = state.settled or _settle(app, state)
            early = _answer_early(app, state, policies, request)
            if early is not None:
                return early
        handler = handle or type(app).handle_exception.__get__(app)
        response: Response = handler(*arguments)
        return response if state.finish is None else state.finish(response)

    state.handle_exception = handle_exception
    app.handle_exception = handle_exception  # type: ignore[assignment,method-assign]


def _settle(app: Flask, state: State) -> Policies:
    """Return the policies, at the first request. Everything is set up by now.

    An extension that was set up later than CORS may have put its own exception handler in front.
    """
    _wrap_exception_handler(app, state)
    policies = state.policies
    if state.debug_page_path is not None and app.debug:
        _open_debug_page(app, state, state.debug_page_path)
    # Until now, requests that came at the same time got here, too.
    state.settled = policies
    return policies


def _open_debug_page(app: Flask, state: State, path: str) -> None:
    """Respond to requests for the debug page in the application's place.

    It is loaded here because only an application in debug mode that asks for it needs it.
    """
    page = import_module(".debug_page", __package__).DebugPage(app, path)

    def respond(request: Request) -> Response | None:
        response: Response | None = page.respond(request)
        if response is not None:
            progress = request.__dict__[_PROGRESS] = Progress(None, None)
            _skip_hooks(app, state, progress)
        return response

    # Two threads may both get here. The first one wins.
    if state.debug_pages.setdefault(None, respond) is not respond:
        return
    dispatch: Any = app.full_dispatch_request

    def full_dispatch_request(*context: Any) -> Response:
        response = respond(current_request())
        return dispatch(*context) if response is None else response

    app.full_dispatch_request = full_dispatch_request  # type: ignore[method-assign]


def _answer_early(
    app: Flask, state: State, policies: Policies, request: Request
) -> Response | None:
    """Answer a request of another origin in the application's place, if its policy says so."""
    progress = begin(policies, request)
    response: Response | None
    if progress.decision is not None and progress.decision.replaces_view:
        response = empty_response(app, progress.decision)
    else:
        response = refuse(app, policies, request, progress, progress.policy)
    if response is None:
        return None
    _skip_hooks(app, state, progress)
    return _finish(app, policies, request, progress, response)


def _skip_hooks(app: Flask, state: State, progress: Progress) -> None:
    """Run no hook of the application after a request that entered none."""
    progress.is_answered = True
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
    """Return whether a request asks on behalf of another one (Fetch, "CORS-preflight request").

    If its host is not trusted, that request would be refused as well, so nothing is answered on its
    behalf.
    """
    return (
        request.method == "OPTIONS"
        and "HTTP_ORIGIN" in request.environ
        and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.environ
        and policies.trusts(request)
    )


def decide_on_preflight(policy: Policy, target: Target, request: Request) -> Decision:
    """Decide on a preflight.

    :param target: the request it asks for.
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
    """Return the request that a preflight asks for, as far as the preflight tells it."""
    method = request.environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"]
    asked = copy(request)
    asked.environ = {**request.environ, "REQUEST_METHOD": method}
    asked.method = method.upper()
    asked.url_rule = target.rule
    asked.view_args = None if target.rule is None else {**target.view_args}
    return asked


def empty_response(app: Flask, decision: Decision) -> Response:
    """Return the response to a preflight, without its headers."""
    response = app.response_class(status=decision.status)
    # Without a body there is no type to send.
    response.headers = Headers()
    return response


def refuse(
    app: Flask, policies: Policies, request: Request, progress: Progress, policy: Policy | None
) -> Response | None:
    """Refuse a request from another origin, if a policy enforces and does not allow it.

    :param policy: that of its URL, or of the view.
    :returns: None if the request may pass.
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
    """Return the decision by which ``report_only`` would refuse a request that is allowed.

    :returns: None if it would not, or if it says nothing here.
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
        # This is so for most requests, and who sent them need not be found out.
        return None
    refusal = find_refusal(stricter, _sender(policies, request), lambda: decision)
    if refusal is None and decision.refused and is_cross_origin(policies, request):
        return decision
    return refusal


def is_from_elsewhere(request: Request) -> bool:
    """Return whether a page of another origin may have sent a request.

    Browsers leave out ``Origin`` for links and some forms, but not ``Sec-Fetch-Site``.
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
        # A host that is not trusted is not this application's own.
        _own_origin(request) if policies.trusts(request) else None,
    )


def decide(request: Request, progress: Progress) -> Decision:
    """Decide on a request, once."""
    decision = progress.decision
    if decision is None:
        origin = request.environ.get("HTTP_ORIGIN")
        if progress.policy is None:
            decision = Decision(None, origin, "no-policy")
        else:
            decision = progress.policy.actual(origin, request)
        # After an error there is another response, and no callable is asked again.
        progress.decision = decision
    return decision


def is_cross_origin(policies: Policies, request: Request) -> bool:
    """Return whether a page of another origin asks.

    Browsers send ``Origin`` to the page's own host too, with all methods but GET and HEAD. They set
    ``Sec-Fetch-Site`` themselves, and no page can change it (Fetch Metadata).
    """
    sender = _sender(policies, request)
    if sender.origin is None or sender.fetch_site in ("same-origin", "none"):
        return False
    return sender.origin != sender.own_origin


def _own_origin(request: Request) -> str:
    """Return the origin of the pages that a request's host serves.

    Werkzeug's ``get_host`` gives an empty string for hosts with a ``_``, which browsers accept.
    """
    environ = request.environ
    scheme = {"ws": "http", "wss": "https"}.get(request.scheme, request.scheme)
    server = f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    host = environ.get("HTTP_HOST", server).lower()
    return f"{scheme}://{host.removesuffix(f':{DEFAULT_PORTS.get(scheme)}')}"


def finisher(app: Flask, state: State) -> Callable[[Response], Response]:
    """Make the function that adds to a response the headers of its request's policy."""

    def finish(response: Response) -> Response:
        request: Request = current_request()
        policies = state.settled or _settle(app, state)
        progress: Progress | None = request.__dict__.get(_PROGRESS)
        if progress is None:
            if request.method == "OPTIONS":
                # Something may have failed before the application was entered.
                progress = begin(policies, request)
            else:
                policy = policies.find(request)
                origin = request.environ.get("HTTP_ORIGIN")
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
        if progress.decision is not None and progress.decision.replaces_view:
            response = empty_response(app, progress.decision)
        return _finish(app, policies, request, progress, response)

    return finish


def _finish(
    app: Flask, policies: Policies, request: Request, progress: Progress, response: Response
) -> Response:
    if progress.response is response:
        # After a crash, the function runs for all requests, and once more at the very end.
        return response
    decision = decide(request, progress)
    response = progress.response = add_headers(response, decision)
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
    """Let the log say of a crash that CORS is not to blame."""
    if has_request_context():
        request: Request = current_request()
        state = State.of(app)
        if is_cross_origin(state.settled or _settle(app, state), request):
            report_crash(app, request, exception)
