"""What an application has been told of CORS, and the policies that this makes.

Options are checked when they are told, with the configuration as it stands then. What holds
is made at the first request, when the configuration is complete.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from .blueprints import BlueprintPolicies, subdomain_regex, url_prefix_regex
from .core.paths import PathPattern, ResourceMap
from .options.errors import ConfigError, Problem
from .options.resources import Resource, read_resources
from .options.table import CONFIG_PREFIX, RESOURCES, Layer, make_policy, misconfigured, read_config
from .scope import Policies, ViewOptions

if TYPE_CHECKING:
    from flask import Flask, Response
    from flask.blueprints import BlueprintSetupState

    from .core.policy import Policy

logger = logging.getLogger("flask_crossorigin")

#: Where a :class:`Registry` stands in ``app.extensions``.
EXTENSION = "crossorigin"

_RESOURCES_KEY = CONFIG_PREFIX + RESOURCES.upper()
_EVERY_PATH = PathPattern.of("*")


@dataclass(eq=False, repr=False)
class PolicyMaker:
    """Makes policies with an application's configuration as it stands."""

    config: Layer
    #: Flask's method of that name, for async callables among the origins.
    ensure_sync: Callable[[Callable[..., Any]], Callable[..., Any]]
    #: What is wrong with the options, as far as they were read and policies made.
    problems: list[Problem]

    @classmethod
    def of(cls, app: Flask, problems: Iterable[Problem] = ()) -> PolicyMaker:
        """Read the application's configuration.

        :param problems: what was found wrong before.
        """
        found = [*problems]
        return cls(read_config(app.config, found), app.ensure_sync, found)

    def make(self, where: str, layers: Sequence[Layer]) -> Policy:
        """Make a policy of options, the layer that decides first."""
        return make_policy(where, (*layers, self.config), self.problems, self.ensure_sync)


class Declaration(NamedTuple):
    """What one ``CORS(...)`` was told: options, and the paths they are for."""

    #: As in ``CORS(app)`` or ``blueprint "api"``.
    where: str
    #: The options, the layer that decides first.
    layers: Sequence[Layer]
    #: None for whatever belongs to the scope.
    resources: Sequence[Resource] | None

    def entries(
        self, resources: Sequence[Resource], maker: PolicyMaker
    ) -> list[tuple[PathPattern, Policy]]:
        """Make the policies of the resources."""
        return [
            (resource.pattern, maker.make(resource.where, (resource.layer, *self.layers)))
            for resource in resources
        ]


class BlueprintDeclaration(NamedTuple):
    """What ``CORS(blueprint)`` was told, and one registration of that blueprint."""

    declaration: Declaration
    name: str
    url_prefix: str | None
    subdomain: str | None

    @classmethod
    def of(cls, declaration: Declaration, state: BlueprintSetupState) -> BlueprintDeclaration:
        """Take from a registration what tells the blueprint's URLs from others."""
        name = f"{state.name_prefix}.{state.name}".lstrip(".")
        parent = state.app.blueprints.get(state.name_prefix)
        if parent is not None:
            # A nested blueprint without a prefix of its own is registered with that of its
            # parent, whose unknown URLs are not its own.
            options = next(
                options
                for child, options in parent._blueprints
                if child is state.blueprint and options.get("name") == state.options.get("name")
            )
            own_prefix = options.get("url_prefix")
            if own_prefix is None:
                own_prefix = state.blueprint.url_prefix
            own_subdomain = options.get("subdomain") or state.blueprint.subdomain
            if not own_subdomain and not (own_prefix or "").strip("/"):
                return cls(declaration, name, None, None)
        return cls(declaration, name, state.url_prefix, state.subdomain)

    def policies(self, maker: PolicyMaker) -> BlueprintPolicies:
        """Make the policies of the registration."""
        told = self.declaration
        found: Policy | ResourceMap[Policy]
        if told.resources is None:
            found = maker.make(told.where, told.layers)
        else:
            found = ResourceMap(told.entries(told.resources, maker))
        return BlueprintPolicies(
            self.name, found, url_prefix_regex(self.url_prefix), subdomain_regex(self.subdomain)
        )


class Registry:
    """What one application has been told of CORS.

    :param app: the application.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        # By process: who holds a lock when a process forks is not in the child, to let go of it.
        self._locks: dict[int, Lock] = {}
        #: The policies, once they have been asked for.
        self.settled: Policies | None = None
        self._problems: tuple[Problem, ...] = ()
        self._declarations: list[Declaration] = []
        self._blueprints: list[BlueprintDeclaration] = []
        #: Whether some policy may refuse requests before their view runs.
        self.enforcing = True
        #: Whether what stands around the hooks does the work, so that decorated views need not.
        self.installed = False
        #: What adds the headers to the responses of decorated views, if these must do it.
        self.finish_response: Callable[[Response], Response] | None = None
        #: The endpoints whose view was found decorated only when it ran.
        self.hidden: set[str | None] = set()

    @classmethod
    def of(cls, app: Flask) -> Registry:
        """Give the application's registry, a new one if it has none."""
        found: Registry | None = app.extensions.get(EXTENSION)
        if found is None:
            # Two threads may both get here; the first that puts one there wins.
            first: Registry = app.extensions.setdefault(EXTENSION, cls(app))
            return first
        return found

    def declare(self, declaration: Declaration, problems: Iterable[Problem]) -> None:
        """Add a ``CORS(app)``.

        :param problems: what was found wrong with it before.
        :raises ConfigError: if something is wrong with it, with the configuration as it
            stands. Nothing is added then.
        """
        maker = PolicyMaker.of(self._app, problems)
        self._paths([*self._declarations, declaration], maker)
        if maker.problems:
            raise ConfigError(maker.problems)
        self._declarations.append(declaration)
        self._forget()

    def declare_blueprint(self, declaration: Declaration, state: BlueprintSetupState) -> None:
        """Add a registration of a blueprint that has a ``CORS(blueprint)``.

        :raises ConfigError: as :meth:`declare` does.
        """
        maker = PolicyMaker.of(self._app)
        registration = BlueprintDeclaration.of(declaration, state)
        registration.policies(maker)
        if maker.problems:
            raise ConfigError(maker.problems)
        self._blueprints.append(registration)
        self._forget()

    def _forget(self) -> None:
        # Somebody may have asked for the policies before all was told.
        self.settled = None
        self.enforcing = True

    @property
    def policies(self) -> Policies:
        """The policies, made when they are first asked for and the same from then on.

        What is wrong with the configuration by then is logged.
        """
        policies = self.settled
        if policies is None:
            with self._locks.setdefault(os.getpid(), Lock()):
                # Another thread may have made them by now.
                policies = self.settled = self.settled or self._settle()
        return policies

    @cached_property
    def preflight_response_class(self) -> type[Response]:
        """The application's class of responses, without the content type that it adds."""
        return type("PreflightResponse", (self._app.response_class,), {"default_mimetype": None})

    def survey(self) -> tuple[Policies, tuple[Problem, ...]]:
        """Give the policies that the next request will find, and settle nothing.

        :returns: the policies, and what is wrong with the configuration, which is not logged.
        """
        if self.settled is not None:
            return self.settled, self._problems
        policies, problems = self._make_policies()
        return policies, ConfigError(problems).problems

    def _settle(self) -> Policies:
        policies, problems = self._make_policies()
        self.enforcing = any(policy.enforce for policy in policies.all())
        self._problems = ConfigError(problems).problems
        _log_problems(problems)
        return policies

    def _make_policies(self) -> tuple[Policies, list[Problem]]:
        maker = PolicyMaker.of(self._app)

        def make(view: ViewOptions) -> Policy:
            policy = maker.make(view.where, (view.layer,))
            if self.settled is not None:
                # A view that is found only when it runs.
                _log_problems(maker.problems)
            return policy

        policies = Policies(
            paths=self._paths(self._declarations, maker),
            blueprints=[blueprint.policies(maker) for blueprint in self._blueprints],
            view_functions=self._app.view_functions,
            make=make,
        )
        policies.add_endpoints(rule.endpoint for rule in self._app.url_map.iter_rules())
        return policies, maker.problems

    def _paths(
        self, declarations: Sequence[Declaration], maker: PolicyMaker
    ) -> ResourceMap[Policy]:
        """Make one map of all that was declared for paths."""
        entries: dict[str, tuple[PathPattern, Policy]] = {}
        for declaration in declarations:
            resources = declaration.resources
            if resources is None:
                resources = self._configured_resources(declaration, maker)
            for pattern, policy in declaration.entries(resources, maker):
                other = entries.setdefault(pattern.regex.pattern, (pattern, policy))[1]
                if other is policy:
                    continue
                maker.problems.append(
                    Problem(
                        policy.where,
                        pattern.written,
                        f"there are two policies for the paths {pattern}",
                        "Give each CORS(app) its own: CORS(app, resources={...})",
                    )
                )
                neither = misconfigured(policy.where, enforce=policy.enforce or other.enforce)
                entries[pattern.regex.pattern] = (pattern, neither)
        return ResourceMap(entries.values())

    def _configured_resources(
        self, declaration: Declaration, maker: PolicyMaker
    ) -> Sequence[Resource]:
        """Give the resources of a ``CORS(app)`` that was told none."""
        every_path = Resource(_EVERY_PATH, declaration.where)
        configured = self._app.config.get(_RESOURCES_KEY)
        if configured is None:
            return [every_path]
        before = len(maker.problems)
        resources = read_resources(configured, _RESOURCES_KEY, maker.problems)
        if len(maker.problems) > before:
            # Which paths were meant is not known.
            return [every_path._replace(layer=Layer(unknown=True))]
        return resources


def _log_problems(problems: list[Problem]) -> None:
    """Log what is wrong, once."""
    if problems:
        logger.error(
            "%s\nWhat this concerns allows no origin until it is mended.", ConfigError(problems)
        )
        problems.clear()
