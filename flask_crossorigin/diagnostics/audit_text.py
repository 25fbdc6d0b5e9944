"""An audit, to be read in a terminal or in the log of a build."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from .text import fill

if TYPE_CHECKING:
    from .audit import Audit


def audit_lines(audit: Audit, width: int) -> Iterator[str]:
    """Write an audit: what was found of each kind and where, what it does, how to mend it."""
    for _, group in groupby(audit.findings, key=attrgetter("id")):
        findings = [*group]
        first = findings[0]
        yield fill(f"{first.id} {first.severity}: {first.title}", width, "", "    ")
        for finding in findings:
            yield fill(f"{finding.where}: {finding.message}.", width, "  - ", "    ")
        yield fill(first.harm, width, "  Harm: ", "        ")
        yield fill(first.fix, width, "  Fix:  ", "        ")
        yield ""
    for skipped in audit.skipped:
        text = f"{skipped} was not checked: pip install flask_crossorigin[audit]"
        yield fill(text, width, "", "    ")
    counts = Counter(finding.severity for finding in audit.findings)
    total = sum(counts.values())
    parts = [f"{counts[name]} {name}" for name in ("high", "medium", "low") if counts[name]]
    told = f": {', '.join(parts)}" if parts else ""
    yield f"{total or 'No'} finding{'' if total == 1 else 's'}{told}."
