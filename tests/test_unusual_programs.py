"""Programs that combine views, headers and policies in unusual ways."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, request
from flask.sessions import SecureCookieSessionInterface
from flask.views import MethodView
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin

Send = Callable[..., TestResponse]

PAGE = "https://page.test"
FRIEND = "https://friend.test"
EVIL = "https://evil.test"

enforced = cross_origin(origins=PAGE, enforce=True)


def careless(view: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a view without ``functools.wraps``, which hides ``@cross_origin`` from Flask."""
    return lambda *args, **kwargs: view(*args, **kwargs)


def cross_origin_headers(response: TestResponse) -> list[tuple[str, str]]:
    return [line for line in response.headers if line[0].startswith("Access-Control-")]


def known_at_another_url(app: Flask, view: Any) -> None:
    decorated = enforced(view)
    app.add_url_rule("/a", "a", decorated, methods=["POST"])
    app.add_url_rule("/x", "x", careless(decorated), methods=["POST"])


def overridden_method(app: Flask, view: Any) -> None:
    class Base(MethodView):
        @enforced
        def post(self) -> Any:
            return view()

    class Derived(Base):
        def post(self) -> Any:
            return super().post()

    app.add_url_rule("/a", view_func=Base.as_view("a"))
    app.add_url_rule("/x", view_func=Derived.as_view("x"))


def error_handler_too(app: Flask, view: Any) -> None:
    decorated = enforced(view)
    app.register_error_handler(404, decorated)
    app.add_url_rule("/x", "x", careless(decorated), methods=["POST"])


@pytest.mark.parametrize("add", [known_at_another_url, overridden_method, error_handler_too])
@pytest.mark.parametrize("options", [{"resources": []}, {"origins": [PAGE, EVIL]}])
def test_what_a_hidden_view_enforces_is_not_lost(
    add: Callable[[Flask, Any], None], options: dict[str, Any], send: Send
) -> None:
    app = Flask("shop")
    CORS(app, **options)
    entered: list[str] = []

    def view(*_errors: Exception) -> str:
        entered.append(request.method)
        return "x"

    add(app, view)
    assert send(app, "/x", method="POST", origin=EVIL).status_code == 403
    assert entered == []
    assert send(app, "/x", method="POST", origin=PAGE).status_code == 200
    assert entered == ["POST"]


def test_a_hidden_view_refuses_the_preflights_that_it_answers(preflight: Send) -> None:
    app = Flask("shop")
    CORS(app, origins=[PAGE, EVIL], automatic_options=False)
    app.add_url_rule("/x", "x", careless(enforced(lambda: "x")), methods=["POST", "OPTIONS"])
    assert preflight(app, "/x", "POST", PAGE).status_code == 200
    assert preflight(app, "/x", "POST", EVIL).status_code == 403


def shared_headers() -> Callable[[], Response]:
    headers = Headers({"X-Version": "1"})
    return lambda: Response("x", headers=headers)


def shared_by_copies() -> Callable[[], Response]:
    kept = Response("x", headers={"X-Version": "1"})
    return lambda: copy(kept)


def shared_response() -> Callable[[], Response]:
    kept = Response("x", headers={"X-Version": "1"})
    return lambda: kept


@pytest.mark.parametrize("make", [shared_headers, shared_by_copies, shared_response])
@pytest.mark.parametrize("replacement", [None, dict, Headers])
def test_shared_headers(make: Callable[[], Any], replacement: Any, send: Send) -> None:
    app = Flask("shop")
    CORS(app, origins=[PAGE, FRIEND], supports_credentials=True)
    app.add_url_rule("/x", "x", make())
    if replacement is not None:

        @app.after_request
        def replace(response: Response) -> Response:
            response.headers = replacement(response.headers)
            return response

    for origin in (PAGE, FRIEND, EVIL, None, PAGE):
        response = send(app, "/x", origin=origin)
        assert response.status_code == 200
        allowed = origin if origin in (PAGE, FRIEND) else None
        assert response.headers.get("Access-Control-Allow-Origin") == allowed
        assert ("Access-Control-Allow-Credentials" in response.headers) == (allowed is not None)
        assert response.headers.getlist("Vary") == ["Origin"]
        assert response.headers["X-Version"] == "1"


@pytest.mark.parametrize("paths", [("/x", "/y"), ("/y",)])
@pytest.mark.parametrize("replacement", [dict, Headers])
def test_shared_headers_at_a_url_without_a_policy(
    paths: tuple[str, ...], replacement: Any, send: Send
) -> None:
    app = Flask("shop")
    CORS(app, resources={"/x": {"origins": PAGE}})
    kept = Response("x")
    for path in ("/x", "/y"):
        app.add_url_rule(path, path, lambda: kept)

    @app.after_request
    def replace(response: Response) -> Response:
        if request.path in paths:
            response.headers = replacement(response.headers)
        return response

    for _ in range(2):
        assert len(cross_origin_headers(send(app, "/x", origin=PAGE))) == 1
        for origin in (PAGE, None):
            assert cross_origin_headers(send(app, "/y", origin=origin)) == []


@pytest.mark.parametrize("swapped", ["read", "write"])
def test_a_preflight_sees_a_view_that_was_swapped(swapped: str, preflight: Send) -> None:
    app = Flask("shop")
    CORS(app, origins=[PAGE, EVIL])
    app.add_url_rule("/x", "read", lambda: "read", methods=["GET"])
    app.add_url_rule("/x", "write", lambda: "write", methods=["PUT"])
    method = {"read": "GET", "write": "PUT"}[swapped]
    assert preflight(app, "/x", method, EVIL).status_code == 204
    app.view_functions[swapped] = enforced(lambda: "new")
    assert preflight(app, "/x", method, EVIL).status_code == 403
    other = preflight(app, "/x", "PUT" if method == "GET" else "GET", EVIL)
    assert method not in other.headers["Access-Control-Allow-Methods"].split(", ")
    assert other.headers["Access-Control-Max-Age"] == "0"


def test_a_callable_that_takes_the_request_grants_one_method(preflight: Send) -> None:
    app = Flask("shop")
    CORS(app)
    app.add_url_rule("/x", "read", lambda: "read")
    asked = cross_origin(origins=lambda origin, request: request.method == "PUT")
    app.add_url_rule("/x", "write", asked(lambda: "write"), methods=["PUT", "DELETE"])
    headers = preflight(app, "/x", "PUT", PAGE).headers
    assert headers["Access-Control-Allow-Methods"] == "PUT"
    assert headers["Access-Control-Max-Age"] == "0"
    assert preflight(app, "/x", "DELETE", PAGE).status_code == 403


@pytest.mark.parametrize("by_path", [False, True])
def test_methods_that_are_redirected_to_another_policy(by_path: bool, preflight: Send) -> None:
    app = Flask("shop")
    there = {"origins": FRIEND, "max_age": 600}
    here = {"origins": PAGE, "max_age": 600}
    if by_path:
        CORS(app, resources={"/x": there, "/x/": here})
        there = here = {}
    deciding: dict[str, Any] = {"/x": there, "/x/": here}
    for path, method in (("/x", "DELETE"), ("/x/", "PUT")):
        options: dict[str, Any] = deciding[path]
        view = cross_origin(**options)(lambda: "x") if options else lambda: "x"
        app.add_url_rule(path, f"{method}", view, methods=[method])
    for method, origin in (("PUT", PAGE), ("DELETE", FRIEND)):
        headers = preflight(app, "/x", method, origin).headers
        granted = headers["Access-Control-Allow-Methods"].split(", ")
        assert {"PUT", "DELETE"} & {*granted} == {method}
        assert headers["Access-Control-Max-Age"] == "0"
    for method, origin in (("DELETE", PAGE), ("PUT", FRIEND)):
        assert preflight(app, "/x", method, origin).status_code == 403


@pytest.mark.parametrize(
    ("outer", "inner"), [("X-Total", "*"), ("*", "X-Total"), ("*", "*"), ((), "*")]
)
def test_a_late_policy_exposes_no_more(outer: Any, inner: Any, send: Send) -> None:
    app = Flask("shop")
    both: dict[str, Any] = {"origins": PAGE, "supports_credentials": True}
    CORS(app, expose_headers=outer, **both)
    view = cross_origin(expose_headers=inner, **both)(lambda: ("x", {"X-Secret": "1"}))
    app.add_url_rule("/x", "x", careless(view))
    exposed = send(app, "/x", origin=PAGE).headers.get("Access-Control-Expose-Headers", "")
    assert ("X-Secret" in exposed) == (outer == inner == "*")


def test_a_view_that_is_decorated_between_contexts(preflight: Send, send: Send) -> None:
    app = Flask("shop")
    app.add_url_rule("/x", "x", lambda: "x", methods=["PUT"])
    with app.app_context():
        app.view_functions["x"] = cross_origin(origins=PAGE)(lambda: "x")
    assert preflight(app, "/x", "PUT", PAGE).status_code == 204
    response = send(app, "/x", method="PUT", origin=PAGE)
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


def test_a_view_that_is_decorated_after_the_first_request(send: Send) -> None:
    app = Flask("shop")
    app.add_url_rule("/x", "x", lambda: "x")
    assert send(app, "/x", origin=PAGE).status_code == 200
    app.view_functions["x"] = enforced(lambda: "x")
    response = send(app, "/x", origin=PAGE)
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert send(app, "/x", origin=EVIL).status_code == 403


@pytest.mark.parametrize("host", ["", "shop.test"])
@pytest.mark.parametrize("path", ["/api/nothing", "/api/file.txt"])
def test_files_below_a_blueprints_prefix(host: str, path: str, send: Send) -> None:
    matching: dict[str, Any] = {"host_matching": True, "static_host": host} if host else {}
    app = Flask("shop", static_url_path="", **matching)
    blueprint = Blueprint("api", "api", url_prefix="/api")
    CORS(blueprint, origins=PAGE)
    where: dict[str, Any] = {"host": host} if host else {}
    blueprint.add_url_rule("/items", "items", lambda: "items", **where)
    app.register_blueprint(blueprint)
    CORS(app, origins=EVIL)
    base = f"http://{host or 'localhost'}"
    assert cross_origin_headers(send(app, path, origin=EVIL, base_url=base)) == []
    response = send(app, path, origin=PAGE, base_url=base)
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


def test_a_view_cannot_grant_what_its_policy_refuses(preflight: Send, send: Send) -> None:
    app = Flask("shop")
    CORS(app, origins=PAGE, methods="PUT", automatic_options=False)
    own = {
        "Access-Control-Allow-Methods": "DELETE",
        "Access-Control-Max-Age": "600",
        "Access-Control-Expose-Headers": "X-Total",
    }
    app.add_url_rule("/x", "x", lambda: ("x", own), methods=["GET", "DELETE", "OPTIONS"])
    refused = preflight(app, "/x", "DELETE", PAGE)
    assert cross_origin_headers(refused) == [("Access-Control-Allow-Origin", PAGE)]
    assert cross_origin_headers(preflight(app, "/x", "PUT", EVIL)) == []
    assert cross_origin_headers(send(app, "/x", origin=EVIL)) == []


class BrokenSessions(SecureCookieSessionInterface):
    def open_session(self, app: Flask, request: Any) -> Any:
        raise OSError("the session store is down")


def test_a_session_that_cannot_be_opened(preflight: Send, send: Send) -> None:
    """Preflights and refused requests still get their response, and no hook runs for them."""
    app = Flask("shop")
    app.session_interface = BrokenSessions()
    CORS(app, origins=PAGE, enforce=True)
    entered: list[str] = []
    app.add_url_rule("/x", "x", lambda: "x", methods=["PUT"])

    @app.after_request
    def after(response: Response) -> Response:
        entered.append("after")
        return response

    @app.teardown_request
    def teardown(_error: BaseException | None) -> None:
        entered.append("teardown")

    assert preflight(app, "/x", "PUT", PAGE).status_code == 204
    assert send(app, "/x", method="PUT", origin=EVIL).status_code == 403
    assert entered == []
    response = send(app, "/x", method="PUT", origin=PAGE)
    assert response.status_code == 500
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert entered == ["after", "teardown"]
