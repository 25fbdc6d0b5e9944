"""Formats the output of ``flask cors routes``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...state import State
from ..policy_facts import policy_facts
from .terminal import HEADER

if TYPE_CHECKING:
    from flask import Flask

    from ...core.policy import Policy
    from ..routes import Route, Routes
    from .terminal import Terminal

_LABELS = 18
#: The options that are printed, each with a value that is omitted because it is usual.
_SHOWN: dict[str, object] = {
    "origins": ...,
    "methods": ...,
    "credentials": ...,
    "max_age": ...,
    "allow_headers": ["*"],
    "expose_headers": [],
    "enforce": False,
    "report_only": False,
}
#: The options that ``for_origins`` can change.
_DIFFERING = ("methods", "credentials", "max_age", "allow_headers", "expose_headers")


def routes_lines(app: Flask, routes: Routes, terminal: Terminal) -> Iterator[str]:
    """Yield the lines: a table of routes, their policies, unmatched patterns, and mistakes."""
    if not routes.routes:
        yield "No routes were registered."
    else:
        yield from _route_table(routes.routes, terminal, by_host=app.url_map.host_matching)
    yield from _policies(routes.routes, terminal)
    if routes.unmatched:
        yield "\n" + terminal.title("These patterns match no route:")
        for pattern in routes.unmatched:
            yield terminal.fill(pattern.where, "  ! ", "    ")
    for title, is_bare in (
        ("Policies with these mistakes allow nothing:", False),
        ("Flask serves these views without their decorator:", True),
    ):
        problems = [
            problem
            for problem in routes.problems
            if (problem.code == "decorated-above-route") is is_bare
        ]
        if problems:
            yield "\n" + terminal.title(title)
        for problem in problems:
            yield f"  ! {problem}".replace("\n", "\n    ")
    if routes.late:
        yield "\n" + terminal.title("These decorators take effect only when the view runs:")
        for decorator in routes.late:
            place = "" if decorator.place is None else f"{decorator.place}: "
            text = f"{place}{decorator.where}, endpoint {decorator.endpoint}"
            yield terminal.fill(text, "  ! ", "    ")
        yield terminal.fill(f"Such a decorator {routes.late[0].MEANING}", "  ", "  ")
    if not State.of(app).has_map:
        text = "There is no CORS(app), so only decorated views and CORS(blueprint) have a policy."
        yield "\n" + terminal.fill(text)


def _route_table(routes: Sequence[Route], terminal: Terminal, *, by_host: bool) -> list[str]:
    groups: dict[tuple[str, str, Policy | None], list[Route]] = {}
    for route in routes:
        groups.setdefault((route.domain, route.rule, route.policy), []).append(route)
    rows = [
        {
            "Rule": rule,
            "Host" if by_host else "Subdomain": domain,
            "Endpoint": joined(route.endpoint for route in group),
            "Methods": joined(route.method for route in group),
            "Policy": "-" if policy is None else policy.where,
        }
        for (domain, rule, policy), group in groups.items()
    ]
    # Omit empty columns: most apps have neither hosts nor subdomains.
    heads = [head for head in rows[0] if any(row[head] for row in rows)]
    widths = [max(map(len, (head, *(row[head] for row in rows)))) for head in heads]
    if sum(widths) + 2 * (len(heads) - 1) > terminal.width:
        # If the table is too wide, the rule is enough to identify a route.
        heads.remove("Endpoint")
    return terminal.table(heads, [[row[head] for head in heads] for row in rows], flexible=2)


def joined(words: Iterable[str]) -> str:
    """Join different words with commas, in alphabetical order."""
    return ", ".join(sorted({*words}))


def rule_lines(routes: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Yield one line for each rule.

    :param routes: the method, the rule and the domain of each route.
    """
    rules: dict[tuple[str, str], list[str]] = {}
    for method, rule, domain in routes:
        rules.setdefault((rule, domain), []).append(method)
    width = max(len(joined(methods)) for methods in rules.values())
    for (rule, domain), methods in rules.items():
        place = f" at {domain}" if domain else ""
        yield f"  {joined(methods).ljust(width)}  {rule}{place}"


def _policies(routes: Sequence[Route], terminal: Terminal) -> Iterator[str]:
    """Yield what each policy allows. Policies with the same options share one description."""
    described: dict[str, list[str]] = {}
    for policy in dict.fromkeys(route.policy for route in routes):
        if policy is not None:
            text = "\n".join(_describe(policy, terminal))
            described.setdefault(text, []).append(_name(policy))
    for description, names in described.items():
        yield ""
        yield from map(terminal.title, dict.fromkeys(names))
        yield description


def _name(policy: Policy) -> str:
    return policy.where if policy.place is None else f"{policy.where} ({policy.place})"


def _describe(policy: Policy, terminal: Terminal) -> Iterator[str]:
    facts = policy_facts(policy)
    shown = {name: facts[name] for name, usual in _SHOWN.items() if facts[name] != usual}
    if policy.misconfigured:
        shown = {"origins": "none, because of the mistakes below", "enforce": facts["enforce"]}
    yield from _options(shown, "  ", terminal)
    for part in facts["for_origins"]:
        differing = {name: part[name] for name in _DIFFERING if part[name] != facts[name]}
        yield f"  for {part['origins'][0]}"
        yield from _options(differing, "    ", terminal)
        if not differing:
            yield "    the same as above"


def _options(options: dict[str, Any], indent: str, terminal: Terminal) -> Iterator[str]:
    for name, value in options.items():
        label = f"{indent}{name}".ljust(_LABELS - 1) + " "
        yield terminal.fill(word(value), label, " " * len(label), {name: HEADER})


def word(value: object) -> str:
    """Return the value of an option as text."""
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "not set"
        case int():
            return f"{value} seconds"
        case list() | tuple():
            return ", ".join("any" if each == "*" else each for each in value) or "none"
    return str(value)
