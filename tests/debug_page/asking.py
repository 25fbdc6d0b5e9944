"""Make an app with a debug page, and request the page and its data."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from flask_crossorigin import CORS

FRIEND = "https://app.example.com"
STRANGER = "https://stranger.example"
PAGE = "/_cors"
#: The page and everything that it loads, without the prefix ``PAGE``.
NAMES = (
    "",
    "/",
    "/style.css",
    "/script.js",
    "/icon.svg",
    "/policies.json",
    "/explain.json?url=/items&origin=https://app.example.com",
    "/crossorigin-decisions.json?after=0",
)


def make_app(app: Flask | None = None, *, debug: bool = True, **options: Any) -> Flask:
    app = app or Flask("shop", static_folder=None)
    app.debug = debug
    app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "PUT"])
    CORS(app, **{"origins": FRIEND, "debug_page": PAGE, **options})
    return app


def get(app: Flask, url: str = PAGE, **environ: str) -> TestResponse:
    return app.test_client().get(url, environ_overrides=environ)


def is_page(response: TestResponse) -> bool:
    return "<title>CORS debug page</title>" in response.text


def decisions(app: Flask, **parameters: Any) -> list[dict[str, Any]]:
    """Return the decisions that the page gets, the latest one first."""
    name = f"{PAGE}/crossorigin-decisions.json"
    response = app.test_client().get(name, query_string=parameters)
    found: list[dict[str, Any]] = response.get_json()["decisions"]
    return found[::-1]
