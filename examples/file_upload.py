"""Upload files from a page on another origin, with progress.

The page shows the progress with an ``XMLHttpRequest``::

    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => { bar.value = loaded / total; };
    request.open("POST", "https://api.example.com/files");
    request.send(new FormData(form));

With a listener on ``upload``, the browser sends a preflight first. Without it, the same request
needs none.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, request

from flask_crossorigin import CORS


def create_app(origin: str = "https://app.example.com") -> Flask:
    """Create the application.

    :param origin: the origin of the pages that may upload.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    # Without enforce, pages on other origins could upload files, and only not read the response.
    CORS(app, origins=origin, max_age=600, enforce=True)

    @app.post("/files")
    def receive() -> tuple[dict[str, Any], int]:
        # A file that is too large ends here with 413, and the page can read that.
        file = request.files.get("file")
        if file is None:
            abort(400)
        return {"name": file.filename, "size": len(file.read())}, 201

    return app
