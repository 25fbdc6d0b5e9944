"""How ``flask cors routes`` prints the routes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...state import State
from ..routes import show_origins

if TYPE_CHECKING:
    from flask import Flask

    from ..routes import Route, Routes
    from .terminal import Terminal


def routes_lines(app: Flask, routes: Routes, terminal: Terminal) -> Iterator[str]:
    """Format routes: a table, then the patterns without a route, and the mistakes."""
    yield from _route_table(routes.routes, terminal, by_host=app.url_map.host_matching)
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
        yield "\n" + terminal.title("These decorators are only found when the view runs:")
        for decorator in routes.late:
            yield terminal.fill(f"{decorator.where}, endpoint {decorator.endpoint}", "  ! ", "    ")
        yield terminal.fill(routes.late[0].MEANING, "  ", "  ")
    if not State.of(app).has_map:
        text = "There is no CORS(app): only decorated views and CORS(blueprint) have a policy."
        yield "\n" + terminal.fill(text)


def _route_table(routes: Sequence[Route], terminal: Terminal, *, by_host: bool) -> list[str]:
    if not routes:
        return ["No routes were registered."]
    rows = [
        {
            "Endpoint": route.endpoint,
            "Method": route.method,
            "Host" if by_host else "Subdomain": route.domain,
            "Rule": route.rule,
            "Policy": "-" if route.policy is None else route.policy.where,
            "Origins": _origins_cell(route),
        }
        for route in routes
    ]
    # Most apps have neither hosts nor subdomains.
    heads = [head for head in rows[0] if any(row[head] for row in rows)]
    cells = [[row[head] for head in heads] for row in rows]
    return terminal.table(heads, cells, flexible=2)


def _origins_cell(route: Route) -> str:
    policy = route.policy
    if policy is None:
        return "none"
    if policy.misconfigured:
        return "none: mistakes"
    everywhere = (policy, *policy.for_origins.policies)
    shown = [each for part in everywhere for each in show_origins(part)]
    return ", ".join("any" if each == "*" else each for each in dict.fromkeys(shown))
