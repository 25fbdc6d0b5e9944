"""Allow one origin to use the paths below ``/api/``: ``flask --app ten_lines run``."""

from flask import Flask

from flask_crossorigin import CORS

app = Flask(__name__)
CORS(app, resources={"/api/*": {"origins": "https://app.example.com"}})


@app.get("/api/items")
def items() -> list[str]:
    return ["apple", "pear"]
