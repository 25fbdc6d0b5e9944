"""The extension: what an application or a blueprint says about other origins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, Flask
from werkzeug.local import LocalProxy

from .hooks import install
from .options.errors import ConfigError, Problem
from .options.resources import Resource, read_resources
from .options.table import RESOURCES, Layer, make_policy, read_config, read_options, warn_of_retired
from .state import Declaration, Registry

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState
    from typing_extensions import Unpack

    from .options.types import CORSOptions


class CORS:
    """Let pages of other origins use an application, or one of its blueprints.

    :param app: the application or the blueprint; without it, call :meth:`init_app` later.
    :param options: what is allowed. What is not written here comes from the ``CORS_*`` keys of
        ``app.config``, then from the defaults.
    :raises ConfigError: if something is wrong with the options; it lists all that is.

    .. code-block:: python

        CORS(app, resources={r"/api/*": {"origins": "https://app.example.com"}})
    """

    def __init__(
        self, app: Flask | Blueprint | None = None, **options: Unpack[CORSOptions]
    ) -> None:
        problems: list[Problem] = []
        self._layer, self._resources = _read(options, problems)
        if app is not None:
            self._init(app, [self._layer], self._resources, problems)
        elif problems:
            raise ConfigError(problems)
        warn_of_retired(_all_layers(app, self._layer, self._resources), stacklevel=2)

    def init_app(self, app: Flask | Blueprint, **options: Unpack[CORSOptions]) -> None:
        """Set up an application or a blueprint.

        :param app: the application or the blueprint.
        :param options: what is written here goes before what the constructor was told.
        :raises ConfigError: if something is wrong with the options taken together.
        """
        problems: list[Problem] = []
        layer, resources = _read(options, problems)
        layers = _all_layers(app, layer, resources)
        resources = self._resources if resources is None else resources
        self._init(app, [layer, self._layer], resources, problems)
        warn_of_retired(layers, stacklevel=2)

    def _init(
        self,
        app: Flask | Blueprint,
        layers: list[Layer],
        resources: list[Resource] | None,
        problems: list[Problem],
    ) -> None:
        if isinstance(app, LocalProxy):
            app = app._get_current_object()
        if isinstance(app, Blueprint):
            _init_blueprint(app, layers, resources, problems)
        elif isinstance(app, Flask):
            registry = Registry.of(app)
            registry.declare(Declaration("CORS(app)", layers, resources), problems)
            install(app, registry)
        else:
            raise TypeError(f"CORS() takes a Flask application or a blueprint, not {app!r:.80}")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            hint = ""
            if hasattr(Flask, name):
                hint = ": CORS(app) gives the extension and not the application; "
                hint += "write it on a line of its own, without app = in front"
            raise AttributeError(f"the extension CORS has no attribute {name!r}{hint}")


def _read(
    options: Mapping[str, Any], problems: list[Problem]
) -> tuple[Layer, list[Resource] | None]:
    """Read options that were written by name, and check each as far as it stands alone."""
    written = {name: value for name, value in options.items() if name != RESOURCES}
    layer = read_options(written, "", problems)
    resources: list[Resource] | None = None
    if options.get(RESOURCES) is not None:
        resources = read_resources(options[RESOURCES], RESOURCES, problems)
    return layer, resources


def _all_layers(
    app: Flask | Blueprint | None, layer: Layer, resources: list[Resource] | None
) -> list[Layer]:
    """Give all that was written for one call, with the configuration as it stands."""
    config = [read_config(app.config, [])] if isinstance(app, Flask) else []
    return [layer, *(resource.layer for resource in resources or ()), *config]


class _BlueprintSetup:
    """What a blueprint does at each of its registrations."""

    def __init__(self, declaration: Declaration) -> None:
        self._declaration = declaration

    def __call__(self, state: BlueprintSetupState) -> None:
        app = cast("Flask", state.app)
        registry = Registry.of(app)
        registry.declare_blueprint(self._declaration, state)
        install(app, registry)


def _init_blueprint(
    blueprint: Blueprint,
    layers: list[Layer],
    resources: list[Resource] | None,
    problems: list[Problem],
) -> None:
    where = f"CORS({blueprint.name})"
    declaration = Declaration(f'blueprint "{blueprint.name}"', layers, resources)
    if any(isinstance(setup, _BlueprintSetup) for setup in blueprint.deferred_functions):
        message = f"the {declaration.where} has a CORS(...) already"
        problems.append(Problem(where, blueprint, message, "Write all options in one of them"))
    _check_alone(declaration, problems)
    if problems:
        raise ConfigError(problems)
    try:
        blueprint.record(_BlueprintSetup(declaration))
    except AssertionError:
        message = f"the {declaration.where} was registered before, so that this comes too late"
        hint = "Write CORS(blueprint) above app.register_blueprint(blueprint)"
        raise ConfigError([Problem(where, blueprint, message, hint)]) from None


def _check_alone(declaration: Declaration, problems: list[Problem]) -> None:
    """Check a blueprint's options together, as far as no configuration can change them."""
    for resource in declaration.resources or (None,):
        own = () if resource is None else (resource.layer,)
        layers = (*own, *declaration.layers)
        if any("origins" in layer.settings for layer in layers):
            make_policy(declaration.where, layers, problems)
