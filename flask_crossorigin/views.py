"""How decorated views are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from inspect import isfunction
from typing import TYPE_CHECKING, Any, TypeGuard
from weakref import WeakKeyDictionary

from flask.views import MethodView

from .options.errors import Problem
from .options.table import Layer

if TYPE_CHECKING:
    from flask import Flask

#: The attribute by which a decorated view is known. ``functools.wraps`` carries it upward.
DECORATED = "_cross_origin"


class ViewOptions:
    """What ``@cross_origin`` was given for a view.

    :param where: as in ``@cross_origin on view "report"``.
    """

    def __init__(self, layer: Layer, where: str) -> None:
        self.layer = layer
        self.where = where


#: The functions that ``@cross_origin`` was written on, which it leaves as they were. Where Flask
#: knows such a function itself, it was decorated too late.
decorated_functions: WeakKeyDictionary[Callable[..., Any], ViewOptions] = WeakKeyDictionary()


def view_options(view: Callable[..., Any], method: str | None = None) -> ViewOptions | None:
    """Find what ``@cross_origin`` was given for a view function.

    :param view: what ``app.view_functions`` holds.
    :param method: for a class-based view, the method whose handler may have its own decorator.
    """
    view_class = getattr(view, "view_class", None)
    handler = _handler(view_class, method)
    for candidate in (handler, getattr(view_class, "dispatch_request", None), view):
        found = getattr(candidate, DECORATED, None)
        # A mock that stands in for a view has whichever attribute it is asked for.
        if isinstance(found, ViewOptions):
            return found
    return None


def decorated_views(app: Flask) -> list[ViewOptions]:
    """Return what ``@cross_origin`` was given for the views that an application has by now."""
    found = dict.fromkeys(
        view_options(view, method)
        for view in app.view_functions.values()
        for method in (None, *_methods_of(view))
    )
    return [options for options in found if options is not None]


def _methods_of(view: Callable[..., Any]) -> Iterable[str]:
    view_class = getattr(view, "view_class", None)
    return (view_class.methods if is_method_view(view_class) else None) or ()


def is_method_view(view_class: object) -> TypeGuard[type[MethodView]]:
    """Return whether a class-based view has a handler for each method."""
    return isinstance(view_class, type) and issubclass(view_class, MethodView)


def _handler(view_class: object, method: str | None) -> Callable[..., Any] | None:
    if method is None or not is_method_view(view_class):
        return None
    handler: Callable[..., Any] | None = getattr(view_class, method.lower(), None)
    if handler is None and method == "HEAD":
        handler = getattr(view_class, "get", None)
    return handler


def decorated_above_route(app: Flask) -> Iterator[Problem]:
    """Find the views that Flask registered without the ``@cross_origin`` above ``@app.route``."""
    views = app.view_functions
    in_force = {view_options(view) for view in views.values()}
    for endpoint, view in views.items():
        written = decorated_functions.get(view) if isfunction(view) else None
        # A function may be registered twice on purpose, once with and once without the decorator.
        if written is None or written in in_force or not _is_named_decorated(view, written):
            continue
        message = f'it is above @app.route, so Flask serves the endpoint "{endpoint}" without it.'
        hint = "Move @cross_origin below @app.route, directly above the function."
        code = "decorated-above-route"
        yield Problem(written.where, view, message, hint, code=code, place=written.layer.place)


def _is_named_decorated(view: Callable[..., Any], options: ViewOptions) -> bool:
    """Return whether a function's own name stands for the decorated one, as with a decorator.

    Otherwise both are meant to exist. The names inside a function cannot be seen.
    """
    if "<locals>" in view.__qualname__:
        return True
    named = view.__globals__.get(view.__name__)
    return getattr(named, DECORATED, None) is options
