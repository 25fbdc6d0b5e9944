"""A policy that sends every CORS header, and the headers that it sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from flask_crossorigin import CORS

Send = Callable[..., TestResponse]

PAGE = "https://page.test"
SECOND = "https://second.test"
CORS_HEADERS = {
    "Access-Control-Allow-Origin": PAGE,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": "X-A, X-B",
}


def set_up(app: Flask, **options: Any) -> None:
    """Let an application send ``CORS_HEADERS`` to ``PAGE``, unless other options are given."""
    told = {"origins": [PAGE, SECOND], "supports_credentials": True, "expose_headers": "X-B, X-A"}
    CORS(app, **{**told, **options})


def cors_headers(response: Response) -> dict[str, str]:
    """Return the CORS headers of a response, and check that none is repeated."""
    pairs = [pair for pair in response.headers if pair[0].lower().startswith("access-control-")]
    assert len({name.lower() for name, _ in pairs}) == len(pairs), pairs
    return dict(pairs)
