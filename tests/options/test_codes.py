"""The codes of problems: stable words, one for each kind of mistake, all of them documented."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import flask_crossorigin

from .test_messages import BLOCKS

PACKAGE = Path(flask_crossorigin.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "error-codes.rst"

#: Those that no option can have, with the test that makes them.
OF_CALLS = {
    "blueprint-registered",  # test_calls in test_mistakes.py
    "blueprint-twice",
    "decorated-above-route",  # test_silent_decorators.py
    "decorated-class",
    "decorated-twice",
    "list-unreadable",  # test_no_list in test_lists.py
    "origin-callable-async",  # test_callables.py
    "policy-conflict",
    "too-many-mistakes",  # test_lists.py
    "unknown-check",  # test_audit.py
}


def codes_in(path: Path) -> Iterator[str]:
    """Give the codes in a module, where each is a literal, or assigned to ``code`` as one."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called == "Mistake":
                given = node.args[:1]
            elif called.lower() == "problem":
                given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
            given = [node.value]
        for code in given:
            if isinstance(code, ast.Constant):
                yield str(code.value)
            else:
                assert ast.unparse(code).rpartition(".")[2] == "code"


CODES = {code for path in PACKAGE.rglob("*.py") for code in codes_in(path)}
DOCUMENTED = re.findall(
    r"^   \* - `([a-z0-9]+(?:-[a-z0-9]+)+)`$", PAGE.read_text("utf-8"), re.MULTILINE
)


def test_codes_are_words_with_hyphens() -> None:
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)+", code) for code in CODES)


def test_each_code_is_documented_once() -> None:
    assert DOCUMENTED
    assert sorted(DOCUMENTED) == sorted(CODES)


def test_each_code_belongs_to_a_mistake_that_people_can_read() -> None:
    said = "\n".join(block for _, _, block in BLOCKS)
    shown = set(re.findall(r"^    ([a-z0-9]+(?:-[a-z0-9]+)+)$", said, re.MULTILINE))
    assert shown | OF_CALLS == CODES
    assert not shown & OF_CALLS
