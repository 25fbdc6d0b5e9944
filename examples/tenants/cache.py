"""What a process remembers of the database, and for how long."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

#: For how many seconds an entry can be used in any case, and a sign of life be relied on.
BRIEF = 0.5
#: For how many seconds an entry can be used while the process hears of every change. It also limits
#: how long a change goes unnoticed if the worker that made it could not tell the others.
LONG = 10


class Reading(NamedTuple):
    """When the database was asked."""

    began: float
    changes: int


class Cache:
    """The origins of the tenants that were asked for last.

    No method waits for anything, so the lock is only held for moments.

    :param size: how many tenants are remembered, and as many names that are no tenant's.
    :param clock: seconds that never run backward.
    """

    def __init__(self, *, size: int = 1000, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._size = size
        self._lock = Lock()
        # By tenant and not by origin: an attacker can send any number of origins. They can also
        # make up names of tenants, so those are apart and push out only each other.
        self._known: OrderedDict[str, tuple[float, frozenset[str]]] = OrderedDict()
        self._unknown: OrderedDict[str, tuple[float, frozenset[str]]] = OrderedDict()
        self._changes = 0
        self._heard = float("-inf")

    def get(self, tenant: str) -> frozenset[str] | None:
        """Return the origins of a tenant, or None if the database has to be asked."""
        with self._lock:
            now = self.clock()
            seconds = LONG if now < self._heard + BRIEF else BRIEF
            for shelf in (self._known, self._unknown):
                began, origins = shelf.get(tenant, (float("-inf"), frozenset()))
                if now < began + seconds:
                    shelf.move_to_end(tenant)
                    return origins
        return None

    def reading(self) -> Reading:
        """Return what :meth:`put` takes. Call it before the database is asked."""
        with self._lock:
            return Reading(self.clock(), self._changes)

    def put(self, tenant: str, origins: frozenset[str], reading: Reading) -> None:
        """Remember what the database said, unless something changed since it was asked."""
        with self._lock:
            if reading.changes != self._changes:
                return
            self._drop(tenant)
            shelf = self._known if origins else self._unknown
            shelf[tenant] = (reading.began, origins)
            if len(shelf) > self._size:
                shelf.popitem(last=False)

    def forget(self, tenant: str) -> None:
        """Forget a tenant, and what is being read at this moment."""
        with self._lock:
            self._changes += 1
            self._drop(tenant)

    def heard_until(self, when: float) -> None:
        """Note that this process heard of every change that was told before a moment.

        If it had heard nothing for a while, messages may have been lost, so it forgets everything.
        """
        with self._lock:
            if self.clock() >= self._heard + BRIEF:
                self._changes += 1
                self._known.clear()
                self._unknown.clear()
            self._heard = when

    def lost(self) -> None:
        """Note that this process may have missed a change."""
        with self._lock:
            self._heard = float("-inf")

    def _drop(self, tenant: str) -> None:
        self._known.pop(tenant, None)
        self._unknown.pop(tenant, None)
