"""Count CORS decisions for Prometheus: uses prometheus_client.

Run it, refuse a page, and read the counts::

    flask --app with_prometheus run
    curl localhost:5000/api/items -H 'Origin: https://evil.example'
    curl localhost:5000/metrics
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    generate_latest,
    multiprocess,
)

from flask_crossorigin import (
    CORS,
    Decision,
    request_allowed,
    request_refused,
    request_reported,
)

# Each label has few values, and all of them come from your code. A label with the origin, the
# path or the method would let attackers create as many time series as they like.
DECISIONS = Counter(
    "cors_decisions", "CORS decisions on cross-origin requests", ["outcome", "reason", "policy"]
)
SIGNALS = {
    "allowed": request_allowed,
    "refused": request_refused,
    "reported": request_reported,
}


def count_decisions(app: Flask) -> None:
    """Count every decision of an application. A preflight is counted by itself."""
    for outcome, signal in SIGNALS.items():

        def count(_app: Flask, decision: Decision, outcome: str = outcome) -> None:
            policy = "none" if decision.policy is None else decision.policy.where
            DECISIONS.labels(outcome, decision.reason, policy).inc()

        # A signal forgets a local function unless it is told to keep it.
        signal.connect(count, app, weak=False)


def metrics() -> Response:
    """Return the counts. Keep this URL away from the public."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        # Each worker writes to files in this directory, and every worker adds them all up.
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def create_app() -> Flask:
    """Make the application."""
    app = Flask(__name__)
    CORS(
        app,
        resources={"/api/*": {"origins": ["https://app.example.com", "https://old.example.com"]}},
        # The second origin will go. Until then, count who still needs it.
        report_only={"origins": "https://app.example.com"},
    )
    count_decisions(app)
    app.add_url_rule("/metrics", view_func=metrics)

    @app.route("/api/items", methods=["GET", "PUT"])
    def items() -> list[Any]:
        return []

    return app
