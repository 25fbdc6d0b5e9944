"""The audit's checks on allowed origins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ..core.automaton import ANYTHING, Grammar
from ..core.origins import ANY_HOST, OriginPattern, is_regex
from ..core.reach import (
    NAMES_OF_NOBODY,
    has_single_dot,
    matches_any_host,
    opaque_origin,
    open_hosts,
)
from ..fetch.grammar import OPAQUE_ORIGINS, parse_origin
from ..options.regexes import open_end
from ..testing.site import is_loopback
from .checks import Check, Found, Subject
from .policy_facts import show_origin
from .slowness import find_slow_part

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

    from ..core.automaton import Automaton
    from ..core.origins import OriginRule
    from ..core.patterns import Regex
    from ..core.policy import Policy

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def _any_origin_unsafe_methods(subject: Subject) -> Iterator[Found]:
    def matches(policy: Policy, method: str) -> bool:
        return any(map(_allows_any_origin, policy.origins.rules)) and policy.methods.allows(method)

    for policy, requests in subject.unsafe_requests(matches):
        yield Found.at(policy, f"any origin may send {requests}")


def _allows_any_origin(rule: OriginRule) -> bool:
    return rule == "*" or (is_regex(rule) and open_end(rule) is not None)


def _plain_http_with_credentials(subject: Subject) -> Iterator[Found]:
    for policy in subject.with_parts("origins"):
        if policy.supports_credentials:
            for rule in policy.origins.rules:
                if _allows_remote_http(rule):
                    yield Found.at(policy, f"{show_origin(rule)} may send credentials")


def _allows_remote_http(rule: OriginRule) -> bool:
    if isinstance(rule, OriginPattern):
        return rule.scheme == "http" and not is_loopback(rule.host)
    if isinstance(rule, str):
        origin = parse_origin(rule)
        return origin is not None and origin.scheme == "http" and not is_loopback(origin.host)
    return is_regex(rule) and _REMOTE_HTTP.is_possible(rule)


def _remote_http() -> Grammar:
    """Return the grammar of origins with the scheme ``http`` that are not on the same machine."""
    grammar = Grammar()
    grammar.spell("", ["http://"])
    for state, going_on in grammar.spell("http://", _LOOPBACK):
        name = state.removeprefix("http://")
        others = ANYTHING if name not in _LOOPBACK else ANYTHING.replace(":", "")
        grammar.add(state, "".join(c for c in others if c not in going_on), "remote")
        if name and name not in _LOOPBACK:
            grammar.ends.add(state)
    grammar.add("remote", ANYTHING, "remote")
    grammar.ends.add("remote")
    return grammar


_REMOTE_HTTP = _remote_http()


def _null(subject: Subject) -> Iterator[Found]:
    for policy in subject.with_parts("origins"):
        for rule in policy.origins.rules:
            if isinstance(rule, str) and rule in OPAQUE_ORIGINS:
                yield Found.at(policy, f"the origin {rule} is allowed")
            elif (
                is_regex(rule)
                and not _allows_any_origin(rule)
                and (opaque := opaque_origin(rule)) is not None
            ):
                yield Found.at(policy, f"{show_origin(rule)} allows the origin {opaque}")


def _any_app(subject: Subject) -> Iterator[Found]:
    for policy in subject.with_parts("origins"):
        for rule in policy.origins.rules if policy.supports_credentials else ():
            is_match = is_regex(rule) and not _allows_any_origin(rule) and matches_any_host(rule)
            if is_match or (isinstance(rule, OriginPattern) and rule.host == ANY_HOST):
                yield Found.at(policy, f"{show_origin(rule)} may send credentials")


def _unescaped_dot(subject: Subject) -> Iterator[Found]:
    for policy, regex in _origin_regexes(subject):
        if has_single_dot(regex):
            yield Found.at(policy, f"{show_origin(regex)} has a dot that matches any character")


def _open_regex(subject: Subject) -> Iterator[Found]:
    for policy, regex in _origin_regexes(subject):
        if reason := open_end(regex):
            yield Found.at(policy, f"{show_origin(regex)} {reason}")


def _slow_regex(subject: Subject) -> Iterator[Found]:
    regexes: list[tuple[Policy, Regex]] = [*_origin_regexes(subject)]
    for policy in subject.with_parts("origins"):
        regexes += [(policy, regex) for regex in policy.allow_headers.patterns]
    for pattern, policy in subject.routes.policies.patterns():
        regexes.append((policy, pattern.regex))
    for policy, regex in regexes:
        # A regex that was written as a string is matched in linear time.
        if isinstance(regex, re.Pattern) and (slow := find_slow_part(regex)):
            yield Found.at(policy, f"{show_origin(regex)} has {slow}")


def _origin_regexes(subject: Subject) -> Iterator[tuple[Policy, Automaton | re.Pattern[str]]]:
    for policy in subject.with_parts("origins"):
        for rule in policy.origins.rules:
            if is_regex(rule):
                yield policy, rule


def _public_suffix(subject: Subject) -> Iterator[Found]:
    for policy in subject.with_parts("origins"):
        for rule in policy.origins.rules:
            for host in filter(_public_suffixes().is_public, _wildcard_domains(rule)):
                yield Found.at(policy, f"{show_origin(rule)} allows any name registered in {host}")


@cache
def _public_suffixes() -> PublicSuffixList:
    # Reading the list takes longer than all checks together.
    suffixes: PublicSuffixList = import_module("publicsuffixlist").PublicSuffixList()
    return suffixes


def _wildcard_domains(rule: OriginRule) -> list[str]:
    """Return the domains of which a rule allows any subdomain that someone can register."""
    hosts: list[str] = []
    if isinstance(rule, OriginPattern) and rule.subdomains:
        hosts = [rule.host]
    elif is_regex(rule):
        hosts = open_hosts(rule)
    hosts = [host.removesuffix(".") for host in hosts]
    return [host for host in hosts if host.rpartition(".")[2] not in NAMES_OF_NOBODY]


ORIGIN_CHECKS = (
    Check(
        "C002",
        "medium",
        "Any origin may use methods that change something",
        "Any page that a visitor opens can send these requests from the visitor's network, and "
        "read the responses. This also reaches services on an intranet.",
        'List the origins of your pages, and use "*" only for routes that don\'t change anything.',
        _any_origin_unsafe_methods,
    ),
    Check(
        "C003",
        "high",
        "An origin with plain http may send credentials",
        "Attackers on the network, such as in an open Wi-Fi, can put JavaScript into a page that "
        "is loaded over http, and act as the user who is logged in.",
        "Write the origin with https.",
        _plain_http_with_credentials,
    ),
    Check(
        "C004",
        "high",
        "An opaque origin is allowed",
        "Any page can get the origin null with a sandboxed frame, and file:// is the origin of "
        "every file that a web view opens.",
        "Serve the page over HTTP and write its origin.",
        _null,
    ),
    Check(
        "C005",
        "high",
        "A dot in a regular expression matches any character",
        "app.example.com in a regular expression also matches appxexample.com, which anyone can "
        "register.",
        r'Escape the dot: r"https://app\.example\.com".',
        _unescaped_dot,
    ),
    Check(
        "C006",
        "medium",
        "A regular expression can take very long",
        "The time can double with each character that an attacker sends, so a few requests can "
        "block the server.",
        "Rewrite it so that no text can match in two ways, or write a pattern such as "
        '"https://*.example.com".',
        _slow_regex,
    ),
    Check(
        "C007",
        "high",
        "A wildcard covers a domain where anyone can register",
        "An attacker can register a name there and has an allowed origin.",
        'Put the wildcard below your own name, as in "https://*.you.github.io".',
        _public_suffix,
        needs="publicsuffixlist",
    ),
    Check(
        "C014",
        "high",
        "A regular expression allows domains that it doesn't name",
        "An attacker can register such a domain, and then read what your page can read.",
        "Close the open end: write \\. and then the complete domain, up to its last letter.",
        _open_regex,
    ),
    Check(
        "C019",
        "medium",
        "Any extension or app may send credentials",
        "An attacker who gets the user to install an extension or an app can read what the user "
        "can read.",
        "List the ids that you know, and let all others use a token instead of cookies.",
        _any_app,
    ),
)
