"""Which policy each route of an application falls under."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from werkzeug.routing import FloatConverter, IntegerConverter

from ..core.automaton import ANYTHING, Grammar
from ..core.origins import is_regex
from ..core.policy import Policy
from ..core.reach import DIGITS
from ..state import State
from .late import LateDecorator

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import BaseConverter, Rule

    from ..core.origins import OriginRule
    from ..core.paths import PathPattern, ResourceMap
    from ..options.errors import Problem
    from ..scope import Policies


_VARIABLE = re.compile(r"<(?:(?P<converter>[A-Za-z_]\w*)(?:\(.*?\))?:)?[A-Za-z_]\w*>")


@dataclass(frozen=True)
class Route:
    """One method of a URL rule, and the policy for it."""

    endpoint: str
    method: str
    rule: str
    #: The rule's subdomain, or its host with ``host_matching``.
    domain: str
    #: None where no policy says anything.
    policy: Policy | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as ``flask cors routes --json`` prints it."""
        policy = self.policy
        return {
            "endpoint": self.endpoint,
            "method": self.method,
            "domain": self.domain,
            "rule": self.rule,
            "policy": None if policy is None else policy.where,
            "origins": [] if policy is None else show_origins(policy),
            "credentials": policy is not None and policy.supports_credentials,
            "for_origins": []
            if policy is None
            else [
                {
                    "policy": part.where,
                    "origins": show_origins(part),
                    "credentials": part.supports_credentials,
                }
                for part in policy.for_origins.policies
            ],
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

    @classmethod
    def of(cls, app: Flask) -> Routes:
        """Read them from an application. Nothing of it is run or settled."""
        policies, problems = State.of(app).survey()
        rules = [(rule, RulePaths(rule)) for rule in app.url_map.iter_rules()]
        routes = [
            Route(rule.endpoint or "", method, rule.rule, rule_domain(rule) or "", policy)
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
        return replace(self, routes=routes)

    def to_dict(self) -> dict[str, Any]:
        """Return them as ``flask cors routes --json`` prints them."""
        return {
            "routes": [route.to_dict() for route in self.routes],
            "unmatched": [vars(pattern) for pattern in self.unmatched],
            "problems": [str(problem) for problem in self.problems],
            "late": [vars(decorator) for decorator in self.late],
        }


def rule_domain(rule: Rule) -> str | None:
    """Give what a rule wants of the host name."""
    return rule.host if rule.map.host_matching else rule.subdomain


def show_origins(policy: Policy) -> list[str]:
    """Write the origins that a policy lets in, as a user would write them."""
    if not policy.origins.rules and not policy.misconfigured:
        return ["none"]
    return [show_origin(rule) for rule in policy.origins.rules]


def show_origin(rule: OriginRule) -> str:
    """Write one of the things that a user may write among the origins."""
    if not is_regex(rule):
        return str(rule)
    mark = "'" if '"' in rule.pattern else '"'
    return f"r{mark}{rule.pattern}{mark}"


class RulePaths:
    """The paths that a URL rule leads to.

    A variable part is taken for more than its converter lets through, so that no pattern is called
    useless when it isn't.
    """

    def __init__(self, rule: Rule) -> None:
        #: A path as most requests have it, with nothing in its variable parts that a pattern
        #: would name.
        self.sample = ""
        self._grammar = Grammar()
        self._state = ""
        self._met: dict[PathPattern, bool] = {}
        position = 0
        for match in _VARIABLE.finditer(rule.rule):
            self._add_literal(rule.rule[position : match.start()])
            self._add_variable(rule.map.converters[match["converter"] or "default"])
            position = match.end()
        self._is_literal = position == 0
        self._add_literal(rule.rule[position:])
        self._grammar.ends.add(self._state)

    def _add_literal(self, text: str) -> None:
        self.sample += text
        for character in text:
            self._step(character)

    def _add_variable(self, converter: type[BaseConverter]) -> None:
        if issubclass(converter, (IntegerConverter, FloatConverter)):
            sample, characters = "7", DIGITS + "-."
        elif converter.part_isolating:
            sample, characters = "~", ANYTHING.replace("/", "")
        else:
            sample, characters = "~/~", ANYTHING
        self.sample += sample
        self._step(characters)
        self._grammar.add(self._state, characters, self._state)

    def _step(self, characters: str) -> None:
        before, self._state = self._state, str(int(self._state or "0") + 1)
        self._grammar.add(before, characters, self._state)

    def meet(self, pattern: PathPattern) -> bool:
        """Return whether a pattern can match one of the paths."""
        if self._is_literal:
            return pattern.matches(self.sample)
        if pattern not in self._met:
            self._met[pattern] = self._grammar.is_possible(pattern.regex)
        return self._met[pattern]


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
