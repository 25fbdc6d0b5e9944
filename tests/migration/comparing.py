"""Send the same request to the same application, with Flask-CORS and with this package."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from time import perf_counter
from types import ModuleType
from typing import Any

from flask import Blueprint, Flask, abort, g, request

_REQUEST = re.compile(
    r"(?P<preflight>preflight )?(?P<method>\S+) (?P<path>\S+)"
    r"(?: from (?P<origin>\S+))?(?: asking for (?P<names>\S.*))?"
)


@dataclass(frozen=True)
class Case:
    """Code for Flask-CORS, a request, and the result with each package."""

    topic: str
    #: The code, which configures ``app``: an application with a few views.
    written: str
    #: For example: ``preflight PUT /api/items from https://app.example.com asking for X-Token``.
    request: str
    #: The result with Flask-CORS: the name of an exception, or a status and headers.
    before: str
    #: The result with this package.
    after: str
    #: Why the results differ, and what to write. If they are equal, it starts with "No difference".
    reason: str
    #: The response headers to compare, without the prefix ``Access-Control-``.
    headers: tuple[str, ...] = ("Allow-Origin",)

    def __str__(self) -> str:
        return self.topic


def outcome(case: Case, package: ModuleType) -> str:
    """Run a case with one of the two packages, and return the result."""
    app = _create_app()
    names = {"app": app, "re": re, "Blueprint": Blueprint, "abort": abort, "g": g}
    names |= {"request": request, "perf_counter": perf_counter}
    try:
        with warnings.catch_warnings():
            # Options of Flask-CORS that have no effect here cause warnings.
            warnings.filterwarnings("ignore", ".*has no effect", DeprecationWarning)
            warnings.filterwarnings("ignore", "CORS_HEADERS: ", UserWarning)
            exec(
                case.written, {**names, "CORS": package.CORS, "cross_origin": package.cross_origin}
            )
    except ValueError as error:
        return type(error).__name__
    return _ask(app, case)


def _create_app() -> Flask:
    app = Flask(__name__)

    @app.get("/")
    @app.get("/apiary", endpoint="apiary")
    @app.route("/api/items", methods=["GET", "PUT"], endpoint="items")
    @app.get("/lists/", endpoint="lists")
    def view() -> Any:
        return {}

    @app.get("/broken")
    def broken() -> Any:
        raise RuntimeError

    return app


def _ask(app: Flask, case: Case) -> str:
    found = _REQUEST.fullmatch(case.request)
    assert found is not None, case.request
    headers = {}
    if found["origin"] is not None:
        headers["Origin"] = found["origin"]
    method = found["method"]
    if found["preflight"]:
        headers["Access-Control-Request-Method"] = method
        method = "OPTIONS"
        for name in (found["names"] or "").split(", "):
            if name == "Private-Network":
                headers["Access-Control-Request-Private-Network"] = "true"
            elif name:
                asked = headers.get("Access-Control-Request-Headers")
                headers["Access-Control-Request-Headers"] = f"{asked}, {name}" if asked else name
    response = app.test_client().open(found["path"], method=method, headers=headers)
    parts = [str(response.status_code)]
    for name in case.headers:
        full = name if name in ("Vary", "Allow") else f"Access-Control-{name}"
        values = response.headers.getlist(full)
        parts += [f"{name}: {value}" for value in values] or [f"no {name}"]
    return ", ".join(parts)
