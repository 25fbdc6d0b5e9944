"""A small API. ``test_inventory.py`` tests its policy."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from flask_crossorigin import CORS


def create_app() -> Flask:
    """Create the application."""
    app = Flask(__name__)
    CORS(
        app,
        resources={"/api/*": {"origins": "https://app.example.com", "methods": ["GET", "PUT"]}},
        expose_headers="X-Total",
    )
    names = {1: "apple"}

    @app.get("/api/items")
    def list_items() -> tuple[Any, dict[str, str]]:
        return names, {"X-Total": str(len(names))}

    @app.put("/api/items/<int:number>")
    def put_item(number: int) -> dict[str, Any]:
        names[number] = str(request.get_json()["name"])
        return {"name": names[number]}

    @app.delete("/api/items/<int:number>")
    def delete_item(number: int) -> tuple[str, int]:
        names.pop(number, None)
        return "", 204

    return app
