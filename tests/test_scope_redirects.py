"""A redirect has the policy of the view that it leads to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.diagnostics.routes import Routes

Owner = Callable[..., str | None]
Send = Callable[..., TestResponse]

VIEW = cross_origin(origins="https://view.test")
OTHER = cross_origin(origins="https://other.test")


def entry(name: str) -> dict[str, Any]:
    return {"origins": f"https://{name}.test"}


def view(**_arguments: Any) -> str:
    return "x"


def make_redirecting(**options: Any) -> Flask:
    """Make an application in which URLs redirect to views with other policies."""
    app = Flask("shop", **options)
    app.config["SERVER_NAME"] = "shop.test"
    CORS(app, resources={"/*": entry("map"), "/go/*": entry("outer"), "/old*": entry("outer")})
    app.add_url_rule("/get/", "get", VIEW(view), methods=["GET"])
    app.add_url_rule("/get/", "put", OTHER(view), methods=["PUT"])
    app.add_url_rule("/plain/", "plain", view)
    app.add_url_rule("/a/b", "merged", VIEW(view))
    app.add_url_rule("/lax/", "lax", VIEW(view), strict_slashes=False)
    app.add_url_rule("/list/", "list", OTHER(view), defaults={"page": 1})
    app.add_url_rule("/list/<int:page>", "list")
    app.add_url_rule("/new/<int:page>", "new", VIEW(view))
    app.add_url_rule("/alias/<int:page>", "new", alias=True)
    app.add_url_rule("/old/<int:page>", "old", redirect_to="/new/<page>")
    app.add_url_rule("/old", "older", redirect_to="/old/1")
    app.add_url_rule("/go/away", "away", redirect_to="https://elsewhere.test/new/1")
    app.add_url_rule("/go/round", "round", redirect_to="/go/round")
    app.add_url_rule("/go/nowhere", "nowhere", redirect_to="/missing/page")
    app.add_url_rule("/café/", "coffee", VIEW(view))
    return app


@pytest.mark.parametrize(
    ("url", "method", "status", "expected"),
    [
        ("/get", "GET", 308, "view"),
        ("/get", "HEAD", 308, "view"),
        ("/get", "PUT", 308, "other"),
        ("/plain", "GET", 308, "map"),
        ("/a//b", "GET", 308, "view"),
        ("/lax", "GET", 200, "view"),
        ("/list/1", "GET", 308, "other"),
        ("/alias/3", "GET", 308, "view"),
        ("/old/3", "GET", 308, "view"),
        ("/old", "GET", 308, "view"),
        ("/go/away", "GET", 308, "outer"),
        ("/go/round", "GET", 308, "outer"),
        ("/go/nowhere", "GET", 308, "map"),
        ("/caf%C3%A9", "GET", 308, "view"),
        ("/get?next=/plain", "GET", 308, "view"),
    ],
)
# The X shows that only slashes are stripped from the mount point, not letters.
@pytest.mark.parametrize("script_name", ["", "/mounted", "/X"])
def test_redirects_belong_to_where_they_lead(
    url: str,
    method: str,
    status: int,
    expected: str,
    script_name: str,
    owner: Owner,
    preflight_owner: Owner,
) -> None:
    app = make_redirecting()
    place: dict[str, Any] = {"base_url": f"http://shop.test{script_name}/"}
    if script_name and url.startswith(("/old", "/go")):
        # Werkzeug leaves out SCRIPT_NAME, so the redirect leads outside the application.
        expected = "outer"
    response = app.test_client().open(url, method=method, **place)
    assert response.status_code == status
    assert owner(app, url, method, **place) == expected
    assert preflight_owner(app, url, method, **place) == expected


@pytest.mark.parametrize("matching", ["host_matching", "subdomain_matching"])
def test_redirects_on_other_hosts(matching: str, owner: Owner, preflight_owner: Owner) -> None:
    options: dict[str, Any] = {matching: True}
    if matching == "host_matching":
        options["static_host"] = "shop.test"
    app = Flask("shop", **options)
    if matching == "subdomain_matching":
        app.config["SERVER_NAME"] = "shop.test"
    CORS(app, origins="https://map.test")
    for name, decorate in (("one", VIEW), ("two", OTHER)):
        where: dict[str, Any] = (
            {"host": f"{name}.shop.test"} if "host" in matching else {"subdomain": name}
        )
        app.add_url_rule("/x/", name, decorate(view), methods=["PUT"], **where)
    for _ in range(2):
        for host, expected in (("one", "view"), ("two", "other"), ("three", "map")):
            for url in ("/x", "/x/"):
                place = {"base_url": f"http://{host}.shop.test"}
                assert owner(app, url, "PUT", **place) == expected
                assert preflight_owner(app, url, **place) == expected


def test_redirects_are_followed_as_far_as_browsers_would_hardly_go(owner: Owner) -> None:
    app = Flask("shop")
    CORS(app, origins="https://map.test")
    for number in range(5):
        app.add_url_rule(f"/{number}", str(number), redirect_to=f"/{number + 1}")
    app.add_url_rule("/5", "5", VIEW(view))
    assert [owner(app, f"/{number}") for number in range(6)] == ["map", *["view"] * 5]


def test_a_redirect_belongs_to_the_handler_that_serves_its_method(
    owner: Owner, preflight_owner: Owner
) -> None:
    class Items(MethodView):
        @VIEW
        def get(self) -> str:
            return "items"

        @OTHER
        def put(self) -> str:
            return "items"

    app = Flask("shop")
    CORS(app, origins="https://map.test")
    app.add_url_rule("/items/", view_func=Items.as_view("items"))
    assert owner(app, "/items") == "view"
    assert owner(app, "/items", "PUT") == "other"
    assert preflight_owner(app, "/items", "PUT") == "other"


def test_a_redirect_to_another_host_has_the_policy_of_its_blueprint(owner: Owner) -> None:
    blueprint = Blueprint("api", __name__, url_prefix="/api")
    CORS(blueprint, origins="https://blueprint.test")
    blueprint.add_url_rule("/away", "away", redirect_to="https://elsewhere.test/")
    app = Flask("shop")
    app.register_blueprint(blueprint)
    CORS(app, origins="https://map.test")
    app.add_url_rule("/away", "away", redirect_to="https://elsewhere.test/")
    assert (owner(app, "/api/away"), owner(app, "/away")) == ("blueprint", "map")


def test_a_rule_that_only_redirects_needs_no_endpoint(send: Send) -> None:
    app = Flask("shop")
    CORS(app, origins="https://page.test")
    blueprint = Blueprint("bp", "shop", url_prefix="/bp")
    CORS(blueprint, resources=["/bp/x"])
    app.register_blueprint(blueprint)
    app.url_map.add(Rule("/old", redirect_to="/new", methods=["GET"]))
    response = send(app, "/old", origin="https://page.test")
    assert response.status_code in (301, 308)
    assert response.headers["Access-Control-Allow-Origin"] == "https://page.test"
    assert "/old" in [route.rule for route in Routes.of(app).routes]
