"""Replace ``origins="*"`` with a list of origins in three steps, without breaking a page.

Choose the step with an environment variable: ``STEP=2 flask --app closing_up run``.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask

from flask_crossorigin import CORS

PAGES = ["https://app.example.com", "https://shop.example.com"]

STEPS: dict[str, dict[str, Any]] = {
    # 1. Still allow every origin, but log each request that the list would refuse. When the log
    #    shows a page that you want to allow, add its origin to the list.
    "1": {"origins": "*", "report_only": {"origins": PAGES}},
    # 2. Once the log shows no such page, allow only the list. Other pages can't read responses any
    #    more, but can still send requests. Log those that enforce would refuse.
    "2": {"origins": PAGES, "report_only": {"enforce": True}},
    # 3. Once the log shows no request that you need, refuse requests from other pages.
    "3": {"origins": PAGES, "enforce": True},
}


def create_app(step: str) -> Flask:
    """Create the application with the policy of a step: ``"1"``, ``"2"`` or ``"3"``."""
    app = Flask(__name__)
    CORS(app, **STEPS[step])

    @app.route("/items", methods=["GET", "POST"])
    def items() -> list[str]:
        return ["apple", "pear"]

    return app


app = create_app(os.environ.get("STEP", "1"))
