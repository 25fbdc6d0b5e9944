"""Input that only attackers send is not echoed, raises nothing, and costs little."""

from __future__ import annotations

import gc
import re
import tracemalloc
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.core.automaton import Matcher
from flask_crossorigin.core.patterns import MAX_READ

PAGE = "https://page.test"

MALFORMED = [
    "",
    " ",
    "*",
    "Null",
    "null null",
    "null, null",
    "https://",
    "https://page.test/",
    "https://page.test:443",
    "https://page.test:0",
    "https://page.test:99999",
    "https://PAGE.test",
    "HTTPS://page.test",
    "https://user@page.test",
    "https://page.test?",
    "https://page.test#",
    "https://page.test https://page.test",
    "https://page.test, https://page.test",
    "https://page.test,https://evil.test",
    " https://page.test",
    "https://page.test\r\nX-Evil: 1",
    "https://page.test\n",
    "https://page.test\x00",
    "https://page\u00e9.test",
    "\u00ff\u00fe",
    "https://[::1",
    "https://[1:2]",
    "https://1.2.3.4.5",
    "https://1.2.3.256",
    "https://" + "a" * 314 + ".test",
    "https://" + "a." * 50_000 + "test",
    "a" * 1_000_000,
    "https://page.test" * 1000,
]


def make_app(**options: Any) -> Flask:
    app = Flask("shop")
    CORS(app, **options)
    app.add_url_rule("/x", "x", lambda: "x", methods=["GET", "PUT"])
    app.add_url_rule("/y", "y", cross_origin(**options)(lambda: "y"), methods=["GET", "PUT"])
    return app


def ask(app: Flask, url: str, method: str, **environ: str) -> TestResponse:
    # The client's argument for headers would reject these values.
    return app.test_client().open(url, method=method, environ_overrides=environ)


def ask_both(app: Flask, origin: str) -> list[TestResponse]:
    """Send a request and a preflight to two views, and to a URL without a view."""
    preflight = {"HTTP_ORIGIN": origin, "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT"}
    answers = []
    for url in ("/x", "/y", "/nowhere"):
        answers.append(ask(app, url, "GET", HTTP_ORIGIN=origin))
        answers.append(ask(app, url, "OPTIONS", **preflight))
    return answers


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def strict(asked: list[str]) -> Flask:
    """Make an application with a callable that records its arguments and allows every origin."""

    def note(origin: str) -> bool:
        asked.append(origin)
        return True

    return make_app(origins=[note], supports_credentials=True)


@pytest.mark.parametrize("origin", MALFORMED, ids=lambda origin: repr(origin[:40]))
def test_malformed_origins_reach_no_callable(origin: str, strict: Flask, asked: list[str]) -> None:
    for response in ask_both(strict, origin):
        assert response.status_code in (200, 403, 404)
        assert not [name for name, _ in response.headers if name.startswith("Access-Control-")]
        assert response.headers.getlist("Vary") == ["Origin"]
    assert asked == []
    ask_both(strict, PAGE)
    assert asked == [PAGE] * 6


@pytest.mark.parametrize("origin", MALFORMED, ids=lambda origin: repr(origin[:40]))
@pytest.mark.parametrize(
    "origins",
    [
        PAGE,
        "https://*.page.test",
        "https://page.test:*",
        # A regex that matches the text of most malformed origins.
        re.compile(r"(?s)https://page.*|n.*|https://a.*|a+"),
    ],
    ids=str,
)
def test_malformed_origins_match_nothing(origin: str, origins: Any) -> None:
    app = make_app(origins=[origins, "https://second.test"])
    for response in ask_both(app, origin):
        assert response.status_code in (200, 403, 404)
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("origin", MALFORMED, ids=lambda origin: repr(origin[:40]))
@pytest.mark.parametrize("send_wildcard", [True, False])
def test_malformed_origins_are_any_origin(origin: str, send_wildcard: bool) -> None:
    for response in ask_both(make_app(send_wildcard=send_wildcard), origin):
        assert response.status_code in (200, 204, 404)
        assert response.headers["Access-Control-Allow-Origin"] == "*"


HOSTILE_NAMES = [
    "",
    ",",
    ",,,",
    "X-A X-B",
    "X-A\r\nX-Evil: 1",
    "X-A\x00",
    "X-\u00e9",
    "X-A: 1",
    "<script>",
    "(" * 100,
    "X-A," * 200 + "X-A",
    "a" * 100_000,
    "X-A," * 25_000,
    ",".join(f"X-{number}" for number in range(129)),
]


@pytest.mark.parametrize("names", HOSTILE_NAMES, ids=lambda names: repr(names[:30]))
@pytest.mark.parametrize("allow_headers", ["*", "X-A", "X-*"])
def test_requested_headers(names: str, allow_headers: str) -> None:
    app = make_app(origins=PAGE, allow_headers=allow_headers)
    response = ask(
        app,
        "/x",
        "OPTIONS",
        HTTP_ORIGIN=PAGE,
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="PUT",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS=names,
    )
    assert response.status_code == 204
    assert "Access-Control-Allow-Headers" not in response.headers
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


def test_as_many_requested_headers_as_are_read() -> None:
    names = ",".join(f"X-{number}" for number in range(128))
    response = ask(
        make_app(),
        "/x",
        "OPTIONS",
        HTTP_ORIGIN=PAGE,
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="PUT",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS=names,
    )
    assert response.headers["Access-Control-Allow-Headers"] == names.replace(",", ", ")


@pytest.mark.parametrize(
    "method",
    ["", " ", "PUT GET", "PUT,GET", "PUT\r\nX-Evil: 1", "PUT\x00", "\u00e9", "(", "A" * 100_000],
    ids=lambda method: repr(method[:20]),
)
@pytest.mark.parametrize("methods", ["PUT", "*"])
def test_requested_methods(method: str, methods: str) -> None:
    app = make_app(origins=PAGE, methods=methods)
    for url in ("/x", "/y", "/nowhere"):
        environ = {"HTTP_ORIGIN": PAGE, "HTTP_ACCESS_CONTROL_REQUEST_METHOD": method}
        response = ask(app, url, "OPTIONS", **environ)
        assert response.status_code == 204
        sent = response.headers.get("Access-Control-Allow-Methods")
        # A token of any length is a method, and may be echoed.
        assert sent == (method if methods == "*" and method.isalpha() and method < "B" else None)


@pytest.mark.parametrize(
    "path", ["/\x00", "/%", "/\u00c3(", "/\u00ff", "/" * 10_000, "/a\n", "/" + "a/" * 10_000, ""]
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_paths(path: str, method: str) -> None:
    app = Flask("shop")
    CORS(app, origins=PAGE, resources=["/a*", "/x"])
    app.add_url_rule("/<path:path>", "x", lambda path: path)
    environ = {"HTTP_ORIGIN": PAGE, "PATH_INFO": path, "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT"}
    assert ask(app, "/", method, **environ).status_code in (200, 204, 308, 404)


LABELS = r"https://([a-z0-9-]{1,63}\.?){1,10}\.page\.test"
RANDOM = Random(4)


def mixed(characters: str, count: int) -> str:
    return "".join(RANDOM.choices(characters, k=count))


def asking_for(names: str) -> dict[str, str]:
    return {
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT",
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": names,
    }


@pytest.mark.parametrize(
    ("options", "environ"),
    [
        ({"origins": LABELS}, {"HTTP_ORIGIN": "https://" + "a" * 318}),
        ({"origins": LABELS}, {"HTTP_ORIGIN": "https://" + "a-b." * 79 + "c"}),
        ({"origins": r"https://(a|aa)+\.page\.test"}, {"HTTP_ORIGIN": "https://" + "a" * 318}),
        ({"origins": "(.*)+(.*)*x://(.+)+"}, {"HTTP_ORIGIN": "https://" + "a" * 318}),
        # Many patterns cost no more than one.
        (
            {"origins": [rf"https://.*a.{{{n}}}\.test" for n in range(100, 250)]},
            {"HTTP_ORIGIN": f"https://{mixed('ab', 300)}.test"},
        ),
        (
            {"origins": [rf"https://[a-z0-9]+x{n}\.page\.test" for n in range(1000)]},
            {"HTTP_ORIGIN": f"https://{mixed('x0123456789', 300)}.test"},
        ),
        ({"resources": "^/api/*/a/*/b/*/c"}, {"PATH_INFO": "/api" + "/a/b" * 900}),
        ({"resources": "/*/*/*/*/*/x"}, {"PATH_INFO": "/a" * 4000}),
        ({"resources": "/.*.*.*.*.*x"}, {"PATH_INFO": "/" + "a" * 8000}),
        ({"resources": r"/([\w/]+\W?)+!"}, {"PATH_INFO": "/" + "a" * 8000}),
        ({"resources": r"/.*a.{1800}"}, {"PATH_INFO": "/" + mixed("ab", 8000)}),
        (
            {"resources": [rf"/.*a.{{{n}}}" for n in range(100, 110)]},
            {"PATH_INFO": "/" + mixed("ab", 8000)},
        ),
        # The same, in a preflight, which looks for the policy of each method.
        (
            {"resources": [rf"/.*a.{{{n}}}" for n in range(100, 110)]},
            {"PATH_INFO": "/" + mixed("ab", 8000), **asking_for("X-A")},
        ),
        ({"allow_headers": "X-.*-.*-Id"}, asking_for("X-" + "-I" * 4000)),
        ({"allow_headers": "X-(\\w+-?)+:?"}, asking_for(",".join(["X-" + "a" * 60] * 128))),
        (
            {"allow_headers": [rf"X-[a-z]*a[a-z]{{{n}}}c" for n in range(5, 105)]},
            asking_for(",".join("X-" + mixed("ab", 61) for _ in range(128))),
        ),
    ],
    ids=lambda value: f"{value!s:.60}",
)
def test_no_text_makes_a_string_slow(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], environ: dict[str, str]
) -> None:
    steps: list[int] = []
    after = Matcher.after

    def counted(self: Matcher, positions: int) -> int:
        steps.append(positions)
        return after(self, positions)

    app = Flask("shop")
    CORS(app, **options)
    app.add_url_rule("/<path:path>", "x", lambda path: path, methods=["GET", "PUT"])
    ask(app, "/", "GET", HTTP_ORIGIN=PAGE)  # The first request makes the policies.
    monkeypatch.setattr(Matcher, "after", counted)
    method = "OPTIONS" if "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ else "GET"
    ask(app, "/", method, **{"HTTP_ORIGIN": PAGE, **environ})
    assert len(steps) <= MAX_READ + len(PAGE)


@pytest.mark.parametrize("decorated", [True, False])
@pytest.mark.parametrize(("length", "status"), [(MAX_READ, 200), (MAX_READ + 1, 403)])
def test_a_path_that_is_too_long_is_not_let_past_what_enforces(
    length: int, status: int, decorated: bool
) -> None:
    app = Flask("shop")
    # The path matches the second pattern, but it is too long to compare with the first.
    resources = {
        "/a/*.secret": {"origins": PAGE, "enforce": True},
        "/a*": {"origins": "https://other.test"},
    }
    CORS(app, resources=resources)

    def view(path: str) -> str:
        return path

    app.add_url_rule("/<path:path>", "x", cross_origin(origins=PAGE)(view) if decorated else view)
    for stranger, expected in ((PAGE, status), ("https://stranger.test", status)):
        path = "/a/".ljust(length, "x")
        response = ask(app, "/", "GET", HTTP_ORIGIN=stranger, PATH_INFO=path)
        assert response.status_code == (200 if decorated else expected)
        allowed = response.headers.get("Access-Control-Allow-Origin")
        assert allowed == (PAGE if decorated and stranger == PAGE else None)
    # Requests without Origin, and paths that start differently, are served as usual.
    assert ask(app, "/", "GET", PATH_INFO="/a/".ljust(length, "x")).status_code == 200
    other = ask(app, "/", "GET", HTTP_ORIGIN=PAGE, PATH_INFO="/b/".ljust(9000, "x"))
    assert other.status_code == 200


def test_a_path_may_be_long_where_its_start_decides() -> None:
    app = Flask("shop")
    CORS(app, resources={"/api/*": {"origins": PAGE}, "/*/secret": {"origins": "https://b.test"}})
    for characters in ("x", "".join(map(chr, range(0x4E00, 0x5E00)))):
        path = f"/api/{characters * (9000 // len(characters))}".encode().decode("latin-1")
        response = ask(app, "/", "GET", HTTP_ORIGIN=PAGE, PATH_INFO=path)
        assert response.headers["Access-Control-Allow-Origin"] == PAGE


@pytest.mark.parametrize("pattern", ["X-*", "X-[0-9]+-a*", re.compile("X-[0-9]+-a*")], ids=str)
def test_patterns_read_so_much_of_all_header_names(pattern: Any) -> None:
    names = [f"X-{number}-".ljust(128, "a") for number in range(17)]
    response = ask(
        make_app(origins=PAGE, allow_headers=[pattern, "X-Literal"]),
        "/x",
        "OPTIONS",
        HTTP_ORIGIN=PAGE,
        **asking_for(",".join([*names, "X-Literal", "X-B"])),
    )
    # The literal name is allowed, because no pattern has to read it.
    allowed = ", ".join([*names[: MAX_READ // 128], "X-Literal"])
    assert response.headers["Access-Control-Allow-Headers"] == allowed


@pytest.mark.parametrize(("length", "allowed"), [(128, True), (129, False)])
@pytest.mark.parametrize("pattern", ["X-*", "X-[a]+", re.compile("X-a+")], ids=str)
def test_long_header_names_match_no_pattern(pattern: Any, length: int, allowed: bool) -> None:
    name = "X-".ljust(length, "a")
    response = ask(
        make_app(origins=PAGE, allow_headers=[pattern]),
        "/x",
        "OPTIONS",
        HTTP_ORIGIN=PAGE,
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="PUT",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS=name,
    )
    assert response.headers.get("Access-Control-Allow-Headers") == (name if allowed else None)


@pytest.mark.parametrize(
    "vary",
    [
        lambda text: {"HTTP_ACCESS_CONTROL_REQUEST_METHOD": text},
        lambda text: {"HTTP_ACCESS_CONTROL_REQUEST_HEADERS": text[:8000]},
        lambda text: {"HTTP_ORIGIN": f"https://{text[:200]}.page.test"},
    ],
    ids=["method", "names", "origin"],
)
@pytest.mark.parametrize("origins", ["*", [PAGE, "https://*.page.test"]], ids=["any", "pattern"])
def test_nothing_that_attackers_send_is_kept(
    vary: Callable[[str], dict[str, str]], origins: Any
) -> None:
    app = make_app(origins=origins, methods="*")
    app.url_map.add(Rule("/any", endpoint="x"))

    def ask_much(start: int) -> None:
        for number in range(start, start + 100):
            environ = {"HTTP_ORIGIN": PAGE, "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT"}
            environ |= vary(f"a{number}".ljust(10_000, "a"))
            ask(app, "/any", "OPTIONS", **environ)

    ask_much(0)
    gc.collect()
    tracemalloc.start()
    try:
        ask_much(1000)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Keeping them would take a megabyte.
    assert kept < 50_000
