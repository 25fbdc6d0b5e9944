"""Formats the output of ``flask cors diff``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from .routes import rule_lines, word
from .terminal import BAD, HEADER

if TYPE_CHECKING:
    from ..diff import Change, Diff, SavedRoute
    from .terminal import Terminal

# For each kind of change, what is printed if origins gained it and if they lost it.
_SENTENCES = {
    "route": ("may use these new routes", "may no longer use these routes, which were removed"),
    "origins": ("may use", "may no longer use"),
    "methods": ("may also use these methods", "may no longer use these methods"),
    "credentials": ("may send credentials to", "may no longer send credentials to"),
    "allow_headers": ("may set {} for", "may no longer set {} for"),
    "expose_headers": ("may read {} of", "may no longer read {} of"),
}
_ENFORCE = (
    "requests from other origins reach the views, because enforce no longer refuses them",
    "requests from other origins no longer reach the views, because enforce refuses them",
)
_LEADS = (("+ gained", BAD), ("- lost", HEADER))
_COUNTS = ("{} gained", "{} lost")
_INDENT = 10
#: How many rules are printed for each change. ``--json`` prints all of them.
_MOST_RULES = 12

_Changes = Sequence[tuple["SavedRoute", "Change"]]


def diff_lines(diff: Diff, file: str, terminal: Terminal) -> Iterator[str]:
    """Yield the lines: what was gained, then what was lost, each with its routes, and a summary.

    :param file: the name of the file with the saved policies.
    """
    counts = []
    for index, changes in enumerate((diff.gained, diff.lost)):
        blocks = _grouped(changes, index)
        counts.append(_COUNTS[index].format(len(blocks)))
        for text, routes in blocks.items():
            lead, style = _LEADS[index]
            yield terminal.fill(f"{lead}: {text}:", "", " " * _INDENT, {lead: style})
            lines = [*rule_lines((route.method, route.rule, route.domain) for route in routes)]
            yield from (f"  {line}" for line in lines[:_MOST_RULES])
            if len(lines) > _MOST_RULES:
                yield f"    and {len(lines) - _MOST_RULES} more"
            yield ""
    if not diff.gained and not diff.lost:
        yield "No origin gained or lost anything."
    else:
        yield f"{', '.join(counts)}."
    for added, what in ((diff.new_routes, "New"), (diff.removed_routes, "Removed")):
        if added:
            yield f"{what} routes: {len(added)}."
    if diff.problems:
        text = 'Policies with mistakes allow nothing. "flask cors routes" shows the mistakes.'
        yield terminal.fill(text)
    if diff.gained:
        yield "If these changes are intended, save the new policies:"
        yield f"  flask cors routes --json > {file}"


def _grouped(changes: _Changes, index: int) -> dict[str, tuple[SavedRoute, ...]]:
    """Group changes by sentence, so that origins and routes with the same change share one."""
    routes_of: dict[Change, list[SavedRoute]] = {}
    for route, change in changes:
        routes_of.setdefault(change, []).append(route)
    origins_of: dict[tuple[Change, tuple[SavedRoute, ...]], list[str]] = {}
    for change, changed in routes_of.items():
        key = (change._replace(origin=""), tuple(changed))
        origins_of.setdefault(key, []).append(word([change.origin]))
    return {
        _sentence(change, origins, index): routes
        for (change, routes), origins in origins_of.items()
    }


def _sentence(change: Change, origins: Sequence[str], index: int) -> str:
    if change.what == "enforce":
        return _ENFORCE[index]
    sentence = _SENTENCES[change.what][index].format(_headers(change))
    subject = ", ".join("any origin" if origin == "any" else origin for origin in origins)
    with_credentials = change.credentials and change.what != "credentials"
    note = f" ({change.note})" if change.note else ""
    return f"{subject} {sentence}{', with credentials' if with_credentials else ''}{note}"


def _headers(change: Change) -> str:
    kind = "request" if change.what == "allow_headers" else "response"
    if change.names == ("*",):
        return f"any {kind} header"
    return f"the {kind} header{'s' * (len(change.names) > 1)} {', '.join(change.names)}"
