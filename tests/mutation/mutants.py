"""The small changes that are made to a module, as mutmut's operators make them."""

# pyright: reportMissingImports=false

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from types import CodeType

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
        return (
            f"{self.module}: {self.function or '<module>'}{number}\n- {self.was}\n+ {self.becomes}"
        )

    @property
    def path(self) -> Path:
        return path_of(self.module)

    def compile(self) -> CodeType:
        return compile(self.source, str(self.path), "exec", dont_inherit=True)


def path_of(module: str) -> Path:
    return PACKAGE / f"{module}.py"


def modules() -> list[str]:
    """Name all modules of the package."""
    return sorted(
        path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py")
    )


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


def mutants_of(module: str) -> Iterator[Mutant]:
    """Give every mutant of a module that compiles."""
    tree = cst.parse_module(path_of(module).read_text(encoding="utf-8"))
    changes = _Changes()
    tree.visit(changes)
    seen: Counter[tuple[str, str, str]] = Counter()
    before = tree.code.splitlines()
    for function, node, changed in changes.found:
        source = cst.ensure_type(tree.deep_replace(node, changed), cst.Module).code
        after = source.splitlines()
        first = _common(before, after)
        last = _common(before[first:][::-1], after[first:][::-1])
        was = _one_line(before[first : len(before) - last])
        becomes = _one_line(after[first : len(after) - last])
        lines = range(first + 1, len(before) - last + 1)
        number = seen[function, was, becomes] + 1
        mutant = Mutant(module, function, was, becomes, number, source, lines)
        try:
            mutant.compile()
        except SyntaxError:
            continue
        seen[function, was, becomes] = number
        yield mutant


def _common(before: list[str], after: list[str]) -> int:
    """Count the lines with which both begin."""
    pairs = zip(before, after, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _one_line(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())
