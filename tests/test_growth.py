"""Which costs may grow with the configuration. The tests count calls, because times vary."""

from __future__ import annotations

import gc
import re
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask
from werkzeug.routing import Rule

from flask_crossorigin import CORS
from flask_crossorigin.core.origins import Origins
from flask_crossorigin.core.policy import REMEMBERED_ORIGINS, REMEMBERED_PREFLIGHTS
from flask_crossorigin.core.reasons import nearest_origin
from flask_crossorigin.fetch.grammar import parse_origin
from flask_crossorigin.options.origins import read_origin
from flask_crossorigin.state import State

pytestmark = pytest.mark.once

ORIGIN = "https://app.example.com"
PREFLIGHT = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-token"}


def calls_of(function: Callable[[], object]) -> int:
    """Call a function, and count all calls inside it, including those of built-in functions."""
    count = 0

    def notice(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    # The garbage collector could run finalizers of other tests, which would be counted.
    gc.collect()
    gc.disable()
    sys.setprofile(notice)
    try:
        function()
    finally:
        sys.setprofile(before)
        gc.enable()
    return count


def make(**options: Any) -> Flask:
    app = Flask("growth")
    app.add_url_rule("/api/<path:name>", "items", lambda name: "items", methods=["GET", "PUT"])
    CORS(app, **options)
    return app


def literals(count: int) -> dict[str, Any]:
    return {"origins": [*(f"https://a{number}.example.com" for number in range(count)), ORIGIN]}


def patterns(count: int) -> dict[str, Any]:
    return {"origins": [*(f"https://*.a{number}.com" for number in range(count)), ORIGIN]}


def deep_patterns(count: int) -> dict[str, Any]:
    return {"origins": [f"https://*.{'a.' * number}example.com" for number in range(count)]}


def resources(count: int) -> dict[str, Any]:
    entries = {f"/r{number:04}/*": literals(1) for number in range(count)}
    return {"resources": {**entries, "/api/*": literals(1)}}


def of_request(app: Flask, origin: str, method: str = "GET", path: str = "/api/x") -> int:
    """Count the calls during a request that the application has served before."""
    client = app.test_client()
    headers = {"Origin": origin, **(PREFLIGHT if method == "OPTIONS" else {})}

    def send() -> None:
        client.open(path, method=method, headers=headers)

    send()
    # Occasional work can only increase the count, so the minimum is right.
    return min(calls_of(send) for _ in range(5))


@pytest.mark.parametrize("options", [literals, patterns, resources])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("origin", [ORIGIN, "https://stranger.example.net"])
def test_a_request_costs_the_same_among_many(
    options: Callable[[int], dict[str, Any]], method: str, origin: str
) -> None:
    few, many = (of_request(make(**options(count)), origin, method) for count in (2, 500))
    assert many == few


@pytest.mark.parametrize("options", [literals, patterns])
def test_an_origin_that_comes_first_costs_the_same_among_many(
    options: Callable[[int], dict[str, Any]],
) -> None:
    few, many = (State.of(make(**options(count))).policies.paths for count in (2, 500))

    def ask(paths: Any) -> int:
        policy = paths.find("/api/x")
        return calls_of(lambda: policy.actual("https://x.stranger.example.net"))

    assert ask(many) == ask(few)


def test_a_request_costs_the_same_among_many_blueprints() -> None:
    def blueprints(count: int) -> Flask:
        app = Flask("growth")
        for number in range(count):
            blueprint = Blueprint(f"b{number}", __name__, url_prefix=f"/b{number}")
            blueprint.add_url_rule("/items", "items", lambda: "items", methods=["GET", "PUT"])
            CORS(blueprint, origins=ORIGIN)
            app.register_blueprint(blueprint)
        return app

    for method in ("GET", "OPTIONS"):
        few, many = (
            of_request(blueprints(count), ORIGIN, method, "/b0/items") for count in (1, 50)
        )
        assert many == few


@pytest.mark.parametrize("options", [literals, patterns, resources])
def test_starting_grows_no_faster_than_the_configuration(
    options: Callable[[int], dict[str, Any]],
) -> None:
    def start(count: int) -> int:
        def first_request() -> None:
            make(**options(count)).test_client().get("/api/x", headers={"Origin": ORIGIN})

        # Work that is done once per process is not counted.
        first_request()
        return calls_of(first_request)

    small, middle, large = (start(count) for count in (50, 100, 200))
    assert large - middle <= 2.2 * (middle - small)


def test_many_labels_in_a_pattern_cost_no_more_than_they_are() -> None:
    small, middle, large = (
        calls_of(lambda count=count: make(**deep_patterns(count)))  # type: ignore[misc]
        for count in (25, 50, 100)
    )
    # The total number of labels grows with the square of the number of patterns.
    assert large - middle <= 4.4 * (middle - small)


@pytest.mark.parametrize(
    "written",
    ["https://app{}.example.com", "http://localhost:{}", "https://*.app{}.example.com"],
)
@pytest.mark.parametrize(
    "refused", ["https://apps1.example.com", "http://localhost:70", "https://localhost"]
)
def test_the_nearest_origin_is_looked_for_among_no_more_than_a_few(
    written: str, refused: str
) -> None:
    """This holds for the first search too, so no request has to process all origins."""

    def look(count: int) -> int:
        texts = (written.format(number) for number in range(100, 100 + count))
        origins = Origins(read_origin(text) for text in texts)
        parsed = parse_origin(refused)
        assert parsed is not None
        return calls_of(lambda: nearest_origin(origins, parsed))

    assert look(5_000) == look(50)


def test_memory_does_not_grow_with_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make(
        resources={
            "/api/*": {"origins": [ORIGIN, re.compile(r"https://[a-z0-9]+\.example\.net")]},
            "/api/a*": {"origins": "https://*.example.com"},
        }
    )
    client = app.test_client()

    def send(first: int, last: int) -> None:
        for number in range(first, last):
            for origin in (f"https://x{number}.example.net", f"https://x{number}.example.org"):
                client.get(f"/api/a{number}", headers={"Origin": origin})
                client.get(f"/api/{number}", headers={"Origin": origin})
            client.options(f"/api/{number}", headers={"Origin": origin, **PREFLIGHT})

    full = 80
    send(0, full)
    tracemalloc.start()
    try:
        send(full, 2 * full)
        gc.collect()
        once = tracemalloc.get_traced_memory()[0]
        send(2 * full, 4 * full)
        gc.collect()
        thrice = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    # Keeping an entry for each request would take several times as much memory.
    assert thrice < once + 50_000
    for _, policy in State.of(app).policies.paths.entries:
        remembered = len(policy.origins.literals) + REMEMBERED_ORIGINS
        assert len(policy._decisions) <= remembered
        assert len(policy._preflights) <= REMEMBERED_PREFLIGHTS


def spelled(number: int) -> str:
    """Return a method with some letters in upper case: a bit of the number for each."""
    return "".join(
        letter.upper() if number >> place & 1 else letter for place, letter in enumerate("propfind")
    )


@pytest.mark.parametrize(("methods", "made_up"), [(None, "M{}".format), (["PROPFIND"], spelled)])
def test_made_up_methods_are_not_kept(
    methods: list[str] | None, made_up: Callable[[int], str]
) -> None:
    app = make(origins=ORIGIN, methods="*")
    app.url_map.add(Rule("/any", endpoint="any", methods=methods))
    app.view_functions["any"] = lambda: "any"
    client = app.test_client()

    def send(first: int, last: int) -> int:
        for number in range(first, last):
            asked = {"Origin": ORIGIN, "Access-Control-Request-Method": made_up(number)}
            assert client.options("/any", headers=asked).status_code == 204
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    # The policy's cache is as full after each of these.
    full = REMEMBERED_PREFLIGHTS
    send(0, full)
    tracemalloc.start()
    try:
        before = send(full, 2 * full)
        assert send(2 * full, 3 * full) < before + 10_000
    finally:
        tracemalloc.stop()


def test_a_long_origin_is_not_kept() -> None:
    app = make(origins=ORIGIN)
    client = app.test_client()
    client.get("/api/x", headers={"Origin": f"https://{'a' * 8_000}.example.com"})
    [(_, policy)] = State.of(app).policies.paths.entries
    assert not policy._decisions


def test_listed_origins_are_served_during_a_flood_of_others() -> None:
    app = make(origins=[ORIGIN])
    client = app.test_client()
    for number in range(3 * REMEMBERED_ORIGINS):
        refused = client.get("/api/x", headers={"Origin": f"https://x{number}.example.net"})
        assert "Access-Control-Allow-Origin" not in refused.headers
        allowed = client.get("/api/x", headers={"Origin": ORIGIN})
        assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
