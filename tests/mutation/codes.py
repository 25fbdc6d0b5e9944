"""Putting a changed function in the place of the one that is loaded."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType


def changed_functions(old: CodeType, new: CodeType) -> list[tuple[CodeType, CodeType]] | None:
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


def put_in_place(changed: list[tuple[CodeType, CodeType]]) -> None:
    """Give the functions that are loaded their changed code."""
    functions = [thing for thing in gc.get_objects() if isinstance(thing, FunctionType)]
    for before, after in changed:
        for function in functions:
            if (function.__code__.co_filename, function.__code__) == (before.co_filename, before):
                function.__code__ = after


def lines_of(code: CodeType) -> Iterator[int]:
    """Give the lines on which a function's body stands."""
    for _, _, line in code.co_lines():
        if line is not None and line != code.co_firstlineno:
            yield line
    for below in inner(code):
        yield from lines_of(below)


def inner(code: CodeType) -> list[CodeType]:
    """Give the code of the functions and classes right inside."""
    return [const for const in code.co_consts if isinstance(const, CodeType)]


def _own(code: CodeType) -> tuple[object, ...]:
    """Give what a code object does by itself, wherever its lines stand."""
    consts = [repr(const) for const in code.co_consts if not isinstance(const, CodeType)]
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    return code.co_code, consts, names, code.co_argcount, code.co_flags, len(inner(code))


def _same(old: CodeType, new: CodeType) -> bool:
    pairs = zip(inner(old), inner(new), strict=False)
    return _own(old) == _own(new) and all(_same(before, after) for before, after in pairs)
