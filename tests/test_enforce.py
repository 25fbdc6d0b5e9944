"""``enforce``: requests from other origins are refused before any code of the application runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint, Flask, request
from flask.views import MethodView
from flask_sock import Sock  # type: ignore[import-untyped]
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.testing import Browser, CORSError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

FRIEND = "https://app.example.com"
STRANGER = "https://stranger.example"


def create_app(**options: Any) -> Flask:
    """Make an application that records which of its hooks and views ran."""
    app = Flask("shop")
    ran: list[str] = []
    app.extensions["ran"] = ran
    app.url_value_preprocessor(lambda *_: ran.append("values"))

    @app.before_request
    def hook() -> None:
        ran.append("hook")

    options.setdefault("origins", FRIEND)
    CORS(app, enforce=True, **options)

    @app.route("/items", methods=["GET", "POST"])
    def items() -> str:
        ran.append("view")
        return "items"

    return app


def send(app: Flask, url: str = "/items", **options: Any) -> TestResponse:
    return app.test_client().open(url, **{"method": "POST", **options})


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": STRANGER},
        {"Origin": "null"},
        {"Origin": f"{FRIEND}, {FRIEND}"},
        {"Origin": ""},
        {"Origin": STRANGER, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://other.localhost", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_origins_are_refused(headers: dict[str, str], method: str) -> None:
    app = create_app()
    response = send(app, method=method, headers=headers)
    assert response.status_code == 403
    assert response.text == ("" if method == "HEAD" else "This origin is not allowed here.\n")
    assert response.content_type == "text/plain; charset=utf-8"
    assert app.extensions["ran"] == []
    assert response.headers["Vary"] == "Origin"
    assert not [name for name in dict(response.headers) if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": FRIEND},
        {"Origin": FRIEND, "Sec-Fetch-Site": "cross-site"},
        {},
        {"Origin": "http://localhost"},
        {"Origin": "https://what.proxies.hide", "Sec-Fetch-Site": "same-origin"},
        # Browsers send "none" if the user, not a page, navigates. JavaScript can't set it.
        {"Origin": "null", "Sec-Fetch-Site": "none"},
        # With a strict Referrer-Policy, the Origin is null even in same-origin requests.
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_other_requests_are_served(headers: dict[str, str]) -> None:
    app = create_app()
    assert send(app, headers=headers).text == "items"
    assert app.extensions["ran"] == ["values", "hook", "view"]


@pytest.mark.parametrize(("token", "status"), [("right", 200), ("wrong", 403)])
def test_a_callable_may_take_the_request(token: str, status: int) -> None:
    app = create_app(origins=lambda origin, request: request.headers["X-Token"] == "right")
    response = send(app, headers={"Origin": STRANGER, "X-Token": token})
    assert response.status_code == status


@pytest.mark.parametrize(
    ("base_url", "host", "origin", "same"),
    [
        ("http://shop.example", None, "http://shop.example", True),
        ("http://shop.example", "shop.example:80", "http://shop.example", True),
        ("https://shop.example", "shop.example:443", "https://shop.example", True),
        ("http://shop.example", "SHOP.example", "http://shop.example", True),
        ("http://shop.example:5000", None, "http://shop.example:5000", True),
        ("http://[::1]:5000", None, "http://[::1]:5000", True),
        ("http://[::1]", None, "http://[::1]", True),
        ("http://shop.example.", None, "http://shop.example.", True),
        ("http://shop.example.:5000", None, "http://shop.example.:5000", True),
        ("http://shop.example.", None, "http://shop.example", False),
        ("http://shop.example", None, "http://shop.example.", False),
        ("http://shop.example", None, "https://shop.example", False),
        ("https://shop.example", None, "http://shop.example", False),
        ("http://shop.example:5000", None, "http://shop.example", False),
        ("http://shop.example:5000", None, "http://shop.example:5001", False),
        ("http://shop.example:443", None, "https://shop.example", False),
        ("http://shop.example", None, "http://www.shop.example", False),
        ("http://shop.example", None, "http://shop.example.evil.example", False),
    ],
)
def test_same_origin_is_scheme_host_and_port(
    base_url: str, host: str | None, origin: str, same: bool
) -> None:
    headers = {"Origin": origin} | ({} if host is None else {"Host": host})
    response = send(create_app(), base_url=base_url, headers=headers)
    assert response.status_code == (200 if same else 403)


_FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example"}


@pytest.mark.parametrize(
    ("fixed", "origin", "status"),
    [
        (True, "https://shop.example", 200),
        (True, "http://shop.example", 403),
        (True, "http://localhost", 403),
        # The headers of an untrusted proxy are ignored.
        (False, "https://shop.example", 403),
    ],
)
def test_behind_a_proxy(fixed: bool, origin: str, status: int) -> None:
    app = create_app()
    if fixed:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1)  # type: ignore[method-assign]
    assert send(app, headers={"Origin": origin, **_FORWARDED}).status_code == status


def test_behind_a_proxy_that_is_not_trusted_a_page_of_its_own_passes_in_a_browser() -> None:
    app = create_app()

    def proxied(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        inside = {"HTTP_HOST": "internal:8000", "wsgi.url_scheme": "http"}
        return app.wsgi_app({**environ, **inside}, start)

    servers = {"https://shop.example": proxied}
    reply = Browser(servers, origin="https://shop.example").fetch("/items", method="POST")
    assert (reply.status, reply.text) == (200, "items")
    with pytest.raises(CORSError, match="status 403"):
        Browser(servers, origin=STRANGER).fetch("https://shop.example/items", method="POST")


@pytest.mark.skipif("TRUSTED_HOSTS" not in Flask.default_config, reason="Flask 3.1 has it")
@pytest.mark.parametrize(("origin", "status"), [("http://evil.example", 403), (FRIEND, 400)])
def test_an_untrusted_host_does_not_make_a_request_same_origin(origin: str, status: int) -> None:
    app = create_app()
    app.config["TRUSTED_HOSTS"] = ["shop.example"]
    response = send(app, base_url="http://evil.example", headers={"Origin": origin})
    assert response.status_code == status
    assert "view" not in app.extensions["ran"]


def test_null_where_it_is_allowed() -> None:
    assert send(create_app(origins="null"), headers={"Origin": "null"}).status_code == 200


def test_unknown_urls_are_refused_too() -> None:
    response = send(create_app(), "/unknown", headers={"Origin": STRANGER})
    assert response.status_code == 403


def test_without_vary_where_that_is_left_alone() -> None:
    response = send(create_app(vary_header=False), headers={"Origin": STRANGER})
    assert response.status_code == 403
    assert "Vary" not in response.headers


@pytest.mark.parametrize("debug", [True, False])
def test_allowed_origins_are_named_only_in_debug_mode(debug: bool) -> None:
    app = create_app()
    app.debug = debug
    text = send(app, headers={"Origin": "https://app.example.com:8443"}).text
    assert (FRIEND in text) is debug


def test_preflights_are_answered_as_ever() -> None:
    app = create_app()
    headers = {"Access-Control-Request-Method": "POST"}
    for origin, status in ((FRIEND, 204), (STRANGER, 403)):
        response = send(app, method="OPTIONS", headers={"Origin": origin, **headers})
        assert response.status_code == status
    assert app.extensions["ran"] == []


def decorated_view(app: Flask) -> None:
    CORS(app, origins="*")
    app.post("/x", endpoint="x")(cross_origin(origins=FRIEND, enforce=True)(lambda: "x"))


def blueprint_view(app: Flask) -> None:
    CORS(app, origins="*")
    blueprint = Blueprint("api", __name__)
    CORS(blueprint, origins=FRIEND, enforce=True)
    blueprint.post("/x", endpoint="x")(lambda: "x")
    app.register_blueprint(blueprint)


def one_resource(app: Flask) -> None:
    CORS(app, origins=FRIEND, resources={"/x": {"enforce": True}, "/*": {"origins": "*"}})
    app.post("/x", endpoint="x")(lambda: "x")


def by_configuration(app: Flask) -> None:
    app.config.update(CORS_ORIGINS=FRIEND, CORS_ENFORCE="yes", CORS_RESOURCES="/x")
    CORS(app)
    app.post("/x", endpoint="x")(lambda: "x")


@pytest.mark.parametrize(
    "declare", [decorated_view, blueprint_view, one_resource, by_configuration]
)
def test_the_policy_of_the_view_decides(declare: Callable[[Flask], None]) -> None:
    app = Flask("shop")
    declare(app)
    app.post("/open", endpoint="open")(lambda: "open")
    statuses = [
        send(app, url, headers={"Origin": origin}).status_code
        for url in ("/x", "/open")
        for origin in (FRIEND, STRANGER)
    ]
    assert statuses == [200, 403, 200, 200]


def alone(app: Flask, view: Callable[[], Any]) -> None:
    """Decorate a view in an application without ``CORS(app)``."""
    app.post("/x", endpoint="x")(cross_origin(origins=FRIEND, enforce=True)(view))


def hidden(app: Flask, view: Callable[[], Any]) -> None:
    """Decorate a view below another decorator, which hides ``@cross_origin`` from Flask."""
    CORS(app, origins="*")
    decorated = cross_origin(origins=FRIEND, enforce=True)(view)
    app.post("/x", endpoint="x")(lambda: app.ensure_sync(decorated)())


def hidden_alone(app: Flask, view: Callable[[], Any]) -> None:
    decorated = cross_origin(origins=FRIEND, enforce=True)(view)
    app.post("/x", endpoint="x")(lambda: app.ensure_sync(decorated)())


def class_alone(app: Flask, view: Callable[[], Any]) -> None:
    class Item(MethodView):
        decorators = [cross_origin(origins=FRIEND, enforce=True)]  # noqa: RUF012

        def post(self) -> Any:
            return app.ensure_sync(view)()

    app.add_url_rule("/x", view_func=Item.as_view("x"))


def method_alone(app: Flask, view: Callable[[], Any]) -> None:
    class Item(MethodView):
        @cross_origin(origins=FRIEND, enforce=True)
        def post(self) -> Any:
            return app.ensure_sync(view)()

    app.add_url_rule("/x", view_func=Item.as_view("x"))


@pytest.mark.parametrize("declare", [alone, hidden, hidden_alone, class_alone, method_alone])
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": STRANGER}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": FRIEND}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({}, 200),
    ],
)
def test_a_decorated_view_that_guards_itself(
    declare: Callable[[Flask, Callable[[], Any]], None],
    is_async: bool,
    headers: dict[str, str],
    status: int,
) -> None:
    app = Flask("shop")
    ran: list[str] = []

    def view() -> str:
        ran.append("view")
        return "x"

    async def async_view() -> str:
        return view()

    declare(app, async_view if is_async else view)
    response = send(app, "/x", headers=headers)
    assert response.status_code == status
    assert ran == ["view"] * (status == 200)
    assert "Origin" in response.vary
    named = response.headers.get("Access-Control-Allow-Origin")
    # A policy with a single origin sends it even if the request has no Origin header.
    assert named == (FRIEND if headers.get("Origin") in (None, FRIEND) else None)


def test_a_mistake_that_is_found_late_allows_nothing() -> None:
    app = create_app()
    app.config["CORS_MAX_AGE"] = "ten minutes"
    assert send(app, headers={"Origin": STRANGER}).status_code == 403
    assert send(app, headers={"Origin": FRIEND}).status_code == 403
    assert send(app).status_code == 200


def test_websocket_handshakes() -> None:
    app = create_app()

    def echo(_socket: object) -> None:
        pytest.fail("no server is there to make a connection of a handshake")

    Sock(app).route("/socket")(echo)

    @app.before_request
    def stop() -> str:
        return f"reached {request.endpoint}"

    handshake = {"Upgrade": "websocket", "Connection": "Upgrade"}
    for origin, status in (
        (FRIEND, 200),
        ("http://localhost", 200),
        ("https://localhost", 403),
        (STRANGER, 403),
    ):
        response = send(app, "/socket", method="GET", headers={"Origin": origin, **handshake})
        assert response.status_code == status
        assert (response.text == "reached echo") is (status == 200)
