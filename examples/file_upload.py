"""Receive file uploads from a page on another origin that shows the progress.

``fetch()`` doesn't report the progress of uploads, so the page uses ``XMLHttpRequest``::

    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => { bar.value = loaded / total; };
    request.open("POST", "https://api.example.com/files");
    request.send(new FormData(form));

The listener on ``upload`` makes the browser send a preflight. Without it, there is no preflight.

Run it for a front end on your machine::

    flask --app 'file_upload:create_app("http://localhost:3000")' run
"""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, request

from flask_crossorigin import CORS


def create_app(origin: str = "https://app.example.com") -> Flask:
    """Create the application.

    :param origin: the origin of the page that may upload files.
    """
    app = Flask(__name__)
    # The limit in bytes.
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    # Without enforce, pages on other origins couldn't read the response, but could still upload.
    CORS(app, origins=origin, max_age=600, enforce=True)

    @app.post("/files")
    def receive() -> tuple[dict[str, Any], int]:
        # If the file is too large, this line ends the request with a 413 that the page can read.
        file = request.files.get("file")
        if file is None:
            abort(400)
        return {"name": file.filename, "size": len(file.read())}, 201

    return app
