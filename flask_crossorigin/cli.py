"""The ``flask cors`` commands.

Every ``flask`` command imports this module, so each command here imports what it needs when it
runs. It is one module because the commands share their options.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup

if TYPE_CHECKING:
    from .diagnostics.checks import Severity
    from .diagnostics.text.terminal import Terminal

cors = AppGroup(
    "cors",
    help=(
        "Show what pages from other origins may do, and why.\n\n"
        'If the browser says "blocked by CORS policy", ask why:\n\n'
        "\b\n  flask cors explain GET /path --origin https://the-page.example"
    ),
)

_SORTS = ("endpoint", "methods", "domain", "rule", "match")


def _read_header(
    _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> list[tuple[str, str]]:
    for value in values:
        if ":" not in value:
            raise click.BadParameter(f"{value!r} has no colon. Write 'Name: value'.")
    return [(name, value) for name, _, value in (value.partition(":") for value in values)]


def _read_check_ids(
    _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> list[str]:
    from .diagnostics.audit import read_check_ids
    from .errors import ConfigError

    try:
        return [id_ for value in values for id_ in read_check_ids(value, "--ignore")]
    except ConfigError as error:
        (problem, *_) = error.problems
        raise click.BadParameter(f"{problem.message} {problem.hint}") from None


_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_origin_option = click.option(
    "--origin", required=True, help="The page's origin, such as https://app.example.com."
)
_header_option = click.option(
    "--header",
    "-H",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    callback=_read_header,
    help="A request header that JavaScript sets. Can be repeated.",
)
_base_url_option = click.option(
    "--base-url",
    metavar="URL",
    help="The URL of the app's root. By default, SERVER_NAME or else http://127.0.0.1:5000.",
)
_credentials_option = click.option(
    "--credentials", is_flag=True, help="Send cookies, as with credentials: 'include'."
)


@cors.command("routes", short_help="Show the CORS policy of each route.")
@click.option(
    "--sort",
    "-s",
    type=click.Choice(_SORTS),
    default="rule",
    help=("The column to sort by. 'match' is the order in which Flask tries the routes."),
)
@click.option("--all-methods", is_flag=True, help="Also show the methods HEAD and OPTIONS.")
@click.option(
    "--origin", help="Show what pages from this origin may do, such as https://app.example.com."
)
@_json_option
def routes_command(sort: str, *, all_methods: bool, origin: str | None, as_json: bool) -> None:
    """Show the CORS policy of each route, and what the policies allow.

    Each policy is shown with the file and line where it was written. Patterns that match no route
    are listed at the end. With --origin, show which routes a page from that origin may use, and why
    it may not use the others.
    """
    from .diagnostics.page_access import PageAccess
    from .diagnostics.routes import Routes
    from .diagnostics.text.page_access import access_lines
    from .diagnostics.text.routes import routes_lines

    app = _app()
    routes = Routes.of(app).select(sort=sort, all_methods=all_methods)
    if origin is None:
        _print(routes.to_dict() if as_json else partial(routes_lines, app, routes))
        return
    try:
        access = PageAccess.of(app, routes, origin)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    _print(access.to_dict() if as_json else partial(access_lines, access))


@cors.command("diff", short_help="Show which origins gained or lost access.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@_json_option
@click.pass_context
def diff_command(context: click.Context, file: str, *, as_json: bool) -> None:
    """Compare the policies with FILE, a saved output of "flask cors routes --json".

    The comparison shows, route by route, which origins gained or lost access, methods, credentials
    or headers. "-" reads standard input. The exit status is 1 if any origin gained something, and 0
    otherwise.
    """
    from .diagnostics.diff import Diff
    from .diagnostics.text.diff import diff_lines

    try:
        with click.open_file(file, "rb") as stream:
            diff = Diff.of(_app(), stream.read())
    except ValueError as error:
        raise click.BadParameter(str(error), context, param_hint="FILE") from None
    name = "FILE" if file == "-" else file
    _print(diff.to_dict() if as_json else partial(diff_lines, diff, name))
    context.exit(1 if diff.gained else 0)


@cors.command("explain", short_help="Explain what a page gets from a URL, and why.")
@click.argument("method")
@click.argument("url")
@_origin_option
@_header_option
@_credentials_option
@_base_url_option
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
    base_url: str | None,
    as_json: bool,
) -> None:
    """Explain what happens when a page at --origin fetches URL with METHOD.

    URL is an absolute URL or a path of the app. Nothing is sent and no view runs: the explanation
    follows from the policies and the routes. The exit status is 0 if the page gets the response,
    and 1 if it doesn't.
    """
    from .diagnostics.explain import explain
    from .diagnostics.text.explanation import explanation_lines

    try:
        explanation = explain(
            _app(),
            method,
            url,
            origin=origin,
            headers=headers,
            credentials=credentials,
            base_url=base_url,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    _print(explanation.to_dict() if as_json else partial(explanation_lines, explanation))
    context.exit(0 if explanation.verdict == "allowed" else 1)


@cors.command("audit", short_help="Report mistakes and risks in the policies.")
@click.option("--verbose", "-v", is_flag=True, help="Show the harm and the fix of each finding.")
@click.option(
    "--fail-on",
    type=click.Choice(("high", "medium", "low")),
    default="medium",
    show_default=True,
    help="The lowest severity that sets the exit status to 1.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="IDS",
    callback=_read_check_ids,
    help="Checks to leave out, such as C008,C010. Can be repeated.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "github", "sarif")),
    help="The output format. The default is text. Use github for annotations in GitHub Actions.",
)
@_json_option
@click.pass_context
def audit_command(
    context: click.Context,
    *,
    verbose: bool,
    fail_on: Severity,
    ignore: list[str],
    form: str | None,
    as_json: bool,
) -> None:
    """Report mistakes and risks in the app's CORS policies.

    The documentation explains each finding by its id. The exit status is 1 if any finding has the
    severity --fail-on or a higher one, and 0 otherwise. To ignore checks permanently, set
    CORS_AUDIT_IGNORE in the app's configuration.
    """
    from .diagnostics.audit import audit
    from .diagnostics.code_scanning import annotation_lines, to_sarif
    from .diagnostics.text.audit import audit_lines
    from .errors import ConfigError

    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json can't be combined with --format {form}.")
    app = _app()
    try:
        found = audit(app, ignore=ignore)
    except ConfigError as error:
        raise click.UsageError(str(error)) from None
    if as_json or form == "json":
        _print(found.to_dict())
    elif form == "sarif":
        _print(to_sarif(found, app))
    elif form == "github":
        _print(lambda _terminal: annotation_lines(found))
    else:
        _print(partial(audit_lines, found, verbose=verbose))
    context.exit(1 if found.at_least(fail_on) else 0)


@cors.command("probe", short_help="Fetch a deployed URL as a page would.", with_appcontext=False)
@click.argument("url")
@_origin_option
@click.option("--method", "-X", default="GET", help="The method.", show_default=True)
@_header_option
@_credentials_option
@click.option("--send", is_flag=True, help="Also send requests that might change data.")
@click.option(
    "--timeout", default=10.0, help="Seconds for all requests together.", show_default=True
)
@click.option(
    "--cacert",
    type=click.Path(exists=True, dir_okay=False),
    help="A PEM file of certificates to trust instead of the system's.",
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
    """Fetch URL over the network as a page at --origin would, and report faults.

    Requests that might change data are not sent unless you add --send: for methods other than GET,
    HEAD and OPTIONS, only the preflight is sent. The exit status is 0 if the page gets the response
    and no fault is found, and 1 otherwise.
    """
    if find_spec("urllib3") is None:
        raise click.UsageError(
            'This command needs an HTTP client: pip install "flask_crossorigin[probe]"'
        )
    from .diagnostics.probe import probe
    from .diagnostics.text.probe import probe_lines
    from .diagnostics.transport import NetworkTransport

    transport = NetworkTransport(timeout, sends_unsafe=send, certificates=cacert)
    try:
        found = probe(
            transport,
            url,
            origin=origin,
            method=method,
            headers=headers,
            credentials=credentials,
        )
    except (TypeError, ValueError) as error:
        raise click.UsageError(str(error)) from None
    _print(found.to_dict() if as_json else partial(probe_lines, found))
    context.exit(0 if found.verdict == "allowed" and not found.faults else 1)


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def _print(output: dict[str, Any] | Callable[[Terminal], Iterable[str]]) -> None:
    """Print a dict as JSON, or the lines that a function formats for this terminal."""
    if isinstance(output, dict):
        click.echo(json.dumps(output, indent=2))
        return
    from .diagnostics.text.terminal import Terminal

    terminal = Terminal.current()
    for line in output(terminal):
        click.echo(line, color=terminal.color)
