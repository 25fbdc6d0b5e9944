"""Count CORS decisions with Prometheus.

Run it, send a request from an origin that isn't allowed, and read the counts::

    pip install prometheus-client
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

# Only use labels with few values, all from your own code. With the origin, the path or the method
# as a label, attackers could create unlimited time series.
DECISIONS = Counter(
    "cors_decisions", "CORS decisions on cross-origin requests", ["outcome", "reason", "policy"]
)
SIGNALS = {
    "allowed": request_allowed,
    "refused": request_refused,
    "reported": request_reported,
}


def count_decisions(app: Flask) -> None:
    """Count every CORS decision of an application.

    A preflight and the request that follows it are two decisions.
    """
    for outcome, signal in SIGNALS.items():

        def count(_app: Flask, decision: Decision, outcome: str = outcome) -> None:
            policy = "none" if decision.policy is None else decision.policy.where
            DECISIONS.labels(outcome, decision.reason, policy).inc()

        # By default, signals keep weak references, and this function would be lost.
        signal.connect(count, app, weak=False)


def metrics() -> Response:
    """Return the counts in the format of Prometheus. Don't make this URL public."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        # Each worker writes its counts to this directory, and the collector adds them up.
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def create_app() -> Flask:
    """Create the application."""
    app = Flask(__name__)
    CORS(
        app,
        resources={"/api/*": {"origins": ["https://app.example.com", "https://old.example.com"]}},
        # You plan to remove the second origin. "reported" counts the requests that still need it.
        report_only={"origins": "https://app.example.com"},
    )
    count_decisions(app)
    app.add_url_rule("/metrics", view_func=metrics)

    @app.route("/api/items", methods=["GET", "PUT"])
    def items() -> list[Any]:
        return []

    return app
