"""The parts of the audit's checks: a check, its input and its results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..fetch.grammar import SAFE_METHODS

if TYPE_CHECKING:
    from flask import Flask

    from ..core.places import Place
    from ..core.policy import Policy
    from .routes import Routes

Severity = Literal["high", "medium", "low"]


class Found(NamedTuple):
    """One result of a check."""

    #: What has the problem, such as ``resources["/api/*"]``.
    where: str
    #: What was found there, as a sentence without its period.
    message: str
    #: The file and the line where it was written; None if it comes from the configuration.
    place: Place | None

    @classmethod
    def at(cls, policy: Policy, message: str) -> Found:
        """Return a result about a policy."""
        return cls(policy.where, message, policy.place)


@dataclass(frozen=True)
class Subject:
    """The app that is audited."""

    app: Flask
    routes: Routes

    @property
    def policies(self) -> Iterator[Policy]:
        """The valid policies. Policies with mistakes allow nothing, so they carry no risk."""
        return (policy for policy in self.routes.policies.all() if not policy.misconfigured)

    def with_parts(self, option: str) -> Iterator[Policy]:
        """Yield each policy, and each part in its ``for_origins`` that has its own value.

        :param option: the attribute whose values are compared.
        """
        for policy in self.policies:
            yield policy
            for part in policy.for_origins.policies:
                # Parts are about origins, so each is checked even if it repeats the same ones.
                if option == "origins" or getattr(part, option) != getattr(policy, option):
                    yield part

    def unsafe_requests(
        self, matches: Callable[[Policy, str], bool]
    ) -> Iterator[tuple[Policy, str]]:
        """Yield each policy that covers requests that might change data, with a list of these.

        The list is text, such as ``POST /items, PUT /items/<id>``. It names at most three requests.

        :param matches: takes a policy and a method, and returns whether to include the request.
        """
        named: dict[tuple[str, Place | None], tuple[Policy, list[str]]] = {}
        for route in self.routes.routes:
            policy = route.policy
            if policy is None or policy.misconfigured or route.method in SAFE_METHODS:
                continue
            if matches(policy, route.method):
                _, requests = named.setdefault((policy.where, policy.place), (policy, []))
                requests.append(f"{route.method} {route.rule}")
        for policy, requests in named.values():
            more = f" and {len(requests) - 3} more" if len(requests) > 3 else ""
            yield policy, f"{', '.join(requests[:3])}{more}"


@dataclass(frozen=True)
class Check:
    """One check of the audit."""

    #: The id, such as ``C001``. It never changes.
    id: str
    severity: Severity
    #: What the check looks for.
    title: str
    #: What an attacker can do, or how users are affected.
    harm: str
    #: How to fix it.
    fix: str
    #: Finds the results in an app.
    find: Callable[[Subject], Iterator[Found]]
    #: Whether a result is a security risk. If not, something doesn't work as meant.
    is_security: bool = True
    #: The optional module that the check needs; empty if it needs none.
    needs: str = ""
