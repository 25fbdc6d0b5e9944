"""The small changes that are made to a module, as mutmut's operators make them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

import libcst as cst
from libcst import matchers as m
from mutmut.mutation.mutators import mutation_operators

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

    path: Path
    #: The function that is changed, empty for what stands outside of any.
    function: str
    #: The lines that are changed, before and after, with single spaces.
    was: str
    becomes: str
    source: str
    #: The numbers of the lines that are changed.
    lines: frozenset[int]

    def __str__(self) -> str:
        return f"{self.path.stem}: {self.function}\n- {self.was}\n+ {self.becomes}"

    def compile(self) -> CodeType:
        return compile(self.source, str(self.path), "exec", dont_inherit=True)


class _Changes(cst.CSTVisitor):
    def __init__(self) -> None:
        self.found: list[tuple[str, cst.CSTNode, cst.CSTNode]] = []
        self._names: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if m.matches(node, _SKIPPED):
            return False
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            self._names.append(node.name.value)
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                for changed in operator(node):
                    self.found.append((".".join(self._names), node, changed))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, (cst.FunctionDef, cst.ClassDef)):
            self._names.pop()


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Give every mutant of a module that compiles."""
    tree = cst.parse_module(path.read_text(encoding="utf-8"))
    changes = _Changes()
    tree.visit(changes)
    for function, node, changed in changes.found:
        mutant = _mutant(path, function, tree, node, changed)
        if mutant is not None:
            yield mutant


def _mutant(
    path: Path, function: str, tree: cst.Module, node: cst.CSTNode, changed: cst.CSTNode
) -> Mutant | None:
    source = cst.ensure_type(tree.deep_replace(node, changed), cst.Module).code
    before, after = tree.code.splitlines(), source.splitlines()
    was: list[str] = []
    becomes: list[str] = []
    lines: set[int] = set()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag != "equal":
            was += before[start:end]
            becomes += after[new_start:new_end]
            lines.update(range(start + 1, end + 1))
    mutant = Mutant(path, function, _one_line(was), _one_line(becomes), source, frozenset(lines))
    try:
        mutant.compile()
    except SyntaxError:
        return None
    return mutant


def _one_line(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())
