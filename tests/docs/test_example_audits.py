"""``flask cors audit`` finds nothing serious in the examples, except what is intended."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import audit

EXAMPLES = Path(__file__).parents[2] / "examples"
DATABASE = {"DATABASE_URL": "sqlite://"}


def create(module: Any) -> Flask:
    app: Flask = module.create_app()
    return app


def served(module: Any) -> Flask:
    app: Flask = module.app
    return app


#: How each example makes its app, and the ids of its findings of medium severity or above.
TABLE: list[tuple[str, Callable[[Any], Flask], list[str]]] = [
    ("bearer_token.py", create, []),
    ("cdn.py", create, []),
    ("ci/shop.py", served, []),
    # Step 1 allows any origin on purpose, because many apps do so today.
    ("closing_up.py", lambda module: module.create_app("1"), ["C002"]),
    ("closing_up.py", lambda module: module.create_app("2"), []),
    ("closing_up.py", lambda module: module.create_app("3"), []),
    ("debugging.py", served, []),
    ("decorators.py", served, []),
    ("factory.py", create, []),
    ("file_upload.py", create, []),
    ("live_events.py", create, []),
    ("method_policies.py", served, []),
    ("metrics/with_opentelemetry.py", create, []),
    ("metrics/with_prometheus.py", create, []),
    ("playground/api.py", lambda module: module.create_api("http://localhost:5001"), []),
    ("session_cookie.py", create, []),
    ("tenants/tenants.py", lambda module: module.create_app(DATABASE), []),
    ("ten_lines.py", served, []),
    ("with_tests/inventory.py", create, []),
]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Yield a function that imports the file of an example. Each test imports it again."""
    before = {*sys.modules}

    def load(file: str) -> Any:
        path = EXAMPLES / file
        monkeypatch.syspath_prepend(str(path.parent))
        return import_module(path.stem)

    yield load
    for name in {*sys.modules} - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(EXAMPLES)):
            del sys.modules[name]


#: The packages that some examples need, which are not installed with the tests of the package.
NEEDED = {
    "bearer_token.py": "jwt",
    "metrics/with_opentelemetry.py": "opentelemetry.metrics",
    "metrics/with_prometheus.py": "prometheus_client",
}


@pytest.mark.parametrize(("file", "make", "ids"), TABLE, ids=[row[0] for row in TABLE])
def test_audit_of_an_example(
    file: str, make: Callable[[Any], Flask], ids: list[str], load: Callable[[str], Any]
) -> None:
    if file in NEEDED:
        pytest.importorskip(NEEDED[file], reason="the example uses it")
    found = audit(make(load(file)))
    assert [finding.id for finding in found.at_least("medium")] == ids


def test_every_example_with_a_policy_is_audited() -> None:
    def has_policy(path: Path) -> bool:
        names = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        return not names.isdisjoint({"CORS", "cross_origin"})

    there = {
        path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("*.py") if has_policy(path)
    }
    assert there == {file for file, _, _ in TABLE}
