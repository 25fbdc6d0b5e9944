"""Requests that fail before a view is found, and methods that no view serves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView
from sessions import CannotBeOpened

from flask_crossorigin import CORS, cross_origin

Owner = Callable[..., str | None]

VIEW = cross_origin(origins="https://view.test")
OTHER = cross_origin(origins="https://other.test")


class Shared(MethodView):
    """All its methods share a policy, and nothing serves OPTIONS but Flask."""

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
        # Flask opens it before it asks the URL map.
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
