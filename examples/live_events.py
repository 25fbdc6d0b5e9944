"""Server-sent events for the pages of another origin.

There, ``new EventSource("https://api.example.com/events")`` reads them.
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
    """Make the application.

    :param origin: whose pages may listen.
    :param last: the number of the last event; None for no end.
    :param pause: the seconds between two events.
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
        # After a break the browser says by itself which event it had last.
        first = request.headers.get("Last-Event-ID", 0, type=int) + 1
        return Response(
            events(first),
            mimetype="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )

    return app
