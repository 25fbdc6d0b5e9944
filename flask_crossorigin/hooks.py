"""What happens to each request: preflights are answered, headers added, strangers refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import (
    Response,
    after_this_request,
    got_request_exception,
    has_request_context,
    request,
)
from werkzeug.datastructures import Headers

from .fetch import DEFAULT_PORTS
from .headers import add_headers
from .policy import Decision
from .scope import current_adapter

if TYPE_CHECKING:
    from flask import Flask, Request

    from .policy import Policy
    from .registry import Registry

# An attribute of the proxy itself, bound once: through the proxy each look-up would be dear.
current_request = request._get_current_object  # type: ignore[attr-defined]


def install(app: Flask, registry: Registry) -> None:
    """Let an application's requests go through its policies.

    The hooks are put before those that are there already, and the ``after_request`` hook,
    since these run in reverse, after them.
    """
    if registry.installed:
        return
    registry.installed = True

    def before_request() -> Response | None:
        request: Request = current_request()
        # An environ may come a second time, as from a middleware that rewrites URLs.
        request.environ.pop(registry.environ_key, None)
        if request.method == "OPTIONS":
            answer = answer_preflight(app, registry, request)
            if answer is not None:
                return answer
        if registry.policies.enforcing:
            return refuse_stranger(app, registry, request)
        return None

    def after_request(response: Response) -> Response:
        return finish_response(registry, response)

    def after_exception(_sender: Flask, **_extra: Any) -> None:
        # When an after_request hook raises, those after it do not run, the one above among
        # them; what is registered for this one request runs before them all.
        if has_request_context():
            after_this_request(after_request)

    app.before_request_funcs.setdefault(None, []).insert(0, before_request)
    app.after_request_funcs.setdefault(None, []).insert(0, after_request)
    registry.receivers.append(after_exception)
    got_request_exception.connect(after_exception, app)


def answer_preflight(app: Flask, registry: Registry, request: Request) -> Response | None:
    """Answer a preflight, if a policy decides on it and does not leave it to the view.

    What was decided is kept for the headers of whichever response there will be.
    """
    decision = _decide_on_preflight(registry, request)
    if decision is None or not decision.policy.automatic_options:
        return None
    response = app.response_class()
    _make_preflight_answer(response, decision)
    return response


def refuse_stranger(app: Flask, registry: Registry, request: Request) -> Response | None:
    """Refuse a request from another origin, where an enforcing policy does not let it in."""
    origin = request.environ.get("HTTP_ORIGIN")
    if origin is None or _is_same_origin(request, origin):
        return None
    # A preflight that the view itself is to answer has been decided on.
    decision: Decision | None = request.environ.get(registry.environ_key)
    if decision is None:
        policy = None if is_preflight(request) else registry.policies.find(request)
        if policy is None or not policy.enforce:
            return None
        decision = request.environ[registry.environ_key] = policy.actual(origin, request)
    if decision.origin_allowed or not decision.policy.enforce:
        return None
    return app.response_class(f"{decision}\n", status=403, mimetype="text/plain")


def _is_same_origin(request: Request, origin: str) -> bool:
    """Tell whether a page of this very host asks.

    Browsers set ``Sec-Fetch-Site`` themselves and let no script change it (Fetch Metadata).
    """
    if request.environ.get("HTTP_SEC_FETCH_SITE") == "same-origin":
        return True
    scheme = {"ws": "http", "wss": "https"}.get(request.scheme, request.scheme)
    host = request.host.lower()
    return origin == f"{scheme}://{host.removesuffix(f':{DEFAULT_PORTS.get(scheme)}')}"


def finish_response(registry: Registry, response: Response) -> Response:
    """Add to a response the headers that its request's policy sends."""
    request: Request = current_request()
    environ = request.environ
    found: Decision | Policy | None = environ.get(registry.environ_key)
    if found is None:
        if is_preflight(request):
            # What runs before every hook may have answered already, and in the wrong way.
            found = _decide_on_preflight(registry, request)
            if found is not None and found.policy.automatic_options:
                _make_preflight_answer(response, found)
        else:
            found = registry.policies.find(request)
        if found is None:
            return response
    if not isinstance(found, Decision):
        found = found.actual(environ.get("HTTP_ORIGIN"), request)
    add_headers(response, found)
    return response


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
    environ[registry.environ_key] = decision
    return decision


def _make_preflight_answer(response: Response, decision: Decision) -> None:
    response.set_data(b"")
    response.status_code = decision.status
    # The headers that are there by default describe a body, and there is none.
    response.headers = Headers()
