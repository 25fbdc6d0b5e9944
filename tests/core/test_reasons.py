"""The reason for refusing an origin names the nearest allowed origin, and the difference."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from flask_crossorigin import CORS, request_refused
from flask_crossorigin.core import reasons
from flask_crossorigin.core.origins import Origins
from flask_crossorigin.fetch.grammar import Origin, parse_origin
from flask_crossorigin.options.errors import Problem
from flask_crossorigin.options.values import read_origins

from .matching import allows


def nearest_origin(origins: Origins, refused: str) -> tuple[str, str] | None:
    parsed = parse_origin(refused)
    return None if parsed is None else reasons.nearest_origin(origins, parsed)


def read(written: Any) -> Origins:
    problems: list[Problem] = []
    origins = read_origins(written, "origins", problems)
    assert problems == []
    assert isinstance(origins, Origins)
    return origins


@pytest.mark.parametrize(
    ("allowed", "refused", "nearest", "difference"),
    [
        # the port
        ("http://localhost:3000", "http://localhost:3001", None, "differs in port"),
        ("http://localhost:3000", "http://localhost", None, "differs in port"),
        ("http://localhost", "http://localhost:3000", None, "differs in port"),
        ("https://a.example", "https://a.example:8443", None, "differs in port"),
        ("https://*.a.example", "https://x.a.example:8443", None, "differs in port"),
        # the scheme
        ("https://a.example", "http://a.example", None, "http instead of https"),
        ("http://a.example:80", "https://a.example", "http://a.example", "https instead of http"),
        ("https://a.example:8443", "http://a.example:8443", None, "http instead of https"),
        ("https://*.a.example", "http://x.a.example", None, "http instead of https"),
        ("http://localhost:*", "https://localhost:3000", None, "https instead of http"),
        (
            "https://a.example",
            "http://a.example:8080",
            None,
            "http instead of https, differs in port",
        ),
        # the host
        (
            "http://localhost:3000",
            "http://127.0.0.1:3000",
            None,
            "127.0.0.1 instead of localhost",
        ),
        ("http://127.0.0.1:*", "http://localhost:5", None, "localhost instead of 127.0.0.1"),
        ("http://[::1]:80", "http://localhost", "http://[::1]", "localhost instead of [::1]"),
        (
            "http://localhost:3000",
            "http://127.0.0.1:3001",
            None,
            "127.0.0.1 instead of localhost, differs in port",
        ),
        ("https://a.example", "https://www.a.example", None, "with www. in front"),
        ("https://www.a.example", "https://a.example", None, "without www. in front"),
        ("https://a.example", "https://x.a.example", None, "a subdomain of it"),
        ("https://a.example", "https://y.x.a.example", None, "a subdomain of it"),
        ("https://app.example.com", "https://ap.example.com", None, "differs in host"),
        ("https://app.example.com", "https://app.exmaple.com", None, "differs in host"),
        (
            "https://*.a.example",
            "https://a.example",
            None,
            "*. matches subdomains, not a.example itself",
        ),
        ("https://*.example.com", "https://x.exmaple.com", None, "differs in host"),
        ("https://*.example.com", "https://exmaple.com", None, "differs in host"),
        ("https://a.example", "https://a.example.", None, "with a dot at the end"),
        ("https://a.example.", "https://a.example", None, "without the dot at the end"),
        ("app://E1B2", "app://e1b2", None, "differs in case"),
        ("moz-extension://*", "moz-extension://a1:81", None, "differs in port"),
        # which of several
        (
            ["http://localhost:3000", "http://127.0.0.1:3001"],
            "http://localhost:3001",
            "http://localhost:3000",
            "differs in port",
        ),
        (
            ["https://a.example:1", "https://a.example:2"],
            "https://a.example",
            "https://a.example:1",
            "differs in port",
        ),
        (
            ["https://app.example.com", re.compile(r"https://pr-[0-9]+\.example\.com"), "null"],
            "https://app.example.com:1",
            "https://app.example.com",
            "differs in port",
        ),
    ],
)
def test_nearest(
    allowed: str | list[Any], refused: str, nearest: str | None, difference: str
) -> None:
    assert nearest_origin(read(allowed), refused) == (nearest or allowed, difference)


@pytest.mark.parametrize(
    ("allowed", "refused"),
    [
        ("https://a.example", "https://stranger.test"),
        ("https://app.example.com", "https://apple.example.net"),
        ("https://evil.example", "https://good.example.evil.test"),
        (["null", re.compile(r"https://a\.example"), len], "https://a.example"),
        ("https://a.example", "null"),
        ("https://a.example", "file://"),
        ("moz-extension://*", "chrome-extension://a1"),
        ("moz-extension://*", "https://a.example"),
        ("none", "https://a.example"),
        ("https://a.example", "https://a.example/path"),
        # An allowed origin is not near itself.
        ("https://a.example", "https://a.example"),
        ("https://*.a.example:*", "https://x.a.example:1"),
        ("http://localhost:*", "http://localhost"),
    ],
)
def test_no_allowed_origin_is_near(allowed: Any, refused: str) -> None:
    assert nearest_origin(read(allowed), refused) is None


def test_every_refusal_of_an_origin_names_the_nearest() -> None:
    app = Flask("shop")
    CORS(app, origins=["https://app.example.com", "http://localhost:3000"])
    app.add_url_rule("/", "index", lambda: "index")
    reasons: list[str] = []

    def receive(_sender: Flask, decision: object) -> None:
        reasons.append(str(decision))

    requests: list[dict[str, Any]] = [
        {"headers": {"Origin": "http://localhost:3001"}},
        {
            "method": "OPTIONS",
            "headers": {
                "Origin": "http://127.0.0.1:3000",
                "Access-Control-Request-Method": "PUT",
            },
        },
    ]
    with request_refused.connected_to(receive, app):
        for options in requests:
            app.test_client().open("/", **options)
    assert reasons == [
        'origin "http://localhost:3001" is not allowed by CORS(app); '
        'nearest: "http://localhost:3000" (differs in port)',
        'origin "http://127.0.0.1:3000" is not allowed by CORS(app); '
        'nearest: "http://localhost:3000" (127.0.0.1 instead of localhost)',
    ]


def test_a_related_origin_is_found_among_many() -> None:
    many = [f"https://tenant-{number}.example" for number in range(5000)]
    origins = read([*many, "https://shop.example.com"])
    found = nearest_origin(origins, "http://shop.example.com")
    assert found == ("https://shop.example.com", "http instead of https")
    found = nearest_origin(origins, "https://a.b.shop.example.com")
    assert found == ("https://shop.example.com", "a subdomain of it")


@pytest.mark.parametrize(("others", "found"), [(15, True), (16, False)])
def test_similar_hosts_are_searched_up_to_a_limit(others: int, found: bool) -> None:
    many = [f"https://tenant-{number}.test" for number in range(others)]
    nearest = nearest_origin(read([*many, "https://shop.example"]), "https://shp.example")
    assert nearest == (("https://shop.example", "differs in host") if found else None)


# A refused origin, and two allowed origins: a nearer one and a farther one.
RANKS = [
    ("http://x.a.example:5", "https://x.a.example:81", "http://a.example:5"),
    ("https://a.example", "https://*.a.example", "https://www.a.example"),
    ("https://x.example.com", "https://*.exmaple.com", "http://x.exmaple.com"),
    ("http://127.0.0.1:3000", "http://localhost:3000", "https://127.0.0.1:3000"),
    ("https://www.a.example", "https://a.example", "http://www.a.example"),
    ("https://a.example", "https://www.a.example", "http://a.example"),
    ("https://x.a.example", "https://a.example", "http://www.x.a.example"),
    ("https://app.example.com", "https://ap.example.com", "http://example.com"),
    # Among similar hosts, the most similar one.
    ("https://app.example.com", "http://ap.example.com", "https://apx.example.co"),
]


@pytest.mark.parametrize(("refused", "nearer", "farther"), RANKS)
def test_the_nearer_of_two_origins(refused: str, nearer: str, farther: str) -> None:
    for written in ([nearer, farther], [farther, nearer]):
        found = nearest_origin(read(written), refused)
        assert found is not None
        assert found[0] == nearer


HOSTS = st.sampled_from(
    ["localhost", "127.0.0.1", "[::1]", "a.example", "www.a.example", "x.a.example", "b.test"]
)
ORIGINS = st.builds(
    Origin, st.sampled_from(["http", "https"]), HOSTS, st.sampled_from([None, 3000, 3001])
).map(str)


@given(st.lists(ORIGINS, min_size=1), ORIGINS)
def test_the_nearest_origin_is_an_allowed_one(allowed: list[str], refused: str) -> None:
    origins = read(allowed)
    found = nearest_origin(origins, refused)
    if found is not None and not allows(origins, refused, None):
        assert found[0] in allowed
        assert found[1]
    elif found is None and not allows(origins, refused, None):
        hosts = {origin.rpartition("/")[2].split(":3")[0] for origin in allowed}
        assert refused.rpartition("/")[2].split(":3")[0] not in hosts
