"""Serve a debug page that shows what CORS decides for each route, and why.

Run ``flask --app debugging run --debug``, and open http://localhost:5000/_cors.
"""

from __future__ import annotations

from flask import Flask

from flask_crossorigin import CORS, cross_origin

app = Flask("shop", static_folder=None)

CORS(
    app,
    debug_page="/_cors",
    resources={
        "/api/*": {
            "origins": ["https://shop.example.com", "http://localhost:3000"],
            "supports_credentials": True,
            "max_age": 600,
        },
        # Allow every origin, but report requests that this shorter list would refuse.
        "/catalog/*": {
            "origins": "*",
            "report_only": {"origins": ["https://shop.example.com", "https://partner.example"]},
        },
    },
)


@app.route("/api/cart", methods=["GET", "PUT", "DELETE"])
def cart() -> list[str]:
    return ["apple"]


@app.get("/catalog/<name>")
def fruit(name: str) -> dict[str, str]:
    return {"name": name}


@app.get("/report")
@cross_origin(origins="https://reports.example.com")
def report() -> dict[str, int]:
    return {"sold": 3}


@app.get("/health")
def health() -> str:
    return "up"
