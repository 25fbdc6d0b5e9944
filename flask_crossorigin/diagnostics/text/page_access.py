"""Formats the output of ``flask cors routes --origin``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .routes import rule_lines, word
from .terminal import VERDICTS

if TYPE_CHECKING:
    from ..page_access import Access, PageAccess
    from ..routes import Route
    from .terminal import Terminal


def access_lines(page: PageAccess, terminal: Terminal) -> Iterator[str]:
    """Yield the lines: the routes that the page may use, then the others with the reasons."""
    if not page.access:
        yield "No routes were registered."
        return
    groups: dict[str, list[Route]] = {}
    for access in sorted(page.access, key=lambda access: access.verdict):
        groups.setdefault(_heading(access), []).append(access.route)
    yield terminal.title(f"What {page.origin} may use")
    for heading, routes in groups.items():
        yield ""
        yield terminal.fill(heading, "", "    ", VERDICTS)
        yield from rule_lines((route.method, route.rule, route.domain) for route in routes)
    urls = [access.url for access in page.access if access.url is not None]
    if urls:
        text = f"Functions among the origins were called with sample URLs, such as {urls[0]}. "
        text += 'To try another URL, use "flask cors explain".'
        yield "\n" + terminal.fill(text)


def _heading(access: Access) -> str:
    if access.verdict == "refused":
        return f"REFUSED: {access.reason}"
    facts = [f"{'with' if access.credentials else 'without'} credentials"]
    facts.append(f"max_age {word(access.max_age)}")
    if list(access.allow_headers) != ["*"]:
        facts.append(f"allow_headers {word(access.allow_headers)}")
    if access.expose_headers:
        facts.append(f"expose_headers {word(access.expose_headers)}")
    return f"ALLOWED {'; '.join(facts)}"
