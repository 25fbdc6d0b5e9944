"""Decorated functions that are not registered with Flask as views."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort
from flask.views import MethodView
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin

Owner = Callable[..., str | None]
Send = Callable[..., TestResponse]

PAGE = "https://page.test"
FRIEND = "https://friend.test"

VIEW = cross_origin(origins="https://view.test")
OTHER = cross_origin(origins="https://other.test")


def make_app(**options: Any) -> Flask:
    app = Flask("shop")
    CORS(app, origins="https://map.test", **options)
    return app


def careless(view: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(**arguments: Any) -> Any:
        return view(**arguments)

    return wrapper


def function() -> str:
    return "function"


async def coroutine() -> str:
    return "coroutine"


@pytest.mark.parametrize("view", [function, coroutine])
def test_a_hidden_view_is_logged_once_and_its_policy_narrows(
    view: Callable[..., Any],
    send: Send,
    preflight_owner: Owner,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app()
    app.add_url_rule("/x", "x", app.ensure_sync(careless(app.ensure_sync(VIEW(view)))))
    # An origin that only one of the two policies allows is refused.
    for origin in ("https://view.test", "https://map.test", None):
        for _ in range(2):
            assert "Access-Control-Allow-Origin" not in send(app, "/x", origin=origin).headers
    [record] = caplog.records
    assert (record.name, record.levelno) == ("flask_crossorigin", logging.WARNING)
    assert f'@cross_origin on view "{view.__name__}"' in record.getMessage()
    assert "functools.wraps" in record.getMessage()
    assert preflight_owner(app, "/x", "GET") == "map"


def test_a_hidden_view_may_be_stricter_than_what_enforces(send: Send) -> None:
    app = Flask("shop")
    CORS(app, origins=["https://view.test", "https://map.test"], enforce=True)
    app.add_url_rule("/x", "x", careless(VIEW(function)))
    assert "Access-Control-Allow-Origin" not in send(app, "/x", origin="https://map.test").headers
    assert send(app, "/x", origin="https://strange.test").status_code == 403


def test_a_preflight_that_is_left_to_a_hidden_view(preflight: Send) -> None:
    """The policy of the path decides, because the hidden view was not found in time."""
    app = make_app(automatic_options=False)
    app.add_url_rule("/x", "x", careless(VIEW(function)), methods=["GET", "OPTIONS"])
    response = preflight(app, "/x", "GET", "https://map.test")
    assert (response.status_code, response.text) == (200, "function")
    assert response.headers["Access-Control-Allow-Origin"] == "https://map.test"
    assert "Access-Control-Allow-Methods" in response.headers


def test_a_hidden_views_mistake_is_logged(caplog: pytest.LogCaptureFixture, send: Send) -> None:
    app = Flask("shop")
    CORS(app, resources=[])
    app.add_url_rule("/x", "x", careless(cross_origin(supports_credentials=True)(function)))
    assert "Access-Control-Allow-Origin" not in send(app, "/x").headers
    assert "credentials with any origin" in caplog.text


@pytest.mark.parametrize("mapped", [True, False])
@pytest.mark.parametrize(
    ("outer", "inner", "allowed"),
    [
        ({"origins": "*"}, {"origins": "*"}, {}),
        ({"origins": [PAGE, FRIEND]}, {"origins": PAGE}, {}),
        ({"origins": PAGE}, {"origins": [PAGE, FRIEND]}, {}),
        ({"origins": "*"}, {"origins": PAGE, "supports_credentials": True}, {}),
        (
            {"origins": PAGE, "supports_credentials": True},
            {"origins": [PAGE, FRIEND], "supports_credentials": True},
            {"Access-Control-Allow-Credentials": "true"},
        ),
        ({"origins": PAGE, "expose_headers": "X-A"}, {"origins": PAGE}, {}),
        (
            {"origins": PAGE, "expose_headers": "X-A"},
            {"origins": PAGE, "expose_headers": "X-A"},
            {"Access-Control-Expose-Headers": "X-A"},
        ),
        ({"origins": FRIEND}, {"origins": "*"}, None),
        ({"origins": "*"}, {"origins": FRIEND}, None),
    ],
)
def test_a_policy_that_is_found_late_only_narrows(
    outer: dict[str, Any],
    inner: dict[str, Any],
    allowed: dict[str, str] | None,
    mapped: bool,
    send: Send,
) -> None:
    """If no other policy covers the URL, the first policy decides, and the next one narrows it."""
    app = Flask("shop")
    decorated_only: dict[str, Any] = {"resources": []}
    CORS(app, **outer if mapped else decorated_only)
    helper = cross_origin(**inner)(function)
    outermost = helper if mapped else cross_origin(**outer)(careless(helper))
    app.add_url_rule("/x", "x", careless(outermost))
    response = send(app, "/x", origin=PAGE)
    sent = {name: value for name, value in response.headers if name.startswith("Access-Control-")}
    if allowed is None:
        assert sent == {}
    else:
        origin = "*" if outer["origins"] == inner["origins"] == "*" else PAGE
        assert sent == {"Access-Control-Allow-Origin": origin, **allowed}
    varies = outer["origins"] != "*" or inner["origins"] != "*"
    assert response.headers.getlist("Vary") == (["Origin"] if varies else [])


def test_a_method_that_calls_the_decorated_one_of_its_base(send: Send) -> None:
    class Base(MethodView):
        @cross_origin(origins="*")
        def get(self) -> str:
            return "base"

    class Derived(Base):
        def get(self) -> str:
            return super().get()

    app = Flask("shop")
    CORS(app, origins=FRIEND)
    app.add_url_rule("/x", view_func=Derived.as_view("x"))
    assert "Access-Control-Allow-Origin" not in send(app, "/x", origin=PAGE).headers
    assert send(app, "/x", origin=FRIEND).headers["Access-Control-Allow-Origin"] == FRIEND


def test_a_view_that_calls_another_view(owner: Owner, caplog: pytest.LogCaptureFixture) -> None:
    app = make_app()
    report = VIEW(function)
    app.add_url_rule("/report", "report", report)
    app.add_url_rule("/plain", "plain", lambda: report())
    app.add_url_rule("/other", "other", OTHER(lambda: report()))
    assert owner(app, "/report") == "view"
    assert owner(app, "/plain") == "map"
    assert owner(app, "/other") == "other"
    assert caplog.records == []


@pytest.mark.parametrize("mapped", [True, False])
def test_a_decorated_error_handler(
    mapped: bool, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("shop")
    options: dict[str, Any] = {"origins": [PAGE, FRIEND]} if mapped else {"resources": []}
    CORS(app, **options)

    @app.errorhandler(404)
    @cross_origin(origins=PAGE, enforce=True)
    def missing(_error: Exception) -> tuple[str, int]:
        return "missing", 404

    app.add_url_rule("/x", "x", lambda: abort(404))
    app.add_url_rule("/y", "y", cross_origin(origins=FRIEND)(lambda: abort(404)))
    for url, origin, allowed in (
        ("/x", PAGE, True),
        ("/x", FRIEND, False),
        ("/nowhere", PAGE, True),
        ("/nowhere", FRIEND, False),
        ("/y", PAGE, False),
        ("/y", FRIEND, True),
    ):
        response = send(app, url, origin=origin)
        # The view has already run, so the request can no longer be refused.
        assert (response.status_code, response.text) == (404, "missing")
        assert ("Access-Control-Allow-Origin" in response.headers) is allowed
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []
