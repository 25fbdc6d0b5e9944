"""Decorators that have no effect, or not all of it, and the messages about them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.views import MethodView
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, ConfigError, cross_origin, explain
from flask_crossorigin.cli import cors
from flask_crossorigin.diagnostics.audit import audit

Send = Callable[..., TestResponse]

APP = "https://app.example.com"
EVIL = "https://evil.example"

NEEDS_ORIGINS = r"^@cross_origin supports_credentials: no origins are set here"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("beside", [None, {"origins": APP, "supports_credentials": True}], ids=str)
def test_credentials_without_origins_are_an_error_at_the_first_request(
    beside: Any, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("shop")
    if beside is not None:
        CORS(app, **beside)

    @app.get("/x")
    @cross_origin(supports_credentials=True)
    def report() -> str:
        return "x"

    assert "Access-Control-Allow-Origin" not in send(app, "/x", origin=APP).headers
    [record] = caplog.records
    assert '@cross_origin on view "report": supports_credentials: ' in record.getMessage()


@pytest.mark.filterwarnings("error")
def test_credentials_are_not_warned_of_where_the_configuration_may_name_origins(send: Send) -> None:
    cross_origin(origins=APP, supports_credentials=True)
    cross_origin(supports_credentials=False)
    # There is no application yet, as in a module that a factory imports.
    view: Any = cross_origin(supports_credentials=True)(lambda: "x")
    app = Flask("shop")
    app.config["CORS_ORIGINS"] = APP
    CORS(app)
    with app.app_context():
        cross_origin(supports_credentials=True)
    app.add_url_rule("/x", "x", view)
    headers = send(app, "/x", origin=APP).headers
    assert headers["Access-Control-Allow-Credentials"] == "true"


def test_credentials_without_origins_are_warned_of_where_there_is_an_application() -> None:
    with Flask("shop").app_context(), pytest.warns(UserWarning, match=NEEDS_ORIGINS) as caught:
        cross_origin(supports_credentials=True)
    assert caught[0].filename == __file__
    assert "CORS_ORIGINS" in str(caught[0].message)


@pytest.mark.filterwarnings("ignore:@cross_origin supports_credentials")
@pytest.mark.parametrize("on_a_method", [True, False])
def test_views_that_are_there_are_checked_at_startup(on_a_method: bool) -> None:
    app = Flask("shop")
    decorate = cross_origin(supports_credentials=True)

    class Items(MethodView):
        def get(self) -> str:
            return "x"

    if on_a_method:
        Items.get = decorate(Items.get)  # type: ignore[method-assign]
    view = Items.as_view("items")
    app.add_url_rule("/x", view_func=view if on_a_method else decorate(view))
    with pytest.raises(ConfigError) as caught:
        CORS(app, origins=APP, supports_credentials=True)
    [problem] = caught.value.problems
    assert problem.where.startswith('@cross_origin on view "')
    assert problem.code == "credentials-any-origin"
    app.config["CORS_ORIGINS"] = APP
    CORS(app, origins=APP, supports_credentials=True)


def decorated_too_late() -> Flask:
    app = Flask("shop")
    CORS(app, origins=APP)

    @cross_origin(origins="https://other.example.com")
    @app.get("/x")
    def report() -> str:
        return "x"

    return app


def test_a_decorator_above_the_route_is_logged(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = decorated_too_late()
    for _ in range(2):
        assert send(app, "/x", origin=APP).headers["Access-Control-Allow-Origin"] == APP
    [record] = caplog.records
    assert record.levelname == "ERROR"
    title, _, problem = record.getMessage().partition("\n")
    assert title == "1 problem in the CORS configuration:"
    _place, _, text = problem.partition(": ")
    assert text.startswith(
        '@cross_origin on view "report": it is above @app.route, so Flask serves the endpoint '
        '"report" without it.\n'
        "    Move @cross_origin below @app.route, directly above the function."
    )


def test_a_decorator_above_the_route_without_cors(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("shop")

    @cross_origin(origins=APP)
    @app.get("/x")
    def report() -> str:
        return "x"

    for _ in range(2):
        assert "Access-Control-Allow-Origin" not in send(app, "/x", origin=APP).headers
    [record] = caplog.records
    assert "Move @cross_origin below @app.route" in record.getMessage()


def test_a_decorator_above_the_route_is_explained_and_shown() -> None:
    app = decorated_too_late()
    explanation = explain(app, "GET", "/x", origin=APP)
    assert (explanation.verdict, explanation.policy) == ("allowed", "CORS(app)")
    assert [note for note in explanation.notes if "Move @cross_origin below" in note]
    shown = app.test_cli_runner().invoke(cors, ["routes"]).output
    assert "Flask serves these views without their decorator:" in shown
    assert "allow nothing" not in shown
    assert [f.id for f in audit(app).findings if f.policy.startswith("@cross_origin")] == ["C012"]


def bare() -> str:
    return "x"


# cross_origin is called as a function, so both functions are meant to exist.
guarded = cross_origin(origins=APP)(bare)


@cross_origin(origins=APP)
def replaced() -> str:
    return "x"


def test_a_function_with_and_without_the_decorator(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("shop")
    CORS(app)
    app.add_url_rule("/x", "x", bare)
    send(app, "/x")
    assert not caplog.records
    original: Any = vars(replaced)["__wrapped__"]
    app = Flask("shop")
    CORS(app)
    app.add_url_rule("/x", "x", original)
    send(app, "/x")
    assert "above @app.route" in caplog.text


@pytest.mark.parametrize("decorators", [[cross_origin(origins=APP)], [cross_origin]])
def test_a_class_that_is_decorated_without_cors(
    decorators: list[Any], send: Send, preflight: Send
) -> None:
    class Items(MethodView):
        def put(self) -> str:
            return "x"

    Items.decorators = decorators
    app = Flask("shop")
    app.add_url_rule("/x", view_func=Items.as_view("items"))
    for response in (preflight(app, "/x", "PUT", origin=APP), send(app, "/x", "PUT", origin=APP)):
        assert response.headers["Access-Control-Allow-Origin"] in (APP, "*")
        assert response.status_code in (200, 204)


class Resource(MethodView):
    """A view class that applies ``method_decorators`` like Flask-RESTful and Flask-RESTX."""

    method_decorators: ClassVar[Any] = []

    def dispatch_request(self, **arguments: Any) -> Any:
        decorators = self.method_decorators
        if isinstance(decorators, dict):
            decorators = decorators.get("get", [])
        view: Any = self.get
        for decorate in decorators:
            view = view if decorate is len else decorate(view)
        return view(**arguments)

    def get(self) -> str:
        return "x"


ONCE = cross_origin(origins=APP)
METHOD_DECORATORS: list[Any] = [
    pytest.param([ONCE], id="list"),
    pytest.param((len, ONCE), id="tuple"),
    pytest.param({"get": [ONCE]}, id="dict"),
    pytest.param([cross_origin], id="bare"),
]


@pytest.mark.parametrize("decorators", METHOD_DECORATORS)
def test_method_decorators(decorators: Any, send: Send, caplog: pytest.LogCaptureFixture) -> None:
    class Items(Resource):
        method_decorators: ClassVar[Any] = decorators

    app = Flask("shop")
    app.config["CORS_ORIGINS"] = APP
    CORS(app)
    app.add_url_rule("/x", view_func=Items.as_view("items"))
    place = "@cross_origin in method_decorators of Items"
    [note] = explain(app, "GET", "/x", origin=APP).notes
    assert note.startswith(f"{place} takes effect only when the view runs")
    shown = " ".join(app.test_cli_runner().invoke(cors, ["routes"]).output.split())
    assert (
        f"! {place}, endpoint items Such a decorator takes effect only when the view runs" in shown
    )
    assert send(app, "/x", origin=APP).headers["Access-Control-Allow-Origin"] == APP
    assert "Access-Control-Allow-Origin" not in send(app, "/x", origin=EVIL).headers
    [record] = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "hidden from Flask by method_decorators" in record.getMessage()
    assert "write @cross_origin on the methods of the class" in record.getMessage()


@pytest.mark.parametrize("decorators", [[], [len], "cross_origin", None, [warnings.warn]])
def test_method_decorators_without_cross_origin(decorators: Any) -> None:
    class Items(Resource):
        method_decorators: ClassVar[Any] = decorators

    app = Flask("shop")
    CORS(app)
    app.add_url_rule("/x", view_func=Items.as_view("items"))
    assert list(explain(app, "GET", "/x", origin=APP).notes) == []
