"""Fonts, images and scripts for pages on other origins.

A browser only uses a font or a module script from another origin if CORS allows it. It shows any
image, but a canvas with an image from another origin can only be read if the page requested the
image with ``crossorigin="anonymous"`` and CORS allows it.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from flask_crossorigin import CORS


def create_app(folder: Path = Path("assets")) -> Flask:
    """Create the application.

    :param folder: the folder with the files.
    """
    app = Flask(__name__, static_folder=folder.resolve(), static_url_path="/assets")
    # One hour. If file names change with their content, use a year.
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    # The response has the same "*" for every origin, so caches keep one copy.
    CORS(app, resources={"/assets/*": {"origins": "*", "methods": "GET"}})
    return app
