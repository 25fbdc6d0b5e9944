"""The commands below ``flask cors``."""

from __future__ import annotations

import json
from operator import attrgetter
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from .console import console_width, fill, format_table
from .registry import Registry
from .routes import Route, Routes, show_origins

cors = AppGroup("cors", help="Show what pages of other origins may do, and why.")

_SORTS = ("endpoint", "methods", "domain", "rule", "match")


def _echo_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2))


@cors.command("routes", short_help="Show the CORS policy of each route.")
@click.option(
    "--sort",
    "-s",
    type=click.Choice(_SORTS),
    default="endpoint",
    help=(
        "Method to sort routes by. 'match' is the order that Flask will match routes"
        " when dispatching a request."
    ),
)
@click.option("--all-methods", is_flag=True, help="Show HEAD and OPTIONS methods.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def routes_command(sort: str, *, all_methods: bool, as_json: bool) -> None:
    """Show each route and method with the policy that decides about other origins.

    The policy is named by where it was written. Patterns that match no route are listed below.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    found = Routes.of(app)
    ignored = () if all_methods else ("HEAD", "OPTIONS")
    routes = [route for route in found.routes if route.method not in ignored]
    if sort != "match":
        routes.sort(key=attrgetter("method" if sort == "methods" else sort))
    if as_json:
        _echo_json(
            {
                "routes": [_route_as_json(route) for route in routes],
                "unmatched": [vars(pattern) for pattern in found.unmatched],
                "problems": [str(problem) for problem in found.problems],
            }
        )
        return
    for line in _route_lines(routes, by_host=app.url_map.host_matching):
        click.echo(line)
    width = console_width()
    if found.unmatched:
        click.echo("\nThese patterns match no route:")
        for pattern in found.unmatched:
            where = "" if pattern.pattern in pattern.where else f"{pattern.pattern} of "
            click.echo(fill(f"{where}{pattern.where}", width, "  ! ", "    "))
    if found.problems:
        click.echo("\nThese mistakes keep their policy from allowing anything:")
        for problem in found.problems:
            click.echo(f"  ! {problem}".replace("\n", "\n    "))
    if not Registry.of(app).installed:
        text = "There is no CORS(app): a view has the policy of its @cross_origin, or none."
        click.echo("\n" + fill(text, width))


def _route_as_json(route: Route) -> dict[str, Any]:
    policy = route.policy
    return {
        "endpoint": route.endpoint,
        "method": route.method,
        "domain": route.domain,
        "rule": route.rule,
        "policy": None if policy is None else policy.where,
        "origins": [] if policy is None else show_origins(policy),
        "credentials": policy is not None and policy.supports_credentials,
    }


def _route_lines(routes: list[Route], *, by_host: bool) -> list[str]:
    if not routes:
        return ["No routes were registered."]
    has_domain = any(route.domain for route in routes)
    heads = ["Endpoint", "Method", "Rule", "Policy", "Origins"]
    rows = [
        [route.endpoint, route.method, route.rule, _policy_cell(route), _origins_cell(route)]
        for route in routes
    ]
    if has_domain:
        heads.insert(2, "Host" if by_host else "Subdomain")
        for route, row in zip(routes, rows, strict=True):
            row.insert(2, route.domain)
    return format_table(heads, rows, console_width(), flexible=2)


def _policy_cell(route: Route) -> str:
    return "-" if route.policy is None else route.policy.where


def _origins_cell(route: Route) -> str:
    policy = route.policy
    if policy is None:
        return "none"
    if policy.misconfigured:
        return "none: mistakes"
    return ", ".join(["any" if shown == "*" else shown for shown in show_origins(policy)])
