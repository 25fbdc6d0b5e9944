"""An application factory with two blueprints: one for everybody, one for one's own pages.

The origins differ between a laptop and production, so they come from the configuration::

    export FLASK_CORS_ORIGINS='["https://app.example.com", "http://localhost:*"]'
    flask --app factory run
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask

from flask_crossorigin import CORS

# What is not said here comes from the configuration of the application.
cors = CORS(resources={"/account/*": {"max_age": 600}})

account = Blueprint("account", __name__, url_prefix="/account")
catalogue = Blueprint("catalogue", __name__, url_prefix="/catalogue")

# A blueprint has its policy before it is registered. Any page may read the catalogue.
CORS(catalogue, origins="*", methods="GET")


@account.get("/")
def show_account() -> dict[str, str]:
    return {"name": "Ada"}


@account.put("/")
def change_account() -> dict[str, str]:
    return {"name": "changed"}


@catalogue.get("/")
def show_catalogue() -> list[str]:
    return ["apple", "pear"]


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the application.

    :param config: what goes before the environment's variables.
    """
    app = Flask(__name__)
    app.config["CORS_ORIGINS"] = "https://app.example.com"
    app.config.from_prefixed_env()
    app.config.from_mapping(config)
    cors.init_app(app)
    app.register_blueprint(account)
    app.register_blueprint(catalogue)
    return app
