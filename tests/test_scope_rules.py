"""Views with unusual URL rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin

Owner = Callable[..., str | None]
Send = Callable[..., TestResponse]

VIEW = cross_origin(origins="https://view.test")
OTHER = cross_origin(origins="https://other.test")


def make_app(**options: Any) -> Flask:
    app = Flask("shop")
    CORS(app, origins="https://map.test", **options)
    return app


def function() -> str:
    return "function"


def test_a_view_that_is_replaced(owner: Owner, preflight_owner: Owner) -> None:
    app = make_app()
    app.add_url_rule("/x", "x", function)
    app.view_functions["x"] = VIEW(app.view_functions["x"])
    assert owner(app, "/x") == "view"
    assert preflight_owner(app, "/x", "GET") == "view"


def test_a_mock_in_place_of_a_view(owner: Owner, preflight_owner: Owner) -> None:
    app = make_app()
    app.add_url_rule("/x", "x", function)
    app.view_functions["x"] = Mock(return_value="mocked")
    assert app.test_client().get("/x").text == "mocked"
    assert [owner(app, "/x"), owner(app, "/x", "DELETE")] == ["map", "map"]
    assert preflight_owner(app, "/x", "GET") == "map"


def test_endpoints_with_dots(owner: Owner, preflight_owner: Owner) -> None:
    """Flask reads the part before the dot as the name of a blueprint, even if there is none."""
    app = make_app()
    app.add_url_rule("/x", "sales.x", function)
    app.add_url_rule("/y", "other.y", VIEW(function))
    blueprint = Blueprint("sales", __name__)
    CORS(blueprint, origins="https://blueprint.test")
    app.register_blueprint(blueprint)
    assert [owner(app, "/x"), owner(app, "/y")] == ["blueprint", "view"]
    assert preflight_owner(app, "/x", "GET") == "blueprint"


def test_a_rule_for_any_method(owner: Owner, preflight_owner: Owner) -> None:
    app = make_app()
    app.url_map.add(Rule("/x", endpoint="x"))
    app.view_functions["x"] = VIEW(function)
    assert owner(app, "/x", "BREW") == "view"
    assert preflight_owner(app, "/x", "GET") == "view"


def test_a_rule_that_only_builds_urls(owner: Owner, preflight_owner: Owner) -> None:
    app = make_app()
    app.add_url_rule("/x", "x", VIEW(function), build_only=True)
    assert owner(app, "/x") == "map"
    assert preflight_owner(app, "/x") == "map"


@pytest.mark.parametrize(
    ("upgrade", "expected"), [({}, "view"), ({"Upgrade": "websocket"}, "other")]
)
def test_a_websocket_rule_beside_a_view(
    upgrade: dict[str, str], expected: str, owner: Owner, preflight_owner: Owner
) -> None:
    app = make_app()
    app.add_url_rule("/x", "x", VIEW(function))
    app.add_url_rule("/x", "socket", OTHER(lambda: "socket"), websocket=True)
    for headers in ({}, {"Upgrade": "websocket"}):
        headers = {**headers, "Connection": "Upgrade"}
        preflight_owner(app, "/x", "GET", headers=headers)
    headers = {**upgrade, "Connection": "Upgrade"}
    assert owner(app, "/x", headers=headers) == expected
    assert preflight_owner(app, "/x", "GET", headers=headers) == expected


def test_a_url_that_is_for_websockets_alone(owner: Owner, preflight_owner: Owner) -> None:
    app = make_app()
    app.add_url_rule("/x", "x", VIEW(function), websocket=True)
    assert owner(app, "/x") == "map"
    assert preflight_owner(app, "/x", "GET") == "map"


def test_mounted_applications(owner: Owner, preflight_owner: Owner) -> None:
    """Each application decides for its own URLs, although one passes its environ to the other."""
    shop, sales = make_app(), Flask("sales")
    CORS(sales, resources={"/x": {"origins": "https://other.test"}})
    for app in (shop, sales):
        app.add_url_rule("/x", "x", function)
    shop.wsgi_app = DispatcherMiddleware(shop.wsgi_app, {"/sales": sales})  # type: ignore[method-assign]
    assert [owner(shop, url) for url in ("/x", "/sales/x", "/sales/y")] == ["map", "other", None]
    assert [preflight_owner(shop, url) for url in ("/x", "/sales/x")] == ["map", "other"]


class Item(MethodView):
    @VIEW
    def get(self) -> str:
        return "got"

    @OTHER
    def put(self) -> str:
        return "put"

    def post(self) -> str:
        return "posted"


def make_app_of_many() -> Flask:
    """Make an application in which the policy depends on the host, path, method and protocol."""
    app = Flask("shop", subdomain_matching=True)
    app.config["SERVER_NAME"] = "shop.test"
    origins = {"/*": "map", "/paths/a": "view", "/paths/b": "other"}
    resources = {path: {"origins": f"https://{name}.test"} for path, name in origins.items()}
    CORS(app, resources=resources)
    app.add_url_rule("/item", view_func=Item.as_view("item"))
    app.add_url_rule("/paths/<name>", "paths", lambda name: name)
    app.add_url_rule("/here", "here", VIEW(function))
    app.add_url_rule("/here", "there", OTHER(function), subdomain="there")
    app.add_url_rule("/here", "socket", OTHER(function), websocket=True)
    return app


REQUESTS: list[tuple[str, str, dict[str, Any], str]] = [
    ("/item", "GET", {}, "view"),
    ("/item", "PUT", {}, "other"),
    ("/item", "POST", {}, "map"),
    ("/item", "DELETE", {}, "map"),
    ("/paths/a", "GET", {}, "view"),
    ("/paths/b", "GET", {}, "other"),
    ("/paths/c", "GET", {}, "map"),
    ("/here", "GET", {}, "view"),
    ("/here", "GET", {"base_url": "http://there.shop.test"}, "other"),
    ("/here", "GET", {"headers": {"Upgrade": "websocket", "Connection": "Upgrade"}}, "other"),
]


@pytest.mark.parametrize("first", REQUESTS, ids=str)
@pytest.mark.parametrize("second", REQUESTS, ids=str)
def test_requests_do_not_affect_each_other(
    first: tuple[str, str, dict[str, Any], str],
    second: tuple[str, str, dict[str, Any], str],
    owner: Owner,
    preflight_owner: Owner,
) -> None:
    app = make_app_of_many()
    for url, method, place, expected in (first, second, first):
        assert owner(app, url, method, **place) == expected
        assert preflight_owner(app, url, method, **place) == expected
