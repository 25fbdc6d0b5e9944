"""Finds the views that are decorated with ``@cross_origin``."""

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

#: The attribute that marks a decorated view. ``functools.wraps`` copies it to outer decorators.
DECORATED = "_cross_origin"


class ViewOptions:
    """The options of one ``@cross_origin``.

    :param layer: the options.
    :param where: what messages call it, such as ``@cross_origin on view "report"``.
    """

    def __init__(self, layer: Layer, where: str) -> None:
        self.layer = layer
        self.where = where


def name_of(view: object) -> str:
    """Return the name of a view for messages, as in ``report`` or ``Items.post``."""
    name: str = getattr(view, "__name__", repr(view))
    # A method is named with its class, but not with the function that contains the class.
    qualified: str = getattr(view, "__qualname__", "").rpartition(">.")[2]
    return qualified if qualified.endswith(f".{name}") else name


#: The original functions below each ``@cross_origin``. If Flask has such a function as a view, the
#: decorator was applied too late.
decorated_functions: WeakKeyDictionary[Callable[..., Any], ViewOptions] = WeakKeyDictionary()


def view_options(view: Callable[..., Any], method: str | None = None) -> ViewOptions | None:
    """Find the options of the ``@cross_origin`` on a view.

    :param view: a function from ``app.view_functions``.
    :param method: for a class-based view, also look at the handler of this method.
    :returns: None if the view is not decorated.
    """
    view_class = getattr(view, "view_class", None)
    handler = _handler(view_class, method)
    for candidate in (handler, getattr(view_class, "dispatch_request", None), view):
        found = getattr(candidate, DECORATED, None)
        # A mock in place of a view has every attribute.
        if isinstance(found, ViewOptions):
            return found
    return None


def decorated_views(app: Flask) -> list[ViewOptions]:
    """Return the options of each decorated view that an application has now."""
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
    """Return whether a class is a ``MethodView``, which has one handler for each method."""
    return isinstance(view_class, type) and issubclass(view_class, MethodView)


def _handler(view_class: object, method: str | None) -> Callable[..., Any] | None:
    if method is None or not is_method_view(view_class):
        return None
    handler: Callable[..., Any] | None = getattr(view_class, method.lower(), None)
    if handler is None and method == "HEAD":
        handler = getattr(view_class, "get", None)
    return handler


def decorated_above_route(app: Flask) -> Iterator[Problem]:
    """Find each ``@cross_origin`` above ``@app.route``, where it has no effect.

    Flask has registered the function below the decorator.
    """
    views = app.view_functions
    registered = {view_options(view) for view in views.values()}
    for endpoint, view in views.items():
        written = decorated_functions.get(view) if isfunction(view) else None
        # A function may be registered twice on purpose, once with and once without the decorator.
        if written is None or written in registered or not _is_replaced(view, written):
            continue
        message = f'it is above @app.route, so Flask serves the endpoint "{endpoint}" without it.'
        hint = "Move @cross_origin below @app.route, directly above the function."
        code = "decorated-above-route"
        yield Problem(written.where, view, message, hint, code=code, place=written.layer.place)


def _is_replaced(view: Callable[..., Any], options: ViewOptions) -> bool:
    """Return whether a function's name now refers to its decorated version.

    This is so after ``@cross_origin``, but not after ``allowed = cross_origin(view)``, where both
    are meant to exist. For functions inside functions it can't be found out, and is assumed.
    """
    if "<locals>" in view.__qualname__:
        return True
    named = view.__globals__.get(view.__name__)
    return getattr(named, DECORATED, None) is options
