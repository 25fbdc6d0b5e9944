"""Views that return the same response object for many requests. gunicorn imports ``app``."""

from __future__ import annotations

import functools
from typing import Any

from flask import Flask, Response, jsonify, make_response

from flask_crossorigin import CORS, cross_origin

from .exchanges import APP
from .packages import require

OTHER = "https://other.example.com"

app = Flask(__name__)
app.debug = True  # In debug mode, refused responses get the reason as a header.
cache: Any = require("flask_caching").Cache(app, config={"CACHE_TYPE": "SimpleCache"})
CORS(
    app,
    resources={
        "/api/*": {
            "origins": [APP, OTHER],
            "supports_credentials": True,
            "expose_headers": "X-Number",
        }
    },
)

kept = Response("kept", headers={"Vary": "Accept"})


def constant() -> Response:
    return kept


@functools.lru_cache
def remembered() -> Response:
    return Response("kept", headers={"Vary": "Accept"})


@functools.lru_cache
def remembered_json() -> Response:
    response = jsonify("kept")
    response.vary.add("Accept")
    return response


@cache.cached()
def cached() -> Response:
    return Response("kept", headers={"Vary": "Accept"})


@cache.cached()
def cached_constant() -> Response:
    """Return a response object that other requests may have received, and cache it."""
    return kept


@cache.memoize()
def make() -> Response:
    return Response("kept", headers={"Vary": "Accept"})


def memoized() -> Any:
    return make()


@cache.cached()
def cached_tuple() -> Any:
    return "kept", {"Vary": "Accept"}


def cached_by_hand() -> Any:
    response = cache.get("by hand")
    if response is None:
        response = make_response("kept", {"Vary": "Accept"})
        cache.set("by hand", response)
    return response


VIEWS = (
    constant,
    remembered,
    remembered_json,
    cached,
    cached_constant,
    memoized,
    cached_tuple,
    cached_by_hand,
)

for view in VIEWS:
    app.add_url_rule(f"/api/{view.__name__}", f"api-{view.__name__}", view)
    app.add_url_rule(f"/closed/{view.__name__}", f"closed-{view.__name__}", view)
    anybody = cross_origin(origins="*")(view)
    app.add_url_rule(f"/open/{view.__name__}", f"open-{view.__name__}", anybody)
