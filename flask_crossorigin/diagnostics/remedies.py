"""Finds what to change so that a page gets a response that it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.reasons import nearest_origin
from ..fetch.grammar import parse_origin
from ..state import State
from .rehearsal import UNROUTED, Rehearsal, rehearsed

if TYPE_CHECKING:
    from flask import Flask

    from ..core.policy import Decision, Policy
    from ..testing import Exchange


def find_remedy(
    app: Flask, rehearsal: Rehearsal, last: Exchange, origin: str, *, credentials: bool
) -> str:
    """Return what to change, as sentences without the last period.

    :param rehearsal: the transport of the exchanges.
    :param last: the exchange that failed.
    :param origin: the page's origin.
    :param credentials: whether the page sends credentials.
    """
    response = rehearsed(last)
    decision = response.decision
    cause = rehearsal.fix_of_decorator(response) if decision.policy is None else ""
    if decision.reason == "origin" and rehearsal.failures:
        # The function may be meant to allow this origin.
        cause = f"Fix this error: {rehearsal.failures[0]}"
    remedy = cause or _cors_remedy(app, decision, response.path, origin, credentials=credentials)
    if response.unrouted is None:
        return remedy
    what, doubtful, missing = UNROUTED[response.unrouted], "URL", "a route"
    if response.unrouted == 405:
        doubtful, missing = "method", "a view for it"
    then = "then," if remedy.startswith("If ") else "then"
    remedy = f"{remedy[0].lower()}{remedy[1:]}"
    return f"{what}. If the {doubtful} is right, add {missing}; {then} {remedy}"


def _cors_remedy(
    app: Flask, decision: Decision, path: str, origin: str, *, credentials: bool
) -> str:
    """Return which policy to change, as a sentence without its period."""
    policy = decision.policy
    if policy is None:
        if not State.of(app).has_map:
            return f'Add CORS(app, origins="{origin}"), or decorate the view with @cross_origin'
        resources = f'{{"{path}": {{"origins": "{origin}"}}}}'
        return (
            f"Cover the path with CORS(app, resources={resources}), or decorate the view with "
            "@cross_origin"
        )
    match decision.reason:
        case "origin":
            return _origin_remedy(policy, origin)
        case "method":
            return _method_remedy(policy, decision.method or "")
        case "headers" if decision.refused_headers:
            names = ", ".join(f'"{name}"' for name in decision.refused_headers)
            return f"Add {names} to allow_headers in {policy.where}"
        case "headers":
            return "Send fewer headers"
        case "misconfigured":
            return 'Fix the mistakes that "flask cors audit" reports'
    if not credentials or policy.supports_credentials:
        return "Remove automatic_options=False, so that flask_crossorigin responds to the preflight"
    if policy.origins.any:
        return _any_origin_remedy(policy, origin)
    return f"Set supports_credentials=True in {policy.where}, or omit credentials in the page"


def _origin_remedy(policy: Policy, text: str) -> str:
    if not policy.origins.rules:
        return f'If this is your page, write origins="{text}": {policy.where} allows no origin'
    origin = parse_origin(text)
    if origin is None and text == "file://" and not policy.supports_credentials:
        return (
            f'If this is your app in a web view, add "{text}" to the origins of {policy.where}. '
            "But every other file that a web view opens has that origin too"
        )
    if origin is None:
        return (
            "Serve the page over HTTP, so that it has an origin. Don't add "
            f'"null" to the origins of {policy.where}: any page can get the origin null'
        )
    remedy = f'If this is your page, add "{text}" to the origins of {policy.where}'
    near = nearest_origin(policy.origins, origin)
    return f"{remedy}, or open it at {near[0]}" if near and "*" not in near[0] else remedy


def _any_origin_remedy(policy: Policy, origin: str) -> str:
    """Return how to allow credentials where any origin is allowed."""
    if parse_origin(origin) is None:
        return (
            "Omit credentials in the page, or serve it over HTTP, so that it has an origin that "
            f"{policy.where} can name"
        )
    entry = f'"{origin}": {{"supports_credentials": True}}'
    if policy.for_origins:
        return f"Add {entry} to for_origins in {policy.where}, or omit credentials in the page"
    return (
        f"Set for_origins={{{entry}}} in {policy.where}, so that any other page can still read "
        f'without credentials. Or list the only origins that may read, as in origins="{origin}", '
        "with supports_credentials=True. Or omit credentials in the page"
    )


def _method_remedy(policy: Policy, method: str) -> str:
    upper = method.upper()
    if method != upper and policy.methods.allows(upper):
        return f'In the page, write the method as "{upper}": methods are case-sensitive'
    return f'Add "{method}" to the methods of {policy.where}'
