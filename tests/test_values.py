from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import CORS, explain
from flask_crossorigin.diagnostics.audit import CHECKS, Audit
from flask_crossorigin.diagnostics.client import PageRequest
from flask_crossorigin.diagnostics.faults import Fault
from flask_crossorigin.diagnostics.findings import Subject
from flask_crossorigin.diagnostics.probe import Probe
from flask_crossorigin.diagnostics.rehearsal import Answer
from flask_crossorigin.diagnostics.routes import Routes
from flask_crossorigin.diagnostics.target import read_target

APP = "https://app.example.com"


def test_what_was_found_out_stays_what_it_is() -> None:
    app = Flask("shop")
    CORS(app, resources="/x", origins=["null", APP])
    routes, audit = Routes.of(app), Audit.of(app)
    explanation = explain(app, "PUT", "/x", origin=APP)
    values: list[Any] = [explanation, explanation.preflight, explanation.response]
    values += [routes, routes.routes[0], routes.unmatched[0], Subject(app, routes)]
    values += [audit, audit.findings[0], CHECKS[0], read_target("/x", app), Answer(200, {})]
    values += [
        PageRequest("GET", [], APP, False),
        Fault("a", "b", "c"),
        Probe("failed", "", [], []),
    ]
    for value in values:
        for field in fields(value):
            with pytest.raises(FrozenInstanceError):
                setattr(value, field.name, None)
