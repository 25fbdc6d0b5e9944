"""Server-sent events for a page on another origin.

The page reads them with ``new EventSource("https://api.example.com/events")``.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator

from flask import Flask, Response, request

from flask_crossorigin import CORS


def create_app(
    origin: str = "https://app.example.com", *, last: int | None = None, pause: float = 1.0
) -> Flask:
    """Create the application.

    :param origin: the origin of the pages that may listen.
    :param last: the number of the last event, or None to send events forever.
    :param pause: the time between two events, in seconds.
    """
    app = Flask(__name__)
    CORS(app, origins=origin)

    def events(first: int) -> Iterator[str]:
        for number in itertools.count(first):
            yield f"id: {number}\ndata: {json.dumps({'number': number})}\n\n"
            if number == last:
                return
            time.sleep(pause)

    @app.get("/events")
    def stream() -> Response:
        # When the browser reconnects, it says which event it received last.
        first = request.headers.get("Last-Event-ID", 0, type=int) + 1
        return Response(
            events(first),
            mimetype="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )

    return app
