"""What one application was told about CORS, and the policies made of it.

Options are checked when they are written, with the configuration as it is then. The policies are
made once, at the first request, when the configuration is complete. It is one module because both
times the same options are put together in the same way.
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

# The mistakes that leave each policy as it is.
_OF_NO_POLICY = frozenset({"debug-page-invalid", "decorated-above-route"})

# The policy of paths that match no pattern because they aren't judged: a proxy may read them as
# other paths, or they are too long. It is only needed where some pattern refuses requests.
_UNJUDGED = closed_policy('paths with a "." or ".." segment, or that are too long')


class Entry(NamedTuple):
    """One path pattern, and the options that hold for it."""

    pattern: PathPattern
    #: As in ``CORS(app)`` or ``resources["/api/*"]``.
    where: str
    #: The layer that decides first comes first; the configuration comes last.
    layers: tuple[Layer, ...]

    def says_the_same(self, other: Entry) -> bool:
        """Return whether both give each option the same value."""
        mine, others = settings_of(self.layers), settings_of(other.layers)
        return all(mine[name].value == others[name].value for name in mine)


class Declaration(NamedTuple):
    """What one ``CORS(...)`` was told: options, and the paths they are for."""

    #: As in ``CORS(app)`` or ``blueprint "api"``.
    where: str
    #: The options; the layer that decides first comes first.
    layers: tuple[Layer, ...]
    #: None for everything that belongs to the application or the blueprint.
    resources: Sequence[Resource] | None
    #: Where the debug page is; None if this one does not say.
    debug_page: Setting | None = None

    def entries(
        self, config: Layer | None = None, configured: Sequence[Resource] | None = None
    ) -> list[Entry]:
        """Return each pattern with the options that hold for it.

        :param configured: what ``CORS_RESOURCES`` says, which holds if nothing was written here.
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
    """What one application was told about CORS.

    :param app: the application.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._declarations: list[Declaration] = []
        self._registrations: list[tuple[Declaration, Registration]] = []
        self._exhausted: dict[str, tuple[object, tuple[Any, ...]]] = {}
        # Empty, or with the lock under which iterators in the configuration are read.
        self._reading: dict[None, AbstractContextManager[object]] = {}
        # Empty, or with the policies and what is wrong with the configuration.
        self._made: dict[None, tuple[Policies, tuple[Problem, ...]]] = {}
        #: The policies, once everything is in place for requests.
        self.settled: Policies | None = None
        #: The options in ``app.config``, as they were read last.
        self.config = Layer()
        self._configured_page: Setting | None = None
        #: The path of the debug page; None if there is to be none.
        self.debug_page_path: str | None = None
        #: Empty, or with what responds for the debug page, or returns None.
        self.debug_pages: dict[None, Callable[[Request], Response | None]] = {}
        # The problems with configuration keys that nobody has to be told of any more.
        self._said: set[str] = set()
        #: Which refusals are logged.
        self.throttle = Throttle()
        #: Which lines of ``report_only`` are logged. No flood of refusals hides them.
        self.stricter_throttle = Throttle()
        #: Whether the hooks are in place.
        self.installed = False
        #: The ``after_request`` function, once the hooks are in place.
        self.finish: Callable[[Response], Response] | None = None
        #: What was put in place of ``app.handle_exception``.
        self.handle_exception: Callable[..., Response] | None = None
        #: Whether ``teardown_request`` functions are skipped for answered preflights.
        self.skips_teardown = False
        #: The endpoints whose view was found decorated only when it ran.
        self.hidden: set[str | None] = set()

    @classmethod
    def of(cls, app: Flask) -> State:
        """Return the application's state, a new one if it has none."""
        found: State | None = app.extensions.get(EXTENSION)
        if found is not None:
            return found
        # Two threads may both get here. The first one wins.
        first: State = app.extensions.setdefault(EXTENSION, cls(app))
        return first

    @property
    def has_map(self) -> bool:
        """Whether there is a ``CORS(app)``."""
        return bool(self._declarations)

    def declare(self, declaration: Declaration, problems: list[Problem]) -> None:
        """Add a ``CORS(app)``.

        :param problems: what was found wrong with it before.
        :raises ConfigError: if something is wrong with it, with the configuration as it is now.
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
            problems.extend(_naming(view.where, problem) for problem in found)
        if problems:
            raise ConfigError(problems)
        self._declarations = declarations
        self._forget()

    def declare_blueprint(self, declaration: Declaration, state: BlueprintSetupState) -> None:
        """Add a registration of a blueprint that has a ``CORS(blueprint)``.

        :raises ConfigError: as :meth:`declare` does.
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
        # Somebody may have asked for the policies before everything was told.
        self.settled = None
        self._made = {}
        self._reading = {}

    @property
    def policies(self) -> Policies:
        """The policies, made when they are first asked for and the same from then on.

        What is wrong with the configuration by then is logged.
        """
        made = self._made.get(None)
        if made is None:
            mine = self._make()
            # Requests may get here at once. A lock would be held while code of the application
            # runs, so each makes the policies, and the first one wins.
            made = self._made.setdefault(None, mine)
            if made is mine:
                _log(self._app, made[1])
                for text in self.unsaid(made[1]):
                    _audible(self._app).warning("%s", text)
        return made[0]

    def unsaid(self, problems: Sequence[Problem] = ()) -> list[str]:
        """Return what to say of configuration keys that change nothing, once for each.

        :param problems: what was said in another way.
        """
        self._said.update(map(str, problems))
        unsaid = []
        for suspect in self.config.suspects:
            problem = suspect.problem
            if str(problem) not in self._said:
                self._said.add(str(problem))
                # What an option is called is no help where that option is set.
                hint = HAS_NO_EFFECT if suspect.option else problem.hint
                unsaid.append(f"{problem.where}: {problem.message} {hint}")
        return unsaid

    def survey(self) -> tuple[Policies, tuple[Problem, ...]]:
        """Return the policies that the next request will find, and settle nothing.

        :returns: the policies, and what is wrong with the configuration, which is not logged.
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
                # The view was found only when it ran.
                _log(self._app, [_naming(view.where, problem) for problem in found])
            else:
                problems.extend(_naming(view.where, problem) for problem in found)
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
        """Read ``app.config`` as it is now.

        :returns: the options in it, and what ``CORS_RESOURCES`` says, if one of the declarations
            goes by it.
        """
        # Several requests may get here at once, but an iterator gives what it has only once. It may
        # make them wait, so with gevent the lock has to be gevent's: it is made here, because what
        # was made before gevent replaced the class would block all of them.
        with self._reading.setdefault(None, threading.RLock()):
            values = config_values(self._app.config, self._exhausted, problems)
        layer = self.config = read_config(values, problems)
        # Where it is set for one policy, the program knows what it is called.
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
            # Which paths were meant is not known.
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
    """Return one entry for each pattern that is declared for the application.

    Two that say the same are one. Where two differ, which of them is meant is not known.
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
                    "Give each CORS(app) its own: CORS(app, resources={...}).",
                    code="policy-conflict",
                    place=place_of(entry.layers),
                )
            )
            # Together they allow nothing, and refuse whom either of them was to refuse.
            either = any(may_enforce_together(each.layers) for each in (entry, other))
            neither = Layer(unknown=True, enforces=either)
            merged[key] = entry._replace(layers=(neither, *entry.layers))
    entries = list(merged.values())
    # The last one was one too many.
    place = place_of(entries[-1].layers) if entries else None
    if not check_together((entry.pattern for entry in entries), RESOURCES, problems, place):
        enforces = any(may_enforce_together(entry.layers) for entry in entries)
        return [Entry(_EVERY_PATH, RESOURCES, (Layer(unknown=True, enforces=enforces),))]
    return entries


def _naming(view: str, problem: Problem) -> Problem:
    """Return the problem of a decorated view with the name of the view.

    The decorator read its options before it knew the view.
    """
    where = problem.where.replace("@cross_origin ", f"{view}: ", 1)
    return Problem(
        where, problem.value, problem.message, problem.hint, code=problem.code, place=problem.place
    )


def _log(app: Flask, problems: Sequence[Problem]) -> None:
    """Log what is wrong, if anything is."""
    if problems:
        until = ""
        if any(problem.code not in _OF_NO_POLICY for problem in problems):
            until = "\nUntil they are fixed, the policies with these problems allow no origin."
        _audible(app).error("%s%s", OptionsError(problems), until)


def _audible(app: Flask) -> logging.Logger:
    """Return our logger, or the application's if ours is disabled.

    ``logging.config.dictConfig()`` disables each logger that it finds, unless it is told otherwise.
    Pages that are locked out without a word take longer to understand than a line in another log.
    """
    return app.logger if logger.disabled else logger
