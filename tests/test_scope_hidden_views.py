"""Decorated functions that Flask does not know as the view of a request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin

Owner = Callable[..., str | None]
Send = Callable[..., TestResponse]

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
def test_a_hidden_view_is_logged_once_and_its_policy_holds(
    view: Callable[..., Any],
    owner: Owner,
    preflight_owner: Owner,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app()
    app.add_url_rule("/x", "x", app.ensure_sync(careless(app.ensure_sync(VIEW(view)))))
    assert [owner(app, "/x"), owner(app, "/x")] == ["view", "view"]
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
    """It was decided before the view was found."""
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


def test_the_outermost_of_hidden_views_decides(owner: Owner) -> None:
    app = make_app()
    inner = careless(OTHER(function))
    app.add_url_rule("/x", "x", careless(VIEW(lambda: inner())))
    assert owner(app, "/x") == "view"


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


def test_a_decorated_error_handler(owner: Owner, caplog: pytest.LogCaptureFixture) -> None:
    app = make_app()

    @app.errorhandler(404)
    @VIEW
    def missing(_error: Exception) -> tuple[str, int]:
        return "missing", 404

    app.add_url_rule("/x", "x", lambda: abort(404))
    app.add_url_rule("/y", "y", OTHER(lambda: abort(404)))
    assert owner(app, "/x") == "view"
    assert owner(app, "/nowhere") == "view"
    assert owner(app, "/y") == "other"
    assert caplog.records == []
