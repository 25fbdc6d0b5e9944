"""The extension: ``CORS(app)`` and ``CORS(blueprint)``."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, Flask
from werkzeug.local import LocalProxy

from .core.places import Place
from .errors import ConfigError
from .hooks import install
from .options.debug_page import read_debug_page
from .options.errors import Problem
from .options.policy import check
from .options.resources import Resource, read_resources
from .options.table import (
    DEBUG_PAGE,
    RESOURCES,
    Layer,
    Setting,
    inner,
    misplaced_debug_page,
    read_options,
    retired_in,
)
from .state import Declaration, State

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState
    from typing_extensions import Unpack

    from .options.types import CORSOptions


class CORS:
    """Allow pages from other origins to use an application, or one of its blueprints.

    :param app: the application or the blueprint. Without it, call :meth:`init_app` later.
    :param options: what is allowed. Options that are not given here come from the ``CORS_*`` keys
        of ``app.config``, then from the defaults.
    :raises ConfigError: the options are invalid. The error lists every problem.
    :raises TypeError: ``app`` is neither an application nor a blueprint.

    .. code-block:: python

        CORS(app, resources={r"/api/*": {"origins": "https://app.example.com"}})
    """

    def __init__(
        self, app: Flask | Blueprint | None = None, **options: Unpack[CORSOptions]
    ) -> None:
        problems: list[Problem] = []
        read = _read(options, Place.of_caller(), problems)
        self._layer, self._resources, self._debug_page = read
        if app is not None:
            self._init(app, (self._layer,), self._resources, self._debug_page, problems)
        elif problems:
            raise ConfigError(problems)
        _warn(app, self._layer, self._resources, stacklevel=3)

    def init_app(self, app: Flask | Blueprint, **options: Unpack[CORSOptions]) -> None:
        """Set up an application or a blueprint.

        :param app: the application or the blueprint.
        :param options: these take precedence over the options of the constructor.
        :raises ConfigError: the options of both calls, taken together, are invalid.
        :raises TypeError: ``app`` is neither an application nor a blueprint.
        """
        problems: list[Problem] = []
        # Without options here, errors point to the constructor.
        place = Place.of_caller() if options else None
        layer, resources, page = _read(options, place, problems)
        own = self._resources if resources is None else resources
        page = page or self._debug_page
        self._init(app, (layer, self._layer), own, page, problems)
        _warn(app, layer, resources, stacklevel=3)

    def _init(
        self,
        app: Flask | Blueprint,
        layers: tuple[Layer, ...],
        resources: list[Resource] | None,
        debug_page: Setting | None,
        problems: list[Problem],
    ) -> None:
        if isinstance(app, LocalProxy):
            app = app._get_current_object()
        if isinstance(app, Blueprint):
            if debug_page is not None:
                problems.append(misplaced_debug_page(debug_page))
            _init_blueprint(app, tuple(map(inner, layers)), resources, problems)
        elif isinstance(app, Flask):
            state = State.of(app)
            state.declare(Declaration("CORS(app)", layers, resources, debug_page), problems)
            install(app, state)
        else:
            raise TypeError(f"CORS() takes a Flask application or a blueprint, not {app!r:.80}")


def _read(
    options: Mapping[str, Any], place: Place | None, problems: list[Problem]
) -> tuple[Layer, list[Resource] | None, Setting | None]:
    """Read the options of one call, and check each by itself.

    :param place: the line of the call; None if nothing was written there.
    :param problems: what is wrong is added here.
    :returns: the options of policies, the resources and the path of the debug page. The last two
        are None if not given.
    """
    others = (RESOURCES, DEBUG_PAGE)
    written = {name: value for name, value in options.items() if name not in others}
    layer = read_options(written, "", problems, place)
    resources: list[Resource] | None = None
    if options.get(RESOURCES) is not None:
        resources = read_resources(options[RESOURCES], RESOURCES, problems, place)
    page: Setting | None = None
    if options.get(DEBUG_PAGE) is not None:
        page = read_debug_page(options[DEBUG_PAGE], DEBUG_PAGE, problems, place)
    for problem in problems:
        problem.place = place
    return layer, resources, page


def _warn(
    app: Flask | Blueprint | None,
    layer: Layer,
    resources: list[Resource] | None,
    stacklevel: int,
) -> None:
    """Warn about configuration keys without effect, and about deprecated options."""
    layers = [layer, *(resource.layer for resource in resources or ())]
    if isinstance(app, Flask):
        state = State.of(app)
        layers.append(state.config)
        for text in state.new_warnings():
            warnings.warn(text, stacklevel=stacklevel)
    for text in retired_in(layers):
        warnings.warn(text, DeprecationWarning, stacklevel=stacklevel)


class _BlueprintSetup:
    """The function that a blueprint calls each time it is registered.

    It is a class so that a second ``CORS(blueprint)`` can recognize the first.
    """

    def __init__(self, declaration: Declaration) -> None:
        self._declaration = declaration

    def __call__(self, setup: BlueprintSetupState) -> None:
        app = cast("Flask", setup.app)
        state = State.of(app)
        state.declare_blueprint(self._declaration, setup)
        install(app, state)


def _init_blueprint(
    blueprint: Blueprint,
    layers: tuple[Layer, ...],
    resources: list[Resource] | None,
    problems: list[Problem],
) -> None:
    where = f"CORS({blueprint.name})"
    declaration = Declaration(f'blueprint "{blueprint.name}"', layers, resources)
    if any(isinstance(setup, _BlueprintSetup) for setup in blueprint.deferred_functions):
        message = f"the {declaration.where} already has a CORS(...)."
        hint = "Write all options in one call."
        code = "blueprint-twice"
        problem = Problem(where, blueprint, message, hint, code=code, place=Place.of_caller())
        problems.append(problem)
    for entry in declaration.entries():
        # Without origins here, the configuration may still provide them.
        if any("origins" in layer.settings for layer in entry.layers):
            check(entry.layers, problems)
    if problems:
        raise ConfigError(problems)
    try:
        blueprint.record(_BlueprintSetup(declaration))
    except AssertionError:
        message = f"the {declaration.where} is already registered, so this comes too late."
        hint = "Write CORS(blueprint) above app.register_blueprint(blueprint)."
        code = "blueprint-registered"
        problem = Problem(where, blueprint, message, hint, code=code, place=Place.of_caller())
        raise ConfigError([problem]) from None
