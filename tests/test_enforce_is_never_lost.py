"""``enforce`` can't be bypassed."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView
from flask_sock import Sock  # type: ignore[import-untyped]
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from flask_crossorigin import CORS, cross_origin

Send = Callable[..., TestResponse]

PAGE = "https://page.test"
EVIL = "https://evil.test"

#: Patterns that are a mistake, because matching a path against all of them takes too much work.
TOO_LARGE = [f"{'/a' * count}/*/b" for count in range(1, 80)]

ran: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ran.clear()


def transfer(**_arguments: Any) -> str:
    ran.append("transfer")
    return "transferred"


def refused(response: TestResponse) -> bool:
    return response.status_code == 403 and ran == []


DOTTED = [
    "/.%2Ftransfer",
    "/..%2Ftransfer",
    "/%2E/transfer",
    "/%2e%2e/transfer",
    "/a/../transfer",
    "/./transfer",
]


@pytest.mark.parametrize("url", DOTTED)
@pytest.mark.parametrize(
    "options",
    [
        {"enforce": True},
        {"resources": {"/open/*": {"origins": "*"}, "/*/transfer": {"enforce": True}}},
        {"resources": {re.compile("/.*"): {"enforce": True}}},
    ],
)
def test_a_dot_segment_is_refused(options: dict[str, Any], url: str, send: Send) -> None:
    app = Flask("bank")
    CORS(app, origins=PAGE, **options)
    app.add_url_rule("/<path:lang>/transfer", "transfer", transfer, methods=["POST"])
    # A proxy may resolve it to another path, so requests from other origins are refused.
    for origin in (EVIL, PAGE, "null"):
        response = send(app, url, "POST", origin)
        assert refused(response)
        assert "Access-Control-Allow-Origin" not in response.headers
    for own in ("http://localhost", None):
        assert send(app, url, "POST", own).text == "transferred"


@pytest.mark.parametrize("url", DOTTED)
def test_a_dot_segment_in_a_blueprint_with_patterns_is_refused(url: str, send: Send) -> None:
    blueprint = Blueprint("bank", __name__)
    CORS(blueprint, origins=PAGE, resources="/*", enforce=True)
    blueprint.add_url_rule("/<path:lang>/transfer", "transfer", transfer, methods=["POST"])
    app = Flask("bank")
    app.register_blueprint(blueprint)
    assert refused(send(app, url, "POST", EVIL))


@pytest.mark.parametrize("enforce", [True, False])
def test_views_and_whole_blueprints_do_not_go_by_path(enforce: bool, send: Send) -> None:
    app = Flask("bank")
    CORS(app, origins=PAGE, enforce=True)
    view = cross_origin(origins=PAGE, enforce=enforce)(transfer)
    app.add_url_rule("/<path:lang>/transfer", "transfer", view, methods=["POST"])
    assert send(app, DOTTED[0], "POST", PAGE).headers["Access-Control-Allow-Origin"] == PAGE
    ran.clear()
    assert refused(send(app, DOTTED[0], "POST", EVIL)) is enforce


def test_a_dot_segment_where_nothing_enforces_gets_no_headers(send: Send) -> None:
    app = Flask("shop")
    CORS(app, origins=PAGE)
    app.add_url_rule("/<path:lang>/transfer", "transfer", transfer)
    response = send(app, DOTTED[0], origin=PAGE)
    assert (response.status_code, response.text) == (200, "transferred")
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_dot_segment_of_a_websocket_is_refused(send: Send) -> None:
    app = Flask("chat")
    CORS(app, origins=PAGE, enforce=True)
    Sock(app).route("/<path:room>/chat")(lambda _socket, room: ran.append(room))
    handshake = {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": EVIL}
    assert refused(send(app, "/.%2Fchat", headers=handshake))


def optional_login(view: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(**arguments: Any) -> Any:
        try:
            raise LookupError("nobody is logged in")
        except LookupError:
            return view(**arguments)

    return wrapper


def careless(view: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **arguments: view(**arguments)


@pytest.mark.parametrize("decorate", [optional_login, careless, lambda view: view])
@pytest.mark.parametrize("around", [None, {"resources": []}, {"origins": "*"}])
def test_a_decorator_that_hides_the_view(
    decorate: Callable[[Any], Any], around: dict[str, Any] | None, send: Send
) -> None:
    app = Flask("bank")
    if around is not None:
        CORS(app, **around)
    view = decorate(cross_origin(origins=PAGE, enforce=True)(transfer))
    app.add_url_rule("/transfer", "transfer", view, methods=["POST"])
    for _ in range(2):
        assert refused(send(app, "/transfer", "POST", EVIL))
    assert send(app, "/transfer", "POST", PAGE).text == "transferred"


@pytest.mark.parametrize("served", [True, False])
def test_a_view_that_is_added_late(served: bool, send: Send) -> None:
    app = Flask("bank")
    CORS(app, resources=[])
    app.add_url_rule("/hello", "hello", lambda: "hello")
    if served:
        send(app, "/hello")
    app.view_functions["transfer"] = cross_origin(origins=PAGE, enforce=True)(transfer)
    app.url_map.add(app.url_rule_class("/transfer", endpoint="transfer", methods=["POST"]))
    for _ in range(2):
        assert refused(send(app, "/transfer", "POST", EVIL))
    assert send(app, "/transfer", "POST", PAGE).text == "transferred"


def test_a_view_that_is_added_late_below_a_map_that_enforces(send: Send) -> None:
    app = Flask("bank")
    CORS(app, origins=PAGE, enforce=True)
    send(app, "/hello")
    app.view_functions["transfer"] = transfer
    app.url_map.add(app.url_rule_class("/transfer", endpoint="transfer", methods=["POST"]))
    assert refused(send(app, "/transfer", "POST", EVIL))


def test_a_view_that_is_replaced(send: Send) -> None:
    app = Flask("bank")
    CORS(app, origins="*")
    app.add_url_rule("/transfer", "transfer", transfer, methods=["POST"])
    assert send(app, "/transfer", "POST", EVIL).text == "transferred"
    ran.clear()
    enforcing = cross_origin(origins=PAGE, enforce=True)(transfer)
    app.view_functions["transfer"] = functools.wraps(transfer)(enforcing)
    for _ in range(2):
        assert refused(send(app, "/transfer", "POST", EVIL))


def test_a_method_of_a_class_that_is_replaced(send: Send) -> None:
    class Account(MethodView):
        def post(self) -> str:
            return transfer()

    app = Flask("bank")
    CORS(app, resources=[])
    app.add_url_rule("/transfer", view_func=Account.as_view("transfer"))
    assert send(app, "/transfer", "POST", EVIL).text == "transferred"
    ran.clear()
    Account.post = cross_origin(origins=PAGE, enforce=True)(Account.post)  # type: ignore[method-assign]
    assert refused(send(app, "/transfer", "POST", EVIL))


@pytest.mark.parametrize(
    ("options", "config"),
    [
        ({"enforce": True}, {"CORS_METHOD": "GET"}),
        ({"enforce": True}, {"CORS_MAX_AGE": "soon"}),
        ({"enforce": True}, {"CORS_RESOURCES": "no/slash"}),
        ({"enforce": True}, {"CORS_RESOURCES": {"/x": {"orgins": PAGE}}}),
        ({"enforce": True}, {"CORS_SUPPORTS_CREDENTIALS": "maybe"}),
        ({}, {"CORS_ENFROCE": True}),
        ({}, {"CORS_ENFORCED": "yes"}),
        ({}, {"CORS_ENFORCE": "certainly"}),
        ({}, {"CORS_ENFORCE": True, "CORS_METHOD": "GET"}),
        ({}, {"CORS_RESOURCES": {"/a": {"enforce": True}, "b": {}}}),
        ({}, {"CORS_RESOURCES": {"/a": {"enforec": True}}}),
        ({}, {"CORS_RESOURCES": '{"/a": {"enforce": true}'}),
        ({}, {"CORS_RESOURCES": [{"/a": {"enforce": True}}]}),
        ({"enforce": True}, {"CORS_RESOURCES": TOO_LARGE}),
        ({}, {"CORS_RESOURCES": {**{key: {} for key in TOO_LARGE}, "/x": {"enforce": True}}}),
    ],
)
def test_a_mistake_that_shows_late(
    options: dict[str, Any], config: dict[str, Any], send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("bank")
    CORS(app, **{"origins": PAGE, **options})
    app.add_url_rule("/transfer", "transfer", transfer, methods=["POST"])
    app.config.update(config)
    for origin in (EVIL, PAGE):
        assert refused(send(app, "/transfer", "POST", origin))
    assert "in the CORS configuration" in caplog.messages[0]


@pytest.mark.parametrize(
    "config",
    [
        {"CORS_ORGINS": PAGE},
        {"CORS_ENFROCE": False},
        {"CORS_RESOURCES": {"/a": {"enforce": False}, "b": {}}},
        {"CORS_RESOURCES": TOO_LARGE},
    ],
)
def test_a_mistake_that_is_found_late_enforces_nothing_new(
    config: dict[str, Any], send: Send
) -> None:
    app = Flask("shop")
    CORS(app, origins=PAGE)
    app.add_url_rule("/transfer", "transfer", transfer, methods=["POST"])
    app.config.update(config)
    assert send(app, "/transfer", "POST", EVIL).text == "transferred"


@pytest.mark.parametrize(
    ("host", "origin", "passes"),
    [
        ("web_app:5000", "http://web_app:5000", True),
        ("web_app:5000", "http://web_app", False),
        ("web_app", "http://web_app", True),
        ("Web_App:80", "http://web_app", True),
        ("web_app:80", "http://web_app:8080", False),
        ("-edge-.test", "http://-edge-.test", True),
        ("shop.test.", "http://shop.test.", True),
        ("shop.test.", "http://shop.test", False),
        ("[::1]:5000", "http://[::1]:5000", True),
        ("shop.test:443", "http://shop.test:443", True),
        ("shop.test:443", "http://shop.test", False),
        ("shop.test", "https://shop.test", False),
        ("shop.test", "null", False),
    ],
)
def test_its_own_pages_pass(host: str, origin: str, passes: bool, send: Send) -> None:
    app = Flask("bank")
    CORS(app, origins=PAGE, enforce=True)
    app.add_url_rule("/transfer", "transfer", transfer, methods=["POST"])
    response = send(app, "/transfer", "POST", origin, environ_overrides={"HTTP_HOST": host})
    assert (response.text == "transferred") is passes


def test_its_own_pages_pass_without_a_host(send: Send) -> None:
    app = Flask("bank")
    CORS(app, origins=PAGE, enforce=True)
    app.add_url_rule("/transfer", "transfer", transfer, methods=["POST"])
    environ = EnvironBuilder(path="/transfer", method="POST").get_environ()
    del environ["HTTP_HOST"]
    for origin, status in (("http://localhost", "200"), (EVIL, "403")):
        _, line, _ = run_wsgi_app(app, {**environ, "HTTP_ORIGIN": origin})
        assert line.startswith(status)
