"""From any origin to a list of origins in three steps, without breaking a page on the way.

Set ``STEP`` in the environment to try each: ``STEP=2 flask --app closing_up run``.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask

from flask_crossorigin import CORS

PAGES = ["https://app.example.com", "https://shop.example.com"]

STEPS: dict[str, dict[str, Any]] = {
    # 1. Any origin is allowed. What the list would refuse is logged, and nothing changes.
    "1": {"origins": "*", "report_only": {"origins": PAGES}},
    # 2. The log names no page that is missing any more, so the list counts. A page that may not
    #    read a response can still send the request: now what enforce would refuse is reported.
    "2": {"origins": PAGES, "report_only": {"enforce": True}},
    # 3. Nothing that is needed was reported, so requests from other pages are refused.
    "3": {"origins": PAGES, "enforce": True},
}


def create_app(step: str) -> Flask:
    """Make the application at one of the steps."""
    app = Flask(__name__)
    CORS(app, **STEPS[step])

    @app.route("/items", methods=["GET", "POST"])
    def items() -> list[str]:
        return ["apple", "pear"]

    return app


app = create_app(os.environ.get("STEP", "1"))
