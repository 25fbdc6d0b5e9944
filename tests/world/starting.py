"""Applications with slow code that runs at the first requests. gunicorn calls ``serve``.

Each application has its own path, so that one server serves them all. The tests send the first
requests of each application at once.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Flask
from flask import request as current_request
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.routing import Map, Rule

from flask_crossorigin import CORS, cross_origin

from .exchanges import APP

#: The seconds that slow code sleeps. Meanwhile, other requests arrive and, with gevent, run.
PAUSE = 0.05


class Slow(Iterable[str]):
    """An iterable that can be read many times, such as a database query."""

    def __iter__(self) -> Iterator[str]:
        return slowly()


def slowly() -> Iterator[str]:
    for origin in ("https://first.example.com", APP, "https://last.example.com"):
        time.sleep(PAUSE)
        yield origin


class SlowRows(Iterator[str]):
    """An iterator that several threads can read at once. Each thread only gets some items."""

    def __init__(self) -> None:
        self.left = ["https://last.example.com", APP, "https://first.example.com"]

    def __next__(self) -> str:
        time.sleep(PAUSE)
        if not self.left:
            raise StopIteration
        return self.left.pop()


class SlowHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        time.sleep(PAUSE)


class SlowMap(Map):
    def iter_rules(self, endpoint: str | None = None) -> Iterator[Rule]:
        for rule in super().iter_rules(endpoint):
            time.sleep(PAUSE)
            yield rule


class SlowFlask(Flask):
    url_map_class = SlowMap


async def is_app(origin: str) -> bool:
    await asyncio.sleep(PAUSE)
    return origin == APP and current_request.path == "/items"


def is_app_after_a_while(origin: str) -> bool:
    time.sleep(PAUSE)
    return origin == APP


def items() -> Any:
    return {}


def create_app(origins: object = None, flask: type[Flask] = Flask, **options: Any) -> Flask:
    app = flask(__name__)
    app.add_url_rule("/items", "items", items, methods=["GET", "PUT"])
    CORS(app, **options)
    if origins is not None:
        app.config["CORS_ORIGINS"] = origins
    return app


def log_slowly() -> Flask:
    """Create an application whose first request logs a mistake, so that no origin is allowed."""
    logging.getLogger("flask_crossorigin").addHandler(SlowHandler())
    app = create_app(APP, resources=["/items", "/*"])
    app.config["CORS_METHODS"] = "GET, G T"
    return app


def decorated_only() -> Flask:
    """Create an application without ``CORS(app)``, so that the first requests install the hooks."""
    app = Flask(__name__)
    app.config["CORS_ORIGINS"] = Slow()
    app.add_url_rule("/items", "items", cross_origin(items), methods=["GET", "PUT"])
    return app


APPS: dict[str, Callable[[], Flask]] = {
    "an iterable in the configuration": lambda: create_app(Slow()),
    "a generator in the configuration": lambda: create_app(slowly()),
    "an iterator in the configuration": lambda: create_app(SlowRows()),
    "a slow log": log_slowly,
    "a slow URL map": lambda: create_app(APP, SlowFlask),
    "a slow callable": lambda: create_app(is_app_after_a_while),
    "an async callable": lambda: create_app(is_app),
    "a decorated view only": decorated_only,
}

#: The applications that allow no origin because their configuration is invalid.
WRONG = ("a slow log",)


def path_of(name: str) -> str:
    return "/" + re.sub(r"\W", "-", name)


def serve() -> DispatcherMiddleware:
    """Create all applications, each at its own path."""
    apps: dict[str, Any] = {path_of(name): make() for name, make in APPS.items()}
    return DispatcherMiddleware(Flask(__name__), apps)
