"""A JSON Web Token in the header ``Authorization``, which needs no cookie: uses PyJWT."""

from __future__ import annotations

import os
import secrets
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
from flask import Flask, Response, abort, g, request

from flask_crossorigin import CORS


def create_app() -> Flask:
    """Make the application."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY") or secrets.token_hex()
    CORS(
        app,
        origins="https://app.example.com",
        # It has to be named: by the standard "*" does not stand for it. The credentials that
        # supports_credentials is about are cookies; a header that script sets is none.
        allow_headers=["Authorization", "Content-Type"],
        expose_headers="WWW-Authenticate",
        max_age=600,
    )

    @app.before_request
    def require_token() -> None:
        # No preflight comes here, although it never carries a token.
        if request.endpoint == "login":
            return
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            if kind.lower() != "bearer":
                raise jwt.InvalidTokenError
            claims = jwt.decode(token, app.config["SECRET_KEY"], algorithms=["HS256"])
        except jwt.InvalidTokenError:
            # The page may read this refusal, and its status.
            abort(Response("log in", 401, {"WWW-Authenticate": "Bearer"}))
        g.user = claims["sub"]

    @app.post("/login")
    def login() -> dict[str, Any]:
        # A real one checks a password.
        claims = {
            "sub": str(request.get_json()["user"]),
            "exp": datetime.now(timezone.utc) + timedelta(minutes=15),
        }
        return {"token": jwt.encode(claims, app.config["SECRET_KEY"], algorithm="HS256")}

    @app.get("/me")
    def me() -> dict[str, Any]:
        return {"user": g.user}

    return app
