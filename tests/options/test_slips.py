"""Test misspelled values: those that are corrected, and those that are reported with a fix."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, ConfigError
from flask_crossorigin.options.spelling import slips

Send = Callable[..., TestResponse]

APP = "https://app.example.com"
OTHER = "https://other.example.com"


def hint_of(**options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        CORS(Flask("shop"), **options)
    [problem] = caught.value.problems
    return problem.hint


def followed(hint: str) -> Any:
    """Return the value that a hint suggests."""
    written = re.fullmatch(r"Write (separate items: )?(.+?)\.?", hint)
    assert written
    return eval(f"[{written[2]}]" if written[1] else written[2])


def allowed_paths(paths: list[str], **options: Any) -> list[str]:
    app = Flask("shop")
    CORS(app, **options)
    client = app.test_client()
    return [
        path
        for path in paths
        if "Access-Control-Allow-Origin" in client.get(path, headers={"Origin": APP}).headers
    ]


@pytest.mark.parametrize(
    "written",
    [
        f"{APP},{OTHER}".split(","),
        f"{APP}, {OTHER},".split(","),
        ["", f" {APP}\n", "\t", OTHER],
        f" {APP} , {OTHER} ,, ",
        f'[" {APP}", "{OTHER} ", ""]',
    ],
)
def test_spaces_and_empty_items_are_dropped(written: Any, send: Send) -> None:
    app = Flask("shop")
    CORS(app, origins=written)
    for origin in (APP, OTHER):
        assert send(app, "/", origin=origin).headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize("option", ["origins", "methods", "allow_headers", "resources"])
def test_a_list_of_empty_items_is_a_mistake(option: str) -> None:
    with pytest.raises(ConfigError) as caught:
        CORS(Flask("shop"), **{option: ["", " "]})  # type: ignore[arg-type]  # pyright: ignore
    assert [problem.where for problem in caught.value.problems] == [f"{option}[0]", f"{option}[1]"]


def test_empty_items_count_in_the_index_of_a_problem() -> None:
    with pytest.raises(ConfigError) as caught:
        CORS(Flask("shop"), origins=["", APP, "app.example.com"])
    assert caught.value.problems[0].where == "origins[2]"


@pytest.mark.parametrize(
    ("written", "listed"),
    [
        (["get", "purge"], "GET, PURGE"),
        ("Report,propfind", "PROPFIND, REPORT"),
        (["watch", "SET", "batch", "MATCH", "read"], "BATCH, MATCH, READ, SET, WATCH"),
    ],
)
def test_methods_are_upper_cased(written: Any, listed: str, preflight: Send) -> None:
    app = Flask("shop")
    app.add_url_rule("/", "x", lambda: "x", methods=listed.split(", "))
    CORS(app, methods=written)
    response = preflight(app, "/", listed.split(", ")[0])
    assert response.headers["Access-Control-Allow-Methods"] == listed


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("DELTE", "DELETE"),
        ("GTE", "GET"),
        ("gett", "GET"),
        ("PSOT", "POST"),
        ("OPTION", "OPTIONS"),
        ("PATH", "PATCH"),
        ("HAED", "HEAD"),
        ("QUERRY", "QUERY"),
        ("ALL", "*"),
        ("any", "*"),
        ("GET|POST", ["GET", "POST"]),
        ("GET POST", ["GET", "POST"]),
        ("GET;POST", ["GET", "POST"]),
        ("None", []),
        ("null", []),
    ],
)
def test_misspelled_methods(written: str, meant: Any) -> None:
    hint = hint_of(methods=[written])
    found = [] if hint == "Write [] for none." else followed(hint)
    assert found == meant
    CORS(Flask("shop"), methods=found)


@pytest.mark.parametrize(
    ("written", "hint", "inside", "outside"),
    [
        ("/api/<int:id>", '"/api/[^/]+"', ["/api/7"], ["/api/", "/api/7/x"]),
        ("/api/<id>/items/*", '"/api/[^/]+/items/*"', ["/api/7/items/8"], ["/api/7"]),
        ("/files/<path:name>", '"/files/.+"', ["/files/a/b"], ["/files/", "/file"]),
        ("/api/{id}", '"/api/[^/]+"', ["/api/7"], ["/api/", "/api/7/x"]),
        ("/api/{id:int}/x", '"/api/[^/]+/x"', ["/api/7/x"], ["/api/x"]),
        ("/api/:path*", '"/api/.*"', ["/api/", "/api/7/x"], ["/api"]),
        ("/api/:path+", '"/api/.+"', ["/api/7/x"], ["/api/"]),
        ("/api/[...slug]", '"/api/.+"', ["/api/7/x"], ["/api/"]),
        ("/api/[slug]/x", '"/api/[^/]+/x"', ["/api/7/x"], ["/api/x"]),
        ("/api/:id", '"/api/[^/]+"', ["/api/7"], ["/api/", "/api/7/x"]),
        ("/a/:b/c/:d", '"/a/[^/]+/c/[^/]+"', ["/a/1/c/2"], ["/a/1/c"]),
        ("/api//v1/*", '"/api/v1/*"', ["/api/v1/x"], ["/api/x"]),
        ("//api", '"/api"', ["/api"], ["/x"]),
        ("/a /b", '"/a", "/b"', ["/a", "/b"], ["/c", "/a /b"]),
        ("/a\n/b", '"/a", "/b"', ["/a", "/b"], ["/c"]),
        ("ALL", '"/*"', ["/a", "/b/c"], []),
    ],
)
def test_misspelled_resource_patterns(
    written: str, hint: str, inside: list[str], outside: list[str]
) -> None:
    found = hint_of(resources=[written])
    assert hint in found
    assert hint_of(resources={written: {}}) == found
    assert allowed_paths([*inside, *outside], resources=followed(found)) == inside


@pytest.mark.parametrize("written", ["/my files/*", "/a, b", "/a b,/c"])
def test_spaces_and_commas_in_a_pattern(written: str) -> None:
    assert r"write \s or [,]" in hint_of(resources={written: {}})
    assert allowed_paths(["/my files/x", "/a,b"], resources=[r"/my\sfiles/*", "/a[,]b"]) == [
        "/my files/x",
        "/a,b",
    ]


@pytest.mark.parametrize("written", ["/(?=a)b", "/api/$id"])
def test_a_hint_never_adds_a_second_slash(written: str) -> None:
    assert "//" not in hint_of(resources={written: {}})


def test_the_word_none_for_resources() -> None:
    assert hint_of(resources="None") == "Write [] for decorated views only."


@pytest.mark.parametrize(
    ("written", "path"),
    [
        (r"/api/(?P<id>\d+)", "/api/7"),
        (r"/api/(?P<id>\d{1,3})(?:/x)?", "/api/7/x"),
        (re.compile(r"/api/(?<!x)\d+"), "/api/7"),
        (re.compile(r"/api/<id> {x}"), "/api/<id> {x}"),
        (r"/v1/items:batch", "/v1/items:batch"),
        (r"/api//?x", "/api/x"),
        (r"/x{2}/[a-z]{1,3}", "/xx/abc"),
        (r"/x\{a\}", "/x{a}"),
        (r"/go/https://.*", "/go/https://x"),
    ],
    ids=str,
)
def test_patterns_that_only_look_misspelled(written: Any, path: str) -> None:
    app = Flask("shop")
    app.url_map.merge_slashes = False
    CORS(app, resources=[written])
    response = app.test_client().get(path, headers={"Origin": APP})
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "written",
    [
        '{"/x": {}, "/x": {}}',
        '{"/x": {"max_age": 1, "max_age": 2}}',
    ],
)
def test_a_json_object_with_a_key_twice(written: str) -> None:
    assert hint_of(resources=written) == "Keep one of them."


@pytest.mark.parametrize(
    ("text", "other", "count"),
    [
        ("get", "get", 0),
        ("gte", "get", 1),
        ("gt", "get", 1),
        ("gett", "get", 1),
        ("got", "get", 1),
        ("teg", "get", 2),
        ("orgnis", "origins", 2),
        ("xxx", "get", None),
        ("x" * 100_000, "get", None),
        ("", "ab", 2),
        ("", "", 0),
    ],
)
def test_slips(text: str, other: str, count: int | None) -> None:
    assert slips(text, other, 2) == count
    assert slips(other, text, 2) == count
