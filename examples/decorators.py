"""A policy for each view that needs one, and none for the others."""

from __future__ import annotations

from typing import Any

from flask import Flask

from flask_crossorigin import CORS, cross_origin

app = Flask(__name__)
# No path has a policy of its own. Decorated views would do without this line, but with it their
# preflights are answered before any hook.
CORS(app, resources=[])


@app.get("/status")
@cross_origin(origins="*")  # any page, without cookies
def status() -> dict[str, Any]:
    return {"status": "up"}


@app.get("/report")
@cross_origin(origins="https://reports.example.com", expose_headers="X-Total")
def report() -> tuple[list[int], dict[str, str]]:
    return [1, 2, 3], {"X-Total": "3"}


@app.get("/internal")
def internal() -> dict[str, Any]:
    return {"pages": "of this origin only"}
