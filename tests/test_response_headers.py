"""Which headers are added to a response that already has some."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Response, session
from full_policy import CORS_HEADERS, PAGE, SECOND, Send, cors_headers, set_up
from werkzeug.datastructures import Headers

from flask_crossorigin import CORS


def make_app(**options: Any) -> Flask:
    app = Flask("shop", static_folder=None)
    app.secret_key = "key"
    set_up(app, **options)
    app.add_url_rule("/x", "x", lambda: "x")
    app.add_url_rule("/session", "session", lambda: session.update(user=1) or "x")
    return app


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (None, "Origin"),
        ("", "Origin"),
        ("Accept", "Accept, Origin"),
        ("Accept, accept", "Accept, Origin"),
        ("origin", "origin"),
        ("Accept,Origin", "Accept,Origin"),
        ("*", "*"),
        ("Accept, *", "Accept, *"),
    ],
)
def test_vary_is_merged(written: str | None, expected: str, send: Send) -> None:
    app = make_app()

    @app.after_request
    def vary(response: Response) -> Response:
        if written is not None:
            response.headers["Vary"] = written
        return response

    headers = send(app, "/x").headers
    assert [pair for pair in headers if pair[0].lower() == "vary"] == [("Vary", expected)]


def test_vary_headers_are_joined(send: Send) -> None:
    app = make_app()

    @app.after_request
    def vary(response: Response) -> Response:
        response.headers.add("Vary", "Accept")
        response.headers.add("Vary", "Range")
        return response

    assert send(app, "/x").headers.getlist("Vary") == ["Accept, Range, Origin"]


def test_a_session_adds_its_cookie(send: Send) -> None:
    response = send(make_app(), "/session")
    assert response.headers.getlist("Vary") == ["Origin, Cookie"]
    assert "Set-Cookie" in response.headers


@pytest.mark.parametrize(
    ("options", "varies"),
    [
        ({"origins": "*"}, False),
        ({"origins": "*", "always_send": False}, True),
        ({"origins": "*", "send_wildcard": False}, True),
        ({"origins": PAGE}, True),
        ({"origins": PAGE, "vary_header": False}, False),
    ],
)
@pytest.mark.parametrize("origin", [PAGE, None])
def test_when_responses_vary(
    options: dict[str, Any], varies: bool, origin: str | None, send: Send
) -> None:
    app = Flask("shop")
    CORS(app, **options)
    response = send(app, "/x", origin=origin)
    assert response.headers.getlist("Vary") == ["Origin"] * varies


@pytest.mark.parametrize(
    ("options", "origin", "expected"),
    [
        ({"origins": "*"}, None, "*"),
        ({"origins": "*"}, "garbage", "*"),
        ({"origins": "*", "always_send": False}, None, None),
        ({"origins": "*", "send_wildcard": False}, PAGE, PAGE),
        ({"origins": "*", "send_wildcard": False}, "garbage", "*"),
        ({"origins": PAGE}, None, PAGE),
        ({"origins": PAGE, "always_send": False}, None, None),
        ({"origins": PAGE, "always_send": False}, PAGE, PAGE),
        ({"origins": [PAGE, SECOND]}, None, None),
        ({"origins": "https://*.page.test"}, None, None),
        ({"origins": [PAGE, "null"]}, "null", "null"),
        ({"origins": PAGE}, "null", None),
    ],
)
def test_what_is_allowed(
    options: dict[str, Any], origin: str | None, expected: str | None, send: Send
) -> None:
    app = Flask("shop")
    CORS(app, **options)
    response = send(app, "/x", origin=origin)
    assert response.headers.get("Access-Control-Allow-Origin") == expected


def test_requests_without_origin_get_all_that_one_origin_gets(send: Send) -> None:
    assert cors_headers(send(make_app(origins=PAGE), "/x", origin=None)) == CORS_HEADERS


@pytest.mark.parametrize("name", ["Access-Control-Allow-Origin", "access-control-allow-origin"])
@pytest.mark.parametrize("origin", [PAGE, "https://evil.test"])
def test_an_origin_that_the_application_set_itself(name: str, origin: str, send: Send) -> None:
    app = make_app(max_age=5)

    @app.after_request
    def own(response: Response) -> Response:
        response.headers[name] = "https://mine.test"
        return response

    response = send(app, "/x", "GET", origin)
    sent = [pair for pair in response.headers if pair[0].lower().startswith("access-control-")]
    assert sent == [(name, "https://mine.test")]
    assert response.headers["Vary"] == "Origin"


def test_other_headers_that_the_application_set_itself(send: Send) -> None:
    app = make_app()

    @app.get("/own")
    def own() -> tuple[str, dict[str, str]]:
        return "x", {
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Expose-Headers": "X-C",
        }

    headers = send(app, "/own").headers
    assert headers.getlist("Access-Control-Allow-Credentials") == ["true"]
    assert headers.getlist("Access-Control-Expose-Headers") == ["X-A, X-B, X-C"]


@pytest.mark.parametrize(("origin", "allowed"), [(PAGE, True), ("https://evil.test", False)])
def test_credentials_that_only_the_application_grants_are_dropped(
    origin: str, allowed: bool, send: Send
) -> None:
    app = Flask("shop")
    CORS(app, origins=PAGE)
    grant = {"access-control-allow-credentials": "true"}
    app.add_url_rule("/x", "x", lambda: ("x", grant))
    headers = send(app, "/x", origin=origin).headers
    assert "Access-Control-Allow-Credentials" not in headers
    assert ("Access-Control-Allow-Origin" in headers) is allowed


def test_no_header_of_a_preflight_is_sent_twice(preflight: Send) -> None:
    app = Flask("shop")
    CORS(app, origins=PAGE, automatic_options=False, max_age=5, allow_private_network=True)
    own = {
        "Access-Control-Max-Age": "86400",
        "access-control-allow-private-network": "true",
        "Access-Control-Allow-Methods": "BREW",
        "Access-Control-Allow-Headers": "X-Own",
    }
    app.add_url_rule("/x", "x", lambda: ("x", own), methods=["OPTIONS"])
    asked = {"Access-Control-Request-Private-Network": "true"}
    headers = preflight(app, "/x", "PUT", names="X-A", headers=asked).headers
    assert {name.lower(): headers.getlist(name) for name in own} == {
        "access-control-max-age": ["5"],
        "access-control-allow-private-network": ["true"],
        "access-control-allow-methods": ["DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY"],
        "access-control-allow-headers": ["X-A"],
    }


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("origin", [PAGE, "https://evil.test", None])
def test_a_header_of_the_application_is_logged_in_debug_mode(
    origin: str | None, debug: bool, send: Send, preflight: Send, caplog: pytest.LogCaptureFixture
) -> None:
    """A hook that sets the header doesn't change preflights, because they run no hook."""
    app = Flask("shop")
    app.debug = debug
    CORS(app, origins=PAGE)

    @app.after_request
    def allow(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    app.add_url_rule("/x", "x", lambda: "x")
    assert preflight(app, "/x", "PUT").headers["Access-Control-Allow-Origin"] == PAGE
    caplog.clear()
    assert send(app, "/x", origin=origin).headers["Access-Control-Allow-Origin"] == "*"
    told = [text for text in caplog.messages if "itself" in text]
    assert len(told) == debug
    for text in told:
        assert text.startswith("GET '/x': the application sets Access-Control-Allow-Origin itself")
        assert "Preflights still get the headers of CORS(app)" in text


def test_headers_that_became_a_plain_dict(send: Send) -> None:
    app = make_app()

    @app.after_request
    def replace(response: Response) -> Response:
        response.headers = {"vary": "Accept", "X-C": "1"}  # type: ignore[assignment]
        return response

    response = send(app, "/x")
    assert response.headers["X-C"] == "1"
    assert cors_headers(response) == CORS_HEADERS
    assert response.headers.getlist("Vary") == ["Accept, Origin"]


def test_any_header_is_exposed_with_credentials(send: Send, preflight: Send) -> None:
    app = make_app(expose_headers="*")

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.add("X-Twice", "1")
        response.headers.add("x-twice", "2")
        response.headers["Set-Cookie"] = "a=b"
        response.headers["Set-Cookie2"] = "a=b"
        response.headers["No Name"] = "x"
        return response

    exposed = cors_headers(send(app, "/x"))["Access-Control-Expose-Headers"].split(", ")
    assert sorted(exposed, key=str.lower) == exposed
    assert {name.lower() for name in exposed} >= {"content-length", "content-type", "x-twice"}
    assert not {name.lower() for name in exposed} & {"set-cookie", "set-cookie2", "no name"}
    assert "Access-Control-Expose-Headers" not in send(app, "/x", origin="https://e.test").headers
    assert "Access-Control-Expose-Headers" not in preflight(app, "/x").headers
    app = make_app(expose_headers="*", supports_credentials=False)
    assert send(app, "/x").headers["Access-Control-Expose-Headers"] == "*"


def test_headers_stay_the_object_that_they_were(send: Send) -> None:
    app = make_app()
    kept: list[Headers] = []

    @app.after_request
    def keep(response: Response) -> Response:
        kept.append(response.headers)
        return response

    send(app, "/x")
    assert kept[0]["Access-Control-Allow-Origin"] == PAGE


def test_however_many_calls_there_are_their_work_is_done_once() -> None:
    app = Flask("shop")
    CORS(app, origins=PAGE, resources="/x")
    around = app.preprocess_request, app.process_response
    CORS(app, origins=PAGE, resources="/y")
    # Responses don't show this: if the work were done twice, they would only take longer.
    assert (app.preprocess_request, app.process_response) == around


def test_any_header_is_exposed_where_there_is_none(send: Send) -> None:
    app = make_app(expose_headers="*")

    @app.after_request
    def strip(response: Response) -> Response:
        response.headers.clear()
        return response

    assert "Access-Control-Expose-Headers" not in send(app, "/x").headers
