"""The rules for the structure of the package, checked in its source."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask

import flask_crossorigin
from flask_crossorigin import CORS

PACKAGE = Path(flask_crossorigin.__file__).parent
NAME = PACKAGE.name

#: The modules that adapt the core to Flask, lowest first: each imports only those before it.
SKIN = [
    "errors",
    "reporting",
    "responses",
    "blueprints",
    "views",
    "scope",
    "state",
    "hooks",
    "decorator",
    "extension",
]
#: The packages and modules that each may import, besides itself.
BELOW = {
    "fetch": set[str](),
    "core": {"fetch"},
    "options": {"core", "fetch"},
    "testing": {"fetch"},
    "diagnostics": {"core", "fetch", "options", "testing", *SKIN},
    "debug_page": {"diagnostics", "core", "fetch", "options", *SKIN},
    **{name: {"core", "fetch", "options", *SKIN[: SKIN.index(name)]} for name in SKIN},
    # When a command fails, this module imports the formatting of its message.
    "errors": {"diagnostics", "options"},
    "pytest_plugin": {"testing"},
    "cli": {"diagnostics", "core", "fetch", "options", *SKIN},
    "__init__": {"diagnostics", "core", "fetch", "options", *SKIN},
}
#: The packages and modules that may import Flask and Werkzeug. ``testing`` imports only Werkzeug.
KNOW_FLASK = {"diagnostics", "debug_page", "cli", "pytest_plugin", "__init__", *SKIN}
#: The dependencies that only extras install, and what may import them.
EXTRAS = {
    "publicsuffixlist": {"diagnostics", "testing"},
    "pytest": {"pytest_plugin"},
    "urllib3": {"diagnostics"},
}

Module = tuple[str, ...]


def modules() -> dict[Module, Path]:
    """Return the file of each module, by the parts of its name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts] = path
    return found


MODULES = modules()
each_module = pytest.mark.parametrize("module", MODULES, ids=".".join)


def tree(module: Module) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(module: Module) -> Iterator[tuple[str, Module | None]]:
    """Yield the modules that a module imports, each as a pair.

    The pair of a module of this package is an empty string and the parts of the module's name. The
    pair of another module is its name and None.
    """
    is_room = MODULES[module].name == "__init__.py" and module != ("__init__",)
    here = module if is_room else module[:-1]
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            above = here[: len(here) - node.level + 1]
            named = tuple(node.module.split(".")) if node.module else ()
            for alias in node.names:
                target = (*above, *named)
                yield "", (*target, alias.name) if (*target, alias.name) in MODULES else target
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module), None


def own_imports(module: Module) -> set[Module]:
    return {own for _, own in imports(module) if own is not None}


@each_module
def test_arrows_go_down(module: Module) -> None:
    room = module[0]
    rooms = {target[0] for target in own_imports(module)}
    assert rooms <= BELOW[room] | {room}


def test_what_is_loaded_by_name() -> None:
    """Only ``__init__`` and ``hooks`` import modules of the package with ``import_module()``."""
    calls = {
        (module, ast.unparse(node.args[0]))
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "import_module"
    }
    assert {(module, name) for module, name in calls if name.strip("f'").startswith(".")} == {
        (("__init__",), "f'.{_MODULES[name]}'"),
        (("hooks",), "'.debug_page'"),
    }


@each_module
def test_only_what_meets_flask_knows_it(module: Module) -> None:
    room = module[0]
    others = {name.partition(".")[0] for name, own in imports(module) if own is None}
    known = {"blinker", "click", "flask", "werkzeug"} if room in KNOW_FLASK else set[str]()
    known |= {"werkzeug"} if room == "testing" else set()
    known |= {name for name, rooms in EXTRAS.items() if room in rooms}
    assert others <= sys.stdlib_module_names | known | {"_typeshed", "typing_extensions"}


@each_module
def test_the_package_imports_itself_relatively(module: Module) -> None:
    assert NAME not in {name.partition(".")[0] for name, _ in imports(module)}


def test_no_imports_go_round_in_circles() -> None:
    arrows = {module: own_imports(module) for module in MODULES}
    while lowest := [module for module, below in arrows.items() if below.isdisjoint(arrows)]:
        for module in lowest:
            del arrows[module]
    assert not arrows


@each_module
def test_a_long_module_says_why_it_is_one(module: Module) -> None:
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= 300 or "is one module because" in " ".join(
        str(ast.get_docstring(tree(module))).split()
    )


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
    own = {name.removeprefix(f"{NAME}.") for name in added if name.partition(".")[0] == NAME}
    assert own
    assert not {name.partition(".")[0] for name in own} & {
        "cli",
        "debug_page",
        "diagnostics",
        "testing",
    }
    assert not {name for name in loaded_by(f"import {NAME}") if name.startswith("flask.")}
    others = {name.partition(".")[0] for name in added} - {NAME}
    flask_and_below = {name.partition(".")[0] for name in loaded_by_flask}
    assert others <= sys.stdlib_module_names | flask_and_below


def test_the_diagnostics_are_imported_on_first_use() -> None:
    asked = loaded_by(f"from {NAME} import Explanation, explain")
    assert f"{NAME}.diagnostics.explain" in asked
    assert flask_crossorigin.explain.__module__ == f"{NAME}.diagnostics.explain"


@pytest.mark.parametrize(
    ("debug", "page", "is_loaded"),
    [(True, "'/_cors'", True), (True, "None", False), (False, "'/_cors'", False)],
)
def test_the_debug_page_is_loaded_where_it_is_shown(
    debug: bool, page: str, is_loaded: bool
) -> None:
    served = f"app.debug = {debug}; CORS(app, debug_page={page}); app.test_client().get('/')"
    loaded = loaded_by(
        f"from flask import Flask; from {NAME} import CORS; app = Flask('house'); {served}"
    )
    assert (f"{NAME}.debug_page" in loaded) == is_loaded
    assert (f"{NAME}.diagnostics" in loaded) == is_loaded


def test_the_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="'flask_crossorigin' has no attribute 'explian'"):
        getattr(flask_crossorigin, "explian")  # noqa: B009 - type checkers know that it is not there
    assert all(hasattr(flask_crossorigin, name) for name in flask_crossorigin.__all__)


def counted(monkeypatch: pytest.MonkeyPatch, module: str, name: str) -> list[tuple[object, ...]]:
    """Record the arguments of each call of a function, wherever it is imported."""
    calls: list[tuple[object, ...]] = []
    function = getattr(import_module(f"{NAME}.{module}"), name)

    def noting(*arguments: object, **options: object) -> object:
        calls.append(arguments)
        return function(*arguments, **options)

    for imported in list(sys.modules.values()):
        if imported.__name__.startswith(NAME) and vars(imported).get(name) is function:
            monkeypatch.setattr(imported, name, noting)
    return calls


@pytest.mark.parametrize(
    "origin", ["https://a.test", "https://b.test", "https://x.c.test", "no", "null"]
)
def test_an_origin_is_read_once_for_each_request(
    origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refusing, explaining and reporting the origin don't read it again."""
    app = Flask("house")
    app.debug = True
    origins = ["https://a.test", "https://*.c.test", r"https://[a-z]+\.d\.test"]
    CORS(app, origins=origins, enforce=True)
    client = app.test_client()
    client.get("/")
    calls = counted(monkeypatch, "fetch.grammar", "parse_origin")
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    for method, headers in (("POST", {"Origin": origin}), ("OPTIONS", asked)):
        calls.clear()
        client.open("/", method=method, headers=headers)
        assert calls.count((origin,)) <= 1
        # The other calls read allowed origins, to find the one nearest to the refused origin.
        assert len(calls) <= 1 + 16


def test_options_are_read_once_and_policies_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = counted(monkeypatch, "options.origins", "read_origin")
    made = counted(monkeypatch, "options.policy", "make_policy")
    app = Flask("house")
    app.config["CORS_ORIGINS"] = origins = ["https://config.test"]
    app.config["CORS_METHODS"] = methods = iter(["GET"])
    for number in range(5):
        resources = {f"/{number}/{name}": {"origins": "https://a.test"} for name in "abcd"}
        CORS(app, resources=resources)
    assert (read.count(("https://a.test",)), made) == (20, [])
    app.test_client().get("/")
    app.test_client().get("/", headers={"Origin": "https://a.test"})
    assert len(made) == 20
    assert read.count(("https://a.test",)) == 20
    assert app.config["CORS_ORIGINS"] is origins
    assert app.config["CORS_METHODS"] is methods
