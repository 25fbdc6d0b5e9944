"""The audit: finds mistakes and risks in the policies of an app.

The checks read the configuration and run nothing. The documentation has a section for each check.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..options.config import AUDIT_IGNORE_KEY
from ..options.errors import Mistake, Problem
from ..options.lists import read_each
from .checks import Check, Severity, Subject
from .credential_checks import CREDENTIAL_CHECKS
from .origin_checks import ORIGIN_CHECKS
from .routes import Routes
from .setting_checks import SETTING_CHECKS

if TYPE_CHECKING:
    from flask import Flask

    from ..core.places import Place

#: Every check, in the order of the ids.
CHECKS: Sequence[Check] = sorted(
    [*ORIGIN_CHECKS, *SETTING_CHECKS, *CREDENTIAL_CHECKS], key=lambda check: check.id
)
#: Every severity, most severe first.
SEVERITIES: Sequence[Severity] = ("high", "medium", "low")


@dataclass(frozen=True, repr=False)
class Finding:
    """One result of a check."""

    #: The id of the check, such as ``C001``. It never changes.
    id: str
    #: ``high``, ``medium`` or ``low``.
    severity: Severity
    #: What the check looks for.
    title: str
    #: The policy with the problem, such as ``resources["/api/*"]``, or one of its options.
    policy: str
    #: The ``file`` and the ``line`` where it was written; None if it comes from the configuration.
    place: Place | None
    #: What was found there.
    message: str
    #: What an attacker can do, or how users are affected.
    harm: str
    #: How to fix it.
    fix: str

    def __str__(self) -> str:
        place = "" if self.place is None else f"{self.place}, "
        return f"{place}{self.policy}: {self.message}"

    def __repr__(self) -> str:
        return f"<{self.id} {self.severity}: {self}>"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``flask cors audit --json`` prints."""
        place = self.place and self.place.to_dict()
        return {**vars(self), "place": place}


@dataclass(frozen=True)
class Audit:
    """The results of all checks on an app."""

    #: The findings, the most severe first, then by id and place.
    findings: Sequence[Finding]
    #: The ids of the checks that did not run because they need a module that is not installed.
    skipped: Sequence[str] = ()
    #: The ids of the checks that did not run because they are ignored.
    ignored: Sequence[str] = ()

    @classmethod
    def of(cls, app: Flask, ignore: Iterable[str] | str = ()) -> Audit:
        """Run the checks. See :func:`audit`."""
        ignored = {
            *read_check_ids(ignore, "ignore"),
            *read_check_ids(app.config.get(AUDIT_IGNORE_KEY) or (), AUDIT_IGNORE_KEY),
        }
        subject = Subject(app, Routes.of(app))
        checks = [check for check in CHECKS if check.id not in ignored]
        skipped = [check.id for check in checks if check.needs and not find_spec(check.needs)]
        findings = [
            Finding(
                check.id, check.severity, check.title, where, place, message, check.harm, check.fix
            )
            for check in checks
            if check.id not in skipped
            for where, message, place in dict.fromkeys(check.find(subject))
        ]
        return cls(sorted(findings, key=_order), skipped, sorted(ignored))

    def at_least(self, severity: Severity) -> Sequence[Finding]:
        """Return the findings with a severity or a higher one.

        :param severity: ``high``, ``medium`` or ``low``.
        :raises ValueError: there is no such severity.
        """
        if severity not in SEVERITIES:
            raise ValueError(f"there is no severity {severity!r}: write 'high', 'medium' or 'low'")
        counted = SEVERITIES[: SEVERITIES.index(severity) + 1]
        return [finding for finding in self.findings if finding.severity in counted]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``flask cors audit --json`` prints."""
        return {
            "schema": 1,
            "command": "audit",
            "findings": [finding.to_dict() for finding in self.findings],
            "skipped": [*self.skipped],
            "ignored": [*self.ignored],
        }


def audit(app: Flask, *, ignore: Iterable[str] | str = ()) -> Audit:
    """Find mistakes and risks in an app's policies. No code of the app runs.

    :param ignore: the ids of checks to ignore, as a list or a comma-separated string, in addition
        to those in ``CORS_AUDIT_IGNORE``.
    :raises ConfigError: an id in ``ignore`` or in ``CORS_AUDIT_IGNORE`` doesn't exist.
    """
    return Audit.of(app, ignore)


def _order(finding: Finding) -> tuple[object, ...]:
    # Findings without a place come first.
    place = finding.place or ("", 0)
    return SEVERITIES.index(finding.severity), finding.id, place, finding.policy, finding.message


def read_check_ids(written: object, where: str) -> list[str]:
    """Read the ids of checks.

    :param written: a list, or a comma-separated string.
    :param where: the option or the configuration key that they come from, for error messages.
    :raises ConfigError: an id doesn't exist.
    """
    problems: list[Problem] = []
    found: list[str] = read_each(_read_check_id, written, where, problems, example='["C008"]')
    if problems:
        raise ConfigError(problems)
    return found


def _read_check_id(written: object) -> str:
    id_ = str(written).upper()
    if id_ not in {check.id for check in CHECKS}:
        hint = f"The checks are {CHECKS[0].id} to {CHECKS[-1].id}."
        raise Mistake("unknown-check", "is not the id of a check.", hint=hint)
    return id_
