"""The tenants example, with the changes that the tests with many workers need.

Each response names the worker that sent it, and how often this worker has read the database.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "tenants"))
store: Any = import_module("store")
# Longer than the tests take. Otherwise, a worker could see a change because an entry expired, and
# not because it was told about the change.
vars(import_module("cache"))["LONG"] = 3600


class CountingStore(store.Store):
    reads = 0

    def read(self, tenant: str) -> frozenset[str]:
        CountingStore.reads += 1
        found: frozenset[str] = super().read(tenant)
        return found


def create_app() -> WSGIApplication:
    example: Any = import_module("tenants")
    example.Store = CountingStore
    app: WSGIApplication = example.create_app()

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *others: Any) -> Any:
            headers += [("X-Worker", str(os.getpid())), ("X-Reads", str(CountingStore.reads))]
            return start_response(status, headers, *others)

        return app(environ, start)

    return wrapped
