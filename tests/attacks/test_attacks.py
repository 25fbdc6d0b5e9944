"""Attacks that are known, each against this package and against Flask-CORS.

What is safe with Flask-CORS was a hole in an older version of it.
"""

from __future__ import annotations

import logging
from types import ModuleType

import flask_cors
import pytest
from flask import Flask
from werkzeug.test import TestResponse

import flask_crossorigin
from flask_crossorigin.audit import Audit

from .table import APP, ATTACKS, AUDITED, BITES, EVIL, NOT_TAKEN, SAFE, Attack, preflight


def attempt(attack: Attack, package: ModuleType) -> str:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/<path:path>", "view", lambda path: path, methods=["GET", "PUT"])
    try:
        package.CORS(app, **attack.options)
    except ValueError:
        return NOT_TAKEN
    response = ask(app, attack.path, attack.origin, attack.headers)
    worth = attack.origin if attack.worth is None else attack.worth
    got = response.headers.getlist(attack.prize)
    # To a preflight any answer will do that the header is on.
    return BITES if any(value.startswith(worth) for value in got) else SAFE


def ask(app: Flask, path: str, origin: str, headers: dict[str, str]) -> TestResponse:
    method = "OPTIONS" if "Access-Control-Request-Method" in headers else "GET"
    environ = {f"HTTP_{name.upper().replace('-', '_')}": headers[name] for name in headers}
    environ["HTTP_ORIGIN"] = origin
    return app.test_client().open(path, method=method, environ_overrides=environ)


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_attack(attack: Attack) -> None:
    assert attempt(attack, flask_cors) == attack.before
    found = attempt(attack, flask_crossorigin)
    if attack.here is AUDITED:
        app = Flask("shop")
        flask_crossorigin.CORS(app, **attack.options)
        assert (found, "C007" in {finding.id for finding in Audit.of(app).findings}) == (
            BITES,
            True,
        )
    else:
        assert found == attack.here


@pytest.mark.parametrize(
    ("place", "package", "expected"),
    [
        ("path", flask_cors, SAFE),
        ("path", flask_crossorigin, SAFE),
        ("origin", flask_cors, BITES),
        ("origin", flask_crossorigin, SAFE),
        ("method", flask_cors, SAFE),
        ("method", flask_crossorigin, SAFE),
    ],
)
def test_cve_2024_1681(
    place: str, package: ModuleType, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A line break in what the log is told of a request starts a line of the attacker's."""
    caplog.set_level(logging.DEBUG, package.__name__)
    app = Flask("shop")
    app.debug = True
    package.CORS(app, origins=[APP, "https://b.example.com"], resources="/*")
    forged = "\r\nWARNING in auth: admin logged in"
    sent = {name: text + forged * (name == place) for name, text in _REQUEST.items()}
    ask(app, sent["path"], sent["origin"], preflight(sent["method"]))
    assert caplog.records
    bites = any(forged in record.getMessage() for record in caplog.records)
    assert (BITES if bites else SAFE) == expected


_REQUEST = {"path": "/data", "origin": EVIL, "method": "PUT"}
