"""The decorator ``@cross_origin``, which gives one view its own policy."""

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
    finisher,
    install,
    is_from_elsewhere,
    is_preflight,
    preflight_response,
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
    name_of,
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
    """Give a view its own policy, which takes precedence over all others.

    It takes the options of :class:`~flask_crossorigin.CORS` except ``resources``. Options that are
    not given come from ``app.config``, then from the defaults. Write it below ``@app.route``, on a
    function or on one method of a class-based view, or in the ``decorators`` of a class. Without
    options, the parentheses can be omitted.

    :returns: a new function. The decorated function is not changed.
    :raises ConfigError: the options are invalid, or the view is already decorated.
    :raises TypeError: the options are not given by name, or the argument is not a view.

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
        # Without origins here, the application's configuration may still provide them.
        check((layer,), problems)
    if problems:
        raise ConfigError(problems)
    if _needs_origins(layer):
        warnings.warn(
            "@cross_origin supports_credentials: no origins are set here, and a decorated view "
            "does not inherit the origins of CORS(app), so no origin is allowed. Write "
            'origins=["https://..."] here, or set CORS_ORIGINS in app.config.',
            stacklevel=2,
        )
    for text in retired_in([layer]):
        warnings.warn(text, DeprecationWarning, stacklevel=2)
    if views:
        return _decorate(views[0], layer)
    return functools.partial(_decorate, layer=layer)


def _needs_origins(layer: Layer) -> bool:
    """Return whether credentials are allowed, but certainly no origins are set."""
    credentials = layer.settings.get("supports_credentials")
    if credentials is None or not credentials.value or "origins" in layer.settings:
        return False
    # Without an app context, the configuration may still set origins, and a valid program must not
    # get a warning. If nothing sets them, an error is logged at the first request.
    return bool(current_app) and "origins" not in State.of(current_app).config.settings


def _decorate(view: View, layer: Layer) -> View:
    options = ViewOptions(layer, f'@cross_origin on view "{name_of(view)}"')
    _check_view(view, options)

    @functools.wraps(view)
    def sync_view(*args: Any, **kwargs: Any) -> Any:
        response = _before_view(options, args)
        return view(*args, **kwargs) if response is None else response

    @functools.wraps(view)
    async def async_view(*args: Any, **kwargs: Any) -> Any:
        response = _before_view(options, args)
        return await view(*args, **kwargs) if response is None else response

    decorated: Any = async_view if inspect.iscoroutinefunction(view) else sync_view
    setattr(decorated, DECORATED, options)
    if inspect.isfunction(view):
        decorated_functions[view] = options
    # Connecting the same function twice has no effect.
    appcontext_pushed.connect(_set_up)
    return decorated  # type: ignore[no-any-return]


def is_cross_origin(function: object) -> bool:
    """Return whether a function is ``cross_origin``, with or without options."""
    return function is cross_origin or (
        isinstance(function, functools.partial) and function.func is _decorate
    )


def method_decorators(view: Callable[..., Any] | None) -> list[object]:
    """Return all ``method_decorators`` of a view's class, which may be a list or a dict of lists.

    Flask-RESTful and Flask-RESTX apply them each time the view runs.
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
        message = "the view already has a @cross_origin."
        hint = "Write all options in one decorator."
        code = "decorated-twice"
        raise ConfigError([Problem(where, view, message, hint, code=code, place=place)])


# The views of each application at the last check, if the check had nothing to install.
_undecorated: WeakKeyDictionary[Flask, dict[str, Callable[..., Any]]] = WeakKeyDictionary()
_installing = Lock()


def _set_up(app: Flask, **_extra: Any) -> None:
    """Install the hooks in an application that has decorated views but no ``CORS(app)``.

    The decorator doesn't know the application, so this runs whenever an app context is pushed.
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
            # Flask accepts no hooks after the first request, so the view adds its own headers.
            _undecorated[app] = views
    else:
        _undecorated[app] = views


def _before_view(options: ViewOptions, arguments: tuple[Any, ...]) -> Response | None:
    """Apply the policy of a decorated function, just before the function runs.

    :param arguments: its positional arguments. For an error handler, one of them is the exception.
    :returns: the response to send without running the function; None to run it.
    """
    if not has_request_context():
        return None
    request: Request = current_request()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    state = State.of(app)
    policies = state.policies
    if not state.installed:
        after_this_request(state.finish or finisher(app, state))
    # The policy of the view that Flask runs has already decided. That may be this view, or a view
    # that calls this one. But if this one has enforce, it must still be able to refuse.
    view_decides = policies.has_view_policy(request) or (
        policies.knows(options) and not policies.of_view(options).enforce
    )
    if policies.enforcing and is_from_elsewhere(request) and progress_of(request) is None:
        # The view was added after the policies were made, so its enforce has not been applied yet.
        progress = begin(policies, request)
        refusal = refuse(app, policies, request, progress, progress.policy)
        if refusal is not None:
            return refusal
    if view_decides:
        return None
    has_error = any(isinstance(argument, Exception) for argument in arguments)
    handles_error = has_error and _is_error_handler(app, options)
    return _apply_late_policy(app, state, request, options, handles_error=handles_error)


def _apply_late_policy(
    app: Flask, state: State, request: Request, options: ViewOptions, *, handles_error: bool
) -> Response | None:
    """Apply a policy that is found only when its function runs.

    If the URL already has a policy, this one can only allow less. An error handler always runs.
    """
    policies = state.policies
    policy = policies.of_view(options)
    progress = progress_of(request) or begin(policies, request)
    if not (handles_error or policies.knows(options)):
        _warn_of_hidden_view(app, state, request, options)
    if is_preflight(policies, request):
        # If no policy covers the URL, this one decides on the preflight.
        decision = decide(request, progress)
        if decision.policy is None:
            target = Target(None, request.path, request.url_rule, request.view_args or {})
            decision = progress.decision = decide_on_preflight(policy, target, request)
            if decision.replaces_view and not handles_error:
                return preflight_response(app, decision)
            return None
    late = policy.actual(request.environ.get("HTTP_ORIGIN"), request)
    decision = decide(request, progress)
    if decision.method is not None:
        # With automatic_options=False the view responds to preflights, unless they are refused.
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
