"""What a check is, and the checks of everything but the origins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..core.origins import ANY_HOST, OriginPattern
from ..core.policy import OVERRIDING_METHODS
from ..fetch.grammar import SAFELISTED_METHODS, parse_origin
from ..fetch.safelists import METHOD_OVERRIDES, is_forbidden_request_header
from ..options.spelling import WELL_KNOWN_HEADERS, nearest
from ..options.table import ANY_ORIGIN
from ..testing.site import is_loopback, registrable_domain

if TYPE_CHECKING:
    from flask import Flask

    from ..core.policy import Policy
    from .routes import Routes

#: Where something was written, and what was found there.
Place = tuple[str, str]

#: The longest time that any browser caches a preflight, in seconds. It is Firefox's; Chromium has
#: 7200, WebKit 600.
LONGEST_MAX_AGE = 86400


@dataclass(frozen=True)
class Subject:
    """What is audited."""

    app: Flask
    routes: Routes

    @property
    def policies(self) -> Iterator[Policy]:
        """The policies without mistakes. The others allow nothing."""
        return (policy for policy in self.routes.policies.all() if not policy.misconfigured)

    def saying(self, option: str) -> Iterator[Policy]:
        """Give the policies, and those of their ``for_origins`` that say something else.

        :param option: the attribute of a policy that they say it with.
        """
        for policy in self.policies:
            yield policy
            for part in policy.for_origins.policies:
                # With the same origins, they still say something else about them.
                if option == "origins" or getattr(part, option) != getattr(policy, option):
                    yield part


@dataclass(frozen=True)
class Check:
    """One thing that may be wrong."""

    #: As in ``C001``. It never changes.
    id: str
    severity: Literal["high", "medium", "low"]
    title: str
    #: What an attacker can do, or what users suffer.
    harm: str
    fix: str
    find: Callable[[Subject], Iterator[Place]]
    #: The optional module that it needs.
    needs: str = ""


def _mistakes(subject: Subject) -> Iterator[Place]:
    for problem in subject.routes.problems:
        if problem.code != "decorated-above-route":
            text = f"{problem.message} {problem.hint}".strip()
            yield problem.where, text.removesuffix(".")


def _no_max_age(subject: Subject) -> Iterator[Place]:
    for policy in subject.saying("max_age"):
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
    for policy in subject.saying("max_age"):
        if policy.max_age is not None and policy.max_age > LONGEST_MAX_AGE:
            yield policy.where, f"max_age is {policy.max_age}"


def _session_not_sent(subject: Subject) -> Iterator[Place]:
    config = subject.app.config
    same_site = str(config["SESSION_COOKIE_SAMESITE"] or "").lower()
    if subject.app.secret_key is None or (same_site == "none" and config["SESSION_COOKIE_SECURE"]):
        return
    cause = f"SESSION_COOKIE_SAMESITE is {config['SESSION_COOKIE_SAMESITE']!r}"
    if same_site == "none":
        cause = "SESSION_COOKIE_SECURE is False, and SameSite=None has no effect without it"
    server = (config["SERVER_NAME"] or config["SESSION_COOKIE_DOMAIN"] or "").lower()
    site = registrable_domain(re.sub(r":[0-9]+\Z", "", server).removeprefix("."))
    for policy in subject.saying("origins"):
        hosts = _hosts(policy) if policy.supports_credentials else []
        foreign = [h for h in hosts if not is_loopback(h) and registrable_domain(h) != site]
        if foreign:
            unless = "" if server else ", unless the app is on the same site"
            yield policy.where, f"{cause}, so {foreign[0]} gets no session{unless}"


def _hosts(policy: Policy) -> Iterator[str]:
    for rule in policy.origins.rules:
        literal = parse_origin(rule) if isinstance(rule, str) else None
        if literal is not None:
            yield literal.host
        elif isinstance(rule, OriginPattern) and rule.host != ANY_HOST:
            yield rule.host


def _unmatched_patterns(subject: Subject) -> Iterator[Place]:
    for pattern in subject.routes.unmatched:
        yield pattern.where, f"{pattern.pattern} matches no route"


def _decorator_above_route(subject: Subject) -> Iterator[Place]:
    for problem in subject.routes.problems:
        if problem.code == "decorated-above-route":
            message = problem.message.removeprefix("it is above @app.route, so ")
            yield problem.where, message.removesuffix(".")


def _forbidden_request_headers(subject: Subject) -> Iterator[Place]:
    for policy in subject.saying("allow_headers"):
        for name in sorted(policy.allow_headers.names):
            if is_forbidden_request_header(name, ""):
                yield policy.where, f"{name} is in allow_headers"


def _origins_never_written(subject: Subject) -> Iterator[Place]:
    for policy in subject.policies:
        if policy.origins is ANY_ORIGIN:
            yield policy.where, "no origins are written, so any origin is allowed"


def _misspelled_names(subject: Subject) -> Iterator[Place]:
    for option in ("allow_headers", "expose_headers"):
        for policy in subject.saying(option):
            names = getattr(policy, option)
            for name in sorted(names.names) if option == "allow_headers" else names:
                lower = name.lower()
                meant = nearest(lower, WELL_KNOWN_HEADERS, 2)
                # Many have a form with X- of their own.
                if meant not in (None, lower, lower.removeprefix("x-")):
                    yield policy.where, f"{name} in {option} is nearly {meant}"


def _bare_patterns(subject: Subject) -> Iterator[Place]:
    entries = [*subject.routes.policies.patterns()]
    starts = {policy: pattern.start for pattern, policy in entries}
    for pattern, policy in entries:
        below = f"{pattern.start.rstrip('/')}/"
        if not pattern.literal:
            continue
        for route in subject.routes.routes:
            # A view or a blueprint with its own policy is meant.
            start = "" if route.policy is None else starts.get(route.policy, below)
            is_below = route.rule.startswith(below) and route.rule != pattern.start
            if is_below and not start.startswith(below):
                yield policy.where, f"{pattern} does not cover {route.rule}"
                break


def _method_overrides(subject: Subject) -> Iterator[Place]:
    for policy in subject.saying("methods"):
        missing = sorted(OVERRIDING_METHODS - policy.methods.names)
        if policy.methods.any or not missing:
            continue
        for name in sorted(policy.allow_headers.names):
            if name.replace("_", "-") in METHOD_OVERRIDES:
                yield policy.where, f"{name} is in allow_headers, and methods lack {missing[0]}"


SETTING_CHECKS = (
    Check(
        "C001",
        "high",
        "The configuration has a mistake",
        "The policy allows nothing: every cross-origin request is refused.",
        "Do what the message says.",
        _mistakes,
    ),
    Check(
        "C008",
        "low",
        "Browsers cache preflights for only five seconds",
        "Without max_age, five seconds is the default, so users often wait for two requests "
        "instead of one.",
        "Set max_age, as in max_age=600.",
        _no_max_age,
    ),
    Check(
        "C009",
        "low",
        "max_age is longer than any browser caches",
        "The extra time has no effect: Firefox caches a preflight for at most 86400 seconds, "
        "Chromium for 7200 and WebKit for 600.",
        f"Set it to {LONGEST_MAX_AGE} or less.",
        _long_max_age,
    ),
    Check(
        "C010",
        "medium",
        "The session cookie is not sent from other sites",
        "Pages of these origins may send credentials, but browsers leave out the session cookie, "
        "so their users never appear to be logged in.",
        'Set SESSION_COOKIE_SAMESITE = "None" and SESSION_COOKIE_SECURE = True, and protect '
        "against CSRF with a token. If the app is on the same site, set SERVER_NAME instead.",
        _session_not_sent,
    ),
    Check(
        "C011",
        "medium",
        "A pattern matches no route",
        "Its options apply to nothing: another policy decides, or none.",
        'Compare it with "flask routes". The usual cause is a slash, a prefix or a wildcard: '
        '"/api" is not "/api/*".',
        _unmatched_patterns,
    ),
    Check(
        "C012",
        "high",
        "@cross_origin is above @app.route",
        "Flask registers the view without it, so its policy never applies.",
        "Move @cross_origin below @app.route, directly above the function.",
        _decorator_above_route,
    ),
    Check(
        "C013",
        "low",
        "allow_headers has a header that JavaScript cannot set",
        "It has no effect: only the browser sets this header, and preflights never ask for it.",
        "Remove it.",
        _forbidden_request_headers,
    ),
    Check(
        "C016",
        "medium",
        "Origins were never written",
        "By default, any website may read what needs no login. If the origins should have come "
        "from the configuration or the environment, they did not.",
        'Name the origins of your pages. If any origin is meant, write origins="*".',
        _origins_never_written,
    ),
    Check(
        "C017",
        "low",
        "The name of a header looks misspelled",
        "Preflights ask for the right name, which is not allowed, or pages cannot read the header.",
        "Correct the name.",
        _misspelled_names,
    ),
    Check(
        "C018",
        "medium",
        "A pattern does not cover the routes below it",
        "A pattern without an asterisk is for exactly one path. Another policy decides for the "
        "routes below it, or none.",
        'Add a pattern that ends in "/*", as in "/admin/*".',
        _bare_patterns,
    ),
    Check(
        "C015",
        "medium",
        "A header may override the method that a policy allows",
        "Where the app treats a POST with such a header as another method, a page gets past the "
        "methods of the policy.",
        "Remove the header from allow_headers, or allow the methods that it may override.",
        _method_overrides,
    ),
)
