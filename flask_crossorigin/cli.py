"""The commands below ``flask cors``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from operator import attrgetter
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from .diagnostics.audit import CHECKS, Audit
from .diagnostics.audit_text import audit_lines
from .diagnostics.explain import explain
from .diagnostics.explanation_text import explanation_lines
from .diagnostics.routes import Route, Routes, show_origins
from .diagnostics.text import console_width, fill, format_table
from .state import State

cors = AppGroup(
    "cors",
    help=(
        "Show what pages of other origins may do, and why.\n\n"
        'A page is "blocked by CORS policy"? Ask why:\n\n'
        "\b\n  flask cors explain GET /path --origin https://the-page.example"
    ),
)

_SORTS = ("endpoint", "methods", "domain", "rule", "match")


def _read_header(
    _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> list[tuple[str, str]]:
    for value in values:
        if ":" not in value:
            raise click.BadParameter(f"{value!r} is not written as 'Name: value'")
    return [(name, value) for name, _, value in (value.partition(":") for value in values)]


_json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON.")
_origin_option = click.option(
    "--origin", required=True, help="The origin of the page, such as https://app.example.com."
)
_header_option = click.option(
    "--header",
    "-H",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    callback=_read_header,
    help="A header that script sets. May be given more than once.",
)
_credentials_option = click.option(
    "--credentials", is_flag=True, help="The page sends cookies (credentials: 'include')."
)


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
@_json_option
def routes_command(sort: str, *, all_methods: bool, as_json: bool) -> None:
    """Show each route and method with the policy that decides about other origins.

    The policy is named by where it was written. Patterns that match no route are listed below.
    """
    app = _app()
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
            click.echo(fill(pattern.where, width, "  ! ", "    "))
    if found.problems:
        click.echo("\nThese mistakes keep their policy from allowing anything:")
        for problem in found.problems:
            click.echo(f"  ! {problem}".replace("\n", "\n    "))
    if not State.of(app).has_map:
        text = "There is no CORS(app): a view has the policy of its @cross_origin, or none."
        click.echo("\n" + fill(text, width))


@cors.command("explain", short_help="Tell what a page gets of a URL, and why.")
@click.argument("method")
@click.argument("url")
@_origin_option
@_header_option
@_credentials_option
@_json_option
@click.pass_context
def explain_command(
    context: click.Context,
    method: str,
    url: str,
    *,
    origin: str,
    headers: list[tuple[str, str]],
    credentials: bool,
    as_json: bool,
) -> None:
    """Tell what happens when a page at --origin fetches URL with METHOD.

    URL is a whole URL, or a path of the app. No view is run: what is told follows from the
    policies. The exit status is 0 if the page gets the answer, 1 if it is refused.
    """
    try:
        explanation = explain(
            _app(), method, url, origin=origin, headers=headers, credentials=credentials
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        _echo_json(explanation.to_dict())
    else:
        for line in explanation_lines(explanation, console_width()):
            click.echo(line)
    context.exit(0 if explanation.verdict == "allowed" else 1)


@cors.command("audit", short_help="Report what is legal and risky.")
@click.option(
    "--ignore",
    multiple=True,
    type=click.Choice([check.id for check in CHECKS], case_sensitive=False),
    metavar="ID",
    help="A check to leave out, such as C008. May be given more than once.",
)
@_json_option
@click.pass_context
def audit_command(context: click.Context, ignore: tuple[str, ...], *, as_json: bool) -> None:
    """Report what is legal and risky in the policies of the app.

    Each finding has an id, under which the documentation tells of it. The exit status is 1 if
    there is any.
    """
    audit = Audit.of(_app(), ignore)
    if as_json:
        findings = [vars(finding) for finding in audit.findings]
        _echo_json({"findings": findings, "skipped": audit.skipped, "ignored": [*ignore]})
    else:
        for line in audit_lines(audit, console_width()):
            click.echo(line)
    context.exit(1 if audit.findings else 0)


@cors.command("probe", short_help="Try a deployed URL as a page would.", with_appcontext=False)
@click.argument("url")
@_origin_option
@click.option("--method", "-X", default="GET", help="The method, as script writes it.")
@_header_option
@_credentials_option
@click.option("--send", is_flag=True, help="Send methods, too, that may change something.")
@click.option("--timeout", default=10.0, help="Seconds to wait for an answer.", show_default=True)
@click.option(
    "--cacert",
    type=click.Path(exists=True, dir_okay=False),
    help="A file of the certificates to trust, instead of the system's.",
)
@_json_option
@click.pass_context
def probe_command(
    context: click.Context,
    url: str,
    *,
    origin: str,
    method: str,
    headers: list[tuple[str, str]],
    credentials: bool,
    send: bool,
    timeout: float,
    cacert: str | None,
    as_json: bool,
) -> None:
    """Fetch URL over the network as a page at --origin would, and name the faults.

    Methods other than GET, HEAD and OPTIONS are not sent, unless --send is given; their preflight
    is. The exit status is 0 if the page gets the answer and nothing is wrong, else 1.
    """
    if find_spec("urllib3") is None:
        raise click.UsageError("This needs an HTTP client: pip install flask_crossorigin[probe]")
    # The other commands need no client, and no browser.
    probes, network, text = (
        import_module(f".diagnostics.{name}", __package__)
        for name in ("probe", "network", "probe_text")
    )
    transport = network.NetworkTransport(timeout, sends_unsafe=send, certificates=cacert)
    try:
        found = probes.probe(
            transport,
            url,
            origin=origin,
            method=method,
            headers=headers,
            credentials=credentials,
        )
    except (TypeError, ValueError) as error:
        hint = " (--send sends it)" if "was not sent" in str(error) else ""
        raise click.UsageError(f"{error}{hint}") from None
    if as_json:
        _echo_json(found.to_dict())
    else:
        for line in text.probe_lines(found, console_width()):
            click.echo(line)
    context.exit(0 if found.verdict == "allowed" and not found.faults else 1)


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


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
    rows = [
        {
            "Endpoint": route.endpoint,
            "Method": route.method,
            "Host" if by_host else "Subdomain": route.domain,
            "Rule": route.rule,
            "Policy": _policy_cell(route),
            "Origins": _origins_cell(route),
        }
        for route in routes
    ]
    # Most applications have neither hosts nor subdomains.
    heads = [head for head in rows[0] if any(row[head] for row in rows)]
    cells = [[row[head] for head in heads] for row in rows]
    return format_table(heads, cells, console_width(), flexible=2)


def _policy_cell(route: Route) -> str:
    return "-" if route.policy is None else route.policy.where


def _origins_cell(route: Route) -> str:
    policy = route.policy
    if policy is None:
        return "none"
    if policy.misconfigured:
        return "none: mistakes"
    return ", ".join(["any" if shown == "*" else shown for shown in show_origins(policy)])
