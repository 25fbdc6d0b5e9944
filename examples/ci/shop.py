"""Keep the policies in the repository, so that reviewers see who gains access.

After an intended change, run ``flask --app shop cors routes --json > cors-policies.json``.
"""

from flask import Flask

from flask_crossorigin import CORS

app = Flask(__name__, static_folder=None)
CORS(
    app,
    resources={
        "/api/*": {"origins": "https://*.example.com", "methods": ["GET", "PUT"], "max_age": 600},
        "/api/account": {
            "origins": ["https://app.example.com"],
            "supports_credentials": True,
            "max_age": 600,
        },
    },
)


@app.get("/api/items")
def items() -> list[str]:
    return ["apple", "pear"]


@app.route("/api/account", methods=["GET", "PUT"])
def account() -> dict[str, str]:
    return {"name": "Ada"}
