"""Decorated views: what ``@cross_origin`` was given for them, and how they are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard
from weakref import WeakKeyDictionary

from flask.views import MethodView

from .options import Layer

#: The attribute by which a decorated view is known. ``functools.wraps`` carries it upward.
DECORATED = "_cross_origin"


@dataclass(eq=False)
class ViewOptions:
    """What ``@cross_origin`` was given for a view."""

    layer: Layer
    #: As in ``@cross_origin on view "report"``.
    where: str


#: The functions that ``@cross_origin`` was written on, which it leaves as they were. Where Flask
#: knows such a function itself, it was decorated too late.
decorated_functions: WeakKeyDictionary[Callable[..., Any], ViewOptions] = WeakKeyDictionary()


def view_options(view: Callable[..., Any], method: str | None = None) -> ViewOptions | None:
    """Find what ``@cross_origin`` was given for a view function.

    :param view: what ``app.view_functions`` holds.
    :param method: for a class-based view, the method whose handler's own decorator is meant.
    """
    view_class = getattr(view, "view_class", None)
    handler = _handler(view_class, method)
    for candidate in (handler, getattr(view_class, "dispatch_request", None), view):
        found = getattr(candidate, DECORATED, None)
        # A mock that stands in for a view has whichever attribute it is asked for.
        if isinstance(found, ViewOptions):
            return found
    return None


def is_method_view(view_class: object) -> TypeGuard[type[MethodView]]:
    """Tell whether a class-based view has a handler for each method."""
    return isinstance(view_class, type) and issubclass(view_class, MethodView)


def _handler(view_class: object, method: str | None) -> Callable[..., Any] | None:
    if method is None or not is_method_view(view_class):
        return None
    handler: Callable[..., Any] | None = getattr(view_class, method.lower(), None)
    if handler is None and method == "HEAD":
        handler = getattr(view_class, "get", None)
    return handler
