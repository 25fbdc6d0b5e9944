"""Finds what to change so that a page gets a response that it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.reasons import nearest_origin
from ..fetch.grammar import parse_origin
from ..state import State

if TYPE_CHECKING:
    from flask import Flask

    from ..core.policy import Decision, Policy


def find_remedy(
    app: Flask, decision: Decision, path: str, origin: str, *, credentials: bool
) -> str:
    """Return what to change, as a sentence without its period.

    :param decision: the decision on the request that failed.
    :param path: the path of its URL within the app.
    :param origin: the page's origin.
    :param credentials: whether the page sends credentials.
    """
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
        return (
            f'List the origins that may act for the user, as in origins="{origin}", and set '
            f"supports_credentials=True in {policy.where}; or omit credentials in the page"
        )
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


def _method_remedy(policy: Policy, method: str) -> str:
    upper = method.upper()
    if method != upper and policy.methods.allows(upper):
        return f'In the page, write the method as "{upper}": methods are case-sensitive'
    return f'Add "{method}" to the methods of {policy.where}'
