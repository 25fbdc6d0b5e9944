"""The CORS state of one application: the options that were given, and the policies made from them.

``CORS(app)`` checks its options at once, together with the configuration at that time. The policies
are made later, at the first request, when the configuration is complete. It is one module because
the check and the policies must combine the same options in the same way.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from .blueprints import Registration
from .core.paths import PathPattern, ResourceMap
from .errors import ConfigError
from .options.config import HAS_NO_EFFECT, RESOURCES_KEY, config_values, read_config, value_in
from .options.debug_page import choose_debug_page, configured_debug_page
from .options.errors import OptionsError, Problem
from .options.policy import (
    check,
    closed_policy,
    make_policy,
    may_enforce_together,
    place_of,
    settings_of,
)
from .options.resources import Resource, check_together, read_resources
from .options.table import RESOURCES, Layer, Setting, may_enforce
from .reporting import Throttle
from .scope import Policies
from .views import ViewOptions, decorated_above_route, decorated_views

if TYPE_CHECKING:
    from flask import Flask, Request, Response
    from flask.blueprints import BlueprintSetupState

    from .core.policy import Policy

logger = logging.getLogger("flask_crossorigin")

#: Where the :class:`State` is kept in ``app.extensions``.
EXTENSION = "crossorigin"

_EVERY_PATH = PathPattern.of("*")

# The codes of mistakes that don't affect policies.
_OF_NO_POLICY = frozenset({"debug-page-invalid", "decorated-above-route"})

# The policy for paths that are not compared with patterns, because a proxy might read them as other
# paths, or because they are too long. It is only needed if some pattern refuses requests.
_UNJUDGED = closed_policy('paths with a "." or ".." segment, or that are too long')


class Entry(NamedTuple):
    """One path pattern and the options that apply to it."""

    pattern: PathPattern
    #: What messages call it, such as ``CORS(app)`` or ``resources["/api/*"]``.
    where: str
    #: The options. Earlier layers take precedence, and the configuration comes last.
    layers: tuple[Layer, ...]

    def says_the_same(self, other: Entry) -> bool:
        """Return whether every option has the same value in both."""
        mine, others = settings_of(self.layers), settings_of(other.layers)
        return all(mine[name].value == others[name].value for name in mine)


class Declaration(NamedTuple):
    """One ``CORS(...)``: its options and the paths that they apply to."""

    #: What messages call it, such as ``CORS(app)`` or ``blueprint "api"``.
    where: str
    #: The options. Earlier layers take precedence.
    layers: tuple[Layer, ...]
    #: The path patterns; None for every path of the application or the blueprint.
    resources: Sequence[Resource] | None
    #: The path of the debug page; None if this call does not set it.
    debug_page: Setting | None = None

    def entries(
        self, config: Layer | None = None, configured: Sequence[Resource] | None = None
    ) -> list[Entry]:
        """Return each path pattern with the options that apply to it.

        :param config: the options in the configuration.
        :param configured: the resources in ``CORS_RESOURCES``, used if none were given here.
        """
        resources = configured if self.resources is None else self.resources
        if resources is None:
            resources = [Resource(_EVERY_PATH, self.where)]
        last = () if config is None else (config,)
        return [
            Entry(resource.pattern, resource.where, (resource.layer, *self.layers, *last))
            for resource in resources
        ]


class State:
    """Everything that this package keeps for one application.

    :param app: the application.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._declarations: list[Declaration] = []
        self._registrations: list[tuple[Declaration, Registration]] = []
        # The values of iterators in the configuration, which can be read only once.
        self._exhausted: dict[str, tuple[object, tuple[Any, ...]]] = {}
        # The lock for reading iterators in the configuration. This and the next are dicts with at
        # most one entry, because dict.setdefault() is atomic.
        self._reading: dict[None, AbstractContextManager[object]] = {}
        # The policies and the problems with the configuration, once they are made.
        self._made: dict[None, tuple[Policies, tuple[Problem, ...]]] = {}
        #: The policies, once everything is ready for requests.
        self.settled: Policies | None = None
        #: The options in ``app.config`` when it was last read.
        self.config = Layer()
        self._configured_page: Setting | None = None
        #: The path of the debug page; None if there is no debug page.
        self.debug_page_path: str | None = None
        #: Empty, or with one function. It returns the response for the debug page, and None for
        #: other requests.
        self.debug_pages: dict[None, Callable[[Request], Response | None]] = {}
        # The warnings about configuration keys that were already given.
        self._warned: set[str] = set()
        #: Decides which refusals are logged.
        self.throttle = Throttle()
        #: Decides which lines of ``report_only`` are logged. Separate, so that no flood of refusals
        #: can hide them.
        self.stricter_throttle = Throttle()
        #: Whether the hooks are installed.
        self.installed = False
        #: The ``after_request`` function, once the hooks are installed.
        self.finish: Callable[[Response], Response] | None = None
        #: The replacement for ``app.handle_exception``.
        self.handle_exception: Callable[..., Response] | None = None
        #: Whether ``teardown_request`` functions are skipped for requests that enter no other hook.
        self.skips_teardown = False
        #: The endpoints that a warning about a hidden ``@cross_origin`` was logged for.
        self.hidden: set[str | None] = set()

    @classmethod
    def of(cls, app: Flask) -> State:
        """Return the state of an application. The first call creates it."""
        found: State | None = app.extensions.get(EXTENSION)
        if found is not None:
            return found
        # Two threads may get here at once. setdefault() is atomic, so the first one wins.
        first: State = app.extensions.setdefault(EXTENSION, cls(app))
        return first

    @property
    def has_map(self) -> bool:
        """Whether the application has a ``CORS(app)``."""
        return bool(self._declarations)

    def declare(self, declaration: Declaration, problems: list[Problem]) -> None:
        """Add a ``CORS(app)``.

        :param problems: the problems that were found in its options so far.
        :raises ConfigError: its options, together with the current configuration, are invalid.
            Nothing is added then.
        """
        declarations = [*self._declarations, declaration]
        config, configured = self._read_config(declarations, problems)
        self._choose_debug_page(declarations, problems)
        for entry in declaration.entries(config, configured):
            check(entry.layers, problems, self._app.ensure_sync)
        _merge(declarations, config, configured, problems)
        for view in decorated_views(self._app):
            found: list[Problem] = []
            check((view.layer, config), found, self._app.ensure_sync)
            problems.extend(_with_view_name(problem, view.where) for problem in found)
        if problems:
            raise ConfigError(problems)
        self._declarations = declarations
        self._forget()

    def declare_blueprint(self, declaration: Declaration, state: BlueprintSetupState) -> None:
        """Add the registration of a blueprint that has a ``CORS(blueprint)``.

        :param state: what Flask passes to the functions that a blueprint records.
        :raises ConfigError: its options, together with the current configuration, are invalid.
            Nothing is added then.
        """
        problems: list[Problem] = []
        config, _ = self._read_config((), problems)
        entries = declaration.entries(config)
        for entry in entries:
            check(entry.layers, problems, self._app.ensure_sync)
        patterns = (entry.pattern for entry in entries)
        check_together(patterns, declaration.where, problems, place_of(declaration.layers))
        if problems:
            raise ConfigError(problems)
        self._registrations.append((declaration, Registration(state)))
        self._forget()

    def _forget(self) -> None:
        # A command or a test may have made the policies before the setup was complete.
        self.settled = None
        self._made = {}
        self._reading = {}

    @property
    def policies(self) -> Policies:
        """The policies. They are made on first use and don't change afterwards.

        Problems with the configuration at that time are logged.
        """
        made = self._made.get(None)
        if made is None:
            mine = self._make()
            # Several requests may get here at once. A lock would be held while the application's
            # code runs, so each of them makes the policies, and the first one wins.
            made = self._made.setdefault(None, mine)
            if made is mine:
                _log(self._app, made[1])
                for text in self.new_warnings(made[1]):
                    _enabled_logger(self._app).warning("%s", text)
        return made[0]

    def new_warnings(self, problems: Sequence[Problem] = ()) -> list[str]:
        """Return the warnings about configuration keys without effect, each of them only once.

        :param problems: the problems that were already logged as errors.
        """
        self._warned.update(map(str, problems))
        warnings = []
        for suspect in self.config.suspects:
            problem = suspect.problem
            if str(problem) not in self._warned:
                self._warned.add(str(problem))
                # If the right option is set elsewhere, its name is not the help that is needed.
                hint = HAS_NO_EFFECT if suspect.option else problem.hint
                warnings.append(f"{problem.where}: {problem.message} {hint}")
        return warnings

    def survey(self) -> tuple[Policies, tuple[Problem, ...]]:
        """Return the policies that the next request would get. Options may still be added later.

        :returns: the policies, and the problems with the configuration, which are not logged.
        """
        return self._made.get(None) or self._make()

    def _make(self) -> tuple[Policies, tuple[Problem, ...]]:
        problems: list[Problem] = []
        config, configured = self._read_config(self._declarations, problems)
        self._choose_debug_page(self._declarations, problems)

        def make(where: str, layers: Sequence[Layer]) -> Policy:
            return make_policy(where, layers, problems, self._app.ensure_sync)

        def make_map(entries: Iterable[Entry]) -> ResourceMap[Policy]:
            made = [(entry.pattern, make(entry.where, entry.layers)) for entry in entries]
            enforces = any(policy.enforce for _, policy in made)
            return ResourceMap(made, unjudged=_UNJUDGED if enforces else None)

        blueprints = []
        for declaration, registration in self._registrations:
            own: Policy | ResourceMap[Policy]
            if declaration.resources is None:
                own = make(declaration.where, (*declaration.layers, config))
            else:
                own = make_map(declaration.entries(config))
            blueprints.append(registration.policies(self._app, own))
        paths = make_map(_merge(self._declarations, config, configured, problems))

        def make_for_view(view: ViewOptions) -> Policy:
            found: list[Problem] = []
            layers = (view.layer, config)
            policy = make_policy(view.where, layers, found, self._app.ensure_sync)
            if self._made:
                # The policies are complete, so this view was found only when it ran.
                _log(self._app, [_with_view_name(problem, view.where) for problem in found])
            else:
                problems.extend(_with_view_name(problem, view.where) for problem in found)
            return policy

        policies = Policies(self._app, paths=paths, blueprints=blueprints, make=make_for_view)
        problems += decorated_above_route(self._app)
        return policies, OptionsError(problems).problems

    def _choose_debug_page(
        self, declarations: Iterable[Declaration], problems: list[Problem]
    ) -> None:
        written = [declaration.debug_page for declaration in declarations]
        self.debug_page_path = choose_debug_page(written, self._configured_page, problems)

    def _read_config(
        self, declarations: Iterable[Declaration], problems: list[Problem]
    ) -> tuple[Layer, list[Resource] | None]:
        """Read the current ``app.config``.

        :returns: its options, and the resources in ``CORS_RESOURCES`` if one of the declarations
            uses them.
        """
        # Several requests may get here at once, but an iterator can be read only once. The lock is
        # made here and not earlier: with gevent, it must be made after monkey-patching, or a
        # waiting greenlet would block all others.
        with self._reading.setdefault(None, threading.RLock()):
            values = config_values(self._app.config, self._exhausted, problems)
        layer = self.config = read_config(values, problems)
        # A similar key in the configuration is no misspelling of an option that is set elsewhere.
        layer.set_elsewhere = {
            name
            for declaration in (*declarations, *(each for each, _ in self._registrations))
            for written in (
                *declaration.layers,
                *(resource.layer for resource in declaration.resources or ()),
            )
            for name in written.settings
        }
        self._configured_page = configured_debug_page(values, problems)
        if all(each.resources is not None for each in declarations):
            return layer, None
        before = len(problems)
        written = value_in(values, RESOURCES_KEY, problems)
        if written is None:
            problems += [each.problem for each in layer.suspects if each.option == RESOURCES]
            resources = None
        else:
            resources = read_resources(written.value, written.where, problems)
        if len(problems) > before:
            # The paths that were meant are unknown, so no path allows anything.
            enforces = layer.enforces or (written is not None and may_enforce(written.value))
            mistakes = Layer(unknown=True, enforces=enforces)
            resources = [Resource(_EVERY_PATH, RESOURCES, mistakes)]
        return layer, resources


def _merge(
    declarations: Iterable[Declaration],
    config: Layer,
    configured: Sequence[Resource] | None,
    problems: list[Problem],
) -> list[Entry]:
    """Return one entry for each path pattern of the application.

    A pattern may be declared twice with the same options. If the options differ, that is a problem,
    and the pattern allows nothing.

    :param problems: the problems are added here.
    """
    merged: dict[str, Entry] = {}
    for declaration in declarations:
        for entry in declaration.entries(config, configured):
            key = entry.pattern.regex.pattern
            other = merged.setdefault(key, entry)
            if entry is other or entry.says_the_same(other):
                continue
            place = place_of(other.layers)
            at = "" if place is None else f" The other one is at {place}."
            problems.append(
                Problem(
                    entry.where,
                    entry.pattern.written,
                    f"there are two policies for the paths {entry.pattern}.{at}",
                    "Give each CORS(app) its own paths: CORS(app, resources={...}).",
                    code="policy-conflict",
                    place=place_of(entry.layers),
                )
            )
            # The merged entry allows nothing, and enforces that if either of them does.
            either = any(may_enforce_together(each.layers) for each in (entry, other))
            neither = Layer(unknown=True, enforces=either)
            merged[key] = entry._replace(layers=(neither, *entry.layers))
    entries = list(merged.values())
    # If there are too many patterns, the message points to the last one.
    place = place_of(entries[-1].layers) if entries else None
    if not check_together((entry.pattern for entry in entries), RESOURCES, problems, place):
        enforces = any(may_enforce_together(entry.layers) for entry in entries)
        return [Entry(_EVERY_PATH, RESOURCES, (Layer(unknown=True, enforces=enforces),))]
    return entries


def _with_view_name(problem: Problem, view: str) -> Problem:
    """Return a problem of ``@cross_origin`` with the name of the view.

    When the decorator reads its options, it doesn't know the view yet.
    """
    where = problem.where.replace("@cross_origin ", f"{view}: ", 1)
    return Problem(
        where, problem.value, problem.message, problem.hint, code=problem.code, place=problem.place
    )


def _log(app: Flask, problems: Sequence[Problem]) -> None:
    """Log the problems with the configuration, if there are any."""
    if problems:
        until = ""
        if any(problem.code not in _OF_NO_POLICY for problem in problems):
            until = "\nUntil they are fixed, the policies with these problems allow no origin."
        _enabled_logger(app).error("%s%s", OptionsError(problems), until)


def _enabled_logger(app: Flask) -> logging.Logger:
    """Return the package's logger, or the application's logger if the package's is disabled.

    By default, ``logging.config.dictConfig()`` disables every existing logger. But if policies are
    rejected without a message, the cause is hard to find.
    """
    return app.logger if logger.disabled else logger
