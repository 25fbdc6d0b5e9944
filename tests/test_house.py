"""The rules by which the package is built, read from its source."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import flask_crossorigin

PACKAGE = Path(flask_crossorigin.__file__).parent
NAME = PACKAGE.name
MODULES = {path.stem: path for path in sorted(PACKAGE.glob("*.py"))}

#: The modules that know nothing of Flask, from the lowest: each imports only those before it.
CORE = [
    "errors",
    "fetch",
    "regex_syntax",
    "regexes",
    "ambiguity",
    "origins",
    "origin_regexes",
    "origin_values",
    "nearest",
    "policy",
    "option_types",
    "option_values",
    "resources",
    "unknown_options",
    "options",
    "resource_options",
]
#: The modules that send a browser's requests to a deployed server, whose policies they cannot see.
OVER_THE_NETWORK = {"faults", "network", "probe", "probe_text"}
#: The longest that a module may be, in lines.
LONGEST_MODULE = 400


def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(module: str) -> Iterator[str]:
    """Give the modules that a module imports: the package's own with a dot before their names."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (f".{name}" for name in names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)


def own_imports(module: str) -> set[str]:
    return {name[1:] for name in imports(module) if name.startswith(".")}


def test_the_core_is_what_it_is_said_to_be() -> None:
    assert set(CORE) <= set(MODULES)


@pytest.mark.parametrize("module", CORE)
def test_arrows_in_the_core_go_down(module: str) -> None:
    assert own_imports(module) <= set(CORE[: CORE.index(module)])


@pytest.mark.parametrize("module", CORE)
def test_the_core_imports_the_standard_library_only(module: str) -> None:
    others = {name.partition(".")[0] for name in imports(module) if not name.startswith(".")}
    assert others <= sys.stdlib_module_names


@pytest.mark.parametrize("module", MODULES)
def test_the_package_imports_itself_relatively(module: str) -> None:
    assert NAME not in {name.partition(".")[0] for name in imports(module)}


def test_no_imports_go_round_in_circles() -> None:
    arrows = {module: own_imports(module) for module in MODULES}
    while lowest := [module for module, below in arrows.items() if below.isdisjoint(arrows)]:
        for module in lowest:
            del arrows[module]
    assert not arrows


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_imported_inside_a_function(module: str) -> None:
    for node in ast.walk(tree(module)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            inner = [
                n.lineno for n in ast.walk(node) if isinstance(n, (ast.Import, ast.ImportFrom))
            ]
            assert not inner


@pytest.mark.parametrize("module", MODULES)
def test_a_module_holds_one_thing(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def test_the_browser_and_the_policies_know_nothing_of_each_other() -> None:
    for module in MODULES:
        if module not in OVER_THE_NETWORK:
            assert not any(name.partition(".")[0] == "testing" for name in own_imports(module))
    for path in (PACKAGE / "testing").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level > 1:
                assert node.module in {"fetch", "safelists"}, path.name


def loaded_by(statement: str) -> set[str]:
    script = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    output = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PACKAGE.parent,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return set(json.loads(output))


def test_importing_the_package_loads_nothing_that_flask_does_not() -> None:
    loaded_by_flask = loaded_by("import flask")
    added = loaded_by(f"import {NAME}") - loaded_by_flask
    own = {name for name in added if name.partition(".")[0] == NAME}
    assert own
    assert not own & {
        f"{NAME}.{module}"
        for module in ("audit", "cli", "explanation", "network", "probe", "testing")
    }
    others = {name.partition(".")[0] for name in added - own}
    flask_and_below = {name.partition(".")[0] for name in loaded_by_flask}
    assert others <= sys.stdlib_module_names | flask_and_below


def test_what_explains_is_loaded_when_it_is_asked_for() -> None:
    asked = loaded_by(f"from {NAME} import Explanation, explain")
    assert f"{NAME}.explanation" in asked
    assert flask_crossorigin.explain.__module__ == f"{NAME}.explanation"


def test_the_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="'flask_crossorigin' has no attribute 'explian'"):
        getattr(flask_crossorigin, "explian")  # noqa: B009 - type checkers know that it is not there
    assert all(hasattr(flask_crossorigin, name) for name in flask_crossorigin.__all__)
