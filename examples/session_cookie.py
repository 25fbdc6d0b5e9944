"""A session cookie for a front end on another origin, and protection against forged requests.

``https://app.example.com`` and ``https://api.example.com`` are on the same site, so a cookie with
``SameSite=Lax`` is sent. A page on another *site* needs ``SameSite=None``, and some browsers block
even that.
"""

from __future__ import annotations

import hmac
import os
import secrets
from typing import Any

from flask import Flask, abort, request, session

from flask_crossorigin import CORS

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def create_app(page: str = "https://app.example.com") -> Flask:
    """Create the application.

    :param page: the origin of the front end.
    """
    app = Flask(__name__)
    app.config.update(
        # Set a key, or everybody is logged out when the server restarts.
        SECRET_KEY=os.environ.get("SECRET_KEY") or secrets.token_hex(),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=page.startswith("https:"),
    )
    CORS(
        app,
        origins=page,
        supports_credentials=True,
        allow_headers=["Content-Type", "X-CSRF-Token"],
        # CORS only hides responses from other pages. This refuses their requests.
        enforce=True,
        max_age=600,
    )

    @app.before_request
    def require_token() -> None:
        # A form on another page may send the cookie, but it doesn't know the token. If the browser
        # says where the form comes from, enforce has already refused it.
        if request.method in SAFE_METHODS or request.endpoint == "login":
            return
        token = session.get("csrf_token", "")
        sent = request.headers.get("X-CSRF-Token", "")
        if not token or not hmac.compare_digest(sent.encode(), token.encode()):
            abort(403)

    @app.post("/login")
    def login() -> dict[str, Any]:
        # Check a password here.
        session["user"] = str(request.get_json()["user"])
        session["csrf_token"] = secrets.token_hex()
        return {"csrf_token": session["csrf_token"]}

    @app.get("/me")
    def me() -> dict[str, Any]:
        # The page asks again after a reload. Only allowed origins can read the token.
        return {"user": session.get("user"), "csrf_token": session.get("csrf_token")}

    @app.post("/transfer")
    def transfer() -> dict[str, Any]:
        if "user" not in session:
            abort(401)
        return {"sent": request.get_json()["amount"], "by": session["user"]}

    return app
