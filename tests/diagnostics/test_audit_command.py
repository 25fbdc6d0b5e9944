"""The output of ``flask cors audit`` as text and as JSON."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import Audit, Finding
from flask_crossorigin.diagnostics.text.audit import audit_lines
from flask_crossorigin.diagnostics.text.terminal import Terminal

from .audited import LATE, SHOP, Load, run


def test_each_finding_is_a_line(shop: Flask) -> None:
    assert run(shop) == (
        1,
        "C004 high    shop.py:5, CORS(app): the origin null is allowed\n"
        "C009 low     shop.py:5, CORS(app): max_age is 86401\n"
        "2 findings: 1 high, 1 low. Add --verbose to see the harm and the fix of each.\n",
    )


@pytest.mark.parametrize("option", ["--verbose", "-v"])
def test_verbose_shows_the_harm_and_the_fix(shop: Flask, option: str) -> None:
    assert run(shop, option) == (
        1,
        "C004 high: An opaque origin is allowed\n"
        "  - shop.py:5, CORS(app): the origin null is allowed.\n"
        "  Harm: Any page can get the origin null with a sandboxed frame, and file:// is\n"
        "        the origin of every file that a web view opens.\n"
        "  Fix:  Serve the page over HTTP and write its origin.\n"
        "\n"
        "C009 low: max_age is longer than any browser caches\n"
        "  - shop.py:5, CORS(app): max_age is 86401.\n"
        "  Harm: The extra time has no effect: Firefox caches a preflight for at most\n"
        "        86400 seconds, Chromium for 7200 and WebKit for 600.\n"
        "  Fix:  Set it to 86400 or less.\n"
        "\n"
        "2 findings: 1 high, 1 low.\n",
    )


REST = ("low", "a title", "here it is", None)
FINDINGS = [
    Finding("C098", *REST, "it is so", "it may hurt", "fix it soon"),  # type: ignore[arg-type]
    Finding("C098", *REST, "and so", "it may hurt", "fix it soon"),  # type: ignore[arg-type]
    Finding("C099", *REST, "or so", "it hurts", "fix it"),  # type: ignore[arg-type]
]


def test_findings_of_a_kind_stand_together_and_wrap() -> None:
    found = Audit(FINDINGS, ["C097"])
    lines = "\n".join(audit_lines(found, Terminal(18), verbose=True)).split("\n")
    assert lines == [
        "C098 low: a title",
        "  - here it is: it",
        "    is so.",
        "  - here it is:",
        "    and so.",
        "  Harm: it may",
        "        hurt",
        "  Fix:  fix it",
        "        soon",
        "",
        "C099 low: a title",
        "  - here it is: or",
        "    so.",
        "  Harm: it hurts",
        "  Fix:  fix it",
        "",
        "C097 was not",
        "    checked. To",
        "    enable it: pip",
        "    install",
        '    "flask_crossorigin[audit]"',
        "3 findings: 3 low.",
    ]
    first = next(audit_lines(found, Terminal(12), verbose=True))
    assert first == "C098 low: a\n    title"


def test_lines_wrap_below_their_text() -> None:
    lines = "\n".join(audit_lines(Audit(FINDINGS[:1]), Terminal(30))).split("\n")
    assert lines == [
        "C098 low     here it is: it is",
        "             so",
        "1 finding: 1 low. Add",
        "--verbose to see the harm and",
        "the fix of each.",
    ]


@pytest.mark.parametrize("verbose", [False, True])
def test_severities_are_colored(verbose: bool) -> None:
    high = FINDINGS[0].__class__(**{**vars(FINDINGS[0]), "severity": "high"})
    (line, *_) = audit_lines(Audit([high]), Terminal(80, color=True), verbose=verbose)
    assert re.search("\x1b\\[[0-9;m\x1b\\[]+mhigh\x1b\\[0m", line)


@pytest.mark.parametrize(
    ("arguments", "code", "last"),
    [
        ([], 1, "2 findings: 1 high, 1 low. Add --verbose to see the harm and the fix of each."),
        (["--ignore", "C004,c009"], 0, "No findings. Ignored: C004, C009."),
        (["--ignore", "C004", "--ignore", "c009"], 0, "No findings. Ignored: C004, C009."),
        (["--ignore", "C004", "-v"], 0, "1 finding: 1 low. Ignored: C004."),
        (["--ignore", "C004", "-v", "--fail-on", "low"], 1, "1 finding: 1 low. Ignored: C004."),
        (["--ignore", "C009", "-v", "--fail-on", "high"], 1, "1 finding: 1 high. Ignored: C009."),
    ],
)
def test_status_and_last_line(shop: Flask, arguments: list[str], code: int, last: str) -> None:
    status, output = run(shop, *arguments)
    assert (status, output.splitlines()[-1]) == (code, last)


@pytest.mark.parametrize(("fail_on", "code"), [("high", 0), ("medium", 1), ("low", 1)])
def test_a_medium_finding_fails_from_medium_on(load_program: Load, fail_on: str, code: int) -> None:
    app = load_program(SHOP.replace('["https://app.example.com", "null"]', '"*"'))
    app.add_url_rule("/", "post", lambda: "", methods=["POST"])
    assert run(app, "--fail-on", fail_on)[0] == code
    # The default is medium.
    assert run(app)[0] == 1


@pytest.mark.parametrize(
    ("arguments", "config", "message"),
    [
        (["--ignore", "C004,C999"], None, '"C999" is not the id of a check. The checks are C001'),
        ([], "C004,C999", 'CORS_AUDIT_IGNORE[1]: "C999" is not the id of a check.'),
        (["--json", "--format", "sarif"], None, "--json can't be combined with --format sarif."),
        (["--fail-on", "never"], None, "'never' is not one of"),
    ],
)
def test_wrong_usage(shop: Flask, arguments: list[str], config: Any, message: str) -> None:
    shop.config["CORS_AUDIT_IGNORE"] = config
    code, output = run(shop, *arguments)
    assert code == 2
    assert message in " ".join(output.split())


@pytest.mark.parametrize("arguments", [["--json"], ["--format", "json"]])
def test_json(shop: Flask, arguments: list[str]) -> None:
    code, output = run(shop, *arguments, "--ignore", "C001")
    data = json.loads(output)
    assert code == 1
    assert [*data] == ["schema", "command", "findings", "skipped", "ignored"]
    assert (data["schema"], data["command"]) == (1, "audit")
    assert (data["ignored"], data["skipped"]) == (["C001"], [])
    assert [finding["id"] for finding in data["findings"]] == ["C004", "C009"]
    assert data["findings"][0].keys() == set(Finding.__dataclass_fields__)
    assert data["findings"][0]["place"] == {"file": "shop.py", "line": 5}


def test_json_of_what_has_no_place(load_program: Load) -> None:
    data = json.loads(run(load_program(LATE), "--json")[1])
    assert [finding["place"] for finding in data["findings"]] == [None]
