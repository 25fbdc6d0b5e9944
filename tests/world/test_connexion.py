from __future__ import annotations

import warnings
from typing import Any

import pytest

from .exchanges import APP, allow_app, ask, cors_headers, preflight
from .packages import require

with warnings.catch_warnings():
    # Connexion imports deprecated parts of Starlette and jsonschema.
    warnings.filterwarnings("ignore", "Using `httpx` with `starlette.testclient`")
    warnings.filterwarnings("ignore", "jsonschema.*RefReso", DeprecationWarning)
    connexion = require("connexion")
a2wsgi = require("a2wsgi")
starlette_cors = require("starlette.middleware.cors")

SPECIFICATION: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Items", "version": "1"},
    "paths": {
        "/api/items": {
            "get": {
                "operationId": f"{__name__}.items",
                "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "The items"}},
            },
        },
        "/api/private": {
            "get": {
                "operationId": f"{__name__}.private",
                "security": [{"token": []}],
                "responses": {"200": {"description": "The items"}},
            },
        },
    },
    "components": {
        "securitySchemes": {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "x-bearerInfoFunc": f"{__name__}.find_user",
            }
        }
    },
}


def items(page: int = 1) -> Any:
    return {"page": page}


def private() -> Any:
    return {}


def find_user(token: str) -> Any:
    return {"sub": "someone"} if token == "right" else None


@pytest.fixture
def server() -> Any:
    made = connexion.FlaskApp(__name__)
    made.add_api(SPECIFICATION)
    return made


def test_answer_of_a_view_carries_the_headers(server: Any) -> None:
    allow_app(server.app)
    answer = ask(a2wsgi.ASGIMiddleware(server), "/api/items")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == APP


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("OPTIONS", "/api/items", 405),
        ("GET", "/api/items?page=x", 400),
        ("GET", "/api/private", 401),
        ("GET", "/api/nothing", 404),
    ],
)
def test_what_connexion_answers_itself_never_gets_to_flask(
    server: Any, method: str, path: str, status: int
) -> None:
    allow_app(server.app)
    headers = {"Access-Control-Request-Method": "GET"} if method == "OPTIONS" else {}
    answer = ask(a2wsgi.ASGIMiddleware(server), path, method, headers=headers)
    assert answer.status_code == status
    assert cors_headers(answer) == {}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/items", 200),
        ("/api/items?page=x", 400),
        ("/api/private", 401),
        ("/api/nothing", 404),
    ],
)
def test_middleware_in_front_of_connexion_sees_it_all(server: Any, path: str, status: int) -> None:
    server.add_middleware(
        starlette_cors.CORSMiddleware,
        position=connexion.middleware.MiddlewarePosition.BEFORE_EXCEPTION,
        allow_origins=[APP],
    )
    app = a2wsgi.ASGIMiddleware(server)
    assert preflight(app, path, "GET", names="accept").status_code == 200
    answer = ask(app, path)
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == APP
