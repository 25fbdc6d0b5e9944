"""How ``flask cors audit`` prints its findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from .terminal import SEVERITIES

if TYPE_CHECKING:
    from ..audit import Audit
    from .terminal import Terminal


def audit_lines(audit: Audit, terminal: Terminal) -> Iterator[str]:
    """Format an audit: each kind of finding with its places, the harm it does, and the fix."""
    for _, group in groupby(audit.findings, key=attrgetter("id")):
        findings = [*group]
        first = findings[0]
        text = f"{first.id} {first.severity}: {first.title}"
        yield terminal.fill(text, "", "    ", {first.severity: SEVERITIES[first.severity]})
        for finding in findings:
            yield terminal.fill(f"{finding.where}: {finding.message}.", "  - ", "    ")
        yield terminal.fill(first.harm, "  Harm: ", "        ")
        yield terminal.fill(first.fix, "  Fix:  ", "        ")
        yield ""
    for skipped in audit.skipped:
        text = f"{skipped} was not checked: pip install flask_crossorigin[audit]"
        yield terminal.fill(text, "", "    ")
    counts = Counter(finding.severity for finding in audit.findings)
    total = sum(counts.values())
    parts = [f"{counts[name]} {name}" for name in ("high", "medium", "low") if counts[name]]
    by_severity = f": {', '.join(parts)}" if parts else ""
    yield f"{total or 'No'} finding{'' if total == 1 else 's'}{by_severity}."
