"""What a check is, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from flask import Flask

    from ..core.policy import Policy
    from .routes import Routes

#: Where something was written, and what was found there.
Place = tuple[str, str]


@dataclass(frozen=True)
class Subject:
    """What is audited."""

    app: Flask
    routes: Routes

    @property
    def policies(self) -> Iterator[Policy]:
        """The policies without mistakes; the others allow nothing."""
        return (policy for policy in self.routes.policies.all() if not policy.misconfigured)


@dataclass(frozen=True)
class Check:
    """One thing that may be wrong."""

    id: str
    severity: Literal["high", "medium", "low"]
    title: str
    #: What an attacker can do, or a user suffers.
    harm: str
    fix: str
    find: Callable[[Subject], Iterator[Place]]
    #: The module that it cannot do without, which is no dependency of the package.
    needs: str = ""
