"""Count CORS decisions for OpenTelemetry: uses opentelemetry-api.

Without the SDK, nothing is recorded. With it, the counts go wherever it sends metrics::

    pip install opentelemetry-distro
    opentelemetry-instrument --metrics_exporter console flask --app with_opentelemetry run
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from opentelemetry.metrics import MeterProvider, get_meter

from flask_crossorigin import (
    CORS,
    Decision,
    request_allowed,
    request_refused,
    request_reported,
)

SIGNALS = {
    "allowed": request_allowed,
    "refused": request_refused,
    "reported": request_reported,
}


def count_decisions(app: Flask, provider: MeterProvider | None = None) -> None:
    """Count every decision of an application. A preflight is counted by itself.

    :param provider: where the counter comes from, by default the global provider.
    """
    counter = get_meter(__name__, meter_provider=provider).create_counter(
        "cors.decisions", "{decision}", "CORS decisions on cross-origin requests"
    )
    for outcome, signal in SIGNALS.items():

        def count(_app: Flask, decision: Decision, outcome: str = outcome) -> None:
            # Each attribute has few values, and all of them come from your code. The origin, the
            # path or the method would let attackers create as many time series as they like.
            counter.add(
                1,
                {
                    "cors.outcome": outcome,
                    "cors.reason": decision.reason,
                    "cors.policy": "none" if decision.policy is None else decision.policy.where,
                },
            )

        # A signal forgets a local function unless it is told to keep it.
        signal.connect(count, app, weak=False)


def create_app(provider: MeterProvider | None = None) -> Flask:
    """Make the application."""
    app = Flask(__name__)
    CORS(
        app,
        resources={"/api/*": {"origins": ["https://app.example.com", "https://old.example.com"]}},
        # The second origin will go. Until then, count who still needs it.
        report_only={"origins": "https://app.example.com"},
    )
    count_decisions(app, provider)

    @app.route("/api/items", methods=["GET", "PUT"])
    def items() -> list[Any]:
        return []

    return app
