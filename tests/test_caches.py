"""Behind an nginx cache, each origin gets the right headers, whether or not they are cached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import permutations
from pathlib import Path

import pytest
from diagnostics.probe.deployment import ROOT, gunicorn, nginx
from hypothesis import given, settings
from hypothesis import strategies as st

APP = "https://app.example.com"
SHOP = "https://shop.example.com"
PATTERN = "https://pr-7.example.com"
EVIL = "https://evil.test"
#: The Origin headers of the requests: allowed, refused, malformed, opaque and missing (None).
ORIGINS = (APP, SHOP, PATTERN, EVIL, f"{APP}, {EVIL}", "HTTPS://APP.example.com", "null", None)

_APPLICATION = f"""
from itertools import count

from flask import Flask, request
from flask_crossorigin import CORS, cross_origin

app = Flask("shop")
serial = count()
LISTED = ["{APP}", "{SHOP}", "https://*.example.com"]
CORS(
    app,
    resources={{
        "/one/*": {{"origins": "{APP}"}},
        "/listed/*": {{"origins": LISTED, "supports_credentials": True, "expose_headers": "X-A"}},
        "/asked/*": {{"origins": lambda origin: origin == "{SHOP}"}},
        "/any/*": {{"origins": "*"}},
        "/echoed/*": {{"origins": "*", "send_wildcard": False}},
        "/quiet/*": {{"origins": "*", "always_send": False}},
        "/enforced/*": {{"origins": "{APP}", "enforce": True}},
    }},
)


def view(key):
    return str(next(serial))


for name in ("one", "listed", "asked", "any", "echoed", "quiet", "enforced"):
    app.add_url_rule(f"/{{name}}/<key>", name, view)
app.add_url_rule("/view/<key>", "view", cross_origin(origins=LISTED)(view))


@app.after_request
def keep(response):
    # Errors are cached like other responses, and so are responses with another Vary.
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.vary.add("X-Language")
    return response
"""

#: The origins that each policy allows, by the first segment of the path.
ALLOWED: dict[str, set[str | None]] = {
    "one": {APP},
    "listed": {APP, SHOP, PATTERN},
    "asked": {SHOP},
    "any": set(ORIGINS),
    "echoed": set(ORIGINS),
    "quiet": set(ORIGINS),
    "enforced": {APP},
    "view": {APP, SHOP, PATTERN},
    "nowhere": set(),
}

_HTTP = "proxy_cache_path {folder}/cache keys_zone=shop:1m levels=1:2 use_temp_path=off;"
_LOCATION = """
    proxy_cache shop;
    proxy_cache_valid any 1h;
    proxy_cache_methods GET HEAD;
    proxy_ignore_headers Cache-Control Expires Set-Cookie;
    add_header X-Cache $upstream_cache_status always;
"""

Answer = tuple[int, dict[str, list[str]]]


@contextmanager
def caching(folder: Path, application: str) -> Iterator[tuple[str, str]]:
    """Run nginx with an empty cache in front of gunicorn, and yield the addresses of both."""
    http = _HTTP.format(folder=folder)
    with (
        gunicorn(folder, application) as upstream,
        nginx(folder, upstream, location=_LOCATION, http=http) as server,
    ):
        yield server.removeprefix("http://"), upstream


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of nginx, with a cache that only the tests of this module fill."""
    with caching(tmp_path_factory.mktemp("cache"), _APPLICATION) as (server, _):
        yield server


_keys = iter(range(1_000_000))


def ask(cache: str, path: str, origin: str | None, method: str = "GET") -> Answer:
    connection = HTTPConnection(cache, timeout=60)
    headers = {} if origin is None else {"Origin": origin}
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    found = {"Body": [body]}
    for name, value in response.getheaders():
        found.setdefault(name.title(), []).append(value)
    return response.status, found


def check(name: str, origin: str | None, answer: Answer) -> None:
    """Compare a cached or fresh response with the expected one for its origin."""
    status, headers = answer
    got = headers.get("Access-Control-Allow-Origin", [])
    others = [n for n in headers if n.startswith("Access-Control-")]
    if origin is None:
        # Without Origin, a policy sends the header only if all allowed origins get the same one.
        assert got == {"one": [APP], "enforced": [APP], "any": ["*"]}.get(name, [])
    elif origin in ALLOWED[name]:
        browsers_send_it = origin in {APP, SHOP, PATTERN, EVIL, "null"}
        echoed = name not in {"any", "quiet"} and (name != "echoed" or browsers_send_it)
        assert got == [origin if echoed else "*"]
    else:
        assert others == []
    refused = name == "enforced" and origin not in {APP, None}
    assert status == (403 if refused else 404 if name == "nowhere" else 200)
    if "Access-Control-Allow-Credentials" in headers:
        assert (name, got) == ("listed", [origin])


@pytest.mark.parametrize("name", ALLOWED)
def test_each_after_each(name: str, cache: str) -> None:
    """Whichever origin fills the cache first, both origins get the right response, twice."""
    for first, second in permutations(ORIGINS, 2):
        path = f"/{name}/{next(_keys)}"
        for origin in (first, second, first, second):
            check(name, origin, ask(cache, path, origin))


@settings(deadline=None, max_examples=25)
@given(
    name=st.sampled_from(sorted(ALLOWED)),
    asked=st.lists(
        st.tuples(st.sampled_from(ORIGINS), st.sampled_from(["GET", "HEAD"])), max_size=12
    ),
)
def test_any_sequence(cache: str, name: str, asked: list[tuple[str | None, str]]) -> None:
    path = f"/{name}/{next(_keys)}"
    for origin, method in asked:
        check(name, origin, ask(cache, path, origin, method))


def test_the_cache_is_one(cache: str) -> None:
    """The cache keeps responses, and origins share an entry if they get the same response."""
    path = f"/any/{next(_keys)}"
    answers = [ask(cache, path, origin) for origin in (APP, EVIL, None)]
    assert [headers["X-Cache"] for _, headers in answers] == [["MISS"], ["HIT"], ["HIT"]]
    assert len({headers["Body"][0] for _, headers in answers}) == 1
    path = f"/listed/{next(_keys)}"
    answers = [ask(cache, path, origin) for origin in (APP, SHOP, APP)]
    assert [headers["X-Cache"] for _, headers in answers] == [["MISS"], ["MISS"], ["HIT"]]


def test_preflights_are_never_kept(cache: str) -> None:
    path = f"/listed/{next(_keys)}"
    for origin, status in ((APP, 204), (EVIL, 403), (SHOP, 204)):
        connection = HTTPConnection(cache, timeout=60)
        headers = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        connection.request("OPTIONS", path, headers=headers)
        response = connection.getresponse()
        assert response.status == status
        expected = None if origin == EVIL else origin
        assert response.headers["Access-Control-Allow-Origin"] == expected
        connection.close()
    check("listed", EVIL, ask(cache, path, EVIL))


_EXAMPLES = f"""
import sys

sys.path[:0] = [{str(ROOT / "examples")!r}, {str(ROOT / "examples" / "playground")!r}]

import decorators, factory, method_policies, session_cookie, ten_lines
from api import create_api
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

app = DispatcherMiddleware(
    NotFound(),
    {{
        "/decorators": decorators.app,
        "/factory": factory.create_app(),
        "/methods": method_policies.app,
        "/playground": create_api("{APP}"),
        "/session": session_cookie.create_app(),
        "/ten": ten_lines.app,
    }},
)
"""


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    with caching(tmp_path_factory.mktemp("examples"), _EXAMPLES) as addresses:
        yield addresses


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/decorators/status", {*ORIGINS}),
        ("/decorators/report", set()),
        ("/decorators/internal", set()),
        ("/factory/account/", {APP}),
        ("/factory/catalog/", {*ORIGINS}),
        ("/methods/items", {*ORIGINS}),
        ("/methods/items/1", {*ORIGINS}),
        ("/playground/api/items/", {APP}),
        ("/playground/api/private/profile", {APP}),
        ("/playground/api/nowhere", {APP}),
        ("/session/me", {APP}),
        ("/ten/api/items", {APP}),
    ],
)
def test_examples_answer_as_without_the_cache(
    path: str, allowed: set[str | None], examples: tuple[str, str]
) -> None:
    """In any order of requests, the cache gives each origin what the application gives it."""
    server, upstream = examples
    fresh = {origin: ask(upstream, path, origin) for origin in ORIGINS}
    for origin in fresh:
        got = said(fresh[origin])["Access-Control-Allow-Origin"]
        assert origin is None or bool(got) == (origin in allowed)
    kept = []
    for first in ORIGINS:
        url = f"{path}?{next(_keys)}"
        for asking in (first, first, *ORIGINS):
            answer = ask(server, url, asking)
            assert said(answer) == said(fresh[asking])
            kept += answer[1]["X-Cache"]
    assert kept.count("HIT") >= len(ORIGINS), "the cache keeps something"


def said(answer: Answer) -> dict[str, object]:
    """Return the parts of a response that matter to a page."""
    status, headers = answer
    names = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Body")
    exposed = "Access-Control-Expose-Headers"
    return {"status": status, **{name: headers.get(name) for name in (*names, exposed)}}
