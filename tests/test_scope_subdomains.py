"""Blueprints with a subdomain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask

from flask_crossorigin import CORS

Owner = Callable[..., str | None]


def make_blueprint(name: str = "sales", prefix: str | None = "/sales", **options: Any) -> Blueprint:
    blueprint = Blueprint(name, __name__, url_prefix=prefix, **options)
    blueprint.add_url_rule("/x", "x", lambda **_: "x")
    return blueprint


def make_app_of_subdomains() -> Flask:
    app = Flask("shop", subdomain_matching=True)
    app.config["SERVER_NAME"] = "shop.test"
    app.add_url_rule("/x", "x", lambda: "x")
    CORS(app, origins="https://map.test")
    return app


@pytest.mark.parametrize(
    ("subdomain", "prefix", "url", "expected"),
    [
        ("api", None, "http://api.shop.test/x", "blueprint"),
        ("api", None, "http://api.shop.test/nowhere", "blueprint"),
        ("api", None, "http://shop.test/nowhere", "map"),
        ("api", None, "http://api2.shop.test/nowhere", "map"),
        ("api", "/v1", "http://api.shop.test/v1/nowhere", "blueprint"),
        ("api", "/v1", "http://api.shop.test/v2/nowhere", "map"),
        ("api", "/v1", "http://shop.test/v1/nowhere", "map"),
        ("<user>", None, "http://ann.shop.test/nowhere", "blueprint"),
        ("<user>", None, "http://a.ann.shop.test/nowhere", "map"),
        ("<user>.api", None, "http://ann.api.shop.test/x", "blueprint"),
    ],
)
def test_subdomains(
    subdomain: str,
    prefix: str | None,
    url: str,
    expected: str,
    owner: Owner,
    preflight_owner: Owner,
) -> None:
    app = make_app_of_subdomains()
    blueprint = make_blueprint(prefix=prefix, subdomain=subdomain)
    CORS(blueprint, origins="https://blueprint.test")
    app.register_blueprint(blueprint)
    assert owner(app, url) == expected
    assert preflight_owner(app, url, "GET") == expected


def test_of_two_with_one_prefix_the_subdomains_own_decides(owner: Owner) -> None:
    app = make_app_of_subdomains()
    for name, subdomain in (("outer", None), ("blueprint", "api")):
        blueprint = make_blueprint(name, "/v1", subdomain=subdomain)
        CORS(blueprint, origins=f"https://{name}.test")
        app.register_blueprint(blueprint)
    assert owner(app, "http://api.shop.test/v1/nowhere") == "blueprint"
    assert owner(app, "http://shop.test/v1/nowhere") == "outer"


@pytest.mark.parametrize("given", [True, False])
def test_a_nested_subdomain_keeps_the_prefix_around_it(given: bool, owner: Owner) -> None:
    app = make_app_of_subdomains()
    inner = make_blueprint("inner", None, subdomain=None if given else "api")
    outer = make_blueprint("outer", "/outer")
    CORS(inner, origins="https://blueprint.test")
    outer.register_blueprint(inner, subdomain="api" if given else None)
    app.register_blueprint(outer)
    assert owner(app, "http://api.shop.test/outer/nowhere") == "blueprint"
    assert owner(app, "http://api.shop.test/nowhere") == "map"
