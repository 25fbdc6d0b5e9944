"""``flask cors audit --format github`` and ``--format sarif``."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import CORS, Audit, Finding
from flask_crossorigin.core.places import Place
from flask_crossorigin.diagnostics.audit import CHECKS
from flask_crossorigin.diagnostics.code_scanning import annotation_lines

from .audited import LATE, SHOP, Load, run


def test_annotations_for_github(shop: Flask) -> None:
    code, output = run(shop, "--format", "github")
    assert code == 1
    assert output == (
        "::error file=shop.py,line=5,title=C004 An opaque origin is allowed::"
        "CORS(app): the origin null is allowed.%0AAny page can get the origin null with a "
        "sandboxed frame, and file:// is the origin of every file that a web view opens.%0A"
        "Serve the page over HTTP and write its origin.\n"
        "::notice file=shop.py,line=5,title=C009 max_age is longer than any browser caches::"
        "CORS(app): max_age is 86401.%0AThe extra time has no effect: Firefox caches a preflight "
        "for at most 86400 seconds, Chromium for 7200 and WebKit for 600.%0A"
        "Set it to 86400 or less.\n"
    )


def test_an_annotation_of_what_has_no_place(load_program: Load) -> None:
    code, output = run(load_program(LATE), "--format", "github")
    assert code == 1
    assert output.startswith("::error title=C001 The configuration has a mistake::CORS_ORIGINS: ")


def test_annotations_are_escaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = Place(str(tmp_path / "a,b:c.py"), 3)
    texts = ("100%, a: b", "x\r\ny", place, "50%: a,b", "harm", "fix")
    (line,) = annotation_lines(Audit([Finding("C001", "medium", *texts)]))
    assert line == (
        "::warning file=a%2Cb%3Ac.py,line=3,title=C001 100%25%2C a%3A b::"
        "x%0D%0Ay: 50%25: a,b.%0Aharm%0Afix"
    )


def test_an_annotation_of_a_file_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    place = Place(str(tmp_path / "there.py"), 3)
    finding = Finding("C001", "low", "title", "where", place, "message", "harm", "fix")
    (line,) = annotation_lines(Audit([finding]))
    assert line.startswith(f"::notice file={tmp_path.resolve()}/there.py,line=3,title=")


#: The properties that GitHub reads, each with a regex or the smallest number. ``?`` marks optional
#: properties. https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
TEXT = {"text": "(?s).+"}
LEVEL = "error|warning|note"
NUMBER = 1
RULE = {
    "id": r"C\d{3}",
    "name": r"[A-Z]\w{1,254}",
    "shortDescription": {"text": ".{1,1024}"},
    "fullDescription": {"text": ".{1,1024}"},
    "help": {"text": "(?s).+", "markdown": "(?s).+"},
    "defaultConfiguration": {"level": LEVEL},
    "properties": {
        "tags": ["security|correctness"],
        "problem.severity?": "error|warning|recommendation",
        "security-severity?": r"[0-9]\.[0-9]",
    },
}
LOCATION = {
    "physicalLocation": {
        "artifactLocation": {"uri": r"(?!/)[^\s\\:]+|file:///.+", "uriBaseId?": "%SRCROOT%"},
        "region": {
            "startLine": NUMBER,
            "startColumn": NUMBER,
            "endLine": NUMBER,
            "endColumn": NUMBER,
        },
    }
}
RESULT = {
    "ruleId": r"C\d{3}",
    "ruleIndex": NUMBER,
    "level": LEVEL,
    "message": TEXT,
    "locations": [LOCATION],
    "partialFingerprints": {"primaryLocationLineHash": "[0-9a-f]{16}:1"},
}
LOG = {
    "$schema": r"https://.+/sarif-schema-2\.1\.0\.json",
    "version": r"2\.1\.0",
    "runs": [
        {
            "tool": {
                "driver": {"name": "flask_crossorigin", "version": r"\d+\.\d+.*", "rules": [RULE]}
            },
            "originalUriBaseIds": {"%SRCROOT%": {"uri": "file:///(.+/)?"}},
            "columnKind": "unicodeCodePoints",
            "results": [RESULT],
        }
    ],
}


def check(value: Any, shape: Any, where: str = "log") -> None:
    if isinstance(shape, dict):
        needed = {name for name in shape if not name.endswith("?")}
        allowed = {name.rstrip("?"): shape[name] for name in shape}
        assert needed <= value.keys() <= allowed.keys(), where
        for name in value:
            check(value[name], allowed[name], f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for index, item in enumerate(value):
            check(item, shape[0], f"{where}[{index}]")
    elif isinstance(shape, str):
        assert isinstance(value, str), where
        assert re.fullmatch(shape, value), f"{where}: {value}"
    else:
        assert isinstance(value, int), where
        assert value >= shape or where.endswith("ruleIndex"), where


def sarif(app: Flask, *arguments: str) -> Any:
    log = json.loads(run(app, "--format", "sarif", *arguments)[1])
    check(log, LOG)
    return log["runs"][0]


def test_sarif(shop: Flask) -> None:
    found = sarif(shop)
    rules = found["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [check.id for check in CHECKS]
    assert len({rule["name"] for rule in rules}) == len(rules)
    opaque, max_age = found["results"]
    assert opaque["message"]["text"] == "CORS(app): the origin null is allowed."
    assert (opaque["ruleId"], opaque["level"]) == ("C004", "error")
    assert rules[opaque["ruleIndex"]]["id"] == "C004"
    assert (max_age["ruleId"], max_age["level"]) == ("C009", "note")
    assert opaque["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "shop.py", "uriBaseId": "%SRCROOT%"},
        # The columns at which the text of this line starts and ends.
        "region": {"startLine": 5, "startColumn": 1, "endLine": 5, "endColumn": 6},
    }
    assert found["originalUriBaseIds"]["%SRCROOT%"]["uri"] == f"{Path.cwd().as_uri()}/"


def test_only_checks_of_security_have_a_score(shop: Flask) -> None:
    scores = {
        rule["id"]: rule["properties"].get("security-severity")
        for rule in sarif(shop)["tool"]["driver"]["rules"]
    }
    assert (scores["C004"], scores["C002"], scores["C008"]) == ("8.0", "5.0", None)
    assert {id_ for id_, score in scores.items() if score is not None} == {
        check.id for check in CHECKS if check.is_security
    }


def test_without_findings_there_are_still_rules(shop: Flask) -> None:
    found = sarif(shop, "--ignore", "C004,C009")
    assert found["results"] == []
    assert len(found["tool"]["driver"]["rules"]) == len(CHECKS)


def test_a_fingerprint_stays_when_lines_move(load_program: Load) -> None:
    def fingerprints(app: Flask) -> list[str]:
        return [
            result["partialFingerprints"]["primaryLocationLineHash"]
            for result in sarif(app)["results"]
        ]

    before = fingerprints(load_program(SHOP))
    assert fingerprints(load_program("    # A comment." + SHOP)) == before
    assert len({*before}) == 2


def location(app: Flask) -> dict[str, Any]:
    place = sarif(app)["results"][0]["locations"][0]["physicalLocation"]
    found: dict[str, Any] = place["artifactLocation"]
    return {**found, "line": place["region"]["startLine"]}


def test_paths_start_at_the_repository(
    load_program: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = load_program(SHOP, "my shop/shop.py")
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path / "my shop")
    assert location(app)["uri"] == "my%20shop/shop.py"
    assert "::error file=my shop/shop.py,line=5," in run(app, "--format", "github")[1]


def test_a_file_elsewhere_has_an_absolute_uri(
    load_program: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = load_program(SHOP)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert location(app) == {"uri": (tmp_path / "shop.py").resolve().as_uri(), "line": 5}


@pytest.mark.parametrize(
    ("name", "file", "uri"),
    [
        ("late", "late.py", "late.py"),
        ("late", "late/__init__.py", "late/__init__.py"),
        # The module has no file, as in an interactive session.
        ("late", None, "late.py"),
        ("late.shop", None, "late/shop.py"),
    ],
)
def test_what_has_no_place_is_at_the_start_of_the_module(
    load_program: Load, monkeypatch: pytest.MonkeyPatch, name: str, file: str | None, uri: str
) -> None:
    app = load_program(LATE, "late.py")
    app.import_name = name
    module = ModuleType(name)
    module.__file__ = None if file is None else str(Path.cwd() / file)
    monkeypatch.setitem(sys.modules, name, module)
    assert location(app) == {"uri": uri, "uriBaseId": "%SRCROOT%", "line": 1}


def test_an_app_of_no_module() -> None:
    app = Flask("shop", static_folder=None, root_path="/")
    CORS(app)
    app.config["CORS_ORIGINS"] = "app.example.com"
    assert location(app)["line"] == 1
