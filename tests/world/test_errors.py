"""Test Flask-RESTX and Flask-RESTful, which handle exceptions instead of Flask.

Some of their responses skip all ``after_request`` functions, but must have the headers anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, abort, after_this_request
from sessions import CannotBeOpened, CannotBeSaved

from flask_crossorigin import CORS

from .exchanges import APP, STRANGER, ask, cors_headers, names_origin, preflight
from .packages import require

FRAMEWORKS = ("flask_restx", "flask_restful")

GRANTED = {"Access-Control-Allow-Origin": APP, "Access-Control-Allow-Credentials": "true"}


def crash(*_arguments: object) -> Any:
    raise RuntimeError


def refuse() -> None:
    abort(401)


def crash_at_the_end() -> Any:
    after_this_request(crash)
    return {}


def crash_after_each(app: Flask) -> None:
    app.after_request(crash)


def crash_before_each(app: Flask) -> None:
    app.before_request(crash)


def refuse_before_each(app: Flask) -> None:
    app.before_request(refuse)


def open_no_session(app: Flask) -> None:
    app.session_interface = CannotBeOpened()


def save_no_session(app: Flask) -> None:
    app.session_interface = CannotBeSaved()


def add_resources(framework: Any, api: Any) -> None:
    """Add a resource that succeeds, and one for each way in which a resource can fail."""
    ways: dict[str, Callable[[], Any]] = {
        "fine": dict,
        "crash": crash,
        "crash-at-the-end": crash_at_the_end,
        "abort": refuse,
        "own-abort": lambda: framework.abort(409, message="There is one already"),
    }
    for name, way in ways.items():

        def get(self: Any, way: Callable[[], Any] = way) -> Any:
            return way()

        resource = type(name, (framework.Resource,), {"get": get})
        api.add_resource(resource, f"/api/{name}", endpoint=name)


def api_first(app: Flask, framework: Any) -> None:
    add_resources(framework, framework.Api(app))
    allow(app)


def cors_first(app: Flask, framework: Any) -> None:
    allow(app)
    add_resources(framework, framework.Api(app))


def cors_before_the_blueprint(app: Flask, framework: Any) -> None:
    allow(app)
    blueprint = Blueprint("api", __name__)
    add_resources(framework, framework.Api(blueprint))
    app.register_blueprint(blueprint)


def cors_before_init_app(app: Flask, framework: Any) -> None:
    allow(app)
    api = framework.Api()
    add_resources(framework, api)
    api.init_app(app)


ORDERS = (api_first, cors_first, cors_before_the_blueprint, cors_before_init_app)


def allow(app: Flask) -> None:
    CORS(app, origins=[APP, "https://other.example.com"], supports_credentials=True)


@pytest.mark.parametrize(
    ("interfere", "path", "status"),
    [
        (None, "/api/crash", 500),
        (None, "/api/crash-at-the-end", 500),
        (None, "/api/abort", 401),
        (None, "/api/own-abort", 409),
        (None, "/api/nothing", 404),
        (crash_after_each, "/api/fine", 500),
        (crash_after_each, "/api/abort", 500),
        (crash_after_each, "/api/nothing", 500),
        (crash_before_each, "/api/fine", 500),
        (refuse_before_each, "/api/fine", 401),
        (save_no_session, "/api/fine", 500),
        (save_no_session, "/api/crash", 500),
        (save_no_session, "/api/nothing", 500),
        (open_no_session, "/api/fine", 500),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_error_carries_the_headers(
    framework: str,
    order: Callable[[Flask, Any], None],
    interfere: Callable[[Flask], None] | None,
    path: str,
    status: int,
) -> None:
    app = Flask(__name__)
    order(app, require(framework))
    if interfere is not None:
        interfere(app)
    # The first request wraps the framework's exception handler. The second finds it wrapped.
    for _ in range(2):
        for origin, expected in ((APP, GRANTED), (STRANGER, {}), (None, {})):
            response = ask(app, path, origin=origin)
            assert response.status_code == status
            assert cors_headers(response) == expected
            assert names_origin(response)
        for origin, answered in ((APP, 204), (STRANGER, 403)):
            response = preflight(app, path, "GET", origin=origin)
            assert (response.status_code, response.data) == (answered, b"")
            assert ("Access-Control-Allow-Origin" in cors_headers(response)) == (origin == APP)
            assert names_origin(response)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
@pytest.mark.parametrize("path", ["/api/fine", "/api/nothing"])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_sessions_that_cannot_be_opened_any_more(
    framework: str, method: str, path: str, order: Callable[[Flask, Any], None]
) -> None:
    """Responses have the headers even if opening the session fails.

    Flask opens the session before it matches the URL, so these errors skip all views and hooks.
    """
    app = Flask(__name__)
    order(app, require(framework))
    assert ask(app, "/api/fine").status_code == 200
    open_no_session(app)
    for origin, expected in ((APP, GRANTED), (STRANGER, {})):
        response = ask(app, path, method, origin=origin)
        assert response.status_code == 500
        assert cors_headers(response) == expected
        assert names_origin(response)
    assert preflight(app, path, method).status_code == 204


def test_every_404_is_answered_by_flask_restful() -> None:
    """CORS still responds to preflights if Flask-RESTful has the option ``catch_all_404s``.

    With this option, Flask-RESTful handles every error for a URL that has no view.
    """
    app = Flask(__name__)
    framework = require("flask_restful")
    add_resources(framework, framework.Api(app, catch_all_404s=True))
    allow(app)
    open_no_session(app)
    for origin, status in ((APP, 204), (STRANGER, 403)):
        response = preflight(app, "/api/nothing", origin=origin)
        assert (response.status_code, response.data) == (status, b"")
