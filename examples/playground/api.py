"""The API: a Flask application whose views pages of one other origin may use."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, Response, abort, jsonify, request, session

from flask_crossorigin import CORS, cross_origin


def create_api(app_origin: str) -> Flask:
    """Make the API.

    :param app_origin: the one origin whose pages may use it.
    """
    api = Flask(__name__)
    api.secret_key = secrets.token_hex()
    # Cookies do not know ports: the usual name would log the reader out of other local apps.
    api.config["SESSION_COOKIE_NAME"] = "playground"

    @api.before_request
    def require_login() -> None:
        # A preflight carries no cookie, so this would refuse it. CORS answers it first,
        # although it is set up after this hook.
        if request.path.startswith("/api/private/") and "user" not in session:
            abort(401)

    CORS(
        api,
        resources={
            r"/api/*": {
                "origins": app_origin,
                "methods": ["GET", "POST", "PUT"],
                "allow_headers": ["Content-Type", "X-Request-Id"],
                "expose_headers": ["X-Total"],
                "supports_credentials": True,
                # Short, so that a change made here shows soon; in production two hours are fine.
                "max_age": 60,
            }
        },
    )

    items = {1: "apple", 2: "pear", 3: "plum"}

    @api.get("/api/items/")
    def list_items() -> Response:
        response = jsonify(items)
        response.headers["X-Total"] = str(len(items))
        return response

    @api.put("/api/items/<int:number>")
    def put_item(number: int) -> dict[str, Any]:
        items[number] = str(request.get_json()["name"])
        return {"number": number, "name": items[number]}

    @api.delete("/api/items/<int:number>")
    def delete_item(number: int) -> tuple[str, int]:
        items.pop(number, None)
        return "", 204

    @api.post("/api/login")
    def login() -> dict[str, Any]:
        session["user"] = str(request.get_json()["user"])
        return {"user": session["user"]}

    @api.get("/api/private/note")
    def read_note() -> dict[str, Any]:
        return {"note": f"for {session['user']} only"}

    @api.put("/api/private/note")
    def write_note() -> dict[str, Any]:
        return {"note": request.get_json()["note"]}

    @api.get("/api/crash")
    def crash() -> dict[str, Any]:
        raise RuntimeError("a page may read what became of its request, also when it crashed")

    @api.get("/api/status")
    @cross_origin(origins="*")
    def status() -> dict[str, Any]:
        return {"status": "up"}

    @api.get("/internal")
    def internal() -> dict[str, Any]:
        return {"pages": "of this origin only"}

    return api
