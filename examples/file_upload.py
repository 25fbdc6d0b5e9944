"""Upload of files from the pages of another origin, with progress.

The page shows progress with an ``XMLHttpRequest``::

    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => { bar.value = loaded / total; };
    request.open("POST", "https://api.example.com/files");
    request.send(new FormData(form));

A listener on ``upload`` makes the browser ask with a preflight, where the same request without one
would go out at once.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, request

from flask_crossorigin import CORS


def create_app(origin: str = "https://app.example.com") -> Flask:
    """Make the application.

    :param origin: whose pages may upload.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    # A page of another origin could send files without being able to read the answer.
    CORS(app, origins=origin, max_age=600, enforce=True)

    @app.post("/files")
    def receive() -> tuple[dict[str, Any], int]:
        # What is too large ends here with 413, which the page can read.
        file = request.files.get("file")
        if file is None:
            abort(400)
        return {"name": file.filename, "size": len(file.read())}, 201

    return app
