"""Add CORS to a plain WSGI application: ``gunicorn wsgi_core:app``.

The code that decides doesn't depend on Flask, so you can write middleware like this one.
"""

from collections.abc import Callable, Iterable
from typing import Any

from flask_crossorigin.core.policy import Policy
from flask_crossorigin.options.errors import OptionsError, Problem
from flask_crossorigin.options.policy import make_policy
from flask_crossorigin.options.table import read_options

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def read_policy(**options: Any) -> Policy:
    """Create a policy from the options of ``CORS``.

    :raises OptionsError: if options are invalid. The message lists all problems.
    """
    problems: list[Problem] = []
    policy = make_policy("the policy", [read_options(options, "", problems)], problems)
    if problems:
        raise OptionsError(problems)
    return policy


def with_cors(app: App, policy: Policy) -> App:
    """Return WSGI middleware that applies a policy to an application."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        origin = environ.get("HTTP_ORIGIN")
        method = environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")
        # OPTIONS with these two headers is a preflight. It never reaches the application.
        # https://fetch.spec.whatwg.org/#cors-preflight-request
        if environ["REQUEST_METHOD"] == "OPTIONS" and origin is not None and method is not None:
            names = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS")
            decision = policy.preflight(origin, method, names)
            start_response(f"{decision.status} Preflight", [*decision.headers_and_vary])
            return []
        headers = policy.actual(origin, environ).headers_and_vary

        def start(status: str, lines: list[tuple[str, str]], *exc_info: Any) -> Any:
            return start_response(status, [*lines, *headers], *exc_info)

        return app(environ, start)

    return serve


def hello(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Return a greeting. This is the application that knows nothing about CORS."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


app = with_cors(hello, read_policy(origins="https://app.example.com", methods="PUT"))
