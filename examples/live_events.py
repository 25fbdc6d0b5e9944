"""Stream server-sent events to a page on another origin.

The page receives them with ``new EventSource("https://api.example.com/events")``.

Run it for a front end on your machine::

    flask --app 'live_events:create_app("http://localhost:3000")' run
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

    :param origin: the origin of the page that may receive events.
    :param last: the number of the last event, or None to send events forever.
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
        # When a browser reconnects, it sends the ID of the last event that it received.
        first = request.headers.get("Last-Event-ID", 0, type=int) + 1
        return Response(
            events(first),
            mimetype="text/event-stream",
            # Keep proxies and browsers from storing the stream.
            headers={"Cache-Control": "no-store"},
        )

    return app
