"""Formats the output of ``flask cors audit``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from .terminal import SEVERITIES

if TYPE_CHECKING:
    from ..audit import Audit, Finding
    from .terminal import Style, Terminal


def audit_lines(audit: Audit, terminal: Terminal, *, verbose: bool = False) -> Iterator[str]:
    """Yield the lines: one for each finding, then a summary.

    :param verbose: whether to group the findings by check, with the harm and the fix of each.
    """
    for _, group in groupby(audit.findings, key=attrgetter("id")):
        yield from (_in_full if verbose else _in_short)([*group], terminal)
    for skipped in audit.skipped:
        text = f'{skipped} was not checked. To enable it: pip install "flask_crossorigin[audit]"'
        yield terminal.fill(text, "", "    ")
    summary = [_count(audit)]
    if audit.ignored:
        summary.append(f"Ignored: {', '.join(audit.ignored)}.")
    if audit.findings and not verbose:
        summary.append("Add --verbose to see the harm and the fix of each.")
    yield terminal.fill(" ".join(summary))


def _in_short(findings: list[Finding], terminal: Terminal) -> Iterator[str]:
    for finding in findings:
        indent = f"{finding.id} {finding.severity:6}  "
        yield terminal.fill(str(finding), indent, " " * len(indent), _style(finding))


def _in_full(findings: list[Finding], terminal: Terminal) -> Iterator[str]:
    first = findings[0]
    text = f"{first.id} {first.severity}: {first.title}"
    yield terminal.fill(text, "", "    ", _style(first))
    for finding in findings:
        yield terminal.fill(f"{finding}.", "  - ", "    ")
    yield terminal.fill(first.harm, "  Harm: ", "        ")
    yield terminal.fill(first.fix, "  Fix:  ", "        ")
    yield ""


def _style(finding: Finding) -> dict[str, Style]:
    return {finding.severity: SEVERITIES[finding.severity]}


def _count(audit: Audit) -> str:
    counts = Counter[str](finding.severity for finding in audit.findings)
    total = sum(counts.values())
    parts = [f"{counts[name]} {name}" for name in SEVERITIES if counts[name]]
    by_severity = f": {', '.join(parts)}" if parts else ""
    return f"{total or 'No'} finding{'' if total == 1 else 's'}{by_severity}."
