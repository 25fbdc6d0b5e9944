"""The audit's checks on credentials: who can use a user's cookies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..core.origins import ANY_HOST, OriginPattern
from ..fetch.grammar import parse_origin
from ..testing.site import is_loopback, registrable_domain
from .checks import Check, Found, Subject

if TYPE_CHECKING:
    from ..core.policy import Policy

#: The name in ``app.extensions`` of extensions that check a CSRF token, such as Flask-WTF.
CSRF_EXTENSION = "csrf"


def _same_site(subject: Subject) -> str:
    return str(subject.app.config["SESSION_COOKIE_SAMESITE"] or "").lower()


def _own_site(subject: Subject) -> str | None:
    """Return the registrable domain of the app; None if the configuration doesn't say."""
    config = subject.app.config
    server = (config["SERVER_NAME"] or config["SESSION_COOKIE_DOMAIN"] or "").lower()
    return registrable_domain(re.sub(r":[0-9]+\Z", "", server).removeprefix(".")) or None


def _session_not_sent(subject: Subject) -> Iterator[Found]:
    site = _own_site(subject)
    if site is not None:
        yield from _lost_sessions(subject, site)
    elif _same_site(subject) == "none":
        # Chromium and Firefox reject SameSite=None without Secure, whatever the site.
        yield from _lost_sessions(subject, "")


def _session_may_not_be_sent(subject: Subject) -> Iterator[Found]:
    if _own_site(subject) is None and _same_site(subject) != "none":
        yield from _lost_sessions(subject, "", unless=" unless both are on the same site")


def _lost_sessions(subject: Subject, site: str, unless: str = "") -> Iterator[Found]:
    """Find origins that may send credentials, but from which no session cookie is sent.

    :param site: the app's registrable domain; empty if it is not known.
    :param unless: a condition to add to the message.
    """
    config = subject.app.config
    same_site = config["SESSION_COOKIE_SAMESITE"]
    cause = f"SESSION_COOKIE_SAMESITE is {'not set' if same_site is None else repr(same_site)}"
    if _same_site(subject) == "none":
        cause = "SESSION_COOKIE_SECURE is False, and SameSite=None has no effect without it"
    is_sent = _same_site(subject) == "none" and config["SESSION_COOKIE_SECURE"]
    if subject.app.secret_key is None or is_sent:
        return
    for policy in subject.with_parts("origins"):
        hosts = _hosts(policy) if policy.supports_credentials else []
        foreign = [h for h in hosts if not is_loopback(h) and registrable_domain(h) != site]
        if foreign:
            message = f"{cause}, so requests from {foreign[0]} have no session{unless}"
            yield Found.at(policy, message)


def _hosts(policy: Policy) -> Iterator[str]:
    for rule in policy.origins.rules:
        literal = parse_origin(rule) if isinstance(rule, str) else None
        if literal is not None:
            yield literal.host
        elif isinstance(rule, OriginPattern) and rule.host != ANY_HOST:
            yield rule.host


def _forged_with_none(subject: Subject) -> Iterator[Found]:
    if _same_site(subject) == "none":
        for policy, requests in _reached_by_forms(subject):
            yield Found.at(policy, f"any page can send {requests} with the session cookie")


def _forged_without_same_site(subject: Subject) -> Iterator[Found]:
    if _same_site(subject) == "" and subject.app.secret_key is not None:
        for policy, requests in _reached_by_forms(subject):
            message = f"pages in Firefox and Safari can send {requests} with the session cookie"
            yield Found.at(policy, message)


def _reached_by_forms(subject: Subject) -> Iterator[tuple[Policy, str]]:
    """Yield the policies with views that any page can reach by a form, with the user's cookies."""

    def matches(policy: Policy, method: str) -> bool:
        # Other methods need a preflight, which only allowed origins pass.
        is_sent = method == "POST" and not policy.enforce
        everywhere = (policy, *policy.for_origins.policies)
        return is_sent and any(each.supports_credentials for each in everywhere)

    if CSRF_EXTENSION not in subject.app.extensions:
        yield from subject.unsafe_requests(matches)


def _loopback(subject: Subject) -> Iterator[Found]:
    if subject.app.debug or subject.app.testing:
        return
    for policy in subject.with_parts("origins"):
        hosts = _hosts(policy) if policy.supports_credentials else []
        for host in dict.fromkeys(filter(is_loopback, hosts)):
            yield Found.at(policy, f"pages at {host} may send credentials")


CREDENTIAL_CHECKS = (
    Check(
        "C010",
        "medium",
        "The session cookie is not sent from other sites",
        "Pages from these origins may send credentials, but browsers leave out the session "
        "cookie, so their users never appear to be logged in.",
        'Set SESSION_COOKIE_SAMESITE = "None" and SESSION_COOKIE_SECURE = True. Then protect the '
        'app against CSRF: set enforce="unsafe", or check a CSRF token.',
        _session_not_sent,
        is_security=False,
    ),
    Check(
        "C020",
        "high",
        "Any page can act with the user's session",
        "With SameSite=None, browsers send the session cookie with every form that any page "
        "submits. CORS stops that page from reading the response, but the view has already run.",
        "Set enforce=True, which refuses requests from other origins before a view runs. Or check "
        "a CSRF token, for example with Flask-WTF.",
        _forged_with_none,
    ),
    Check(
        "C021",
        "medium",
        "Some browsers let any page act with the user's session",
        "Firefox and Safari send a cookie without SameSite with every form that any page submits. "
        "CORS stops that page from reading the response, but the view has already run.",
        "Set enforce=True, which refuses such requests. Or, if your pages are on the same site as "
        'the app, set SESSION_COOKIE_SAMESITE = "Lax".',
        _forged_without_same_site,
    ),
    Check(
        "C023",
        "low",
        "Pages on the user's own machine may send credentials",
        "Any program that serves pages at that address on a user's machine can act as that user.",
        "Allow origins such as http://localhost:3000 only in your development configuration.",
        _loopback,
    ),
    Check(
        "C024",
        "low",
        "The session cookie is only sent within one site",
        "If the app and these origins are on different sites, browsers leave out the session "
        "cookie, so their users never appear to be logged in.",
        "If they are on the same site, set SERVER_NAME so that the audit knows. Otherwise, set "
        'SESSION_COOKIE_SAMESITE = "None", SESSION_COOKIE_SECURE = True and enforce=True.',
        _session_may_not_be_sent,
        is_security=False,
    ),
)
