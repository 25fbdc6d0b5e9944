"""The ``@cross_origin`` that Flask does not see, because something else is in front of it.

It only counts when the function that it decorates runs, and nothing runs here. So this module looks
for such functions in what a view refers to. Whether the view calls them is not known.
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

    from ..scope import Policies


@dataclass(frozen=True)
class LateDecorator:
    """A ``@cross_origin`` that is only found when the view runs."""

    endpoint: str
    where: str

    #: What that means.
    MEANING: ClassVar = (
        "It counts when the view runs: it can narrow the policy of the URL, and it decides if "
        "there is none. Preflights don't use it. Write @cross_origin on the view itself or on the "
        "methods of its class, and the decorators above it with functools.wraps."
    )

    @classmethod
    def of(cls, app: Flask, policies: Policies, endpoint: str | None) -> LateDecorator | None:
        """Return the first one that an endpoint's view has; None if it has none."""
        view = None if endpoint is None else app.view_functions.get(endpoint)
        # If the view has a policy of its own, that decides.
        if endpoint is None or view is None or policies.of_endpoint(endpoint).view is not None:
            return None
        view_class: Any = getattr(view, "view_class", None)
        decorators = method_decorators(view)
        if any(map(is_cross_origin, decorators)):
            return cls(endpoint, f"@cross_origin in method_decorators of {view_class.__name__}")
        for found in _referred((view, view_class, *decorators)):
            if isinstance(found, ViewOptions):
                # What Flask knows as another view does not count here, unless it refuses.
                if not policies.knows(found) or policies.of_view(found).enforce:
                    return cls(endpoint, found.where)
            elif is_cross_origin(found):
                return cls(endpoint, "@cross_origin, which the view calls")
        return None


def decorated_error_handlers(app: Flask) -> Iterator[ViewOptions]:
    """Return what ``@cross_origin`` was given for functions that handle errors."""
    for by_code in app.error_handler_spec.values():
        for by_class in by_code.values():
            for handler in by_class.values():
                options = getattr(handler, DECORATED, None)
                if isinstance(options, ViewOptions):
                    yield options


def _referred(roots: Iterable[object]) -> Iterator[object]:
    """Find what objects refer to, and the options of decorated functions in their place."""
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
    """Return what an object may call."""
    if isinstance(found, functools.partial):
        yield from (found.func, *found.args, *found.keywords.values())
    elif isinstance(found, (staticmethod, classmethod)) or ismethod(found):
        yield found.__func__
    elif isinstance(found, type):
        # Flask's own base classes have nothing decorated.
        for base in found.__mro__[:-1]:
            yield from vars(base).values()
    elif isfunction(found):
        yield from (_decorated(found.__globals__.get(name)) for name in _names(found.__code__))
        for cell in found.__closure__ or ():
            # A cell may be empty still.
            with suppress(ValueError):
                yield cell.cell_contents
    # As functools.wraps and lru_cache leave it.
    if not isinstance(found, type):
        yield _attributes(found).get("__wrapped__")


def _decorated(found: object) -> object:
    """Return a global if it is a decorated function or ``cross_origin``: most are far away."""
    is_late = DECORATED in _attributes(found) or is_cross_origin(found)
    return found if is_late else None


def _attributes(found: object) -> Mapping[str, object]:
    # A proxy, as Flask's request is one, may have nothing behind it.
    with suppress(Exception):
        return vars(found)
    return {}


def _names(code: CodeType) -> Iterator[str]:
    """Return the names that a function and the functions in it use."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
