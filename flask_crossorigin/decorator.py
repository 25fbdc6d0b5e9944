"""The decorator that gives one view its own policy."""

from __future__ import annotations

import functools
import inspect
import logging
import warnings
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, overload
from weakref import WeakKeyDictionary

from flask import (
    Flask,
    Response,
    after_this_request,
    appcontext_pushed,
    current_app,
    has_request_context,
)

from .core.places import Place
from .errors import ConfigError
from .hooks import (
    begin,
    current_request,
    decide,
    decide_on_preflight,
    empty_response,
    finisher,
    install,
    is_from_elsewhere,
    is_preflight,
    progress_of,
    refuse,
)
from .options.errors import Problem
from .options.policy import check
from .options.table import Layer, inner, read_options, retired_in
from .scope import Target
from .state import EXTENSION, State
from .views import (
    DECORATED,
    ViewOptions,
    decorated_above_route,
    decorated_functions,
    decorated_views,
    view_options,
)

if TYPE_CHECKING:
    from flask import Request
    from typing_extensions import Unpack

    from .options.types import CrossOriginOptions

logger = logging.getLogger("flask_crossorigin")

View = TypeVar("View", bound=Callable[..., Any])


@overload
def cross_origin(view: View, /) -> View: ...


@overload
def cross_origin(**options: Unpack[CrossOriginOptions]) -> Callable[[View], View]: ...


def cross_origin(*views: Any, **options: Any) -> Any:
    """Give a view its own policy, which decides before all others.

    It takes the options of :class:`~flask_crossorigin.CORS` except ``resources``. Options that are
    not given come from ``app.config``, then from the defaults. Write it below ``@app.route``, on a
    function or on one method of a class-based view, or in the ``decorators`` of a class. It can be
    written without options.

    :returns: a new function; the decorated one is not changed.
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
    place = Place.of_caller()
    layer = inner(read_options(options, "@cross_origin ", problems, place))
    for problem in problems:
        problem.place = place
    if "origins" in layer.settings:
        # Without them, the application's configuration still has its say.
        check((layer,), problems)
    if problems:
        raise ConfigError(problems)
    if _needs_origins(layer):
        warnings.warn(
            "@cross_origin supports_credentials: no origins are named here, and a decorated view "
            "does not take those of CORS(app), so no origin is allowed. Write "
            'origins=["https://..."] here, or CORS_ORIGINS in app.config.',
            stacklevel=2,
        )
    for text in retired_in([layer]):
        warnings.warn(text, DeprecationWarning, stacklevel=2)
    if views:
        return _decorate(views[0], layer)
    return functools.partial(_decorate, layer=layer)


def _needs_origins(layer: Layer) -> bool:
    """Return whether it is known by now that credentials are written without origins."""
    credentials = layer.settings.get("supports_credentials")
    if credentials is None or not credentials.value or "origins" in layer.settings:
        return False
    # Without an application nobody knows what its configuration names, and a program that is right
    # must not warn. If nothing names origins, the first request says so.
    return bool(current_app) and "origins" not in State.of(current_app).config.settings


def _decorate(view: View, layer: Layer) -> View:
    name = getattr(view, "__name__", repr(view))
    options = ViewOptions(layer, f'@cross_origin on view "{name}"')
    _check_view(view, options)

    @functools.wraps(view)
    def sync_view(*args: Any, **kwargs: Any) -> Any:
        response = _arrive(options, args)
        return view(*args, **kwargs) if response is None else response

    @functools.wraps(view)
    async def async_view(*args: Any, **kwargs: Any) -> Any:
        response = _arrive(options, args)
        return await view(*args, **kwargs) if response is None else response

    decorated: Any = async_view if inspect.iscoroutinefunction(view) else sync_view
    setattr(decorated, DECORATED, options)
    if inspect.isfunction(view):
        decorated_functions[view] = options
    # Connecting it again changes nothing.
    appcontext_pushed.connect(_set_up)
    return decorated  # type: ignore[no-any-return]


def is_cross_origin(function: object) -> bool:
    """Return whether a function is ``cross_origin``, with or without options."""
    return function is cross_origin or (
        isinstance(function, functools.partial) and function.func is _decorate
    )


def method_decorators(view: Callable[..., Any] | None) -> list[object]:
    """Return the ``method_decorators`` of a view's class.

    Flask-RESTful and Flask-RESTX apply these when the view runs. It may be a mapping by method.
    """
    decorators = getattr(getattr(view, "view_class", None), "method_decorators", ())
    if isinstance(decorators, dict):
        decorators = [each for of_method in decorators.values() for each in of_method]
    return [*decorators] if isinstance(decorators, (list, tuple)) else []


def _check_view(view: object, options: ViewOptions) -> None:
    where, place = options.where, options.layer.place
    if isinstance(view, type):
        message = "@cross_origin decorates functions, not classes."
        hint = "Write decorators = [cross_origin(...)] in the class."
        code = "decorated-class"
        raise ConfigError([Problem(where, view, message, hint, code=code, place=place)])
    if not callable(view):
        raise TypeError(f"cross_origin() decorates a view, not {view!r}")
    if hasattr(view, DECORATED):
        message = "the view has a @cross_origin already."
        hint = "Write all options in one of them."
        code = "decorated-twice"
        raise ConfigError([Problem(where, view, message, hint, code=code, place=place)])


# The views that each application had when there was nothing to install for them.
_undecorated: WeakKeyDictionary[Flask, dict[str, Callable[..., Any]]] = WeakKeyDictionary()
_installing = Lock()


def _set_up(app: Flask, **_extra: Any) -> None:
    """Install the hooks of an application that has decorated views, and perhaps no ``CORS(app)``.

    A decorator does not know the application, so this happens when a context of it is first used.
    """
    state: State | None = app.extensions.get(EXTENSION)
    if state is not None and state.installed:
        return
    views = {**app.view_functions}
    if _undecorated.get(app) == views:
        return
    if decorated_views(app) or any(decorated_above_route(app)):
        try:
            with _installing:
                install(app, State.of(app))
        except AssertionError:
            # Flask takes no hooks after the first request, so the view adds its headers itself.
            _undecorated[app] = views
    else:
        _undecorated[app] = views


def _arrive(options: ViewOptions, arguments: tuple[Any, ...]) -> Response | None:
    """Do what must be done before a decorated function runs.

    :param arguments: its positional arguments.
    :returns: the response in place of the function's, if there is one.
    """
    if not has_request_context():
        return None
    request: Request = current_request()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    state = State.of(app)
    policies = state.policies
    if not state.installed:
        after_this_request(state.finish or finisher(app, state))
    # The view decides, which may be this one, or another one that calls this one. What another
    # view enforces is not lost, though.
    view_decides = policies.has_view_policy(request) or (
        policies.knows(options) and not policies.of_view(options).enforce
    )
    if policies.enforcing and is_from_elsewhere(request) and progress_of(request) is None:
        # Nothing refused anything yet: the view is newer than the other policies.
        progress = begin(policies, request)
        refusal = refuse(app, policies, request, progress, progress.policy)
        if refusal is not None:
            return refusal
    if view_decides:
        return None
    has_error = any(isinstance(argument, Exception) for argument in arguments)
    handles_error = has_error and _is_error_handler(app, options)
    return _arrive_late(app, state, request, options, handles_error=handles_error)


def _arrive_late(
    app: Flask, state: State, request: Request, options: ViewOptions, *, handles_error: bool
) -> Response | None:
    """Let a policy count that is found only now: it may narrow the URL's own, and never widen it.

    Where the URL has no policy, it decides.
    """
    policies = state.policies
    policy = policies.of_view(options)
    progress = progress_of(request) or begin(policies, request)
    if not (handles_error or policies.knows(options)):
        _warn_of_hidden_view(app, state, request, options)
    if is_preflight(policies, request):
        # Without a policy for its URL, nothing has been decided on it yet.
        decision = decide(request, progress)
        if decision.policy is None:
            target = Target(None, request.path, request.url_rule, request.view_args or {})
            decision = progress.decision = decide_on_preflight(policy, target, request)
            if decision.replaces_view and not handles_error:
                return empty_response(app, decision)
            return None
    late = policy.actual(request.environ.get("HTTP_ORIGIN"), request)
    decision = decide(request, progress)
    if decision.method is not None:
        # The view answers its preflights, but not those that are refused.
        if late.origin_allowed or not policy.enforce:
            return None
        progress.decision = late
    else:
        progress.decision = late if decision.policy is None else decision.narrowed_by(late)
    return None if handles_error else refuse(app, policies, request, progress, policy)


def _is_error_handler(app: Flask, options: ViewOptions) -> bool:
    return any(
        view_options(handler) is options
        for by_code in app.error_handler_spec.values()
        for by_class in by_code.values()
        for handler in by_class.values()
    )


def _warn_of_hidden_view(app: Flask, state: State, request: Request, options: ViewOptions) -> None:
    if request.endpoint in state.hidden:
        return
    state.hidden.add(request.endpoint)
    cause, fix = "a decorator above it", "write that decorator with functools.wraps"
    view = app.view_functions.get(request.endpoint or "")
    if any(map(is_cross_origin, method_decorators(view))):
        cause, fix = "method_decorators", "write @cross_origin on the methods of the class instead"
    place = options.layer.place
    logger.warning(
        "%s%s is hidden from Flask by %s, so preflights for endpoint %r don't use it: %s",
        "" if place is None else f"{place}: ",
        options.where,
        cause,
        request.endpoint,
        fix,
    )
