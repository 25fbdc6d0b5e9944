"""Count CORS decisions with OpenTelemetry.

The code only needs ``opentelemetry-api``, which records nothing by itself. Run it with the SDK to
print the counts::

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
    """Count every CORS decision of an application.

    A preflight and the request that follows it are two decisions.

    :param provider: the provider that creates the counter. The default is the global one.
    """
    counter = get_meter(__name__, meter_provider=provider).create_counter(
        "cors.decisions", "{decision}", "CORS decisions on cross-origin requests"
    )
    for outcome, signal in SIGNALS.items():

        def count(_app: Flask, decision: Decision, outcome: str = outcome) -> None:
            # Only use attributes with few values, all from your own code. With the origin, the
            # path or the method as an attribute, attackers could create unlimited time series.
            counter.add(
                1,
                {
                    "cors.outcome": outcome,
                    "cors.reason": decision.reason,
                    "cors.policy": "none" if decision.policy is None else decision.policy.where,
                },
            )

        # By default, signals keep weak references, and this function would be lost.
        signal.connect(count, app, weak=False)


def create_app(provider: MeterProvider | None = None) -> Flask:
    """Create the application."""
    app = Flask(__name__)
    CORS(
        app,
        resources={"/api/*": {"origins": ["https://app.example.com", "https://old.example.com"]}},
        # You plan to remove the second origin. "reported" counts the requests that still need it.
        report_only={"origins": "https://app.example.com"},
    )
    count_decisions(app, provider)

    @app.route("/api/items", methods=["GET", "PUT"])
    def items() -> list[Any]:
        return []

    return app
