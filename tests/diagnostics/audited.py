"""Programs in files, to be audited."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from flask_crossorigin.cli import cors

#: A program with a finding of each severity, one of them in the configuration.
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
