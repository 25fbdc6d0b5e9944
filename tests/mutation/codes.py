"""Putting a changed function in the place of the one that is loaded."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType

Changes = list[tuple[CodeType, CodeType]]


def changed_functions(old: CodeType, new: CodeType) -> Changes | None:
    """Find the outermost functions that differ, in two versions of a module.

    :returns: None when what runs at import differs, so that the module must be loaded anew.
    """
    if _own(old) != _own(new):
        return None
    found = []
    for before, after in zip(inner(old), inner(new), strict=True):
        if not before.co_flags & inspect.CO_NEWLOCALS:
            below = changed_functions(before, after)
            if below is None:
                return None
            found += below
        elif not _same(before, after):
            if before.co_name.startswith("<") and before.co_name != "<lambda>":
                return None
            found.append((before, after))
    return found


def loaded_functions(folder: str) -> list[FunctionType]:
    """Find the functions that are loaded from the files below a folder."""
    return [
        thing
        for thing in gc.get_objects()
        if isinstance(thing, FunctionType) and thing.__code__.co_filename.startswith(folder)
    ]


def put_in_place(changes: Changes, functions: list[FunctionType]) -> bool:
    """Give the functions that are loaded their changed code.

    :returns: False when one of the changes has no place, or fits no function.
    """
    for before, after in changes:
        placed = False
        for function in functions:
            if (function.__code__.co_filename, function.__code__) == (before.co_filename, before):
                try:
                    function.__code__ = after
                except ValueError:
                    return False
                placed = True
        if not placed:
            return False
    return True


def lines_of(code: CodeType) -> Iterator[int]:
    """Give the lines on which a function's body stands."""
    for _, _, line in code.co_lines():
        # The line of a def is also run at import, by no test.
        if line is not None and (line != code.co_firstlineno or code.co_name == "<lambda>"):
            yield line
    for below in inner(code):
        yield from lines_of(below)


def inner(code: CodeType) -> list[CodeType]:
    """Give the code of the functions and classes right inside."""
    return [const for const in code.co_consts if isinstance(const, CodeType)]


def _own(code: CodeType) -> tuple[object, ...]:
    """Give what a code object does by itself, wherever its lines stand."""
    consts = [_constant(const) for const in code.co_consts if not isinstance(const, CodeType)]
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    return code.co_code, consts, names, code.co_argcount, code.co_flags, len(inner(code))


def _constant(const: object) -> str:
    # Equal sets may be written in different orders, and 1 is no True here.
    return str(sorted(map(repr, const))) if isinstance(const, frozenset) else repr(const)


def _same(old: CodeType, new: CodeType) -> bool:
    pairs = zip(inner(old), inner(new), strict=False)
    return _own(old) == _own(new) and all(_same(before, after) for before, after in pairs)
