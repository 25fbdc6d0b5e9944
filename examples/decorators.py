"""Set a policy on single views with a decorator: ``flask --app decorators run``."""

from __future__ import annotations

from typing import Any

from flask import Flask

from flask_crossorigin import CORS, cross_origin

app = Flask(__name__)
# resources=[] means that only decorated views have a policy. The decorators also work without this
# line, but with it, preflights get their response before any before_request function runs.
CORS(app, resources=[])


@app.get("/status")
@cross_origin(origins="*")  # every origin may read it, without cookies
def status() -> dict[str, Any]:
    return {"status": "up"}


@app.get("/report")
@cross_origin(origins="https://reports.example.com", expose_headers="X-Total")
def report() -> tuple[list[int], dict[str, str]]:
    return [1, 2, 3], {"X-Total": "3"}


# Without a decorator, pages on other origins can't read the response.
@app.get("/internal")
def internal() -> dict[str, Any]:
    return {"pages": "of this origin only"}
