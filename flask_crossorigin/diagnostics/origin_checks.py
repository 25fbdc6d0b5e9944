"""The checks on which origins are let in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ..core.ambiguity import find_slow_part
from ..core.origins import OriginPattern
from ..core.regexes import can_match, has_single_dot
from ..fetch.grammar import parse_origin
from ..options.origins import lets_in_any_origin
from ..testing.url import is_loopback
from .checks import Check, Place, Subject
from .routes import show_origin

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

    from ..core.origins import OriginRule
    from ..core.policy import Policy

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK_STARTS = ("http://localhost", "http://127.0.0.1", "http://[::1]")
#: The end of a regex that is literal: labels, each after an escaped dot.
_LITERAL_END = re.compile(
    r"((?:\\\.[a-z0-9\-]+)+)"
    r"(?:\((?:\?:)?:[^()]*\)\??|:\\d\+|:\[0-9\]\+|\$|\\Z)*\Z"
)


def _any_origin_unsafe_methods(subject: Subject) -> Iterator[Place]:
    used: dict[str, list[str]] = {}
    for route in subject.routes.routes:
        policy = route.policy
        if policy is None or route.method in _SAFE_METHODS:
            continue
        if any(map(lets_in_any_origin, policy.origins.rules)) and policy.methods.allows(
            route.method
        ):
            used.setdefault(policy.where, []).append(f"{route.method} {route.rule}")
    for where, requests in used.items():
        shown = ", ".join(requests[:3])
        more = f" and {len(requests) - 3} more" if len(requests) > 3 else ""
        yield where, f"any origin may send {shown}{more}"


def _plain_http_with_credentials(subject: Subject) -> Iterator[Place]:
    for policy in subject.policies:
        if policy.supports_credentials:
            for rule in policy.origins.rules:
                if _lets_in_plain_http(rule):
                    yield policy.where, f"{show_origin(rule)} with supports_credentials"


def _lets_in_plain_http(rule: OriginRule) -> bool:
    if isinstance(rule, OriginPattern):
        return rule.scheme == "http" and not is_loopback(rule.host)
    if isinstance(rule, str):
        origin = parse_origin(rule)
        return origin is not None and origin.scheme == "http" and not is_loopback(origin.host)
    return isinstance(rule, re.Pattern) and can_match(rule, _plain_http_step, frozenset({_REMOTE}))


# The states are how much of "http://localhost" and the others has been read, one number for each
# start they have in common; then what follows a whole one, and a host that is none of them.
_STARTS = sorted({name[:end] for name in _LOOPBACK_STARTS for end in range(len(name) + 1)})
_PORT, _REMOTE = len(_STARTS), len(_STARTS) + 1


def _plain_http_step(state: int, character: str) -> int | None:
    if state >= _PORT:
        return state
    read = _STARTS[state] + character
    if read in _STARTS:
        return _STARTS.index(read)
    if _STARTS[state] in _LOOPBACK_STARTS and character == ":":
        return _PORT
    return _REMOTE if read.startswith("http://") else None


def _null(subject: Subject) -> Iterator[Place]:
    for policy in subject.policies:
        for rule in policy.origins.rules:
            is_match = isinstance(rule, re.Pattern) and rule.fullmatch("null")
            if rule == "null" or (is_match and not lets_in_any_origin(rule)):
                yield policy.where, f"{show_origin(rule)} lets in the origin null"


def _unescaped_dot(subject: Subject) -> Iterator[Place]:
    for policy, regex in _origin_regexes(subject):
        if has_single_dot(regex):
            yield policy.where, f"{show_origin(regex)} has a dot that stands for any character"


def _slow_regex(subject: Subject) -> Iterator[Place]:
    regexes = [(policy.where, regex) for policy, regex in _origin_regexes(subject)]
    for policy in subject.policies:
        regexes += [(policy.where, regex) for regex in policy.allow_headers.patterns]
    for pattern, policy in subject.routes.policies.patterns():
        regexes.append((policy.where, pattern.regex))
    for where, regex in regexes:
        if slow := find_slow_part(regex):
            yield where, f"{show_origin(regex)} has {slow}"


def _origin_regexes(subject: Subject) -> Iterator[tuple[Policy, re.Pattern[str]]]:
    for policy in subject.policies:
        for rule in policy.origins.rules:
            if isinstance(rule, re.Pattern):
                yield policy, rule


def _public_suffix(subject: Subject) -> Iterator[Place]:
    for policy in subject.policies:
        for rule in policy.origins.rules:
            host = _wildcard_host(rule)
            if host and _public_suffixes().is_public(host):
                yield policy.where, f"{show_origin(rule)} is whatever anybody registers in {host}"


@cache
def _public_suffixes() -> PublicSuffixList:
    # Reading the list takes longer than all the rest.
    suffixes: PublicSuffixList = import_module("publicsuffixlist").PublicSuffixList()
    return suffixes


def _wildcard_host(rule: OriginRule) -> str:
    """Give the host below which a rule lets in any, if it is written in it."""
    if isinstance(rule, OriginPattern):
        return rule.host if rule.subdomains else ""
    if not isinstance(rule, re.Pattern):
        return ""
    end = _LITERAL_END.search(rule.pattern)
    # What is literal from the scheme on is one host and no wildcard.
    if end is None or rule.pattern[: end.start()].rpartition("://")[2].isalnum():
        return ""
    return end[1].replace("\\.", ".")[1:]


ORIGIN_CHECKS = (
    Check(
        "C002",
        "medium",
        "Any origin may use methods that change something",
        "Any page that a visitor opens can send these requests from the visitor's network, and "
        "read the answers: what is trusted because it comes from an intranet is not safe.",
        'Name the origins of your pages, and leave "*" to the routes that only read.',
        _any_origin_unsafe_methods,
    ),
    Check(
        "C003",
        "high",
        "An origin without encryption may act for the user",
        "Whoever is on the way, as in an open wireless network, can put script into a page of "
        "http and act with the cookies of the user who is logged in.",
        "Write the origin with https. Pages at localhost are fine.",
        _plain_http_with_credentials,
    ),
    Check(
        "C004",
        "high",
        "The origin null is let in",
        "Any page can make itself null with a sandboxed frame, so null is any origin.",
        "Serve the page over HTTP and name its origin.",
        _null,
    ),
    Check(
        "C005",
        "high",
        "A dot in a regular expression stands for any character",
        "app.example.com in a regular expression is also appxexample.com, which anybody may "
        "register.",
        r'Escape it: r"https://app\.example\.com".',
        _unescaped_dot,
    ),
    Check(
        "C006",
        "medium",
        "A regular expression can take very long",
        "The time can double with each character: a few requests stop a server.",
        'Let no text match in two ways, or write a pattern such as "https://*.example.com".',
        _slow_regex,
    ),
    Check(
        "C007",
        "high",
        "A wildcard over a domain in which anybody may register",
        "An attacker registers a name there, and is one of your origins.",
        'Name your own domain, as in "https://*.you.github.io".',
        _public_suffix,
        needs="publicsuffixlist",
    ),
)
