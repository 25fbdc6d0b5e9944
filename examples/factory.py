"""Use an application factory with two blueprints: one for every origin, one for your own pages.

Allowed origins differ between development and production, so they come from the configuration.
Run it with your own origins::

    export FLASK_CORS_ORIGINS='["https://app.example.com", "http://localhost:*"]'
    flask --app factory run
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask

from flask_crossorigin import CORS

# Options that aren't set here, such as the origins, come from the app's configuration.
cors = CORS(resources={"/account/*": {"max_age": 600}})

account = Blueprint("account", __name__, url_prefix="/account")
catalog = Blueprint("catalog", __name__, url_prefix="/catalog")

# A blueprint can have its own policy. Set it before you register the blueprint.
CORS(catalog, origins="*", methods="GET")


@account.get("/")
def show_account() -> dict[str, str]:
    return {"name": "Ada"}


@account.put("/")
def change_account() -> dict[str, str]:
    return {"name": "changed"}


@catalog.get("/")
def show_catalog() -> list[str]:
    return ["apple", "pear"]


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Create the application.

    :param config: settings that override the environment variables, for tests.
    """
    app = Flask(__name__)
    # The default. FLASK_CORS_ORIGINS overrides it.
    app.config["CORS_ORIGINS"] = "https://app.example.com"
    app.config.from_prefixed_env()
    app.config.from_mapping(config)
    cors.init_app(app)
    app.register_blueprint(account)
    app.register_blueprint(catalog)
    return app
