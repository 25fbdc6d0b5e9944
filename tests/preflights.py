"""An application whose views fail the test if they run, because preflights must not run them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_crossorigin import CORS

Send = Callable[..., TestResponse]

PAGE = "https://page.test"
METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY"


def never(**_arguments: Any) -> str:
    pytest.fail("the view ran for a preflight")


def make_app(**options: Any) -> Flask:
    app = Flask("shop")
    options.setdefault("origins", [PAGE, "https://second.test"])
    CORS(app, **options)
    app.add_url_rule("/x", "x", never, methods=["GET", "PUT"])
    app.add_url_rule("/slash/", "slash", never, methods=["GET", "PUT"])
    app.add_url_rule("/<int:number>", "number", never)
    app.add_url_rule("/own", "own", never, methods=["GET", "OPTIONS"])
    app.add_url_rule("/off", "off", never, provide_automatic_options=False)
    return app


def headers_of(response: TestResponse) -> dict[str, str]:
    return dict(response.headers)
