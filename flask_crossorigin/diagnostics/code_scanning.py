"""The audit in two formats for GitHub: workflow annotations and SARIF 2.1.0.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import linecache
import re
import sys
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .audit import CHECKS
from .checks import Check

if TYPE_CHECKING:
    from flask import Flask

    from .audit import Audit, Finding

_PACKAGE = "flask_crossorigin"
_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT_ID = "%SRCROOT%"

#: The workflow command for each severity.
_COMMANDS = {"high": "error", "medium": "warning", "low": "notice"}
#: The SARIF level for each severity.
_LEVELS = {"high": "error", "medium": "warning", "low": "note"}
#: The score for each severity. GitHub shows 7.0 and above as high, and 4.0 and above as medium.
_SCORES = {"high": "8.0", "medium": "5.0", "low": "2.0"}
#: GitHub's name for the severity of a check that is not about security.
_PROBLEMS = {"high": "error", "medium": "warning", "low": "recommendation"}


def annotation_lines(audit: Audit) -> Iterator[str]:
    """Format an audit as workflow commands, which GitHub shows beside the lines of a change."""
    root = _source_root()
    for finding in audit.findings:
        properties = {"title": f"{finding.id} {finding.title}"}
        if finding.place is not None:
            path = _below(root, Path(finding.place.path))
            line = str(finding.place.line)
            properties = {"file": path.as_posix(), "line": line, **properties}
        listed = ",".join(f"{name}={_escaped(properties[name], ':,')}" for name in properties)
        text = f"{finding.policy}: {finding.message}.\n{finding.harm}\n{finding.fix}"
        yield f"::{_COMMANDS[finding.severity]} {listed}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    """Escape the characters that would end a workflow command.

    :param more: characters to escape as well, such as those that end a property.
    """
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def to_sarif(audit: Audit, app: Flask) -> dict[str, Any]:
    """Return an audit as a SARIF log, for GitHub's code scanning and for editors.

    :param app: the app that was audited. GitHub rejects findings without a file, so findings from
        the configuration are reported at the first line of the app's module.
    """
    root = _source_root()
    ids = [check.id for check in CHECKS]
    rules = [_rule(check) for check in CHECKS]
    driver = {"name": _PACKAGE, "version": version(_PACKAGE), "rules": rules}
    results = [
        {
            "ruleId": finding.id,
            "ruleIndex": ids.index(finding.id),
            "level": _LEVELS[finding.severity],
            "message": {"text": f"{finding.policy}: {finding.message}."},
            "locations": [{"physicalLocation": _location(finding, app, root)}],
            "partialFingerprints": {"primaryLocationLineHash": _fingerprint(finding)},
        }
        for finding in audit.findings
    ]
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {_ROOT_ID: {"uri": root.as_uri().removesuffix("/") + "/"}},
        # Columns count characters, as in Python.
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(check: Check) -> dict[str, Any]:
    properties = {"problem.severity": _PROBLEMS[check.severity]}
    if check.is_security:
        # GitHub shows only checks with a score as security alerts.
        properties = {"security-severity": _SCORES[check.severity]}
    words = re.findall("[A-Za-z0-9]+", check.title.replace("'", ""))
    return {
        "id": check.id,
        "name": "".join(word[0].upper() + word[1:] for word in words),
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": f"{check.title}. {check.harm}"},
        "help": {
            "text": f"{check.harm}\n\nFix: {check.fix}",
            "markdown": f"{check.harm}\n\n**Fix:** {check.fix}",
        },
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {
            "tags": ["security"] if check.is_security else ["correctness"],
            **properties,
        },
    }


def _location(finding: Finding, app: Flask, root: Path) -> dict[str, Any]:
    path, line = _module_file(app), 1
    if finding.place is not None:
        path, line = Path(finding.place.path), finding.place.line
    text = linecache.getline(str(path), line).rstrip()
    start = len(text) - len(text.lstrip()) + 1
    below = _below(root, path)
    artifact = {"uri": quote(below.as_posix()), "uriBaseId": _ROOT_ID}
    return {
        "artifactLocation": {"uri": below.as_uri()} if below.is_absolute() else artifact,
        "region": {
            "startLine": line,
            "startColumn": start,
            "endLine": line,
            "endColumn": max(len(text), start) + 1,
        },
    }


def _fingerprint(finding: Finding) -> str:
    """Return an id for a finding that doesn't depend on its line number."""
    text = "\n".join((finding.id, finding.policy, finding.message))
    return f"{sha256(text.encode()).hexdigest()[:16]}:1"


def _module_file(app: Flask) -> Path:
    """Return the file of the module that made an app, or a guess from the module's name."""
    file = getattr(sys.modules.get(app.import_name), "__file__", None)
    return Path(file or f"{app.import_name.replace('.', '/')}.py").absolute()


def _source_root() -> Path:
    """Return the root of the Git repository, or the current directory outside of one."""
    here = Path.cwd().resolve()
    repositories = (folder for folder in (here, *here.parents) if (folder / ".git").exists())
    return next(repositories, here)


def _below(root: Path, path: Path) -> Path:
    """Return a path relative to a root, or the absolute path if it isn't below the root."""
    # GitHub doesn't follow symbolic links.
    file = path.resolve()
    return file.relative_to(root) if file.is_relative_to(root) else file
