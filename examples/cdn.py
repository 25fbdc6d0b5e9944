"""Fonts, images and scripts for the pages of other origins.

A browser uses a font or a module script of another origin only if CORS allows it. An image it shows
all the same, but a canvas that it is drawn to can be read only if the page asked for it with
``crossorigin="anonymous"`` and CORS allows it.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from flask_crossorigin import CORS


def create_app(folder: Path = Path("assets")) -> Flask:
    """Make the application.

    :param folder: what is served.
    """
    app = Flask(__name__, static_folder=folder.resolve(), static_url_path="/assets")
    # An hour: for names that change with the content it may be a year.
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    # For any origin the answer is the same "*", so that caches keep one copy for all.
    CORS(app, resources={"/assets/*": {"origins": "*", "methods": "GET"}})
    return app
