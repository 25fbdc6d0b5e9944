"""Test what the debug page serves, and that it doesn't interfere with the app."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, request_finished, request_started
from sessions import CannotBeOpened
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client
from werkzeug.wrappers import Response as PlainResponse

from flask_crossorigin import CORS, cross_origin

from .asking import FRIEND, NAMES, PAGE, STRANGER, decisions, get, is_page, make_app

each_name = pytest.mark.parametrize("name", NAMES)


@each_name
def test_the_headers_keep_everybody_else_out(name: str) -> None:
    headers = get(make_app(origins="*"), PAGE + name, HTTP_SEC_FETCH_SITE="same-origin").headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "connect-src": "'self'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "img-src": "'self'",
        "require-trusted-types-for": "'script'",
        "script-src": "'self'",
        "style-src": "'self'",
        "trusted-types": "'none'",
    }
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert not [key for key, _ in headers if key.startswith(("Access-Control-", "Set-"))]


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere() -> None:
    text = get(make_app()).text
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', text)
    assert set(loaded) == {f"{PAGE}/{name}" for name in ("icon.svg", "style.css", "script.js")}
    assert not re.search(r"<style|\bstyle=|\son\w+=|<script(?! src=)", text)
    for name in ("/style.css", "/script.js"):
        assert "http:" not in get(make_app(), PAGE + name).text.replace("http://localhost", "")


def test_no_hook_and_no_view_of_the_app_is_entered() -> None:
    app = make_app()
    ran: list[str] = []

    def log_in(*_arguments: Any) -> Any:
        ran.append("before")
        return Response("log in", 401)

    def note(name: str) -> Any:
        def noting(*arguments: Any, **_extra: Any) -> Any:
            ran.append(name)
            return arguments[0] if arguments else None

        return noting

    app.before_request(log_in)
    app.after_request(note("after"))
    app.teardown_request(note("teardown"))
    app.add_url_rule("/<path:path>", "own", note("view"))
    started, finished = note("started"), note("finished")
    with request_started.connected_to(started, app), request_finished.connected_to(finished, app):
        # The first request is no different from the others.
        assert [get(app, PAGE + name).status_code for name in NAMES] == [200] * len(NAMES)
        assert ran == []
        assert get(app, "/items").status_code == 401
    assert ran == ["started", "before", "after", "finished", "teardown"]


@pytest.mark.parametrize("host_matching", [True, False])
def test_whatever_the_routes_are(host_matching: bool) -> None:
    host = "app.example.com" if host_matching else None
    app = Flask("shop", host_matching=host_matching, static_host=host)
    app.config.update(TRUSTED_HOSTS=["app.example.com"], SERVER_NAME=host)
    app.debug = True
    CORS(app, origins=FRIEND, debug_page="/_cors/debug/")
    assert is_page(get(app, "/_cors/debug", HTTP_HOST="localhost:5000"))


def test_the_app_may_be_mounted() -> None:
    app = make_app()
    local = {"REMOTE_ADDR": "127.0.0.1"}
    client = Client(DispatcherMiddleware(PlainResponse(status=404), {"/shop & more": app}))
    page = client.get("/shop & more/_cors", environ_overrides=local)
    assert 'src="/shop%20&amp;%20more/_cors/script.js"' in page.text
    assert client.get("/shop & more/_cors/script.js", environ_overrides=local).status_code == 200
    assert client.get("/_cors", environ_overrides=local).status_code == 404
    assert (
        client.get("/shop & more/_cors/policies.json", environ_overrides=local).get_json()[
            "mounted"
        ]
        == "/shop & more"
    )
    client.get("/shop & more/items", headers={"Origin": STRANGER})
    found = client.get(
        "/shop & more/_cors/crossorigin-decisions.json", environ_overrides=local
    ).get_json()
    (decision,) = found["decisions"]
    assert decision["url"] == "http://localhost/shop%20&%20more/items"
    for url in ("/items", decision["url"]):
        asked = {"url": url, "origin": FRIEND}
        explained = client.get(
            "/shop & more/_cors/explain.json", query_string=asked, environ_overrides=local
        ).get_json()
        assert explained["verdict"] == "allowed"
        assert explained["policy"] == "CORS(app)"
        assert explained["response"]["response"]["status"] is None


def test_the_policies_of_routes_and_the_audit() -> None:
    app = make_app(resources={"/items": {"supports_credentials": True}, "/typo": {}})

    @app.get("/report")
    @cross_origin(origins="*")
    def report() -> str:
        return "report"

    found = get(app, f"{PAGE}/policies.json").get_json()
    assert found["app"] == "shop"
    assert {(each["rule"], each["policy"]) for each in found["routes"]["routes"]} == {
        ("/items", 'resources["/items"]'),
        ("/report", '@cross_origin on view "report"'),
    }
    assert [each["pattern"] for each in found["routes"]["unmatched"]] == ["/typo"]
    assert {each["id"] for each in found["audit"]["findings"]} >= {"C008"}


def test_what_is_wrong_with_the_configuration_is_there_too() -> None:
    app = make_app()
    app.config.update(CORS_MAX_AGE="soon", CORS_AUDIT_IGNORE="C999")
    found = get(app, f"{PAGE}/policies.json").get_json()
    problems = " ".join(found["routes"]["problems"])
    assert "soon" in problems
    assert "C999" in problems
    assert found["audit"]["findings"] == []


EXPLAIN = f"{PAGE}/explain.json"


def explained(app: Flask, asked: dict[str, str], status: int = 200) -> dict[str, Any]:
    response = app.test_client().get(EXPLAIN, query_string=asked, base_url="http://localhost:5000")
    assert response.status_code == status
    found: dict[str, Any] = response.get_json()
    return found


def test_an_explanation() -> None:
    asked = {"origin": FRIEND, "method": "PUT", "url": " /items ", "credentials": "on"}
    found = explained(make_app(), {**asked, "headers": "X-Token: 1\r\n\r\nX-More:a:b"})
    assert found["verdict"] == "refused"
    assert found["url"] == "http://localhost:5000/items"
    assert found["credentials"]
    assert found["preflight"]["because"] == [
        "the method PUT",
        "the header x-more",
        "the header x-token",
    ]
    (preflight,) = found["curl"]
    assert preflight.startswith("curl -i -X OPTIONS http://localhost:5000/items \\\n  -H ")
    found = explained(make_app(), {"origin": FRIEND, "url": "http://localhost:5000/items"})
    assert (found["verdict"], len(found["curl"])) == ("allowed", 1)


# Flask 2.3 warns about requests for a host that is not SERVER_NAME.
@pytest.mark.filterwarnings("ignore:Current server name")
@pytest.mark.parametrize("root", ["", "/shop"])
@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/items", "/items"),
        ("items", "/items"),
        ("items?q=a:b", "/items?q=a:b"),
        ("./items", "/items"),
        ("?q=1", "/?q=1"),
        ("\\items", "/items"),
        ("", "/"),
        ("http://localhost:5000{root}/items", "/items"),
        ("http://localhost:5000{root}", ""),
    ],
)
def test_urls_are_those_of_the_server_that_shows_the_page(url: str, path: str, root: str) -> None:
    app = make_app()
    # SERVER_NAME can be another name of the same server.
    app.config["SERVER_NAME"] = "shop.example"
    asked = {"origin": FRIEND, "url": url.format(root=root)}
    base_url = f"http://localhost:5000{root}"
    response = app.test_client().get(EXPLAIN, query_string=asked, base_url=base_url)
    assert response.get_json()["url"] == f"http://localhost:5000{f'{root}{path}' or '/'}"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"origin": "app.example.com", "url": "/items"}, "app.example.com"),
        ({"origin": "", "url": "/items"}, "origin"),
        ({"origin": FRIEND, "url": "http://"}, "http://"),
        ({"origin": FRIEND, "url": "/items", "method": "A B"}, "A B"),
        ({"origin": FRIEND, "url": "/items", "headers": "X-Token"}, "'X-Token' is not in the form"),
    ],
)
def test_what_cannot_be_explained(asked: dict[str, str], said: str) -> None:
    assert said in explained(make_app(), asked, 400)["error"]


def test_with_enforce_on_everything() -> None:
    app = make_app(enforce=True)
    assert {get(app, PAGE + name).status_code for name in NAMES} == {200}
    assert app.test_client().get("/items", headers={"Origin": STRANGER}).status_code == 403
    assert [each["verdict"] for each in decisions(app)] == ["refused"]


def make_api(app: Flask) -> Blueprint:
    api = Blueprint("api", __name__, url_prefix="/api")
    CORS(api, origins=FRIEND)
    api.add_url_rule("/x", "x", lambda: "x")
    app.register_blueprint(api)
    return api


def test_a_blueprint_alone_and_the_configuration() -> None:
    app = Flask("shop")
    app.debug = True
    make_api(app)
    app.config["CORS_DEBUG_PAGE"] = PAGE
    assert is_page(get(app))
    app.test_client().get("/api/x", headers={"Origin": STRANGER})
    (decision,) = decisions(app)
    assert decision["policy"] == 'blueprint "api"'


def test_decorators_alone_and_the_configuration() -> None:
    app = Flask("shop")
    app.debug = True
    app.config["CORS_DEBUG_PAGE"] = PAGE
    app.add_url_rule("/x", "x", cross_origin(origins=FRIEND)(lambda: "x"))
    assert is_page(get(app))
    app.test_client().get("/x", headers={"Origin": STRANGER})
    assert [each["verdict"] for each in decisions(app)] == ["refused"]


def test_the_configuration_may_come_late() -> None:
    app = make_app(debug=False, debug_page=None)
    app.config["CORS"] = {"debug_page": "/later"}
    app.debug = True
    assert is_page(get(app, "/later"))


def test_after_a_first_request_that_could_not_be_served() -> None:
    app = make_app()
    sessions = app.session_interface
    app.session_interface = CannotBeOpened()
    with pytest.raises(RuntimeError):
        app.test_client().get("/items", headers={"Origin": FRIEND})
    app.session_interface = sessions
    assert is_page(get(app))


def test_another_extension_may_wrap_the_dispatch_too() -> None:
    app = make_app()
    dispatched = []
    dispatch = app.full_dispatch_request

    def full_dispatch_request(*context: Any) -> Response:
        dispatched.append(1)
        return dispatch(*context)

    app.full_dispatch_request = full_dispatch_request  # type: ignore[method-assign]
    assert get(app, "/items").text == "items"
    assert dispatched == [1]
    assert is_page(get(app))


def test_the_poll_is_not_in_the_servers_log(caplog: pytest.LogCaptureFixture) -> None:
    assert is_page(get(make_app()))
    caplog.set_level(logging.INFO, "werkzeug")
    poll = f"GET {PAGE}{NAMES[-1]} HTTP/1.1"
    lines = [("GET /items HTTP/1.1", "200"), (poll, "200"), (poll, "404"), (poll[:-20], "200")]
    for line, status in lines:
        # Werkzeug's server logs requests in this way.
        logging.getLogger("werkzeug").info('"%s" %s %s', line, status, "-")
    logging.getLogger("werkzeug").info(poll)
    texts = [f'"{line}" {status} -' for line, status in lines if (line, status) != (poll, "200")]
    assert [record.getMessage() for record in caplog.records] == [*texts, poll]
