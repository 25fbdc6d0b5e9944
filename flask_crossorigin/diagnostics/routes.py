"""Which policy each route of an application falls under."""

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
    #: A path to which the rule leads.
    sample: str
    #: None where no policy says anything.
    policy: Policy | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as ``flask cors routes --json`` prints it."""
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
    """The routes of an application, as the next request would find them."""

    #: In the order in which Flask has them. A rule whose paths fall under several patterns has
    #: a route for each, the most specific first.
    routes: Sequence[Route]
    unmatched: Sequence[UnmatchedPattern]
    #: What is wrong with the configuration.
    problems: Sequence[Problem]
    policies: Policies
    late: Sequence[LateDecorator]
    #: Whether HEAD and OPTIONS are among the methods.
    all_methods: bool = True

    @classmethod
    def of(cls, app: Flask) -> Routes:
        """Read them from an application. Nothing of it is run or settled."""
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
        """Return the routes in another order, perhaps without HEAD and OPTIONS.

        :param sort: ``match`` for the order in which Flask has them, ``methods``, or the name of
            an attribute of :class:`Route`.
        """
        ignored = () if all_methods else ("HEAD", "OPTIONS")
        routes = [route for route in self.routes if route.method not in ignored]
        if sort != "match":
            routes.sort(key=attrgetter("method" if sort == "methods" else sort))
        return replace(self, routes=routes, all_methods=all_methods)

    def to_dict(self) -> dict[str, Any]:
        """Return them as ``flask cors routes --json`` prints them."""
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
                {"endpoint": decorator.endpoint, "policy": decorator.where}
                for decorator in self.late
            ],
        }


def _policies_of(
    policies: Policies, endpoint: str, method: str, paths: RulePaths
) -> Iterator[Policy | None]:
    """Give the policies under which a method of a rule can fall, the most specific first."""
    said = policies.of_endpoint(endpoint)
    view = said.methods.get(method, said.view)
    if view is not None:
        yield view
        return
    for blueprint in said.blueprints:
        if isinstance(blueprint.policies, Policy):
            yield blueprint.policies
            return
        met = _policies_of_paths(blueprint.policies, paths)
        yield from (policy for policy, _ in met)
        if any(covered for _, covered in met):
            return
    met = _policies_of_paths(policies.paths, paths)
    yield from (policy for policy, _ in met)
    if not any(covered for _, covered in met):
        yield None


def _policies_of_paths(
    resources: ResourceMap[Policy], paths: RulePaths
) -> list[tuple[Policy, bool]]:
    """Give the policies whose patterns match some of the paths, and whether they match the rest.

    The patterns come in the order in which :class:`~.resources.ResourceMap` asks them.
    """
    met: list[tuple[Policy, bool]] = []
    for pattern, policy in sorted(resources.entries, key=_specificity):
        if paths.meet(pattern):
            covers = pattern.matches(paths.sample)
            met.append((policy, covers))
            if covers:
                break
    return met


def _specificity(entry: tuple[PathPattern, Policy]) -> tuple[bool, int]:
    return not entry[0].literal, -len(entry[0].start)


def _unmatched(
    policies: Policies, rules: Sequence[tuple[Rule, RulePaths]]
) -> Iterator[UnmatchedPattern]:
    met: dict[UnmatchedPattern, bool] = {}

    def look(entries: Iterable[tuple[PathPattern, Policy]], routes: list[RulePaths]) -> None:
        for pattern, policy in entries:
            if str(pattern) == "*":
                # It stands for every path there may ever be, and mostly nobody wrote it.
                continue
            found = UnmatchedPattern(str(pattern), policy.where)
            # One registration of a blueprint may be enough.
            met[found] = met.get(found) or any(route.meet(pattern) for route in routes)

    look(policies.paths.entries, [paths for _, paths in rules])
    for blueprint in policies.blueprints:
        if not isinstance(blueprint.policies, Policy):
            below = f"{blueprint.name}."
            own = [paths for rule, paths in rules if (rule.endpoint or "").startswith(below)]
            look(blueprint.policies.entries, own)
    return (pattern for pattern, is_met in met.items() if not is_met)
