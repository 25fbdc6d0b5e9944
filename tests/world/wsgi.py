"""The application that the tests of real servers use. Each server imports ``app``."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort

from .exchanges import allow_app

app = Flask(__name__)
allow_app(app, max_age=600)


@app.route("/api/items", methods=["GET", "PUT"])
def items() -> Any:
    return {}


@app.get("/api/private")
def private() -> Any:
    abort(401)


@app.get("/api/broken")
def broken() -> Any:
    raise RuntimeError
