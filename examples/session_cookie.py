"""Use a session cookie with a front end on another origin, and prevent CSRF.

``https://app.example.com`` and ``https://api.example.com`` are the same site, so browsers send a
cookie with ``SameSite=Lax``. For a front end on another *site*, use ``SameSite=None``. Some
browsers block such cookies.

Run it for a front end on your machine::

    flask --app 'session_cookie:create_app("http://localhost:3000")' run
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
        # Without a fixed key, restarting the server logs everybody out.
        SECRET_KEY=os.environ.get("SECRET_KEY") or secrets.token_hex(),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=page.startswith("https:"),
    )
    CORS(
        app,
        origins=page,
        supports_credentials=True,
        allow_headers=["Content-Type", "X-CSRF-Token"],
        # CORS only keeps other pages from reading responses. enforce also refuses their requests.
        enforce=True,
        max_age=600,
    )

    @app.before_request
    def require_token() -> None:
        # A form on another page can send the cookie, but not the token, which it can't read. If
        # the browser sent the form's origin, enforce has already refused the request.
        if request.method in SAFE_METHODS or request.endpoint == "login":
            return
        token = session.get("csrf_token", "")
        sent = request.headers.get("X-CSRF-Token", "")
        if not token or not hmac.compare_digest(sent.encode(), token.encode()):
            abort(403)

    @app.post("/login")
    def login() -> dict[str, Any]:
        # A real application checks a password here.
        session["user"] = str(request.get_json()["user"])
        session["csrf_token"] = secrets.token_hex()
        return {"csrf_token": session["csrf_token"]}

    @app.get("/me")
    def me() -> dict[str, Any]:
        # A page that was reloaded gets its token here. Only the allowed origin can read it.
        return {"user": session.get("user"), "csrf_token": session.get("csrf_token")}

    @app.post("/transfer")
    def transfer() -> dict[str, Any]:
        if "user" not in session:
            abort(401)
        return {"sent": request.get_json()["amount"], "by": session["user"]}

    return app
