"""Cache what a process read from the database."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

#: How many seconds an entry is valid while the channel that reports changes isn't working. The
#: channel counts as working until this many seconds after its last sign of life.
BRIEF = 0.5
#: How many seconds an entry is valid while the channel works. If the worker that makes a change
#: can't report it, the others see the change when their entries expire.
LONG = 10


class Reading(NamedTuple):
    """When a query of the database began, and how many changes were reported before it."""

    began: float
    changes: int


class Cache:
    """The origins of the tenants that were used most recently.

    No method waits for the database or Redis, so the lock is never held for long.

    :param size: how many tenants to keep. The cache also keeps this many names that don't exist.
    :param clock: returns a time in seconds that never goes backward.
    """

    def __init__(self, *, size: int = 1000, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._size = size
        self._lock = Lock()
        # The key is the tenant, not the origin, because attackers can send any number of origins.
        # They can also make up tenants. Those are kept separately, so that they don't push real
        # tenants out of the cache.
        self._known: OrderedDict[str, tuple[float, frozenset[str]]] = OrderedDict()
        self._unknown: OrderedDict[str, tuple[float, frozenset[str]]] = OrderedDict()
        self._changes = 0
        self._heard = float("-inf")

    def get(self, tenant: str) -> frozenset[str] | None:
        """Return the origins of a tenant, or None if they must be read from the database."""
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
        """Return what :meth:`put` needs. Call this before the query of the database."""
        with self._lock:
            return Reading(self.clock(), self._changes)

    def put(self, tenant: str, origins: frozenset[str], reading: Reading) -> None:
        """Store the result of a query, unless a change was reported since the query began."""
        with self._lock:
            if reading.changes != self._changes:
                return
            self._drop(tenant)
            shelf = self._known if origins else self._unknown
            shelf[tenant] = (reading.began, origins)
            if len(shelf) > self._size:
                shelf.popitem(last=False)

    def forget(self, tenant: str) -> None:
        """Remove a tenant, and make :meth:`put` discard the results of queries that have begun."""
        with self._lock:
            self._changes += 1
            self._drop(tenant)

    def heard_until(self, when: float) -> None:
        """Note that every change reported before this time has arrived.

        If there was no sign of life for a while, messages may be lost, so this empties the cache.

        :param when: a time of the cache's clock.
        """
        with self._lock:
            if self.clock() >= self._heard + BRIEF:
                self._changes += 1
                self._known.clear()
                self._unknown.clear()
            self._heard = when

    def lost(self) -> None:
        """Note that a change may have been missed."""
        with self._lock:
            self._heard = float("-inf")

    def _drop(self, tenant: str) -> None:
        self._known.pop(tenant, None)
        self._unknown.pop(tenant, None)
