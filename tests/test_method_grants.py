"""The response to a preflight lists only the methods that its policy covers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from flask import Blueprint, Flask, Request
from flask.views import MethodView
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.testing import Browser, CORSError

Send = Callable[..., TestResponse]

PAGE = "https://page.test"
EDITOR = "https://editor.test"
API = "https://api.test"

ANYBODY = cross_origin(origins="*", max_age=600)
EDITORS = cross_origin(origins=EDITOR, max_age=600)


def view(**_arguments: Any) -> str:
    return "x"


def other(**_arguments: Any) -> str:
    return "other"


def as_functions(app: Flask) -> None:
    app.add_url_rule("/x", "read", ANYBODY(view), methods=["GET"])
    app.add_url_rule("/x", "delete", EDITORS(view), methods=["DELETE"])


def with_a_variable(app: Flask) -> None:
    app.add_url_rule("/<name>", "read", ANYBODY(view), methods=["GET"])
    app.add_url_rule("/<name>", "delete", EDITORS(view), methods=["DELETE"])


def by_converter(app: Flask) -> None:
    """Use two different rules that match the same URL."""
    app.add_url_rule("/<name>", "read", ANYBODY(view), methods=["GET"])
    app.add_url_rule("/<string(length=1):name>", "delete", EDITORS(view), methods=["DELETE"])


def as_a_class(app: Flask) -> None:
    class Item(MethodView):
        @ANYBODY
        def get(self) -> str:
            return "x"

        @EDITORS
        def delete(self) -> str:
            return "x"

    app.add_url_rule("/x", view_func=Item.as_view("x"))


def as_a_class_with_a_default(app: Flask) -> None:
    class Item(MethodView):
        decorators: ClassVar = [EDITORS]

        @ANYBODY
        def get(self) -> str:
            return "x"

        def delete(self) -> str:
            return "x"

    app.add_url_rule("/x", view_func=Item.as_view("x"))


def by_blueprint(app: Flask) -> None:
    blueprint = Blueprint("editors", __name__)
    CORS(blueprint, origins=EDITOR, max_age=600)
    blueprint.add_url_rule("/x", "delete", view, methods=["DELETE"])
    app.register_blueprint(blueprint)
    app.add_url_rule("/x", "read", ANYBODY(view), methods=["GET"])


def listed(response: TestResponse) -> str:
    """Return the listed methods except OPTIONS, which Flask handles automatically."""
    methods = response.headers["Access-Control-Allow-Methods"].split(", ")
    return ", ".join(method for method in methods if method != "OPTIONS")


MIXED = [
    as_functions,
    with_a_variable,
    by_converter,
    as_a_class,
    as_a_class_with_a_default,
    by_blueprint,
]


@pytest.mark.parametrize("around", [{"resources": []}, {"origins": "https://map.test"}])
@pytest.mark.parametrize("set_up", MIXED, ids=lambda set_up: set_up.__name__)
def test_only_its_own_methods_and_for_no_time(
    set_up: Callable[[Flask], None], around: dict[str, Any], preflight: Send
) -> None:
    app = Flask("shop")
    CORS(app, **around)
    set_up(app)
    # Twice, because the second response may come from a cache.
    for _ in range(2):
        response = preflight(app, "/x", "GET", PAGE, names="X-A")
        assert response.status_code == 204
        assert listed(response) == "GET, HEAD"
        assert response.headers.getlist("Access-Control-Max-Age") == ["0"]
        response = preflight(app, "/x", "DELETE", EDITOR, names="X-A")
        assert listed(response) == "DELETE"
        assert response.headers.getlist("Access-Control-Max-Age") == ["0"]
        assert preflight(app, "/x", "DELETE", PAGE).status_code == 403


@pytest.mark.parametrize("set_up", MIXED, ids=lambda set_up: set_up.__name__)
def test_a_browser_sends_nothing_without_asking(set_up: Callable[[Flask], None]) -> None:
    app = Flask("shop")
    CORS(app, resources=[])
    set_up(app)
    page = Browser({API: app}, origin=PAGE)
    for _ in range(2):
        assert page.fetch(f"{API}/x", headers={"X-A": "1"}).text == "x"
        with pytest.raises(CORSError):
            page.fetch(f"{API}/x", method="DELETE", headers={"X-A": "1"})
    assert [each.request.method for each in page.exchanges] == ["OPTIONS", "GET", "OPTIONS"] * 2


@pytest.mark.parametrize("decorate", [lambda view: view, ANYBODY])
def test_where_all_methods_share_a_policy_it_is_remembered(
    decorate: Callable[[Any], Any], preflight: Send
) -> None:
    """Policies with the same options count as one, wherever they were written."""
    app = Flask("shop")
    CORS(app, origins="*", max_age=600)
    app.add_url_rule("/x", "read", cross_origin(origins="*", max_age="600")(view))
    app.add_url_rule("/x", "delete", decorate(other), methods=["DELETE"])
    for method in ("GET", "DELETE", "PATCH"):
        headers = preflight(app, "/x", method).headers
        assert headers["Access-Control-Max-Age"] == "600"
        assert "DELETE" in headers["Access-Control-Allow-Methods"]


def test_an_undecorated_neighbour_is_granted_nothing(preflight: Send) -> None:
    app = Flask("shop")
    app.add_url_rule("/x", "read", ANYBODY(view))
    app.add_url_rule("/x", "delete", other, methods=["DELETE"])
    response = preflight(app, "/x", "GET")
    assert listed(response) == "GET, HEAD"
    assert response.headers.getlist("Access-Control-Max-Age") == ["0"]
    assert "Access-Control-Allow-Origin" not in preflight(app, "/x", "DELETE").headers


def test_any_method_is_granted_one_by_one(preflight: Send) -> None:
    app = Flask("shop")
    CORS(app, resources=[])
    app.add_url_rule("/x", "read", cross_origin(origins="*", methods="*")(view))
    app.add_url_rule("/x", "delete", EDITORS(view), methods=["DELETE"])
    headers = preflight(app, "/x", "GET").headers
    assert headers["Access-Control-Allow-Methods"] == "GET"
    assert headers["Access-Control-Max-Age"] == "0"


def test_a_method_without_a_view_has_the_policy_of_the_path(preflight: Send) -> None:
    app = Flask("shop")
    CORS(app, origins=PAGE, max_age=600)
    as_functions(app)
    response = preflight(app, "/x", "PATCH")
    assert listed(response) == "PATCH, POST, PUT, QUERY"
    assert response.headers["Access-Control-Max-Age"] == "0"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_max_age_that_a_view_sets_is_replaced(method: str, preflight: Send) -> None:
    app = Flask("shop")
    app.config["CORS_AUTOMATIC_OPTIONS"] = False
    CORS(app, resources=[])

    def options() -> tuple[str, dict[str, str]]:
        return "mine", {"Access-Control-Max-Age": "86400"}

    app.add_url_rule("/x", "options", options, methods=["OPTIONS"])
    as_functions(app)
    response = preflight(app, "/x", method, EDITOR)
    assert response.text == "mine"
    assert response.headers.getlist("Access-Control-Max-Age") == ["0"]


def test_a_callable_that_takes_the_request_grants_one_method_at_a_time(preflight: Send) -> None:
    def reads(_origin: str, request: Request) -> bool:
        return request.method == "GET"

    app = Flask("shop")
    CORS(app, origins=reads, max_age=600)
    app.add_url_rule("/x", "x", view, methods=["GET", "DELETE"])
    headers = preflight(app, "/x", "GET").headers
    assert headers["Access-Control-Allow-Methods"] == "GET"
    assert headers["Access-Control-Max-Age"] == "0"
    assert preflight(app, "/x", "DELETE").status_code == 403


@pytest.mark.parametrize("automatic", [True, False])
def test_a_callable_gets_the_request_that_the_preflight_announces(
    automatic: bool, preflight: Send
) -> None:
    asked: list[Any] = []

    def ask(_origin: str, request: Request) -> bool:
        asked.append((request.method, request.endpoint, request.view_args, request.path))
        assert request.environ["REQUEST_METHOD"] == request.method
        return True

    app = Flask("shop")
    CORS(app, origins=ask, automatic_options=automatic)

    @app.before_request
    def change() -> None:
        asked.append("a hook ran")

    app.add_url_rule("/<int:number>", "number", view, methods=["GET"])
    app.add_url_rule("/<name>", "name", view, methods=["DELETE"])
    app.add_url_rule("/slash/<name>/", "slash", view)
    for url, method in (("/7", "GET"), ("/7", "DELETE"), ("/slash/a", "GET"), ("/no/thing", "GET")):
        preflight(app, url, method)
    assert [each for each in asked if each != "a hook ran"] == [
        ("GET", "number", {"number": 7}, "/7"),
        ("DELETE", "name", {"name": "7"}, "/7"),
        ("GET", "slash", {"name": "a"}, "/slash/a"),
        ("GET", None, None, "/no/thing"),
    ]
    assert asked[0] != "a hook ran"


def test_a_view_that_is_replaced_is_looked_at_again(preflight: Send) -> None:
    app = Flask("shop")
    CORS(app, origins="*")
    app.add_url_rule("/x", "read", view)
    app.add_url_rule("/x", "delete", ANYBODY(view), methods=["DELETE"])
    assert "DELETE" not in preflight(app, "/x", "GET").headers["Access-Control-Allow-Methods"]
    app.view_functions["read"] = ANYBODY(view)
    assert "DELETE" in preflight(app, "/x", "GET").headers["Access-Control-Allow-Methods"]
    app.view_functions["delete"] = EDITORS(view)
    assert "DELETE" not in preflight(app, "/x", "GET").headers["Access-Control-Allow-Methods"]
