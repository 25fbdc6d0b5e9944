"""Waits for async functions among the origins."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any


def wait_for(function: Callable[..., Any], call: Callable[..., Any], *arguments: object) -> object:
    """Call an async function and wait for its result, in a thread that runs no event loop.

    A thread can run only one event loop at a time, and inside an async view one is running.

    :param function: the async function.
    :param call: the same function, wrapped by Flask so that it needs no ``await``.
    """
    # Loading asyncio takes long, and programs without async functions don't need it.
    import asyncio

    if _are_threads_greenlets() and type(call).__module__ == "asgiref.sync":
        # All requests share one thread, and any of them may be running an event loop there. It is
        # tempting to start another thread, as asgiref does, but that is a greenlet as well. Only
        # the threads of gevent's pool are real ones.
        hub: Any = sys.modules["gevent"].get_hub()
        run = partial(copy_context().run, asyncio.run, function(*arguments))
        return hub.threadpool.apply(run)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return call(*arguments)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(copy_context().run, call, *arguments).result()


def _are_threads_greenlets() -> bool:
    """Return whether gevent has replaced Python's threads with greenlets."""
    monkey: Any = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))
