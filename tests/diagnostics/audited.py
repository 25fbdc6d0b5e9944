"""Programs that the tests audit, and a function that runs the command on them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from flask_crossorigin.cli import cors

#: A program with two findings: one of high severity and one of low severity.
SHOP = """
    from flask import Flask
    from flask_crossorigin import CORS

    app = Flask(__name__, static_folder=None)
    CORS(
        app,
        origins=["https://app.example.com", "null"],
        max_age=86401,
    )
"""
#: A program with a mistake in the configuration, which shows after ``CORS(app)``.
LATE = """
    from flask import Flask
    from flask_crossorigin import CORS

    app = Flask(__name__, static_folder=None)
    CORS(app)
    app.config["CORS_ORIGINS"] = "app.example.com"
"""

Load = Callable[..., Flask]


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(cors, ["audit", *arguments])
    return result.exit_code, result.output
