"""Log in with a JSON Web Token in the ``Authorization`` header instead of a cookie.

Run it, log in, and send the token::

    pip install pyjwt
    flask --app bearer_token run
    curl localhost:5000/login --json '{"user": "ada"}'
    curl localhost:5000/me -H 'Authorization: Bearer TOKEN'
"""

from __future__ import annotations

import os
import secrets
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
from flask import Flask, Response, abort, g, request

from flask_crossorigin import CORS


def create_app() -> Flask:
    """Create the application."""
    app = Flask(__name__)
    # Without a fixed key, tokens are only valid until the server restarts.
    app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY") or secrets.token_hex()
    CORS(
        app,
        origins="https://app.example.com",
        # No supports_credentials: it allows cookies. Headers set by JavaScript don't need it.
        allow_headers=["Authorization", "Content-Type"],
        # Lets JavaScript read this header of a 401 response.
        expose_headers="WWW-Authenticate",
        max_age=600,
    )

    @app.before_request
    def require_token() -> None:
        # Preflights carry no token. CORS(app) responds to them before this function runs.
        if request.endpoint == "login":
            return
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            if kind.lower() != "bearer":
                raise jwt.InvalidTokenError
            claims = jwt.decode(token, app.config["SECRET_KEY"], algorithms=["HS256"])
        except jwt.InvalidTokenError:
            # The page can read this response, because it has CORS headers like any other.
            abort(Response("log in", 401, {"WWW-Authenticate": "Bearer"}))
        g.user = claims["sub"]

    @app.post("/login")
    def login() -> dict[str, Any]:
        # A real application checks a password here.
        claims = {
            "sub": str(request.get_json()["user"]),
            "exp": datetime.now(timezone.utc) + timedelta(minutes=15),
        }
        return {"token": jwt.encode(claims, app.config["SECRET_KEY"], algorithm="HS256")}

    @app.get("/me")
    def me() -> dict[str, Any]:
        return {"user": g.user}

    return app
