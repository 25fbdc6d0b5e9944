"""The decorator that gives one view a policy of its own."""

from __future__ import annotations

import functools
import inspect
import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from flask import Response, after_this_request, current_app, has_request_context
from werkzeug.exceptions import MethodNotAllowed

from .core.policy import Policy
from .hooks import (
    current_request,
    decide,
    decided,
    preflight_policy,
    refuse_stranger,
    response_finisher,
    tell_of_crashes,
)
from .options.errors import ConfigError, Problem
from .options.table import Layer, make_policy, read_options, warn_of_retired
from .scope import DECORATED, ViewOptions, decorated_functions
from .state import Registry

if TYPE_CHECKING:
    from flask import Flask, Request
    from typing_extensions import Unpack

    from .options.types import CrossOriginOptions

logger = logging.getLogger("flask_crossorigin")

View = TypeVar("View", bound=Callable[..., Any])


class _AddedMethod(str):
    """A method that the decorator adds to a view's route, told apart from one in the route.

    Werkzeug upper-cases the methods of a rule, which would make a plain string of it.
    """

    __slots__ = ()

    def upper(self) -> _AddedMethod:
        return self


class _LeftToView:
    """Stands for False where the decorator says it, told apart from False in the route."""

    def __bool__(self) -> bool:
        return False


_OPTIONS = _AddedMethod("OPTIONS")
_LEFT_TO_VIEW = _LeftToView()


@overload
def cross_origin(view: View, /) -> View: ...


@overload
def cross_origin(**options: Unpack[CrossOriginOptions]) -> Callable[[View], View]: ...


def cross_origin(*views: Any, **options: Any) -> Any:
    """Give a view a policy of its own, which decides before all others.

    It takes the options of :class:`~flask_crossorigin.CORS` but for ``resources``. What it is
    not told comes from ``app.config``, then from the defaults. It stands below ``@app.route``,
    on a function or on one method of a class-based view, or in the ``decorators`` of its class.
    It may stand bare.

    :returns: a new function; the one that is decorated stays as it was.
    :raises ConfigError: if something is wrong with the options, or if the view is decorated
        already.

    .. code-block:: python

        @app.get("/report")
        @cross_origin(origins="https://reports.example.com", supports_credentials=True)
        def report(): ...
    """
    if len(views) > 1 or (views and (options or not callable(views[0]))):
        raise TypeError('cross_origin() takes its options by name, as in origins="https://..."')
    problems: list[Problem] = []
    layer = read_options(options, "@cross_origin ", problems)
    if "origins" in layer.settings:
        # Without them the application's configuration may yet have its say.
        make_policy("@cross_origin", [layer], problems)
    if problems:
        raise ConfigError(problems)
    warn_of_retired([layer], stacklevel=2)
    if views:
        return _decorate(views[0], layer)
    return functools.partial(_decorate, layer=layer)


def _decorate(view: View, layer: Layer) -> View:
    name = getattr(view, "__name__", repr(view))
    options = ViewOptions(layer, f'@cross_origin on view "{name}"')
    _check(view, options.where)

    @functools.wraps(view)
    def sync_view(*args: Any, **kwargs: Any) -> Any:
        answer = _prepare(options)
        return view(*args, **kwargs) if answer is None else answer

    @functools.wraps(view)
    async def async_view(*args: Any, **kwargs: Any) -> Any:
        answer = _prepare(options)
        return await view(*args, **kwargs) if answer is None else answer

    decorated: Any = async_view if inspect.iscoroutinefunction(view) else sync_view
    setattr(decorated, DECORATED, options)
    if inspect.isfunction(view):
        decorated_functions[view] = options
    # Without CORS(app) a preflight gets to the view only if Flask does not answer it first.
    if getattr(view, "provide_automatic_options", None) is not False:
        decorated.provide_automatic_options = _LEFT_TO_VIEW
    decorated.required_methods = {*getattr(view, "required_methods", ()), _OPTIONS}
    return decorated  # type: ignore[no-any-return]


def _check(view: object, where: str) -> None:
    if isinstance(view, type):
        message = "@cross_origin decorates functions, not classes"
        hint = "Write decorators = [cross_origin(...)] in the class"
        raise ConfigError([Problem(where, view, message, hint)])
    if not callable(view):
        raise TypeError(f"cross_origin() decorates a view, not {view!r}")
    if hasattr(view, DECORATED):
        message = "the view has a @cross_origin already"
        raise ConfigError([Problem(where, view, message, "Write all options in one of them")])


def _prepare(options: ViewOptions) -> Response | None:
    """Do what must be done before a decorated view runs.

    :returns: what is answered in place of the view, if anything is.
    """
    if not has_request_context():
        return None
    request: Request = current_request()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    registry = Registry.of(app)
    if not registry.installed:
        if registry.finish_response is None:
            tell_of_crashes(app)
            registry.finish_response = response_finisher(app, registry)
        after_this_request(registry.finish_response)
        policy = preflight_policy(registry, request) if request.method == "OPTIONS" else None
        if policy is not None and policy.automatic_options:
            # What was registered above fills it in. Here an event loop may be running, in
            # which async callables among the origins cannot be called.
            return app.response_class()
    hidden = _notice_hidden_view(registry, request, options)
    if hidden or (registry.enforcing and not registry.installed):
        # Nothing could refuse it before.
        refusal = refuse_stranger(app, registry, request)
        if refusal is not None:
            return refusal
    if request.method == "OPTIONS" and not _handles_error():
        return _answer_options(app, request)
    return None


def _handles_error() -> bool:
    """Tell whether it is an error handler that runs: Flask calls it amid the exception."""
    return sys.exc_info()[0] is not None


def _notice_hidden_view(registry: Registry, request: Request, options: ViewOptions) -> bool:
    """Let a policy hold that could not be found on the view that Flask knows.

    :returns: whether there is such a policy, for a view that has not run yet.
    """
    endpoint = request.endpoint
    policies = registry.policies
    if policies.knows(options):
        # It is the view at hand, or another view, which this one calls.
        return False
    if endpoint is not None and policies.view_policy(endpoint, request.method) is not None:
        return False
    known = decided(request)
    if known is None or (not isinstance(known, Policy) and known.method is None):
        decide(request, policies.of_view(options))
    if _handles_error():
        return False
    if endpoint not in registry.hidden:
        registry.hidden.add(endpoint)
        logger.warning(
            "%s is hidden from Flask by a decorator above it, so that preflights for endpoint "
            "%r do not fall under it: write that decorator with functools.wraps",
            options.where,
            endpoint,
        )
    return True


def _answer_options(app: Flask, request: Request) -> Response | None:
    """Answer OPTIONS as Flask would have, if it gets to the view only through the decorator."""
    rule = request.url_rule
    methods = (rule.methods if rule is not None else None) or ()
    if not any(isinstance(name, _AddedMethod) for name in methods):
        return None
    explicit = getattr(rule, "provide_automatic_options", None) is False
    if explicit or not app.config.get("PROVIDE_AUTOMATIC_OPTIONS", True):
        own = [name for name in methods if not isinstance(name, _AddedMethod)]
        raise MethodNotAllowed(valid_methods=own)
    return app.make_default_options_response()
