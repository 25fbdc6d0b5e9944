"""What is valid but risky in an app's policies.

The checks look only at the configuration. The documentation has a section for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .checks import SETTING_CHECKS, Check, Subject
from .origin_checks import ORIGIN_CHECKS
from .routes import Routes

if TYPE_CHECKING:
    from flask import Flask

#: Every check, in the order of the ids.
CHECKS: Sequence[Check] = sorted([*ORIGIN_CHECKS, *SETTING_CHECKS], key=lambda check: check.id)


@dataclass(frozen=True)
class Finding:
    """One thing that a check found."""

    #: As in ``C001``.
    id: str
    #: ``high``, ``medium`` or ``low``.
    severity: str
    title: str
    #: Where it was written.
    where: str
    #: What was found there.
    message: str
    #: What an attacker can do, or what users suffer.
    harm: str
    fix: str


@dataclass(frozen=True)
class Audit:
    """What the checks found in an app."""

    findings: Sequence[Finding]
    #: The ids of the checks that need a module that is not installed.
    skipped: Sequence[str]
    #: The ids of the checks that were left out on request.
    ignored: Sequence[str] = ()

    @classmethod
    def of(cls, app: Flask, ignore: Sequence[str] = ()) -> Audit:
        """Run the checks, and nothing of the app.

        :param ignore: the ids of checks to leave out.
        """
        subject = Subject(app, Routes.of(app))
        checks = [check for check in CHECKS if check.id not in ignore]
        skipped = [check.id for check in checks if check.needs and not find_spec(check.needs)]
        findings = [
            Finding(check.id, check.severity, check.title, where, message, check.harm, check.fix)
            for check in checks
            if check.id not in skipped
            for where, message in dict.fromkeys(check.find(subject))
        ]
        return cls(findings, skipped, ignore)

    def to_dict(self) -> dict[str, Any]:
        """Return it as ``flask cors audit --json`` prints it."""
        return {
            "findings": [vars(finding) for finding in self.findings],
            "skipped": [*self.skipped],
            "ignored": [*self.ignored],
        }
