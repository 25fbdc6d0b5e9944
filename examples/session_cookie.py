"""A session cookie for the pages of one other origin, and a guard against forged requests.

``https://app.example.com`` and ``https://api.example.com`` are two origins of one site, so that a
cookie with ``SameSite=Lax`` travels. Pages of another *site* need ``SameSite=None``, and some
browsers keep even those cookies back.
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
    """Make the application.

    :param page: the origin of the pages that log in.
    """
    app = Flask(__name__)
    app.config.update(
        # Without a key that outlives the process, each start logs everybody out.
        SECRET_KEY=os.environ.get("SECRET_KEY") or secrets.token_hex(),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=page.startswith("https:"),
    )
    CORS(
        app,
        origins=page,
        supports_credentials=True,
        allow_headers=["Content-Type", "X-CSRF-Token"],
        # CORS keeps a foreign page from reading; this keeps its requests from the views.
        enforce=True,
        max_age=600,
    )

    @app.before_request
    def require_token() -> None:
        # The form of another page sends the cookie too, but it cannot know the token. With
        # enforce it does not get here, as long as its browser says from which origin it is.
        if request.method in SAFE_METHODS or request.endpoint == "login":
            return
        token = session.get("csrf_token", "")
        sent = request.headers.get("X-CSRF-Token", "")
        if not token or not hmac.compare_digest(sent.encode(), token.encode()):
            abort(403)

    @app.post("/login")
    def login() -> dict[str, Any]:
        # A real one checks a password.
        session["user"] = str(request.get_json()["user"])
        session["csrf_token"] = secrets.token_hex()
        return {"csrf_token": session["csrf_token"]}

    @app.get("/me")
    def me() -> dict[str, Any]:
        # The page may be loaded anew at any time; only allowed origins can read the token.
        return {"user": session.get("user"), "csrf_token": session.get("csrf_token")}

    @app.post("/transfer")
    def transfer() -> dict[str, Any]:
        if "user" not in session:
            abort(401)
        return {"sent": request.get_json()["amount"], "by": session["user"]}

    return app
