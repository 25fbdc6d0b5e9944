"""Test the examples that count decisions, with prometheus_client and the OpenTelemetry SDK."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin.testing import Browser

from .exchanges import APP, STRANGER, ask, preflight
from .packages import require

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "metrics"
OLD = "https://old.example.com"
ITEMS = "/api/items"

#: The counts so far. Each key consists of the outcome, the reason and the policy.
Counts = dict[tuple[str, str, str], float]
Read = Callable[[], Counts]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    loaded: list[str] = []

    def load(name: str) -> Any:
        loaded.append(name)
        return import_module(name)

    yield load
    for name in loaded:
        sys.modules.pop(name, None)


def with_prometheus(load: Callable[[str], Any]) -> Iterator[tuple[Flask, Read]]:
    client = require("prometheus_client")
    parser = require("prometheus_client.parser")
    module = load("with_prometheus")
    app: Flask = module.create_app()

    def read() -> Counts:
        response = app.test_client().get("/metrics")
        assert response.content_type == client.CONTENT_TYPE_LATEST
        counts = {}
        for family in parser.text_string_to_metric_families(response.text):
            for sample in family.samples:
                if sample.name == "cors_decisions_total":
                    labels = dict(sample.labels)
                    key = labels.pop("outcome"), labels.pop("reason"), labels.pop("policy")
                    assert labels == {}
                    counts[key] = sample.value
        return counts

    yield app, read
    client.REGISTRY.unregister(module.DECISIONS)


def with_opentelemetry(load: Callable[[str], Any]) -> Iterator[tuple[Flask, Read]]:
    sdk = require("opentelemetry.sdk.metrics")
    reader = require("opentelemetry.sdk.metrics.export").InMemoryMetricReader()
    provider = sdk.MeterProvider([reader], shutdown_on_exit=False)
    app: Flask = load("with_opentelemetry").create_app(provider)

    def read() -> Counts:
        data = reader.get_metrics_data()
        counts = {}
        for metric in data.resource_metrics[0].scope_metrics[0].metrics if data else ():
            assert (metric.name, metric.unit) == ("cors.decisions", "{decision}")
            assert metric.data.is_monotonic
            for point in metric.data.data_points:
                labels = dict(point.attributes)
                names = "cors.outcome", "cors.reason", "cors.policy"
                outcome, reason, policy = map(labels.pop, names)
                assert labels == {}
                counts[outcome, reason, policy] = point.value
        return counts

    yield app, read
    provider.shutdown()


@pytest.fixture(params=[with_prometheus, with_opentelemetry], ids=["Prometheus", "OpenTelemetry"])
def counted(
    request: pytest.FixtureRequest, load: Callable[[str], Any]
) -> Iterator[tuple[Flask, Read]]:
    """Yield the application of an example, and a function that reads its counts."""
    yield from request.param(load)


POLICY = 'resources["/api/*"]'
# A function that sends a request, and the counts that the request increases.
SENT: dict[str, tuple[Callable[[Flask], object], list[tuple[str, str, str]]]] = {
    "allowed": (lambda app: ask(app, ITEMS), [("allowed", "allowed", POLICY)]),
    "allowed preflight": (
        lambda app: preflight(app, ITEMS),
        [("allowed", "allowed", POLICY)],
    ),
    "allowed until the rehearsal is over": (
        lambda app: ask(app, ITEMS, "PUT", origin=OLD),
        [("allowed", "allowed", POLICY), ("reported", "origin", f"{POLICY}.report_only")],
    ),
    "refused": (
        lambda app: ask(app, ITEMS, origin=STRANGER),
        [("refused", "origin", POLICY)],
    ),
    "refused preflight": (
        lambda app: preflight(app, ITEMS, origin=STRANGER),
        [("refused", "origin", POLICY)],
    ),
    "malformed": (
        lambda app: ask(app, ITEMS, origin="nonsense"),
        [("refused", "malformed-origin", POLICY)],
    ),
    "method": (
        lambda app: preflight(app, ITEMS, "PROPFIND"),
        [("refused", "method", POLICY)],
    ),
    "headers": (
        lambda app: preflight(app, ITEMS, names="cookie"),
        [("refused", "headers", POLICY)],
    ),
    "no policy": (lambda app: ask(app, "/nowhere"), [("refused", "no-policy", "none")]),
    "no origin": (lambda app: ask(app, ITEMS, origin=None), []),
    "own page": (lambda app: ask(app, ITEMS, "PUT", origin="http://localhost"), []),
}


@pytest.mark.parametrize(("sent", "expected"), SENT.values(), ids=SENT)
def test_each_decision_is_counted_once(
    sent: Callable[[Flask], object],
    expected: list[tuple[str, str, str]],
    counted: tuple[Flask, Read],
) -> None:
    app, read = counted
    for times in (1, 2):
        sent(app)
        assert read() == dict.fromkeys(expected, times)


def test_a_preflight_and_its_request_are_two_decisions(counted: tuple[Flask, Read]) -> None:
    app, read = counted
    page = Browser({"https://api.example.com": app}, origin=APP)
    assert page.fetch(f"https://api.example.com{ITEMS}", method="PUT").json == []
    assert read() == {("allowed", "allowed", POLICY): 2}


def test_attackers_cannot_add_series(counted: tuple[Flask, Read]) -> None:
    app, read = counted
    for number in range(50):
        for path in (ITEMS, f"/nowhere/{number}"):
            ask(app, path, origin=f"https://a{number}.example")
            preflight(app, path, f"METHOD{number}", origin=f"https://a{number}.example")
        ask(app, ITEMS, origin=f"nonsense {number}")
        preflight(app, ITEMS, f"METHOD{number}")
        preflight(app, ITEMS, names=f"x-{number},cookie")
    counts = read()
    assert sorted(reason for _, reason, _ in counts) == [
        "headers",
        "malformed-origin",
        "method",
        "no-policy",
        "origin",
    ]
    assert sum(counts.values()) == 50 * 7


def test_applications_are_counted_apart(counted: tuple[Flask, Read]) -> None:
    _, read = counted
    other = Flask("other")
    ask(other, ITEMS)
    assert read() == {}


def test_prometheus_adds_up_all_workers(tmp_path: Path) -> None:
    require("prometheus_client")
    # prometheus_client reads the variable at import, so each worker is a new process.
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": str(EXAMPLE)}
    script = f"""
from with_prometheus import create_app
client = create_app().test_client()
client.get({ITEMS!r}, headers={{"Origin": {APP!r}}})
print(client.get("/metrics").text)
"""
    for workers in (1, 2):
        run = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            cwd=ROOT,
            env=environ,
            text=True,
            timeout=60,
        )
        assert f'reason="allowed"}} {workers}.0' in run.stdout


def test_opentelemetry_without_its_sdk_records_nothing(load: Callable[[str], Any]) -> None:
    require("opentelemetry.metrics")
    app = load("with_opentelemetry").create_app()
    assert ask(app, ITEMS).json == []
    assert preflight(app, ITEMS, origin=STRANGER).status_code == 403
