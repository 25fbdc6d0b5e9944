"""Finds the policy of each route of an application."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..core.policy import Policy
from ..state import State
from .late import LateDecorator
from .policy_facts import NO_POLICY, policy_facts
from .rule_paths import RulePaths, rule_domain

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule

    from ..core.paths import PathPattern, ResourceMap
    from ..options.errors import Problem
    from ..scope import Policies


@dataclass(frozen=True)
class Route:
    """One method of a URL rule, and the policy for it."""

    endpoint: str
    method: str
    rule: str
    #: The rule's subdomain, or its host with ``host_matching``.
    domain: str
    #: A path that the rule matches.
    sample: str
    #: None if no policy covers the route.
    policy: Policy | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``flask cors routes --json`` prints."""
        facts = NO_POLICY if self.policy is None else policy_facts(self.policy)
        return {
            "endpoint": self.endpoint,
            "method": self.method,
            "domain": self.domain,
            "rule": self.rule,
            **facts,
        }


@dataclass(frozen=True)
class UnmatchedPattern:
    """A resource pattern that matches the path of no route."""

    pattern: str
    where: str


@dataclass(frozen=True)
class Routes:
    """The routes of an application, with the policies that the next request would get."""

    #: In the order in which Flask tries them. If the paths of a rule match several patterns, there
    #: is a route for each pattern, the most specific first.
    routes: Sequence[Route]
    unmatched: Sequence[UnmatchedPattern]
    #: The problems with the configuration.
    problems: Sequence[Problem]
    policies: Policies
    #: The decorators that take effect only when their view runs.
    late: Sequence[LateDecorator]
    #: Whether the methods include HEAD and OPTIONS.
    all_methods: bool = True

    @classmethod
    def of(cls, app: Flask) -> Routes:
        """Read the routes of an application. No code of it runs, and options may be added later."""
        policies, problems = State.of(app).survey()
        rules = [(rule, RulePaths(rule)) for rule in app.url_map.iter_rules()]
        routes = [
            Route(
                endpoint=rule.endpoint or "",
                method=method,
                rule=rule.rule,
                domain=rule_domain(rule) or "",
                sample=paths.sample,
                policy=policy,
            )
            for rule, paths in rules
            for method in sorted(rule.methods or ())
            for policy in _policies_of(policies, rule.endpoint or "", method, paths)
        ]
        late = [LateDecorator.of(app, policies, endpoint) for endpoint in app.view_functions]
        found = [decorator for decorator in late if decorator is not None]
        return cls(routes, list(_unmatched(policies, rules)), problems, policies, found)

    def select(self, *, sort: str, all_methods: bool) -> Routes:
        """Return the routes in another order.

        :param sort: ``match`` for the order in which Flask tries them, ``methods``, or the name of
            an attribute of :class:`Route`.
        :param all_methods: whether to include HEAD and OPTIONS.
        """
        ignored = () if all_methods else ("HEAD", "OPTIONS")
        routes = [route for route in self.routes if route.method not in ignored]
        if sort != "match":
            routes.sort(key=attrgetter("method" if sort == "methods" else sort))
        return replace(self, routes=routes, all_methods=all_methods)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``flask cors routes --json`` prints."""
        return {
            "schema": 1,
            "command": "routes",
            "all_methods": self.all_methods,
            "routes": [route.to_dict() for route in self.routes],
            "unmatched": [
                {"pattern": pattern.pattern, "policy": pattern.where} for pattern in self.unmatched
            ],
            "problems": [str(problem) for problem in self.problems],
            "late": [
                {
                    "endpoint": decorator.endpoint,
                    "policy": decorator.where,
                    "place": decorator.place and decorator.place.to_dict(),
                }
                for decorator in self.late
            ],
        }


def _policies_of(
    policies: Policies, endpoint: str, method: str, paths: RulePaths
) -> Iterator[Policy | None]:
    """Yield the policies that can apply to a method of a rule, the most specific first."""
    of_endpoint = policies.of_endpoint(endpoint)
    view = of_endpoint.methods.get(method, of_endpoint.view)
    if view is not None:
        yield view
        return
    for blueprint in of_endpoint.blueprints:
        if isinstance(blueprint.policies, Policy):
            yield blueprint.policies
            return
        found = _policies_of_paths(blueprint.policies, paths)
        yield from (policy for policy, _ in found)
        if any(covers for _, covers in found):
            return
    found = _policies_of_paths(policies.paths, paths)
    yield from (policy for policy, _ in found)
    if not any(covers for _, covers in found):
        yield None


def _policies_of_paths(
    resources: ResourceMap[Policy], paths: RulePaths
) -> list[tuple[Policy, bool]]:
    """Return the policies whose patterns match some of the paths.

    With each policy comes whether its pattern matches an ordinary path of the rule. If so, it is
    the last, because the patterns are tried from the most specific, as in ``ResourceMap``.
    """
    found: list[tuple[Policy, bool]] = []
    for pattern, policy in sorted(resources.entries, key=_specificity):
        if paths.overlap(pattern):
            covers = pattern.matches(paths.sample)
            found.append((policy, covers))
            if covers:
                break
    return found


def _specificity(entry: tuple[PathPattern, Policy]) -> tuple[bool, int]:
    return not entry[0].literal, -len(entry[0].start)


def _unmatched(
    policies: Policies, rules: Sequence[tuple[Rule, RulePaths]]
) -> Iterator[UnmatchedPattern]:
    """Yield the patterns that match no route."""
    is_matched: dict[UnmatchedPattern, bool] = {}

    def check(entries: Iterable[tuple[PathPattern, Policy]], routes: list[RulePaths]) -> None:
        for pattern, policy in entries:
            if str(pattern) == "*":
                # This is the default, and it also covers paths without a route.
                continue
            found = UnmatchedPattern(str(pattern), policy.where)
            # If a blueprint is registered several times, a match in one of them is enough.
            is_matched[found] = is_matched.get(found) or any(
                route.overlap(pattern) for route in routes
            )

    check(policies.paths.entries, [paths for _, paths in rules])
    for blueprint in policies.blueprints:
        if not isinstance(blueprint.policies, Policy):
            below = f"{blueprint.name}."
            own = [paths for rule, paths in rules if (rule.endpoint or "").startswith(below)]
            check(blueprint.policies.entries, own)
    return (pattern for pattern, matched in is_matched.items() if not matched)
