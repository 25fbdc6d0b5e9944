"""Compares the policies of an app with a saved output of ``flask cors routes --json``.

The comparison is about what pages may do, not about how it is written: if a list adds an origin
that a pattern already allowed, nothing was gained. If it can't be decided whether an origin gained
something, it counts as gained.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from .grants import Compared, Grant, Record, compare
from .policy_facts import NO_POLICY
from .routes import Routes

if TYPE_CHECKING:
    from flask import Flask

    from ..options.errors import Problem

#: What an origin gained or lost: a whole route, or what the option with this name allows.
What = Literal[
    "route", "origins", "methods", "credentials", "allow_headers", "expose_headers", "enforce"
]
_NOT_ROUTES = 'it is not the output of "flask cors routes --json"'
_UNDECIDED = "not certain, because functions and some regexes can't be compared"


class SavedRoute(NamedTuple):
    """One method of a URL rule."""

    rule: str
    method: str
    domain: str

    def to_dict(self) -> dict[str, str]:
        """Return the JSON form that ``flask cors diff --json`` prints."""
        return self._asdict()


class Change(NamedTuple):
    """What some origin gained or lost on one route."""

    what: What
    #: The origin, or the pattern, regex or function. ``*`` is any origin.
    origin: str
    #: The header names, if the change is about headers.
    names: tuple[str, ...] = ()
    #: Whether the change includes credentials.
    credentials: bool = False
    #: Why this might not be a change at all; None if it is certain.
    note: str | None = None


@dataclass(frozen=True)
class Diff:
    """The difference between the policies of an app and those in a file."""

    gained: Sequence[tuple[SavedRoute, Change]]
    lost: Sequence[tuple[SavedRoute, Change]]
    new_routes: Sequence[SavedRoute]
    removed_routes: Sequence[SavedRoute]
    #: The problems with the current configuration. Policies with mistakes allow nothing.
    problems: Sequence[Problem]

    @classmethod
    def of(cls, app: Flask, saved: bytes) -> Diff:
        """Compare the policies of an app with saved ones.

        :param saved: the output of ``flask cors routes --json``.
        :raises ValueError: ``saved`` is something else, or has another schema.
        """
        before = _parse(saved)
        comparison = _Comparison()
        try:
            all_methods = bool(before["all_methods"])
            old = comparison.read(before)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{_NOT_ROUTES} ({type(error).__name__}: {error})") from None
        routes = Routes.of(app).select(sort="rule", all_methods=all_methods)
        new = comparison.read(routes.to_dict())
        return cls(
            gained=[*comparison.gained(old, new)],
            lost=[*comparison.gained(new, old)],
            new_routes=[route for route in new if route not in old],
            removed_routes=[route for route in old if route not in new],
            problems=routes.problems,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``flask cors diff --json`` prints."""
        return {
            "schema": 1,
            "command": "diff",
            **{
                name: [{**route.to_dict(), **change._asdict()} for route, change in changes]
                for name, changes in (("gained", self.gained), ("lost", self.lost))
            },
            "new_routes": [route.to_dict() for route in self.new_routes],
            "removed_routes": [route.to_dict() for route in self.removed_routes],
            "problems": [str(problem) for problem in self.problems],
        }


_NOTHING = Record(NO_POLICY)
#: The facts that don't change what pages may do.
_IRRELEVANT = frozenset({"policy", "place", "max_age", "report_only"})
#: For each route, what its policies allow, by the names of the policies. There are several if the
#: paths of the rule match several patterns.
_Saved = dict[SavedRoute, dict[str | None, Record]]


def _parse(saved: bytes) -> dict[str, Any]:
    """Parse the output of ``flask cors routes --json``.

    :raises ValueError: ``saved`` is something else, or has another schema.
    """
    try:
        # This also detects UTF-16, which Windows PowerShell writes.
        found = json.loads(saved)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"it is not JSON: {error}") from None
    command = found.get("command") if isinstance(found, dict) else None
    if command != "routes":
        raise ValueError(_NOT_ROUTES)
    if found.get("schema") != 1:
        raise ValueError(
            f"its schema is {found.get('schema')!r}, but this version only reads schema 1. Write "
            "the file again: flask cors routes --json"
        )
    parsed: dict[str, Any] = found
    return parsed


class _Comparison:
    """Reads and compares policies. Policies that are equal are compared only once."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._compared: dict[tuple[Record, Record], list[Compared]] = {}

    def read(self, routes: Mapping[str, Any]) -> _Saved:
        """Read the JSON of ``routes --json``."""
        saved: _Saved = {}
        for facts in routes["routes"]:
            key = json.dumps([facts[name] for name in NO_POLICY if name not in _IRRELEVANT])
            if key not in self._records:
                self._records[key] = Record(facts)
            route = SavedRoute(facts["rule"], facts["method"], facts["domain"])
            saved.setdefault(route, {}).setdefault(facts["policy"], self._records[key])
        return saved

    def gained(self, old: _Saved, new: _Saved) -> Iterator[tuple[SavedRoute, Change]]:
        """Yield what ``new`` allows and ``old`` doesn't. Swap them to get what was lost."""
        for route, policies in new.items():
            changes: dict[Change, None] = {}
            if route not in old:
                for record in policies.values():
                    for change in self._gained_by(_NOTHING, record, route.method):
                        changes[change._replace(what="route")] = None
            for before, now in _pairs(old.get(route, {}), policies):
                changes.update(dict.fromkeys(self._gained_by(before, now, route.method)))
                if before.refuses_others(route.method) and not now.refuses_others(route.method):
                    changes[Change("enforce", "*")] = None
            yield from ((route, change) for change in changes)

    def _gained_by(self, old: Record, new: Record, method: str) -> Iterator[Change]:
        if (old, new) not in self._compared:
            self._compared[old, new] = [*compare(old, new)]
        for origin, before, now, covered in self._compared[old, new]:
            if not now.methods.allows(method):
                continue
            if before is None:
                note = _UNDECIDED if covered == "unknown" else None
                yield Change("origins", origin, credentials=now.credentials, note=note)
            elif not before.methods.allows(method):
                yield Change("methods", origin, credentials=now.credentials)
            else:
                yield from _gained_more(origin, before, now)


def _pairs(
    before: Mapping[str | None, Record], now: Mapping[str | None, Record]
) -> Iterator[tuple[Record, Record]]:
    """Yield the pairs of an old and a new policy that may apply to the same path of a rule.

    A policy that has the same name in both applies to the same paths. Any other policy may have
    taken over paths from any policy.
    """
    for old_name, old in before.items():
        for new_name, new in now.items():
            if old_name == new_name or old_name not in now or new_name not in before:
                yield old, new


def _gained_more(origin: str, before: Grant, now: Grant) -> Iterator[Change]:
    """Yield what an origin gained on a route that it could already use."""
    if now.credentials and not before.credentials:
        yield Change("credentials", origin, credentials=True)
    covered = {term: before.allow_headers.cover(term) for term in now.allow_headers}
    for is_covered, note in (("no", None), ("unknown", _UNDECIDED)):
        names = tuple(term.text for term in covered if covered[term] == is_covered)
        if names:
            yield Change("allow_headers", origin, names, note=note)
    exposed = {name for name, _ in before.expose_headers}
    names = tuple(text for name, text in now.expose_headers if name not in exposed)
    if names and "*" not in exposed:
        yield Change("expose_headers", origin, names)
