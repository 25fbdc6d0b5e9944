"""The JSON of each command has the right keys and types, and the documentation lists the keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import CORS
from flask_crossorigin.cli import cors
from flask_crossorigin.diagnostics.transport import NetworkTransport
from flask_crossorigin.testing import NetworkError, ReceivedResponse, SentRequest
from flask_crossorigin.testing.wsgi import make_environ, run_app

APP = "https://app.example.com"
PAGE = Path(__file__).parents[2] / "docs" / "json.rst"

# A shape describes a JSON value. It is a type, None, a tuple of alternative shapes, a list with the
# shape of its items, or a dict with the shape for each key. Each command has a shape in SHAPES and
# one or more rows in RUNS.
HEADERS = [[str]]
PLACE = ({"file": str, "line": int}, None)
MESSAGE = {
    "is_preflight": bool,
    "because": [str],
    "request": {"method": str, "url": str, "headers": HEADERS},
    "response": {"status": int, "headers": HEADERS},
    "problem": (str, None),
}
#: A message whose status is unknown if the view sets it.
EXPLAINED = {**MESSAGE, "response": {"status": (int, None), "headers": HEADERS}}
#: The keys that ``explain`` and ``probe`` share.
VERDICT = {
    "schema": int,
    "command": str,
    "verdict": str,
    "reason": str,
    "origin": str,
    "method": str,
    "url": str,
    "credentials": bool,
    "notes": [str],
}

GRANT = {
    "policy": (str, None),
    "place": PLACE,
    "origins": [str],
    "methods": [str],
    "allow_headers": [str],
    "expose_headers": [str],
    "credentials": bool,
    "max_age": (int, None),
}
RULE = {"rule": str, "method": str, "domain": str}
ROUTE = {
    **RULE,
    **GRANT,
    "endpoint": str,
    "enforce": (bool, str),
    "report_only": bool,
    "for_origins": [GRANT],
}
ACCESS = {
    "verdict": str,
    "reason": str,
    "credentials": bool,
    "max_age": (int, None),
    "allow_headers": [str],
    "expose_headers": [str],
    "url": (str, None),
}
ROUTES = {
    "schema": int,
    "command": str,
    "all_methods": bool,
    "routes": [ROUTE],
    "unmatched": [{"pattern": str, "policy": str}],
    "problems": [str],
    "late": [{"endpoint": str, "policy": str, "place": PLACE}],
}
CHANGE = {
    **RULE,
    "what": str,
    "origin": str,
    "names": [str],
    "credentials": bool,
    "note": (str, None),
}
FINDING = {
    "id": str,
    "severity": str,
    "title": str,
    "policy": str,
    "place": PLACE,
    "message": str,
    "harm": str,
    "fix": str,
}

SHAPES: dict[str, dict[str, Any]] = {
    "routes": ROUTES,
    "routes --origin": {**ROUTES, "origin": str, "routes": [{**ROUTE, "access": ACCESS}]},
    "diff": {
        "schema": int,
        "command": str,
        "gained": [CHANGE],
        "lost": [CHANGE],
        "new_routes": [RULE],
        "removed_routes": [RULE],
        "problems": [str],
    },
    "audit": {
        "schema": int,
        "command": str,
        "findings": [FINDING],
        "skipped": [str],
        "ignored": [str],
    },
    "explain": {
        **VERDICT,
        "is_cross_origin": bool,
        "policy": (str, None),
        "place": PLACE,
        "redirects": [EXPLAINED],
        "preflight": (EXPLAINED, None),
        "response": (EXPLAINED, None),
        "session_cookie": (
            {"name": str, "is_sent": bool, "reason": str, "remedy": str},
            None,
        ),
        "remedy": str,
    },
    "probe": {
        **VERDICT,
        "exchanges": [MESSAGE],
        "faults": [{"name": str, "message": str, "fix": str}],
    },
}

#: The arguments of each command. Together, the outputs have a value for every key.
RUNS: list[tuple[str, list[str]]] = [
    ("routes", []),
    ("routes --origin", [APP]),
    ("diff", ["-"]),
    ("audit", ["--ignore", "C008"]),
    ("explain", ["PUT", "/slash?a=1", "--origin", APP, "--credentials", "-H", "Host: x"]),
    ("explain", ["PUT", "/items", "--origin", "https://evil.example"]),
    ("explain", ["GET", "http://127.0.0.1:5000/", "--origin", "http://127.0.0.1:5000"]),
    ("probe", ["http://api.test/items", "--origin", APP, "-X", "PUT", "--send"]),
    ("probe", ["http://api.test/items", "--origin", "https://evil.example", "--credentials"]),
    ("probe", ["http://none.test/", "--origin", APP]),
]


def fits(value: object, shape: object) -> bool:
    if isinstance(shape, tuple):
        return any(fits(value, each) for each in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(each, shape[0]) for each in value)
    if isinstance(shape, dict):
        return (
            isinstance(value, dict)
            and value.keys() == shape.keys()
            and all(fits(value[key], shape[key]) for key in shape)
        )
    return value is None if shape is None else type(value) is shape


def keys(shape: object) -> Iterator[str]:
    if isinstance(shape, dict):
        yield from shape
    for part in shape.values() if isinstance(shape, dict) else shape:  # type: ignore[attr-defined]
        if isinstance(part, (dict, list, tuple)):
            yield from keys(part)


@pytest.fixture
def app() -> Flask:
    app = Flask("shop", static_folder=None)
    app.secret_key = "not really"
    app.add_url_rule("/items", "items", lambda: "seen", methods=["GET", "PUT"])
    app.add_url_rule("/slash/", "slash", lambda: "seen", methods=["GET", "PUT"])
    CORS(app, origins=APP, supports_credentials=True)
    return app


@pytest.mark.parametrize(("command", "arguments"), RUNS)
def test_json_has_its_shape(
    command: str, arguments: list[str], app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(_transport: NetworkTransport, request: SentRequest) -> ReceivedResponse:
        if "none.test" in request.url:
            raise NetworkError("there is no host with this name")
        return run_app(app, make_environ(request))

    monkeypatch.setattr(NetworkTransport, "send", send)
    saved = '{"schema": 1, "command": "routes", "all_methods": false, "routes": []}'
    invoked = [*command.split(), *arguments, "--json"]
    output = app.test_cli_runner().invoke(cors, invoked, input=saved).output
    told = json.loads(output)
    assert fits(told, SHAPES[command])
    assert [*told][:2] == ["schema", "command"]
    assert (told["schema"], told["command"]) == (1, command.split()[0])


@pytest.mark.parametrize("command", SHAPES)
def test_every_key_is_documented(command: str) -> None:
    page = PAGE.read_text("utf-8")
    documented = {
        key
        for line in re.findall(r"^- ((?:`\w+`(?:, | and )?)+): ", page, re.MULTILINE)
        for key in re.findall(r"`(\w+)`", line)
    }
    assert {*keys(SHAPES[command])} <= documented


@pytest.mark.parametrize(
    "wrong",
    [{"a": [1]}, {"a": ["1"], "b": None}, {"a": [True], "b": None}, [], {"a": 1, "b": "x"}],
)
def test_the_shapes_are_checked(wrong: object) -> None:
    """The comparison rejects values that don't have the shape."""
    assert fits({"a": [1], "b": None}, {"a": [int], "b": (str, None)})
    assert not fits(wrong, {"a": [int], "b": (str, None)})
