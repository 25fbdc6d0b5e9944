"""Views behind rules of the less usual kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from flask import Blueprint, Flask
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
    """Flask takes what stands before a dot for a blueprint, which need not be there."""
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
    """Each decides for its own URLs, though the one calls the other with its environ."""
    shop, sales = make_app(), Flask("sales")
    CORS(sales, resources={"/x": {"origins": "https://other.test"}})
    for app in (shop, sales):
        app.add_url_rule("/x", "x", function)
    shop.wsgi_app = DispatcherMiddleware(shop.wsgi_app, {"/sales": sales})  # type: ignore[method-assign]
    assert [owner(shop, url) for url in ("/x", "/sales/x", "/sales/y")] == ["map", "other", None]
    assert [preflight_owner(shop, url) for url in ("/x", "/sales/x")] == ["map", "other"]
