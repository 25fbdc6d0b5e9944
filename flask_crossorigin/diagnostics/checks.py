"""The checks on all but the origins: mistakes, cookies, routes, and what browsers ignore."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import isfunction
from typing import TYPE_CHECKING

from ..core.origins import OriginPattern
from ..fetch.grammar import SAFELISTED_METHODS, ends_in_number, parse_origin
from ..fetch.safelists import is_forbidden_request_header
from ..scope import decorated_functions, view_options
from .findings import Check, Place, Subject
from .origin_checks import is_loopback

if TYPE_CHECKING:
    from ..core.policy import Policy

#: The longest that any browser remembers a preflight: Firefox. Chromium has 7200, WebKit 600.
LONGEST_MAX_AGE = 86400


def _mistakes(subject: Subject) -> Iterator[Place]:
    for problem in subject.routes.problems:
        text = f"{problem.message} {problem.hint}".strip()
        yield problem.where, text.removesuffix(".")


def _no_max_age(subject: Subject) -> Iterator[Place]:
    for policy in subject.policies:
        if policy.max_age is None and _can_pass_preflights(policy):
            yield policy.where, "max_age is not set"


def _can_pass_preflights(policy: Policy) -> bool:
    headers = policy.allow_headers
    return bool(
        policy.methods.any
        or policy.methods.names - SAFELISTED_METHODS
        or headers.any
        or headers.names
        or headers.patterns
    )


def _long_max_age(subject: Subject) -> Iterator[Place]:
    for policy in subject.policies:
        if policy.max_age is not None and policy.max_age > LONGEST_MAX_AGE:
            yield policy.where, f"max_age is {policy.max_age}"


def _cookies_stay_home(subject: Subject) -> Iterator[Place]:
    config = subject.app.config
    same_site = str(config["SESSION_COOKIE_SAMESITE"] or "").lower()
    if subject.app.secret_key is None or (same_site == "none" and config["SESSION_COOKIE_SECURE"]):
        return
    told = f"SESSION_COOKIE_SAMESITE is {config['SESSION_COOKIE_SAMESITE']!r}"
    if same_site == "none":
        told = "SESSION_COOKIE_SECURE is False, without which SameSite=None counts for nothing"
    server = (config["SERVER_NAME"] or config["SESSION_COOKIE_DOMAIN"] or "").lower()
    site = _site(re.sub(r":[0-9]+\Z", "", server))
    for policy in subject.policies:
        hosts = _hosts(policy) if policy.supports_credentials else []
        foreign = [host for host in hosts if not is_loopback(host) and _site(host) != site]
        if foreign:
            unless = "" if server else ", unless the application is of the same site"
            yield policy.where, f"{told}, so that {foreign[0]} gets no session{unless}"


def _hosts(policy: Policy) -> Iterator[str]:
    for rule in policy.origins.rules:
        literal = parse_origin(rule) if isinstance(rule, str) else None
        if literal is not None:
            yield literal.host
        elif isinstance(rule, OriginPattern):
            yield rule.host


def _site(host: str) -> list[str]:
    """Give the labels of the registrable domain, for which the last two have to do."""
    host = host.removeprefix(".")
    return [host] if ends_in_number(host) else host.split(".")[-2:]


def _unmatched_patterns(subject: Subject) -> Iterator[Place]:
    for pattern in subject.routes.unmatched:
        yield pattern.where, f"{pattern.pattern} matches the path of no route"


def _decorator_above_route(subject: Subject) -> Iterator[Place]:
    views = subject.app.view_functions
    in_force = {id(view_options(view)) for view in views.values()}
    for endpoint, view in views.items():
        written = decorated_functions.get(view) if isfunction(view) else None
        # A function may also be registered twice on purpose, once with the decorator.
        if written is not None and id(written) not in in_force:
            yield written.where, f"the view of endpoint {endpoint!r} was registered without it"


def _forbidden_request_headers(subject: Subject) -> Iterator[Place]:
    for policy in subject.policies:
        for name in sorted(policy.allow_headers.names):
            if is_forbidden_request_header(name, ""):
                yield policy.where, f"{name} is in allow_headers"


SETTING_CHECKS = (
    Check(
        "C001",
        "high",
        "The configuration has a mistake",
        "The policy allows nothing and sends nothing: every page of another origin is refused.",
        "Write what the message says.",
        _mistakes,
    ),
    Check(
        "C008",
        "low",
        "Preflights are hardly remembered",
        "A browser forgets a preflight after five seconds, so that users wait for two requests "
        "where one would do.",
        "Write max_age, such as max_age=600.",
        _no_max_age,
    ),
    Check(
        "C009",
        "low",
        "max_age is longer than browsers remember",
        "Nothing is gained: Firefox keeps a preflight for 86400 seconds, Chromium for 7200 and "
        "WebKit for 600.",
        f"Write {LONGEST_MAX_AGE} or less.",
        _long_max_age,
    ),
    Check(
        "C010",
        "medium",
        "The session cookie does not travel to other sites",
        "Pages of these origins may send credentials, but browsers send no session cookie with "
        "their requests: users are never logged in.",
        'Set SESSION_COOKIE_SAMESITE = "None" and SESSION_COOKIE_SECURE = True, with a token '
        "against forged requests. If the application is of the same site, set SERVER_NAME.",
        _cookies_stay_home,
    ),
    Check(
        "C011",
        "medium",
        "A pattern matches no route",
        "The options written for it hold for nothing, and another policy or none decides.",
        'Compare it with "flask routes": mostly it is a slash, a prefix or a wildcard. '
        '"/api" is not "/api/*".',
        _unmatched_patterns,
    ),
    Check(
        "C012",
        "high",
        "@cross_origin stands above @app.route",
        "Flask knows the view without it, so that the policy never holds.",
        "Write @cross_origin below @app.route, right above the function.",
        _decorator_above_route,
    ),
    Check(
        "C013",
        "low",
        "A request header is allowed that no script may send",
        "It has no effect: browsers set it themselves, and never ask for it.",
        "Leave it out.",
        _forbidden_request_headers,
    ),
)
