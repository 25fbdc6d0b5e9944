"""What a check is, and what it looks at."""

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
    """What a check found in one place."""

    #: What has the fault, as in ``resources["/api/*"]``.
    where: str
    #: What was found there.
    message: str
    #: The file and the line that wrote it; None if only the configuration did.
    place: Place | None

    @classmethod
    def at(cls, policy: Policy, message: str) -> Found:
        """Return what was found in a policy."""
        return cls(policy.where, message, policy.place)


@dataclass(frozen=True)
class Subject:
    """What is audited."""

    app: Flask
    routes: Routes

    @property
    def policies(self) -> Iterator[Policy]:
        """The policies without mistakes. The others allow nothing."""
        return (policy for policy in self.routes.policies.all() if not policy.misconfigured)

    def saying(self, option: str) -> Iterator[Policy]:
        """Give the policies, and those of their ``for_origins`` that say something else.

        :param option: the attribute of a policy that they say it with.
        """
        for policy in self.policies:
            yield policy
            for part in policy.for_origins.policies:
                # With the same origins, they still say something else about them.
                if option == "origins" or getattr(part, option) != getattr(policy, option):
                    yield part

    def unsafe_requests(
        self, is_meant: Callable[[Policy, str], bool]
    ) -> Iterator[tuple[Policy, str]]:
        """Give the policies under which requests may change something, and name three of each.

        :param is_meant: whether a policy and a method are meant.
        """
        named: dict[tuple[str, Place | None], tuple[Policy, list[str]]] = {}
        for route in self.routes.routes:
            policy = route.policy
            if policy is None or policy.misconfigured or route.method in SAFE_METHODS:
                continue
            if is_meant(policy, route.method):
                _, requests = named.setdefault((policy.where, policy.place), (policy, []))
                requests.append(f"{route.method} {route.rule}")
        for policy, requests in named.values():
            more = f" and {len(requests) - 3} more" if len(requests) > 3 else ""
            yield policy, f"{', '.join(requests[:3])}{more}"


@dataclass(frozen=True)
class Check:
    """One thing that may be wrong."""

    #: As in ``C001``. It never changes.
    id: str
    severity: Severity
    title: str
    #: What an attacker can do, or what users suffer.
    harm: str
    fix: str
    find: Callable[[Subject], Iterator[Found]]
    #: Whether it is about security, and not only about what does not work.
    is_security: bool = True
    #: The optional module that it needs.
    needs: str = ""
