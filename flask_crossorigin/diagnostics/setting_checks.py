"""The checks on everything but origins and credentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..core.policy import OVERRIDING_METHODS
from ..fetch.grammar import SAFELISTED_METHODS
from ..fetch.safelists import METHOD_OVERRIDES, is_forbidden_request_header
from ..options.spelling import WELL_KNOWN_HEADERS, nearest
from ..options.table import ANY_ORIGIN
from .checks import Check, Found, Subject

if TYPE_CHECKING:
    from ..core.policy import Policy

#: The longest time that any browser caches a preflight, in seconds. It is Firefox's; Chromium has
#: 7200, WebKit 600.
LONGEST_MAX_AGE = 86400


def _mistakes(subject: Subject) -> Iterator[Found]:
    for problem in subject.routes.problems:
        if problem.code != "decorated-above-route":
            text = f"{problem.message} {problem.hint}".strip()
            yield Found(problem.where, text.removesuffix("."), problem.place)


def _no_max_age(subject: Subject) -> Iterator[Found]:
    for policy in subject.saying("max_age"):
        if policy.max_age is None and _can_pass_preflights(policy):
            yield Found.at(policy, "max_age is not set")


def _can_pass_preflights(policy: Policy) -> bool:
    headers = policy.allow_headers
    return bool(
        policy.methods.any
        or policy.methods.names - SAFELISTED_METHODS
        or headers.any
        or headers.names
        or headers.patterns
    )


def _long_max_age(subject: Subject) -> Iterator[Found]:
    for policy in subject.saying("max_age"):
        if policy.max_age is not None and policy.max_age > LONGEST_MAX_AGE:
            yield Found.at(policy, f"max_age is {policy.max_age}")


def _unmatched_patterns(subject: Subject) -> Iterator[Found]:
    places = {policy.where: policy.place for _, policy in subject.routes.policies.patterns()}
    for pattern in subject.routes.unmatched:
        message = f"{pattern.pattern} matches no route"
        yield Found(pattern.where, message, places[pattern.where])


def _decorator_above_route(subject: Subject) -> Iterator[Found]:
    for problem in subject.routes.problems:
        if problem.code == "decorated-above-route":
            message = problem.message.removeprefix("it is above @app.route, so ")
            yield Found(problem.where, message.removesuffix("."), problem.place)


def _forbidden_request_headers(subject: Subject) -> Iterator[Found]:
    for policy in subject.saying("allow_headers"):
        for name in sorted(policy.allow_headers.names):
            if is_forbidden_request_header(name, ""):
                yield Found.at(policy, f"{name} is in allow_headers")


def _origins_never_written(subject: Subject) -> Iterator[Found]:
    for policy in subject.policies:
        if policy.origins is ANY_ORIGIN:
            yield Found.at(policy, "no origins are written, so any origin is allowed")


def _misspelled_names(subject: Subject) -> Iterator[Found]:
    for option in ("allow_headers", "expose_headers"):
        for policy in subject.saying(option):
            names = getattr(policy, option)
            for name in sorted(names.names) if option == "allow_headers" else names:
                lower = name.lower()
                meant = nearest(lower, WELL_KNOWN_HEADERS, 2)
                # Many have a form with X- of their own.
                if meant not in (None, lower, lower.removeprefix("x-")):
                    yield Found.at(policy, f"{name} in {option} is nearly {meant}")


def _bare_patterns(subject: Subject) -> Iterator[Found]:
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
                yield Found.at(policy, f"{pattern} does not cover {route.rule}")
                break


def _split_urls(subject: Subject) -> Iterator[Found]:
    urls: dict[tuple[str, str], dict[str, Policy | None]] = {}
    for route in subject.routes.routes:
        if route.method not in ("HEAD", "OPTIONS"):
            # If several patterns match paths of the rule, the first is the most specific.
            methods = urls.setdefault((route.domain, route.rule), {})
            methods.setdefault(route.method, route.policy)
    for (_, rule), methods in urls.items():
        (method, policy), *others = sorted(methods.items(), key=lambda item: item[1] is None)
        for other_method, other in others:
            if policy is not None and (other is None or not policy.says_the_same(other)):
                decides = "no policy" if other is None else other.where
                message = f"it covers {method} {rule}, but {decides} covers {other_method}"
                yield Found.at(policy, message)
                break


def _method_overrides(subject: Subject) -> Iterator[Found]:
    for policy in subject.saying("methods"):
        missing = sorted(OVERRIDING_METHODS - policy.methods.names)
        if policy.methods.any or not missing:
            continue
        for name in sorted(policy.allow_headers.names):
            if name.replace("_", "-") in METHOD_OVERRIDES:
                yield Found.at(policy, f"{name} is in allow_headers, and methods lack {missing[0]}")


SETTING_CHECKS = (
    Check(
        "C001",
        "high",
        "The configuration has a mistake",
        "The policy allows nothing: every cross-origin request is refused.",
        "Follow the message.",
        _mistakes,
        is_security=False,
    ),
    Check(
        "C008",
        "low",
        "Browsers cache preflights for only five seconds",
        "Without max_age, five seconds is the default, so users often wait for two requests "
        "instead of one.",
        "Set max_age, as in max_age=600.",
        _no_max_age,
        is_security=False,
    ),
    Check(
        "C009",
        "low",
        "max_age is longer than any browser caches",
        "The extra time has no effect: Firefox caches a preflight for at most 86400 seconds, "
        "Chromium for 7200 and WebKit for 600.",
        f"Set it to {LONGEST_MAX_AGE} or less.",
        _long_max_age,
        is_security=False,
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
        is_security=False,
    ),
    Check(
        "C015",
        "medium",
        "A header may override the method that a policy allows",
        "If the app treats a POST with such a header as another method, a page can use methods "
        "that the policy does not allow.",
        "Remove the header from allow_headers, or allow the methods that it may override.",
        _method_overrides,
    ),
    Check(
        "C016",
        "medium",
        "Origins were never written",
        "By default, any website may read what needs no login. If the origins should have come "
        "from the configuration or the environment, they did not.",
        'Write the origins of your pages. To allow any origin, write origins="*".',
        _origins_never_written,
    ),
    Check(
        "C017",
        "low",
        "The name of a header looks misspelled",
        "Preflights ask for the right name, which is not allowed, or pages cannot read the header.",
        "Correct the name.",
        _misspelled_names,
        is_security=False,
    ),
    Check(
        "C018",
        "medium",
        "A pattern does not cover the routes below it",
        "A pattern without an asterisk matches exactly one path. Another policy decides for the "
        "routes below it, or none.",
        'Add a pattern that ends in "/*", as in "/admin/*".',
        _bare_patterns,
    ),
    Check(
        "C022",
        "low",
        "The methods of a URL have different policies",
        "Browsers cannot cache the preflights of this URL, so each request that needs one waits "
        "for two. If only one of the views was meant to be decorated, pages cannot use the other.",
        "If they should have the same policy, write it once, as a blueprint's or a pattern's.",
        _split_urls,
        is_security=False,
    ),
)
