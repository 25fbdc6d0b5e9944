"""Create the API: an ordinary Flask app that pages on one other origin may use.

Edit the policy below and start the playground again to see what changes.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, Response, abort, jsonify, request, session

from flask_crossorigin import CORS, cross_origin


def create_api(app_origin: str) -> Flask:
    """Create the API.

    :param app_origin: the origin of the front end that may use the API.
    """
    api = Flask(__name__)
    api.secret_key = secrets.token_hex()
    # Cookies ignore ports. With the default name, this cookie would replace that of other apps.
    api.config["SESSION_COOKIE_NAME"] = "playground"
    api.config["SESSION_COOKIE_SAMESITE"] = "Lax"

    @api.before_request
    def require_login() -> None:
        # Preflights carry no cookie. CORS(api) responds to them before this function runs.
        if request.path.startswith("/api/private/") and "user" not in session:
            abort(401)

    CORS(
        api,
        resources=["/api/*"],
        origins=app_origin,
        methods=["GET", "POST", "PUT"],
        allow_headers=["Content-Type"],
        expose_headers=["X-Total"],
        supports_credentials=True,
        max_age=7200,
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

    @api.put("/api/private/note")
    def write_note() -> dict[str, Any]:
        return {"note": request.get_json()["note"], "by": session["user"]}

    @api.get("/api/private/note")
    def read_note() -> dict[str, Any]:
        return {"note": f"for {session['user']} only"}

    @api.get("/api/crash")
    def crash() -> dict[str, Any]:
        raise RuntimeError("this view always crashes")

    @api.get("/api/status")
    @cross_origin(origins="*")
    def status() -> dict[str, Any]:
        return {"status": "up"}

    @api.get("/internal")
    def internal() -> dict[str, Any]:
        return {"for": "pages of this origin only"}

    return api
