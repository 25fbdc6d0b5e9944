"""The small changes that are made to a module, as mutmut's operators make them."""

# pyright: reportMissingImports=false

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from itertools import takewhile
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import libcst as cst
from libcst import matchers as m
from mutmut.mutation.mutators import mutation_operators

PACKAGE = Path("flask_crossorigin").resolve()

#: What only type checkers read, and docstrings.
_SKIPPED = (
    m.Annotation()
    | m.Import()
    | m.ImportFrom()
    | m.If(test=m.Name("TYPE_CHECKING"))
    | m.If(test=m.UnaryOperation(expression=m.Name("TYPE_CHECKING")))
    | m.Call(func=m.Name("TypeVar"))
    | m.Subscript(value=m.Name("Literal"))
    | m.SimpleStatementLine(body=[m.Expr(value=m.SimpleString())])
)


@dataclass(frozen=True)
class Mutant:
    """A module with one small change."""

    #: Such as ``origins`` or ``testing/browser``.
    module: str
    #: The function that is changed, empty for what stands outside of any.
    function: str
    #: The lines that are changed, before and after, with single spaces.
    was: str
    becomes: str
    #: Which of those that look the same.
    number: int
    source: str
    #: The numbers of the lines that are changed.
    lines: range

    def __str__(self) -> str:
        number = f" ({self.number})" if self.number > 1 else ""
        place = f"{self.module}: {self.function or '<module>'}{number}"
        # Nothing may be left of the lines.
        return f"{place}\n- {self.was}\n+ {self.becomes}".rstrip()

    @property
    def path(self) -> Path:
        """The file of the module that is changed."""
        return path_of(self.module)

    def compile(self) -> CodeType:
        """Compile the module with the change.

        :raises SyntaxError: if with the change it is no Python.
        """
        return compile(self.source, str(self.path), "exec", dont_inherit=True)


def path_of(module: str) -> Path:
    """Give the file of a module."""
    return PACKAGE / f"{module}.py"


def modules() -> list[str]:
    """Name all modules of the package."""
    return sorted(
        path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py")
    )


class _Change(NamedTuple):
    #: The names of the class and function around it.
    names: str
    #: The nodes around it, from the module in.
    around: list[cst.CSTNode]
    was: cst.CSTNode
    becomes: cst.CSTNode


class _Changes(cst.CSTVisitor):
    def __init__(self) -> None:
        self.found: list[_Change] = []
        self._around: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        names = ".".join(
            each.name.value
            for each in (*self._around, node)
            if isinstance(each, (cst.FunctionDef, cst.ClassDef))
        )
        skipped = bool(m.matches(node, _SKIPPED))
        if not skipped:
            for kind, operator in mutation_operators:
                if isinstance(node, kind):
                    for changed in operator(node):
                        self.found.append(_Change(names, [*self._around], node, changed))
        self._around.append(node)
        return not skipped

    def on_leave(self, original_node: cst.CSTNode) -> None:
        self._around.pop()


def mutants_of(module: str) -> Iterator[Mutant]:
    """Give every mutant of a module that compiles."""
    tree = cst.parse_module(path_of(module).read_text(encoding="utf-8"))
    changes = _Changes()
    tree.visit(changes)
    seen: Counter[tuple[str, str, str]] = Counter()
    before = tree.code.splitlines()
    write = _writer(tree)
    for change in changes.found:
        source = write(change)
        after = source.splitlines()
        first = _common(before, after)
        last = _common(before[first:][::-1], after[first:][::-1])
        was = _one_line(before[first : len(before) - last])
        becomes = _one_line(after[first : len(after) - last])
        lines = range(first + 1, len(before) - last + 1)
        number = seen[change.names, was, becomes] + 1
        mutant = Mutant(module, change.names, was, becomes, number, source, lines)
        try:
            mutant.compile()
        except SyntaxError:
            continue
        seen[change.names, was, becomes] = number
        yield mutant


def _writer(tree: cst.Module) -> Callable[[_Change], str]:
    """Make what writes a module with a change, of which only one statement is written anew."""
    head = "".join(map(tree.code_for_node, tree.header))
    foot = "".join(map(tree.code_for_node, tree.footer))
    parts = [tree.code_for_node(statement) for statement in tree.body]
    places = {id(statement): place for place, statement in enumerate(tree.body)}
    assert "".join([head, *parts, foot]) == tree.code

    def write(change: _Change) -> str:
        statement, *_ = [*change.around[1:], change.was]
        was, becomes = change.was, change.becomes
        for parent in reversed(change.around[1:]):
            was, becomes = parent, _with_child(parent, was, becomes)
        place = places[id(statement)]
        return "".join(
            [head, *parts[:place], tree.code_for_node(becomes), *parts[place + 1 :], foot]
        )

    return write


def _with_child(parent: cst.CSTNode, was: cst.CSTNode, becomes: cst.CSTNode) -> cst.CSTNode:
    for each in fields(parent):
        value = getattr(parent, each.name)
        if value is was:
            return parent.with_changes(**{each.name: becomes})
        if isinstance(value, (list, tuple)) and any(item is was for item in value):
            children = [becomes if item is was else item for item in value]
            return parent.with_changes(**{each.name: children})
    raise AssertionError(f"{was!r} is no child of {parent!r}")


def _common(before: list[str], after: list[str]) -> int:
    """Count the lines with which both begin."""
    pairs = zip(before, after, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _one_line(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())
