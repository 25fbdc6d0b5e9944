"""Requests that fail before a view is found, and methods that no view serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, Request, abort, after_this_request, request
from flask.views import MethodView
from sessions import CannotBeOpened
from werkzeug.exceptions import NotFound
from werkzeug.routing import MapAdapter
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin

Owner = Callable[..., str | None]
Send = Callable[..., TestResponse]

VIEW = cross_origin(origins="https://view.test")
OTHER = cross_origin(origins="https://other.test")


class Shared(MethodView):
    """A view whose methods share a policy. It has no OPTIONS method, so Flask serves OPTIONS."""

    @VIEW
    def get(self) -> str:
        return "items"


class Differing(MethodView):
    @VIEW
    def get(self) -> str:
        return "items"

    @OTHER
    def put(self) -> str:
        return "items"


def make_app() -> Flask:
    app = Flask("shop")
    CORS(app, origins="https://map.test")
    app.add_url_rule("/shared/", view_func=Shared.as_view("shared"))
    app.add_url_rule("/old", "old", redirect_to="/shared/", methods=["GET", "DELETE"])
    app.add_url_rule("/moved", "moved", redirect_to="/shared/", methods=["GET", "POST", "PATCH"])
    app.add_url_rule("/moved", "kept", OTHER(lambda: "items"), methods=["PUT"])
    app.add_url_rule("/differing/", view_func=Differing.as_view("differing"))
    return app


@pytest.mark.parametrize("session_fails", [False, True])
@pytest.mark.parametrize(
    ("url", "method", "expected"),
    [
        ("/differing/", "GET", "view"),
        ("/differing/", "PUT", "other"),
        ("/differing/", "DELETE", "map"),
        ("/differing", "PUT", "other"),
        ("/differing", "DELETE", "map"),
        ("/shared/", "HEAD", "view"),
        ("/shared/", "DELETE", "view"),
        ("/shared", "DELETE", "map"),
        ("/old", "DELETE", "view"),
        ("/moved", "DELETE", "other"),
        ("/missing", "GET", "map"),
    ],
)
def test_whose_failure_it_is(
    url: str, method: str, expected: str, session_fails: bool, owner: Owner
) -> None:
    app = make_app()
    if session_fails:
        # Flask opens the session before it routes the request.
        app.session_interface = CannotBeOpened()
    assert owner(app, url, method) == expected


def test_a_variable_subdomain_is_not_the_bare_domain(owner: Owner) -> None:
    app = Flask("shop", subdomain_matching=True)
    app.config["SERVER_NAME"] = "shop.test"
    blueprint = Blueprint("tenant", __name__, subdomain="<tenant>")
    CORS(blueprint, origins="https://blueprint.test")
    app.register_blueprint(blueprint)
    CORS(app, origins="https://map.test")
    assert owner(app, "/missing", base_url="http://one.shop.test") == "blueprint"
    assert owner(app, "/missing", base_url="http://shop.test") == "map"


def stop(*_values: object) -> Any:
    abort(401)


async def stop_later(*values: object) -> Any:
    stop(*values)


def stop_afterward() -> None:
    after_this_request(stop)


#: Hooks that keep the view of a blueprint from running or its response from being sent.
HOOKS: dict[str, Callable[[Flask, Blueprint], Any]] = {
    "before": lambda app, _: app.before_request(stop),
    "before, async": lambda app, _: app.before_request(stop_later),
    "before, of the blueprint": lambda _, blueprint: blueprint.before_request(stop),
    "reading the URL": lambda app, _: app.url_value_preprocessor(stop),
    "reading the URL, of the blueprint": lambda _, bp: bp.url_value_preprocessor(stop),
    "after this request": lambda app, _: app.before_request(stop_afterward),
    "after": lambda app, _: app.after_request(stop),
    "after, async": lambda app, _: app.after_request(stop_later),
    "after, of the blueprint": lambda _, blueprint: blueprint.after_request(stop),
    "too large": lambda app, _: app.config.update(MAX_CONTENT_LENGTH=1),
}


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("expected", ["view", "blueprint", "map"])
def test_whose_error_a_hook_raises(
    hook: str, expected: str, owner: Owner, preflight_owner: Owner
) -> None:
    def view() -> str:
        return request.get_data(as_text=True)

    blueprint = Blueprint("sales", __name__, url_prefix="/sales")
    if expected != "map":
        CORS(blueprint, origins="https://blueprint.test")
    blueprint.put("/x", endpoint="x")(VIEW(view) if expected == "view" else view)
    app = Flask("shop")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    HOOKS[hook](app, blueprint)
    app.register_blueprint(blueprint)
    CORS(app, origins="https://map.test")
    response = app.test_client().put("/sales/x", data="long")
    after = hook.startswith("after")
    assert response.status_code == (413 if hook == "too large" else 500 if after else 401)
    assert owner(app, "/sales/x", "PUT", data="long") == expected
    assert preflight_owner(app, "/sales/x") == expected


def test_a_host_that_the_application_does_not_know(preflight: Send, send: Send) -> None:
    class Shop(Flask):
        def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
            if request is not None and request.host != "shop.test":
                raise NotFound
            return super().create_url_adapter(request)

    app = Shop("shop")
    CORS(app, origins="https://map.test")
    app.add_url_rule("/x", "x", lambda: "x")
    page = "https://map.test"
    for host, status in (("shop.test", 204), ("elsewhere.test", 404)):
        response = preflight(app, "/x", "GET", page, base_url=f"http://{host}")
        assert response.status_code == status
        assert ("Access-Control-Allow-Methods" in response.headers) is (status == 204)
    response = send(app, "/x", origin=page, base_url="http://elsewhere.test")
    assert (response.status_code, response.headers["Vary"]) == (404, "Origin")
