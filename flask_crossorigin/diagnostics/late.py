"""Finds each ``@cross_origin`` that another decorator or function hides from Flask.

Such a decorator only takes effect when its function runs. Diagnostics run no view, so this module
searches the objects that a view refers to. Whether the view calls them is unknown.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from inspect import isfunction, ismethod
from types import CodeType
from typing import TYPE_CHECKING, Any, ClassVar

from ..decorator import is_cross_origin, method_decorators
from ..views import DECORATED, ViewOptions

if TYPE_CHECKING:
    from flask import Flask

    from ..core.places import Place
    from ..scope import Policies


@dataclass(frozen=True)
class LateDecorator:
    """A ``@cross_origin`` that takes effect only when the view runs."""

    endpoint: str
    #: What messages call it, such as ``@cross_origin on view "report"``.
    where: str
    #: How to make it take effect earlier, as a sentence without its period.
    fix: str
    #: The file and the line where it was written; None if that is not known.
    place: Place | None = None

    #: The consequence, in sentences. The subject comes before it.
    MEANING: ClassVar = (
        "takes effect only when the view runs, so preflights don't use it. It can restrict the "
        "policy of the URL, or decide if the URL has no policy. Write @cross_origin on the view "
        "itself or on the methods of its class, and use functools.wraps in the decorators above."
    )

    @classmethod
    def of(cls, app: Flask, policies: Policies, endpoint: str | None) -> LateDecorator | None:
        """Return the first one in an endpoint's view; None if there isn't one."""
        view = None if endpoint is None else app.view_functions.get(endpoint)
        # If the view itself is decorated, that decorator decides.
        if endpoint is None or view is None or policies.of_endpoint(endpoint).view is not None:
            return None
        view_class: Any = getattr(view, "view_class", None)
        decorators = method_decorators(view)
        if any(map(is_cross_origin, decorators)):
            where = f"@cross_origin in method_decorators of {view_class.__name__}"
            return cls(endpoint, where, "Write @cross_origin on the methods of the class instead")
        for found in _search((view, view_class, *decorators)):
            if isinstance(found, ViewOptions):
                # If a view calls another registered view, only that one's enforce takes effect.
                if not policies.knows(found) or policies.of_view(found).enforce:
                    below = ", directly below @app.route" if view_class is None else ""
                    fix = f"Use functools.wraps in the decorators above {found.where}, or move it "
                    return cls(endpoint, found.where, f"{fix}above them{below}", found.layer.place)
            elif is_cross_origin(found):
                fix = "Write @cross_origin on the view itself"
                return cls(endpoint, "@cross_origin in the view", fix)
        return None


def decorated_error_handlers(app: Flask) -> Iterator[ViewOptions]:
    """Yield the options of each error handler that is decorated with ``@cross_origin``."""
    for by_code in app.error_handler_spec.values():
        for by_class in by_code.values():
            for handler in by_class.values():
                options = getattr(handler, DECORATED, None)
                if isinstance(options, ViewOptions):
                    yield options


def _search(roots: Iterable[object]) -> Iterator[object]:
    """Yield the objects that can be reached from some objects.

    A decorated function is yielded as its options, and not searched.
    """
    seen: set[int] = set()
    waiting = [*roots]
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        options = _attributes(found).get(DECORATED)
        if isinstance(options, ViewOptions):
            yield options
        else:
            yield found
            waiting += _parts(found)


def _parts(found: object) -> Iterator[object]:
    """Yield what an object may call."""
    if isinstance(found, functools.partial):
        yield from (found.func, *found.args, *found.keywords.values())
    elif isinstance(found, (staticmethod, classmethod)) or ismethod(found):
        yield found.__func__
    elif isinstance(found, type):
        # All but ``object``.
        for base in found.__mro__[:-1]:
            yield from vars(base).values()
    elif isfunction(found):
        yield from (_decorated(found.__globals__.get(name)) for name in _names(found.__code__))
        for cell in found.__closure__ or ():
            # A cell is empty until its variable is assigned.
            with suppress(ValueError):
                yield cell.cell_contents
    # functools.wraps and lru_cache set __wrapped__.
    if not isinstance(found, type):
        yield _attributes(found).get("__wrapped__")


def _decorated(found: object) -> object:
    """Return a global if it is a decorated function or ``cross_origin``; otherwise None.

    Following all globals would lead through the whole program.
    """
    is_late = DECORATED in _attributes(found) or is_cross_origin(found)
    return found if is_late else None


def _attributes(found: object) -> Mapping[str, object]:
    # A proxy, such as Flask's request, raises if nothing is behind it.
    with suppress(Exception):
        return vars(found)
    return {}


def _names(code: CodeType) -> Iterator[str]:
    """Yield the global names and attributes that a function and its inner functions use."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
