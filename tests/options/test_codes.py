"""Test that the code of each problem is a stable word, documented, and shown in mistakes.txt."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import flask_crossorigin

from .test_messages import BLOCKS

PACKAGE = Path(flask_crossorigin.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "error-codes.rst"

#: The codes that ``mistakes.txt`` can't show, with the tests that cause them.
OF_CALLS = {
    "blueprint-registered",  # test_conflicting_calls in test_mistakes.py
    "blueprint-twice",
    "decorated-above-route",  # test_silent_decorators.py
    "decorated-class",
    "decorated-twice",
    "list-unreadable",  # test_invalid_lists in test_lists.py
    "origin-callable-async",  # test_callables.py
    "policy-conflict",
    "too-many-mistakes",  # test_lists.py
    "unknown-check",  # test_audit.py
}


def codes_in(path: Path) -> Iterator[str]:
    """Yield the codes in a module: the string literals that are passed or assigned as a code."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called == "Mistake":
                given = node.args[:1]
            else:
                names = ("code", "empty_code") if called.lower() == "problem" else ("empty_code",)
                given = [keyword.value for keyword in node.keywords if keyword.arg in names]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
            given = [node.value]
        for code in given:
            if isinstance(code, ast.Constant):
                yield str(code.value)
            else:
                assert ast.unparse(code).rpartition(".")[2] in ("code", "empty_code")


CODES = {code for path in PACKAGE.rglob("*.py") for code in codes_in(path)}
DOCUMENTED = re.findall(
    r"^   \* - `([a-z0-9]+(?:-[a-z0-9]+)+)`$", PAGE.read_text("utf-8"), re.MULTILINE
)


def test_codes_are_words_with_hyphens() -> None:
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)+", code) for code in CODES)


def test_each_code_is_documented_once() -> None:
    assert DOCUMENTED
    assert sorted(DOCUMENTED) == sorted(CODES)


def test_mistakes_txt_shows_each_code() -> None:
    said = "\n".join(block for _, _, block in BLOCKS)
    shown = set(re.findall(r"^    ([a-z0-9]+(?:-[a-z0-9]+)+)$", said, re.MULTILINE))
    assert shown | OF_CALLS == CODES
    assert not shown & OF_CALLS
