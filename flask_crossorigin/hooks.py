"""What happens to each request: preflights are answered, headers added, strangers refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import (
    Response,
    got_request_exception,
    has_request_context,
    request,
)
from werkzeug.datastructures import Headers
from werkzeug.wsgi import get_host

from .core.policy import Decision
from .fetch.grammar import is_token
from .options.table import UNCOVERED
from .reporting import is_heard, report_crash, report_failed_hook, report_refusal
from .scope import current_adapter

if TYPE_CHECKING:
    from flask import Flask, Request
    from flask.typing import ResponseReturnValue

    from .core.policy import Policy
    from .state import Registry

# An attribute of the proxy itself, bound once: through the proxy each look-up would be dear.
current_request = request._get_current_object  # type: ignore[attr-defined]

# The names under which a request knows what has been decided on it, and told of. They are
# attributes of the request and not keys of its environ: that may come to several applications,
# and to one of them twice.
_DECIDED = "_cross_origin_decided"
_TOLD = "_cross_origin_told"


# What may be on a response already, and must not be there twice.
_HEEDED = frozenset({"access-control-allow-origin", "access-control-allow-credentials", "vary"})
# As nearly all responses spell what they have, so that it need not be put in lower case.
_USUAL = frozenset({"Content-Type", "Content-Length"})
_UNEXPOSABLE = frozenset({"set-cookie", "set-cookie2"})


def install(app: Flask, registry: Registry) -> None:
    """Let an application's requests go through its policies.

    This stands around the application's hooks and is none of them, since others may put theirs
    before it, and what reads the values of a URL or keeps the session runs outside of them all.
    """
    if registry.installed:
        return
    registry.installed = True
    finish_response = response_finisher(app, registry)
    run_hooks_before = app.preprocess_request
    run_hooks_after = app.process_response

    # Both pass on what newer versions of Flask give in front.
    def preprocess_request(*context: Any) -> ResponseReturnValue | None:
        request: Request = current_request()
        answer = answer_preflight(registry, request) if request.method == "OPTIONS" else None
        if answer is None and registry.enforcing:
            answer = refuse_stranger(app, registry, request)
        return run_hooks_before(*context) if answer is None else answer

    def process_response(*arguments: Any) -> Response:
        try:
            response = run_hooks_after(*arguments)
        except Exception:
            # If it stands for an error, it is sent as it is.
            response = finish_response(arguments[-1])
            if not is_answered_preflight(current_request()):
                raise
            report_failed_hook(current_request())
            return response
        return finish_response(response)

    app.preprocess_request = preprocess_request  # type: ignore[method-assign]
    app.process_response = process_response  # type: ignore[assignment,method-assign]
    tell_of_crashes(app)


def tell_of_crashes(app: Flask) -> None:
    """Let the log say of crashes that they are no matter of CORS.

    However often this is called, each is told of once: the receiver is one and the same.
    """
    got_request_exception.connect(_after_exception, app)


def _after_exception(app: Flask, exception: BaseException, **_extra: Any) -> None:
    if has_request_context():
        request: Request = current_request()
        if is_cross_origin(request):
            report_crash(app, request, exception)


def decided(request: Request) -> Decision | Policy | None:
    """Give what has been decided on a request before there is a response.

    :returns: the decision; or the policy that is to decide; or None.
    """
    return request.__dict__.get(_DECIDED)


def decide(request: Request, decision: Decision | Policy) -> None:
    """Keep what the response to a request is to carry, whichever response there will be."""
    request.__dict__[_DECIDED] = decision


def answer_preflight(registry: Registry, request: Request) -> Response | None:
    """Answer a preflight, if a policy decides on it and does not leave it to the view."""
    decision = _decide_on_preflight(registry, request)
    if decision is None or not decision.policy.automatic_options:
        return None
    return registry.preflight_response_class(status=decision.status)


def is_answered_preflight(request: Request) -> bool:
    """Tell whether a request is a preflight that was answered in the place of a view."""
    decision = decided(request)
    return (
        isinstance(decision, Decision)
        and decision.method is not None
        and decision.policy.automatic_options
    )


def refuse_stranger(app: Flask, registry: Registry, request: Request) -> Response | None:
    """Refuse a request from another origin, where an enforcing policy does not let it in."""
    if not is_cross_origin(request):
        return None
    # A preflight that the view itself is to answer has been decided on.
    decision = decided(request)
    if not isinstance(decision, Decision):
        policy = decision
        if policy is None and not is_preflight(request):
            policy = registry.policies.find(request)
        if policy is None or not policy.enforce:
            return None
        decision = policy.actual(request.environ["HTTP_ORIGIN"], request)
        decide(request, decision)
    if decision.origin_allowed or not decision.policy.enforce:
        return None
    # Whom the policy does allow is nothing to tell a stranger.
    reason = str(decision) if app.debug else "This origin is not allowed here."
    return app.response_class(f"{reason}\n", status=403, mimetype="text/plain")


def is_cross_origin(request: Request) -> bool:
    """Tell whether a page of another origin asks.

    Browsers send an ``Origin`` to the page's own host too, with all but GET and HEAD. They set
    ``Sec-Fetch-Site`` themselves and let no script change it (Fetch Metadata).
    """
    environ = request.environ
    origin = environ.get("HTTP_ORIGIN")
    if origin is None or environ.get("HTTP_SEC_FETCH_SITE") == "same-origin":
        return False
    if current_adapter() is None:
        # A host that is not trusted is not this application's own.
        return True
    scheme = {"ws": "http", "wss": "https"}.get(request.scheme, request.scheme)
    # Without the port, if that is the scheme's own.
    host = get_host(environ).lower()
    return bool(origin != f"{scheme}://{host}")


def response_finisher(app: Flask, registry: Registry) -> Callable[[Response], Response]:
    """Make what adds to a response the headers that its request's policy sends."""

    def finish_response(response: Response) -> Response:
        request: Request = current_request()
        decision: Decision | Policy | None = request.__dict__.get(_DECIDED)
        if decision is None:
            if request.method == "OPTIONS" and is_preflight(request):
                decision = _decide_late(registry, request, response)
            else:
                policies = registry.settled or registry.policies
                decision = policies.find(request)
            if decision is None:
                _report_uncovered(app, request, response)
                return response
        if not isinstance(decision, Decision):
            policy = decision
            decision = policy.constant
            if decision is None:
                decision = policy.actual(request.environ.get("HTTP_ORIGIN"), request)
                if policy.asks:
                    # After an error there is another response, and nobody is asked again.
                    decide(request, decision)
        add_headers(response, decision)
        if decision.refused and is_heard(app):
            _report(app, request, response, decision)
        return response

    return finish_response


def _decide_late(registry: Registry, request: Request, response: Response) -> Decision | None:
    """Decide on a preflight that something answered before any hook, and in the wrong way."""
    decision = _decide_on_preflight(registry, request)
    if decision is not None and decision.policy.automatic_options:
        response.set_data(b"")
        response.status_code = decision.status
        # What the other answer said of itself does not hold for this one.
        response.headers.clear()
    return decision


def _report_uncovered(app: Flask, request: Request, response: Response) -> None:
    origin = request.environ.get("HTTP_ORIGIN")
    if origin is not None and is_heard(app):
        _report(app, request, response, Decision(UNCOVERED, origin, "no-policy"))


def _report(app: Flask, request: Request, response: Response, decision: Decision) -> None:
    if decision.method is not None or is_cross_origin(request):
        # After an error the response is another one, and the request still the same.
        again = _TOLD in request.__dict__
        request.__dict__[_TOLD] = True
        report_refusal(app, request, response, decision, again=again)


def is_preflight(request: Request) -> bool:
    """Tell whether a request says for which method of another request it asks.

    If its host is not trusted, that request would be refused as well, and nothing is answered
    for its sake.
    """
    environ = request.environ
    return (
        request.method == "OPTIONS"
        and "HTTP_ORIGIN" in environ
        and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
        and current_adapter() is not None
    )


def preflight_policy(registry: Registry, request: Request) -> Policy | None:
    """Find the policy for a request, if that is a preflight."""
    adapter = current_adapter()
    if adapter is None or not is_preflight(request):
        return None
    method = request.environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"]
    return registry.policies.find_for_preflight(request, adapter, method)


def _decide_on_preflight(registry: Registry, request: Request) -> Decision | None:
    environ = request.environ
    policy = preflight_policy(registry, request)
    if policy is None:
        return None
    decision = policy.preflight(
        environ["HTTP_ORIGIN"],
        environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"],
        environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"),
        private_network=environ.get("HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK") == "true",
        request=request,
    )
    decide(request, decision)
    return decision


def add_headers(response: Response, decision: Decision) -> None:
    """Put a decision's headers on a response.

    An ``Access-Control-Allow-Origin`` that is there already was meant, and two are none
    (Fetch, "CORS check"): then only ``Vary`` is added.
    """
    headers = response.headers
    if not isinstance(headers, Headers):
        # Some extensions put a plain dict there, in which case matters and nothing repeats.
        headers = response.headers = Headers(headers)
    if not decision.policy.exposes_present_headers:
        for name, _ in headers:
            if name not in _USUAL and name.lower() in _HEEDED:
                break
        else:
            for name, value in decision.headers_and_vary:
                headers.add(name, value)
            return
    _add_heedfully(headers, decision)


def _add_heedfully(headers: Headers, decision: Decision) -> None:
    """Add to headers that hold something which is not to be repeated, or is to be listed."""
    if decision.headers and "Access-Control-Allow-Origin" not in headers:
        exposing = decision.policy.exposes_present_headers and decision.method is None
        present = _present_names(headers) if exposing else ""
        for name, value in decision.headers:
            if name == "Access-Control-Allow-Credentials":
                # That the app may have set too, and "true, true" is not "true".
                headers.set(name, value)
            else:
                headers.add(name, value)
        if present:
            headers.add("Access-Control-Expose-Headers", present)
    if decision.policy.varies:
        _add_vary(headers)


def _present_names(headers: Headers) -> str:
    names = {name.lower(): name for name, _ in headers if is_token(name)}
    return ", ".join(sorted(names[name] for name in names.keys() - _UNEXPOSABLE))


def _add_vary(headers: Headers) -> None:
    """Add ``Origin`` to ``Vary`` (RFC 9110, 12.5.5), unless it or ``*`` is there."""
    names: dict[str, str] = {}
    for part in ",".join(headers.getlist("Vary")).split(","):
        name = part.strip()
        if name:
            names.setdefault(name.lower(), name)
    if "*" not in names and "origin" not in names:
        headers["Vary"] = ", ".join([*names.values(), "Origin"])
