"""Path patterns, and URLs without a view: redirects, 404 and 405."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, abort, request
from flask.views import MethodView
from werkzeug.routing import BaseConverter, Rule
from werkzeug.test import TestResponse
from werkzeug.wsgi import ClosingIterator

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.state import State

Owner = Callable[..., str | None]
Send = Callable[..., TestResponse]

VIEW = cross_origin(origins="https://view.test")
OTHER = cross_origin(origins="https://other.test")


def entry(name: str) -> dict[str, Any]:
    return {"origins": f"https://{name}.test"}


def view(**_arguments: Any) -> str:
    return "x"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/api/", "map"),
        ("/api/items", "map"),
        ("/api/a/b?c=/x", "map"),
        ("/api", None),
        ("/apiary", None),
        ("/API/items", None),
        ("/x/api/items", None),
        ("//api/items", "map"),
        ("/api//items", "map"),
        ("/%61pi/items", "map"),
        ("/api%2fitems", "map"),
        ("/%2561pi/items", None),
        ("/api/private/a", "other"),
        ("/api/private%0a", "map"),
        ("/api/private/%0a", "other"),
        ("/api/private/a%0ab", "other"),
        ("/api/./items", None),
        ("/api/../items", None),
        ("/api/%2e%2e/items", None),
        ("/api/%252e%252e/items", "map"),
        ("/api/..", None),
        ("/api/.hidden", "map"),
        ("/api/exact", "view"),
        ("/api/exact/", "map"),
        ("/api/v7/items", "outer"),
        ("/api/vx/items", "map"),
        ("/caf%C3%A9", "blueprint"),
    ],
)
def test_paths_as_flask_routes_them(
    url: str, expected: str | None, owner: Owner, preflight_owner: Owner
) -> None:
    app = Flask("shop")
    resources: dict[Any, Any] = {
        "/api/*": entry("map"),
        "/api/private/*": entry("other"),
        "/api/exact": entry("view"),
        re.compile(r"/api/v\d/.*"): entry("outer"),
        "/café": entry("blueprint"),
    }
    CORS(app, resources=resources)
    app.add_url_rule("/<path:path>", "x", view)
    # The test client would read what follows two slashes as a host.
    path = {"environ_overrides": {"PATH_INFO": url}} if url.startswith("//") else {}
    assert owner(app, url, **path) == expected
    assert preflight_owner(app, url, "GET", **path) == expected


def test_one_pattern_or_several_without_options(owner: Owner) -> None:
    for resources in ("/api/*", ["/api/*", "/other"], iter(["/api/*"]), re.compile("/api/.*")):
        app = Flask("shop")
        CORS(app, resources=resources, origins="https://map.test")
        assert [owner(app, "/api/x"), owner(app, "/x")] == ["map", None]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (VIEW(view), None, "view"),
        (VIEW(view), VIEW, "view"),
        (view, None, "map"),
        (VIEW(view), OTHER, "map"),
    ],
)
def test_a_method_without_a_view(
    first: Callable[..., Any],
    second: Callable[..., Any] | None,
    expected: str,
    owner: Owner,
    preflight_owner: Owner,
) -> None:
    """If all views of the URL share a policy, it applies; otherwise, that of the path does."""
    app = Flask("shop")
    CORS(app, origins="https://map.test")
    app.add_url_rule("/x", "first", first)
    app.add_url_rule("/x", "second", second(view) if second else first, methods=["PUT"])
    for method in ("DELETE", "BREW"):
        assert app.test_client().open("/x", method=method).status_code == 405
        assert owner(app, "/x", method) == expected
        assert preflight_owner(app, "/x", method) == expected


def test_a_neighbour_without_any_policy_is_not_spoken_for(
    owner: Owner, preflight_owner: Owner
) -> None:
    app = Flask("shop")
    CORS(app, resources=[])
    app.add_url_rule("/x", "first", VIEW(view))
    app.add_url_rule("/x", "second", view, methods=["PUT"])
    app.add_url_rule("/y", "third", VIEW(view))
    assert [owner(app, "/x", "DELETE"), preflight_owner(app, "/x", "DELETE")] == [None, None]
    assert [owner(app, "/y", "DELETE"), preflight_owner(app, "/y", "DELETE")] == ["view"] * 2


class Item(MethodView):
    def put(self) -> str:
        return "put"


class Own(Item):
    def options(self) -> str:
        return "options"


@pytest.mark.parametrize(
    ("first", "methods", "expected"),
    [
        (view, ["OPTIONS"], "map"),
        (Own.as_view("own"), ["OPTIONS"], "map"),
        (Own.as_view("own"), None, "map"),
        (VIEW(Item.as_view("item")), None, "view"),
    ],
)
def test_who_serves_options_counts_among_the_views(
    first: Callable[..., Any], methods: list[str] | None, expected: str, owner: Owner
) -> None:
    app = Flask("shop")
    CORS(app, origins="https://map.test")
    app.add_url_rule("/x", "first", first, methods=methods)
    if expected == "map":
        app.add_url_rule("/x", "second", VIEW(view), methods=["PATCH"])
    assert owner(app, "/x", "DELETE") == expected


def test_the_method_of_a_preflight_is_no_template_for_its_path(preflight_owner: Owner) -> None:
    app = Flask("shop")
    CORS(app, origins="https://map.test")
    app.add_url_rule("/x", "x", VIEW(view))
    for method in ("", " ", "GET PUT", "GET,PUT", "\x00", "é"):
        assert preflight_owner(app, "/x", method) == "view"


class Forbidding(BaseConverter):
    def to_python(self, value: str) -> str:
        abort(403)


class Crashing(BaseConverter):
    def to_python(self, value: str) -> str:
        raise KeyError(value)


@pytest.mark.parametrize(("converter", "status"), [(Forbidding, 403), (Crashing, 500)])
def test_converters_that_fail(
    converter: type[BaseConverter],
    status: int,
    owner: Owner,
    preflight: Send,
    preflight_owner: Owner,
) -> None:
    app = Flask("shop")
    app.url_map.converters["bad"] = converter
    CORS(app, origins="https://map.test")
    app.add_url_rule("/<bad:name>", "x", VIEW(view))
    assert app.test_client().get("/x").status_code == status
    assert owner(app, "/x") == "map"
    assert preflight_owner(app, "/x") == "map"
    assert preflight(app, "/x", origin="https://map.test").status_code == 204


@pytest.mark.parametrize(("second", "expected"), [("/b", "other"), ("/c", None)])
def test_an_environ_that_comes_twice(
    second: str, expected: str | None, owner: Owner, preflight_owner: Owner
) -> None:
    """A middleware calls the application again with another path, whose policy then applies."""
    app = Flask("shop")
    CORS(app, resources={"/a": entry("map"), "/b": entry("other")})
    inner = app.wsgi_app

    def again(environ: Any, start_response: Any) -> Any:
        ClosingIterator(inner(environ, lambda *_: lambda _data: None)).close()
        environ["PATH_INFO"] = second
        return inner(environ, start_response)

    app.wsgi_app = again  # type: ignore[method-assign]
    assert owner(app, "/a") == expected
    assert preflight_owner(app, "/a") == expected


def test_an_application_within_another(owner: Owner, preflight_owner: Owner) -> None:
    inner = Flask("inner")
    CORS(inner, origins="https://other.test")
    inner.add_url_rule("/x", "x", view)
    app = Flask("outer")
    CORS(app, origins="https://map.test", automatic_options=False)

    @app.route("/x", methods=["GET", "OPTIONS"])
    def call() -> Any:
        called = Response.from_app(inner, request.environ)
        del called.headers["Access-Control-Allow-Origin"]
        return called

    assert owner(app, "/x") == "map"
    assert preflight_owner(app, "/x", "GET") == "map"


def test_a_dot_segment_is_under_no_policy_of_paths(owner: Owner) -> None:
    app = Flask("shop")
    CORS(app, origins="https://map.test")
    app.add_url_rule("/<path:path>", "x", lambda path: path)
    for path in ("/a/b", "/a/.b", "/a/../b", "/a/.", "/a/c"):
        assert owner(app, path) == (None if path in ("/a/../b", "/a/.") else "map")


@pytest.mark.parametrize("method", ["", " ", "GET\x0b"])
def test_a_preflight_for_no_method_at_all_is_for_no_view(
    method: str, preflight_owner: Owner
) -> None:
    app = Flask("shop")
    CORS(app, origins="https://map.test")
    app.add_url_rule("/x", "x", VIEW(lambda: "x"), methods=["OPTIONS"])
    app.add_url_rule("/x", "y", OTHER(lambda: "x"), methods=["GET"])
    assert preflight_owner(app, "/x", method) == "map"
    assert preflight_owner(app, "/x", "OPTIONS") == "view"


def test_no_preflight_is_remembered_that_the_url_map_does_not_spell_out(
    preflight: Send,
) -> None:
    app = Flask("shop")
    CORS(app)
    app.add_url_rule("/plain", "plain", lambda: "x")
    app.add_url_rule("/items/<name>", "item", lambda name: name)
    app.url_map.add(Rule("/any", endpoint="any"))
    app.view_functions["any"] = lambda: "x"
    for number in range(3):
        for url in ("/plain", f"/items/{number}", "/any"):
            preflight(app, url, "GET" if url == "/plain" else f"M{number}")
            preflight(app, url, "GET" if url != "/any" else f"M{number}")
    assert len(State.of(app).policies._targets) == 1
