"""Serve fonts, images and JavaScript to pages on other origins.

Browsers only use fonts and JavaScript modules from another origin if CORS allows it. They show any
image, but JavaScript can only read a canvas with an image from another origin if the page requested
the image with ``crossorigin="anonymous"`` and CORS allows it.

Put files in the folder ``assets``, and run ``flask --app cdn run``.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from flask_crossorigin import CORS


def create_app(folder: Path = Path("assets")) -> Flask:
    """Create the application.

    :param folder: the folder that contains the files.
    """
    app = Flask(__name__, static_folder=folder.resolve(), static_url_path="/assets")
    # In seconds: an hour. If file names contain a hash of the content, use a year.
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    # Every origin gets the same "*", so a CDN only stores one copy of each file.
    CORS(app, resources={"/assets/*": {"origins": "*", "methods": "GET"}})
    return app
