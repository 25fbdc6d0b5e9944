"""Try known attacks on this package and on Flask-CORS 6.0.5.

If Flask-CORS is safe from an attack, another test opens the hole and shows that the attack works.
Some of these holes were in older versions of Flask-CORS, others only in other packages.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from importlib.metadata import version
from types import ModuleType

import flask_cors
import pytest
from flask import Flask, Response, request
from flask_cors_limits import skip_preflights_of_views
from werkzeug.test import TestResponse

import flask_crossorigin
from flask_crossorigin import CORS
from flask_crossorigin.diagnostics.audit import audit

from .table import APP, ATTACKS, BITES, EVIL, SAFE, Attack, not_taken, reported


def make_app(attack: Attack, package: ModuleType) -> Flask:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/<path:path>", "view", lambda path: path, methods=["GET", "PUT"])
    package.CORS(app, **attack.options)
    return app


def attempt(attack: Attack, package: ModuleType) -> str:
    """Attack an application, and return the outcome."""
    try:
        app = make_app(attack, package)
    except ValueError as error:
        return not_taken(str(error))
    return outcome(attack, ask(app, attack.path, attack.origin, attack.headers))


def outcome(attack: Attack, response: TestResponse) -> str:
    got = response.headers.getlist(attack.prize)
    # Only the header counts, even for a preflight: the status is not checked.
    if attack.worth is None:
        return BITES if {attack.origin, "*"}.intersection(got) else SAFE
    return BITES if any(attack.worth in value for value in got) else SAFE


def ask(app: Flask, path: str, origin: str, headers: dict[str, str]) -> TestResponse:
    method = "OPTIONS" if "Access-Control-Request-Method" in headers else "GET"
    environ = {f"HTTP_{name.upper().replace('-', '_')}": headers[name] for name in headers}
    environ["HTTP_ORIGIN"] = origin
    return app.test_client().open(path, method=method, environ_overrides=environ)


def test_flask_cors_is_the_one_that_is_named() -> None:
    assert version("flask-cors") == "6.0.5"


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_attack(attack: Attack) -> None:
    found = attempt(attack, flask_crossorigin)
    if attack.here.startswith(not_taken("")):
        assert found.startswith(not_taken(""))
        assert attack.here.removeprefix(not_taken("")) in found
    elif attack.here.startswith(BITES):
        findings = audit(make_app(attack, flask_crossorigin)).findings
        assert found == BITES
        assert attack.here in {reported(finding.id) for finding in findings}
    else:
        assert found == attack.here == SAFE


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_attack_on_flask_cors(attack: Attack) -> None:
    assert attempt(attack, flask_cors) == attack.before
    if attack.before == BITES and "supports_credentials" in attack.options:
        response = ask(make_app(attack, flask_cors), attack.path, attack.origin, attack.headers)
        assert response.headers["Access-Control-Allow-Credentials"] == "true"


HOLES = [attack for attack in ATTACKS if attack.as_with_the_hole is not None]


@pytest.mark.parametrize("attack", HOLES, ids=str)
def test_what_is_safe_with_flask_cors_bites_where_the_hole_is(attack: Attack) -> None:
    with_the_hole = replace(attack, options=attack.as_with_the_hole or {})
    assert attempt(with_the_hole, flask_cors) == BITES


def test_every_safe_one_is_seen_to_bite() -> None:
    """Each attack that Flask-CORS is safe from is shown to work with other options, except one.

    No options open that hole, so the next test opens it with an ``after_request`` function.
    """
    unseen = [each.name for each in ATTACKS if each.before == SAFE and each not in HOLES]
    assert [name.partition(" ")[0] for name in unseen] == ["GHSA-q7jf-gf43-6x6p"]


def test_a_vary_that_comes_back_would_be_seen() -> None:
    (attack,) = [each for each in ATTACKS if each.prize == "Vary"]
    app = make_app(attack, flask_crossorigin)

    @app.after_request
    def copy(response: Response) -> Response:
        response.vary.add(request.headers["Vary"])
        return response

    assert outcome(attack, ask(app, attack.path, attack.origin, attack.headers)) == BITES


FORGED = "\r\nWARNING in auth: admin logged in"


@pytest.mark.parametrize(
    ("place", "package", "expected"),
    [
        # In Flask-CORS 4.0.0 and older, the path was vulnerable.
        ("PATH_INFO", flask_cors, SAFE),
        ("HTTP_ORIGIN", flask_cors, BITES),
        ("HTTP_ACCESS_CONTROL_REQUEST_METHOD", flask_cors, SAFE),
        ("PATH_INFO", flask_crossorigin, SAFE),
        ("HTTP_ORIGIN", flask_crossorigin, SAFE),
        ("HTTP_ACCESS_CONTROL_REQUEST_METHOD", flask_crossorigin, SAFE),
    ],
)
def test_cve_2024_1681(
    place: str, package: ModuleType, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A line break in ``Origin`` forges a log line with Flask-CORS, but not with this package."""
    caplog.set_level(logging.DEBUG, package.__name__)
    app = Flask("shop")
    app.debug = True
    package.CORS(app, origins=[APP, "https://b.example.com"], methods="PUT", resources="/*")
    sent = {
        "PATH_INFO": "/data",
        # For a refused origin, the log does not mention the method.
        "HTTP_ORIGIN": APP if place.endswith("METHOD") else EVIL,
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT",
    }
    sent[place] += FORGED
    # Werkzeug's client removes line breaks from URLs, so set the environ directly.
    app.test_client().options("/", environ_overrides=sent)
    messages = [record.getMessage() for record in caplog.records]
    assert (BITES if any(FORGED in message for message in messages) else SAFE) == expected
    if package is flask_crossorigin or place == "PATH_INFO":
        assert any("admin logged in" in message for message in messages), "it is told, escaped"


@pytest.mark.parametrize(("package", "expected"), [(flask_cors, BITES), (flask_crossorigin, SAFE)])
def test_laravel_cors_93(package: ModuleType, expected: str) -> None:
    """A preflight does not list a method that has another policy, except with Flask-CORS."""
    if package is flask_cors:
        skip_preflights_of_views()
    app = Flask("shop")
    reads = package.cross_origin(origins="*")(lambda: "read")
    deletes = package.cross_origin(origins=APP)(lambda: "deleted")
    app.add_url_rule("/data", "read", reads, methods=["GET", "OPTIONS"])
    app.add_url_rule("/data", "delete", deletes, methods=["DELETE"])
    response = ask(app, "/data", EVIL, {"Access-Control-Request-Method": "GET"})
    assert response.headers["Access-Control-Allow-Origin"] in ("*", EVIL)
    listed = response.headers["Access-Control-Allow-Methods"].split(", ")
    assert (BITES if "DELETE" in listed else SAFE) == expected


@pytest.mark.parametrize("path", ["/.%2Fdata", "/..%2Fdata", "/%2e/data", "/a/../data"])
def test_a_dot_segment_and_enforce(path: str) -> None:
    """``enforce`` also protects a path with dot segments, which no pattern matches."""
    app = Flask("bank")
    CORS(app, origins=APP, enforce=True)
    ran: list[str] = []

    @app.post("/<path:at>/data")
    def data(at: str) -> str:
        ran.append(at)
        return at

    response = app.test_client().post(path, headers={"Origin": EVIL})
    assert (response.status_code, ran) == (403, [])
