"""Test extensions that need a hook before the view and another hook after it.

Preflights and refused requests run neither hook. All other requests run both, as without CORS.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from werkzeug.test import TestResponse

from .exchanges import APP, STRANGER, allow_app, ask, cors_headers, names_origin, preflight
from .packages import require

#: Sets up an extension, and returns a function that returns what the extension did.
SetUp = Callable[[Flask], Callable[[TestResponse], object]]


def minify(app: Flask) -> Callable[[TestResponse], object]:
    require("flask_minify").Minify(app)
    return lambda response: response.text


def xray(app: Flask) -> Callable[[TestResponse], object]:
    with warnings.catch_warnings():
        # It imports botocore, which causes deprecation warnings.
        warnings.simplefilter("ignore", DeprecationWarning)
        core = require("aws_xray_sdk.core")
        middleware = require("aws_xray_sdk.ext.flask.middleware")
    segments: list[Any] = []
    recorder = core.xray_recorder
    recorder.configure(service="shop", sampling=False, context_missing="LOG_ERROR")
    # Collect the segments instead of sending them to a daemon.
    recorder.emitter.send_entity = segments.append
    middleware.XRayMiddleware(app, recorder)

    def seen(response: TestResponse) -> object:
        names = [segment.http["request"]["method"] for segment in segments]
        return "X-Amzn-Trace-Id" in response.headers, names

    return seen


def prometheus(app: Flask) -> Callable[[TestResponse], object]:
    client = require("prometheus_client")
    registry = client.CollectorRegistry()
    require("prometheus_flask_exporter").PrometheusMetrics(app, path=None, registry=registry)

    def seen(_response: TestResponse) -> object:
        return {
            tuple(sorted(sample.labels.items())): sample.value
            for metric in registry.collect()
            for sample in metric.samples
            if sample.name in ("flask_http_request_total", "flask_http_request_exceptions_total")
        }

    return seen


def opentelemetry(app: Flask) -> Callable[[TestResponse], object]:
    started: list[str] = []
    instrumentation = require("opentelemetry.instrumentation.flask")
    instrumentation.FlaskInstrumentor.instrument_app(
        app, request_hook=lambda _span, environ: started.append(environ["REQUEST_METHOD"])
    )
    return lambda _response: started


EXTENSIONS: dict[str, SetUp] = {
    "Flask-Minify": minify,
    "aws-xray-sdk": xray,
    "prometheus-flask-exporter": prometheus,
    "opentelemetry-instrumentation-flask": opentelemetry,
}

#: Whether the extension is set up before or after ``CORS(app)``.
ORDERS = ("before", "after")


@pytest.fixture(autouse=True)
def _render(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restore a function of Flask after the test, because aws-xray-sdk replaces it."""
    import flask.templating

    monkeypatch.setattr(flask.templating, "_render", flask.templating._render)


def create_app(set_up: SetUp, order: str | None, *, debug: bool) -> tuple[Flask, Any, list[str]]:
    """Create an application with an extension.

    :param order: whether to set up the extension before or after ``CORS(app)``; None for no CORS.
    :returns: the application, the function that returns what the extension did, and a list that
        gets the name of each hook of the extension when it runs.
    """
    app = Flask(__name__)
    app.debug = debug

    @app.route("/api/page", methods=["GET", "PUT"])
    def page() -> str:
        return render_template_string("<p>  Hello  </p>\n\n<p>there</p>")

    if order == "after":
        allow_app(app, enforce=True)
    entered: list[str] = []
    kinds: list[Any] = [
        app.before_request_funcs,
        app.after_request_funcs,
        app.teardown_request_funcs,
    ]
    known = [list(kind.get(None, ())) for kind in kinds]
    seen = set_up(app)
    for kind, before in zip(kinds, known, strict=True):
        hooks = kind.get(None, [])
        hooks[:] = [hook if hook in before else watched(hook, entered) for hook in hooks]
    if order == "before":
        allow_app(app, enforce=True)
    return app, seen, entered


def watched(hook: Callable[..., Any], entered: list[str]) -> Callable[..., Any]:
    @functools.wraps(hook)
    def enter(*arguments: Any) -> Any:
        entered.append(hook.__name__)
        return hook(*arguments)

    return enter


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        # asyncio reports tasks here that earlier tests left behind.
        if record.levelno >= logging.ERROR and record.name != "asyncio"
    ]


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_preflights_and_refused_requests_enter_no_hook(
    extension: str, order: str, debug: bool, caplog: pytest.LogCaptureFixture
) -> None:
    app, _, entered = create_app(EXTENSIONS[extension], order, debug=debug)
    caplog.clear()
    for origin, method, status in (
        (APP, "PUT", 204),
        (APP, "GET", 204),
        (STRANGER, "PUT", 403),
    ):
        response = preflight(app, "/api/page", method, origin=origin)
        assert (response.status_code, response.data) == (status, b"")
        assert ("Access-Control-Allow-Origin" in response.headers) == (origin == APP)
    for method in ("GET", "PUT"):
        response = ask(app, "/api/page", method, origin=STRANGER)
        assert response.status_code == 403
        assert cors_headers(response) == {}
        assert names_origin(response)
    assert entered == []
    assert errors(caplog) == []


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_actual_requests_enter_them_all_as_without_cors(
    extension: str, order: str, debug: bool, caplog: pytest.LogCaptureFixture
) -> None:
    found: list[object] = []
    for each in (None, order):
        app, seen, entered = create_app(EXTENSIONS[extension], each, debug=debug)
        if each is not None:
            # Requests that skip the hooks must not affect later requests.
            preflight(app, "/api/page")
            ask(app, "/api/page", origin=STRANGER)
        done = []
        for method in ("GET", "PUT"):
            response = ask(app, "/api/page", method)
            assert response.status_code == 200
            done.append((response.text, repr(seen(response))))
            if each is not None:
                assert response.headers["Access-Control-Allow-Origin"] == APP
        assert entered
        found.append((done, entered))
    assert found[0] == found[1]
    assert errors(caplog) == []


def test_opentelemetry_warns_of_a_missing_span(caplog: pytest.LogCaptureFixture) -> None:
    app, *_ = create_app(opentelemetry, "before", debug=False)
    logger = logging.getLogger("opentelemetry.instrumentation.flask")

    def without_spans(record: logging.LogRecord) -> bool:
        return "span missing" not in record.getMessage()

    preflight(app, "/api/page")
    assert [record.name for record in caplog.records] == [logger.name]
    # Use the filter from the documentation.
    logger.addFilter(without_spans)
    try:
        preflight(app, "/api/page")
    finally:
        logger.removeFilter(without_spans)
    assert len(caplog.records) == 1


# This runs in a separate process because ddtrace patches Flask's classes permanently.
TRACED = """
import json, logging, sys
from ddtrace import patch, tracer
from ddtrace.trace import TraceFilter
from flask import Flask
from world.exchanges import APP, STRANGER, allow_app, ask, preflight

spans = []

class Keep(TraceFilter):
    def process_trace(self, trace):
        spans.extend(span.name.removeprefix("flask.") for span in trace)

tracer.configure(trace_processors=[Keep()])

def create_app():
    app = Flask("shop")
    app.debug = "debug" in sys.argv
    app.add_url_rule("/api/page", "page", lambda: "page", methods=["GET", "PUT"])
    app.before_request(lambda: None)
    return app

def spans_of(send, app, *arguments, **options):
    spans.clear()
    with send(app, "/api/page", *arguments, **options) as response:
        response.get_data()
    return sorted(spans)

if "before" in sys.argv:
    patch(flask=True)
bare, app = create_app(), create_app()
allow_app(app, enforce=True)
patch(flask=True)

json.dump({
    "bare": spans_of(ask, bare),
    "actual": spans_of(ask, app),
    "preflight": spans_of(preflight, app),
    "refused preflight": spans_of(preflight, app, origin=STRANGER),
    "refused": spans_of(ask, app, origin=STRANGER),
}, sys.stdout)
"""


@pytest.mark.parametrize("debug", ["", "debug"])
@pytest.mark.parametrize("order", ORDERS)
def test_ddtrace_which_patches_the_classes_is_not_bypassed(order: str, debug: str) -> None:
    require("ddtrace")
    # No server of Datadog is running, so don't send anything.
    offline = {"DD_INSTRUMENTATION_TELEMETRY_ENABLED": "0", "DD_REMOTE_CONFIGURATION_ENABLED": "0"}
    run = subprocess.run(
        [sys.executable, "-c", TRACED, order, debug],
        capture_output=True,
        env={**os.environ, **offline},
        cwd=Path(__file__).parents[1],
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert "ERROR" not in run.stderr
    assert "Traceback" not in run.stderr
    found = json.loads(run.stdout)
    hooks = {"preprocess_request", "dispatch_request", "process_response", "do_teardown_request"}
    assert hooks < set(found["bare"])
    # ddtrace traces hooks that are registered after it patched the class, including ours.
    ours = ["flask_crossorigin.hooks.finish"] if order == "before" else []
    assert found.pop("actual") == sorted(found.pop("bare") + ours)
    # The app has no teardown functions, so CORS does not skip do_teardown_request().
    hooks.remove("do_teardown_request")
    for spans in found.values():
        assert "request" in spans
        assert not hooks & set(spans)
