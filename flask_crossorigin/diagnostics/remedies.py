"""What to change so that a page gets what it was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.reasons import nearest_origin
from ..fetch.grammar import parse_origin

if TYPE_CHECKING:
    from ..core.policy import Policy
    from .client import PageRequest
    from .rehearsal import Answer, Application
    from .target import Target


def find_remedy(answer: Answer, page: PageRequest, target: Target, application: Application) -> str:
    """Say what to change, for a refusal.

    :param answer: what the browser refused.
    """
    decision = answer.decision
    if decision is None or decision.policy is None:
        covered = f'"{target.path}": {{"origins": "{page.origin}"}}'
        if application.has_map:
            return f"Cover the path: CORS(app, resources={{{covered}}}), or decorate the view"
        return f'Write CORS(app, origins="{page.origin}"), or decorate the view with @cross_origin'
    policy = decision.policy
    where = policy.where
    match decision.reason:
        case "origin":
            return _origin_remedy(policy, page)
        case "method":
            return _method_remedy(policy, decision.method or "")
        case "headers":
            names = ", ".join(f'"{name}"' for name in decision.refused_headers)
            return f"Add {names} to allow_headers in {where}" if names else "Send fewer headers"
        case "misconfigured":
            return 'Mend the mistakes that "flask cors audit" lists'
    if not page.credentials:
        return "Let the preflight be answered for the view: leave out automatic_options=False"
    if policy.origins.any:
        return (
            f'Name the origins that may act for the user, as in origins="{page.origin}", and '
            f"write supports_credentials=True, in {where}; or let the page send no credentials"
        )
    return f"Write supports_credentials=True in {where}, or let the page send no credentials"


def _origin_remedy(policy: Policy, page: PageRequest) -> str:
    where = policy.where
    if page.origin == "null":
        return (
            "Serve the page over HTTP from an origin of its own: any page can make itself null, "
            f'so "null" among the origins of {where} lets everybody in'
        )
    text = f'If the page is yours, add "{page.origin}" to the origins of {where}'
    origin = parse_origin(page.origin)
    near = None if origin is None else nearest_origin(policy.origins, origin)
    return f"{text}, or open it at {near[0]}" if near and "*" not in near[0] else text


def _method_remedy(policy: Policy, method: str) -> str:
    upper = method.upper()
    if method != upper and policy.methods.allows(upper):
        return f'Write the method as "{upper}" in the page: case counts'
    return f'Add "{method}" to the methods of {policy.where}'
