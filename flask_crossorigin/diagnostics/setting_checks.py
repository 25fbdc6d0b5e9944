"""The audit's checks on everything except origins and credentials."""

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

#: The longest time that any browser caches a preflight, in seconds. This is Firefox's limit;
#: Chromium's is 7200 and WebKit's is 600.
LONGEST_MAX_AGE = 86400


def _mistakes(subject: Subject) -> Iterator[Found]:
    for problem in subject.routes.problems:
        if problem.code != "decorated-above-route":
            text = f"{problem.message} {problem.hint}".strip()
            yield Found(problem.where, text.removesuffix("."), problem.place)


def _no_max_age(subject: Subject) -> Iterator[Found]:
    for policy in subject.with_parts("max_age"):
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
    for policy in subject.with_parts("max_age"):
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


def _late_decorators(subject: Subject) -> Iterator[Found]:
    for decorator in subject.routes.late:
        message = f'preflights for endpoint "{decorator.endpoint}" don\'t use it'
        yield Found(decorator.where, message, decorator.place)


def _forbidden_request_headers(subject: Subject) -> Iterator[Found]:
    for policy in subject.with_parts("allow_headers"):
        for name in sorted(policy.allow_headers.names):
            if is_forbidden_request_header(name, ""):
                yield Found.at(policy, f"{name} is in allow_headers")


def _origins_never_written(subject: Subject) -> Iterator[Found]:
    for policy in subject.policies:
        if policy.origins is ANY_ORIGIN:
            yield Found.at(policy, "origins is not set, so any origin is allowed")


def _misspelled_names(subject: Subject) -> Iterator[Found]:
    for option in ("allow_headers", "expose_headers"):
        for policy in subject.with_parts(option):
            names = getattr(policy, option)
            for name in sorted(names.names) if option == "allow_headers" else names:
                lower = name.lower()
                meant = nearest(lower, WELL_KNOWN_HEADERS, 2)
                # Many apps use an X- variant of a well-known header on purpose.
                if meant not in (None, lower, lower.removeprefix("x-")):
                    yield Found.at(policy, f"{name} in {option} looks like {meant}")


def _bare_patterns(subject: Subject) -> Iterator[Found]:
    entries = [*subject.routes.policies.patterns()]
    starts = {policy: pattern.start for pattern, policy in entries}
    for pattern, policy in entries:
        below = f"{pattern.start.rstrip('/')}/"
        if not pattern.literal:
            continue
        for route in subject.routes.routes:
            # A view or a blueprint below the pattern may have its own policy on purpose.
            start = "" if route.policy is None else starts.get(route.policy, below)
            is_below = route.rule.startswith(below) and route.rule != pattern.start
            if is_below and not start.startswith(below):
                yield Found.at(policy, f"{pattern} does not cover {route.rule}")
                break


def _split_urls(subject: Subject) -> Iterator[Found]:
    urls: dict[tuple[str, str], dict[str, Policy | None]] = {}
    for route in subject.routes.routes:
        if route.method not in ("HEAD", "OPTIONS"):
            # If several patterns match paths of the rule, the most specific comes first.
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
    for policy in subject.with_parts("methods"):
        missing = sorted(OVERRIDING_METHODS - policy.methods.names)
        if policy.methods.any or not missing:
            continue
        for name in sorted(policy.allow_headers.names):
            if name.replace("_", "-") in METHOD_OVERRIDES:
                message = f"{name} is in allow_headers, but {missing[0]} is not in methods"
                yield Found.at(policy, message)


SETTING_CHECKS = (
    Check(
        "C001",
        "high",
        "The configuration has a mistake",
        "The policy allows nothing: every cross-origin request is refused.",
        "Make the change that the message suggests.",
        _mistakes,
        is_security=False,
    ),
    Check(
        "C008",
        "low",
        "Browsers cache preflights for only five seconds",
        "Without max_age, browsers cache a preflight for five seconds, so users often wait for two "
        "requests instead of one.",
        "Set max_age in seconds, such as max_age=600.",
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
        "Its options have no effect: the routes that it should cover have another policy or none.",
        'Compare it with the output of "flask routes". The usual cause is a slash, a prefix or a '
        'wildcard: "/api" does not match "/api/items", but "/api/*" does.',
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
        "allow_headers has a header that JavaScript can't set",
        "It has no effect: only the browser sets this header, and preflights never ask for it.",
        "Remove it from allow_headers.",
        _forbidden_request_headers,
        is_security=False,
    ),
    Check(
        "C015",
        "medium",
        "A header may override the method that a policy allows",
        "If the app treats a POST with such a header as another method, pages can use methods that "
        "the policy does not allow.",
        "Remove the header from allow_headers, or allow the methods that pages may use with it.",
        _method_overrides,
    ),
    Check(
        "C016",
        "medium",
        "Origins are not set",
        "By default, any website may read what needs no login. If the origins should come from the "
        "configuration or an environment variable, they are missing there.",
        'List the origins of your pages. To allow any origin on purpose, write origins="*".',
        _origins_never_written,
    ),
    Check(
        "C017",
        "low",
        "The name of a header looks misspelled",
        "Preflights ask for the correct name, which is not allowed, or pages can't read the "
        "header.",
        "Correct the name.",
        _misspelled_names,
        is_security=False,
    ),
    Check(
        "C018",
        "medium",
        "A pattern does not cover the routes below it",
        "A pattern without an asterisk matches exactly one path. The routes below it have another "
        "policy or none.",
        'Add a pattern that ends in "/*", such as "/admin/*".',
        _bare_patterns,
    ),
    Check(
        "C022",
        "low",
        "The methods of a URL have different policies",
        "Browsers can't cache the preflights of this URL, so users wait for two requests instead "
        "of one. And if you forgot to decorate one of the views, pages can't use it.",
        "If they should have the same policy, write it once, for a blueprint or a path pattern.",
        _split_urls,
        is_security=False,
    ),
    Check(
        "C025",
        "medium",
        "@cross_origin takes effect only when the view runs",
        "Flask doesn't see it, so preflights get the policy of the path or none. Requests that "
        "need a preflight fail, or are allowed although the decorator does not allow them.",
        "Use functools.wraps in the decorators above @cross_origin, or move it above them, "
        "directly below @app.route. In a class, write it on the methods.",
        _late_decorators,
    ),
)
