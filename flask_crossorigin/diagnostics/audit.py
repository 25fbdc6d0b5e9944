"""What is legal and risky in an application's policies.

Each check asks only what the configuration shows, and has an id that stays. A page of the
documentation tells of each.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from .checks import SETTING_CHECKS
from .findings import Check, Subject
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
    #: What an attacker can do, or a user suffers.
    harm: str
    fix: str


@dataclass(frozen=True)
class Audit:
    """What the checks found in an application."""

    findings: Sequence[Finding]
    #: The ids of the checks that need what is not installed.
    skipped: Sequence[str]

    @classmethod
    def of(cls, app: Flask, ignore: Collection[str] = ()) -> Audit:
        """Run the checks. Nothing of the application is run or settled.

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
        return cls(findings, skipped)
