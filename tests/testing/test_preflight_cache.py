"""How long a preflight is cached, and for which requests."""

from __future__ import annotations

from typing import Any

import pytest

from flask_crossorigin.testing import Browser, CORSError, NetworkError

from .server import API, OTHER, PAGE, Clock, Response, Server, browse, respond

GRANT = {"allow_origin": PAGE, "allow_credentials": "true"}
PUT: dict[str, Any] = {"method": "PUT"}
PATCH: dict[str, Any] = {"method": "PATCH"}
TOKEN: dict[str, Any] = {"headers": {"X-Token": "1"}}
OTHER_TOKEN: dict[str, Any] = {"headers": {"X-Other": "1"}}
AUTH: dict[str, Any] = {"headers": {"Authorization": "1"}}
INCLUDE: dict[str, Any] = {"credentials": "include"}


def preflights_after(
    first: dict[str, Any], then: dict[str, Any], headers: dict[str, str], passed: float = 0
) -> int:
    """Return how many preflights the second of two requests sends."""
    server, clock = Server(default=respond(**GRANT, **headers)), Clock()
    browser = Browser({API: server}, origin=PAGE, clock=clock)
    url = first.get("url", f"{API}/a?b#c")
    browser.fetch(**{"url": url, **first})
    browser.exchanges.clear()
    clock.now += passed
    browser.fetch(**{"url": url, **then})
    return sum(exchange.is_preflight for exchange in browser.exchanges)


@pytest.mark.parametrize(
    ("max_age", "holds"),
    [
        ("10", 10),
        ("0010", 10),
        (" 10\t", 10),
        ("600000", 600000),
        ("9" * 5000, 10**11),
        (None, 5),
        ("", 5),
        ("-1", 5),
        ("+10", 5),
        ("1.5", 5),
        ("10s", 5),
        ("10, 10", 5),
        ("\u00b2", 5),
    ],
)
def test_max_age(max_age: str | None, holds: float) -> None:
    headers = {"allow_methods": "PUT"} | ({} if max_age is None else {"max_age": max_age})
    assert preflights_after(PUT, PUT, headers, holds - 0.5) == 0
    assert preflights_after(PUT, PUT, headers, holds) == (1 if holds < 10**11 else 0)


def test_repeated_max_age_is_malformed() -> None:
    lines = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT")]
    lines += [("Access-Control-Max-Age", "60"), ("Access-Control-Max-Age", "60")]
    clock = Clock()
    browser = Browser({API: Server(default=Response(200, tuple(lines)))}, origin=PAGE, clock=clock)
    browser.fetch(API, method="PUT")
    clock.now += 5
    browser.fetch(API, method="PUT")
    assert len(browser.exchanges) == 4


@pytest.mark.parametrize("max_age", ["0", "000"])
def test_zero_is_never_cached(max_age: str) -> None:
    assert preflights_after(PUT, PUT, {"allow_methods": "PUT", "max_age": max_age}) == 1


@pytest.mark.parametrize(
    ("first", "then", "headers", "preflights"),
    [
        (PUT, PUT, {"allow_methods": "PUT"}, 0),
        (PUT, PATCH, {"allow_methods": "PUT,PATCH"}, 0),
        (PUT, PATCH, {"allow_methods": "*"}, 0),
        (PUT, {**PUT, **TOKEN}, {"allow_methods": "PUT", "allow_headers": "X-Token"}, 0),
        (PUT, TOKEN, {"allow_methods": "PUT", "allow_headers": "x-TOKEN"}, 0),
        (TOKEN, OTHER_TOKEN, {"allow_headers": "*"}, 0),
        (TOKEN, PUT, {"allow_headers": "X-Token,PUT", "allow_methods": "PUT"}, 0),
        (TOKEN, AUTH, {"allow_headers": "*,authorization"}, 0),
        ({**TOKEN, **INCLUDE}, TOKEN, {"allow_headers": "x-token"}, 0),
        ({**PUT, **INCLUDE}, PUT, {"allow_methods": "PUT"}, 0),
        ({**PUT, **INCLUDE}, {**PUT, **INCLUDE}, {"allow_methods": "PUT"}, 0),
        (PUT, {**PUT, **INCLUDE}, {"allow_methods": "PUT"}, 1),
        (TOKEN, {**TOKEN, **INCLUDE}, {"allow_headers": "x-token"}, 1),
        ({**PUT, **INCLUDE}, PATCH, {"allow_methods": "PUT,*"}, 1),
        ({**TOKEN, **INCLUDE}, OTHER_TOKEN, {"allow_headers": "X-Token,*"}, 1),
        ({**PUT, **INCLUDE}, {"method": "*"}, {"allow_methods": "PUT,*"}, 0),
        (PUT, {**PUT, "url": f"{API}/a?b"}, {"allow_methods": "PUT"}, 1),
        (PUT, {**PUT, "url": f"{API}/a#c"}, {"allow_methods": "PUT"}, 1),
        (PUT, {**PUT, "url": f"{API}/A?b#c"}, {"allow_methods": "PUT"}, 1),
        (PUT, {**PUT, "credentials": "omit"}, {"allow_methods": "PUT"}, 0),
        ({"method": "x"}, {"method": "authorization"}, {"allow_methods": "*"}, 0),
    ],
)
def test_what_a_cached_preflight_covers(
    first: dict[str, Any], then: dict[str, Any], headers: dict[str, str], preflights: int
) -> None:
    assert preflights_after(first, then, headers) == preflights


@pytest.mark.parametrize(
    ("first", "then", "headers"),
    [
        (PUT, PATCH, {"allow_methods": "PUT"}),
        (PUT, {"method": "put1"}, {"allow_methods": "PUT"}),
        (TOKEN, OTHER_TOKEN, {"allow_headers": "X-Token"}),
        (TOKEN, AUTH, {"allow_headers": "*"}),
        (TOKEN, {**TOKEN, **PUT}, {"allow_headers": "X-Token,PUT"}),
        (PUT, {"headers": {"PUT": "1"}}, {"allow_methods": "PUT"}),
        ({"method": "patch"}, PATCH, {"allow_methods": "patch"}),
    ],
)
def test_what_a_cached_preflight_does_not_cover(
    first: dict[str, Any], then: dict[str, Any], headers: dict[str, str]
) -> None:
    with pytest.raises(CORSError, match="preflight"):
        preflights_after(first, then, {**headers, "max_age": "60"})


class Scripted:
    """A server, a page, and a clock that the test sets."""

    def __init__(self, origin: str = PAGE) -> None:
        self.clock = Clock()
        self.responses: dict[str, Response] = {}
        self.server = Server(self.responses, respond(allow_origin="*"))
        self.browser = Browser(
            {API: self.server, OTHER: self.server}, origin=origin, clock=self.clock
        )

    def preflight(self, **headers: str) -> None:
        self.responses["OPTIONS /"] = respond(allow_origin="*", **headers)

    def preflights(self, url: str = API, **arguments: Any) -> int:
        before = len(self.browser.exchanges)
        self.browser.fetch(url, **arguments)
        return sum(exchange.is_preflight for exchange in self.browser.exchanges[before:])


def test_a_new_preflight_extends_what_is_cached() -> None:
    page = Scripted()
    page.preflight(allow_methods="PUT", max_age="10")
    assert page.preflights(method="PUT") == 1
    page.clock.now += 8
    page.preflight(allow_methods="PUT", allow_headers="x-token", max_age="10")
    assert page.preflights(method="PUT", headers={"X-Token": "1"}) == 1
    page.clock.now += 8
    assert page.preflights(method="PUT") == 0


def test_a_new_preflight_shortens_what_is_cached() -> None:
    page = Scripted()
    page.preflight(allow_methods="PUT", max_age="10")
    page.preflights(method="PUT")
    page.preflight(allow_methods="PUT", allow_headers="x-token", max_age="0")
    page.preflights(method="PUT", headers={"X-Token": "1"})
    assert page.preflights(method="PUT") == 1


def test_what_a_new_preflight_does_not_list_stays_cached() -> None:
    page = Scripted()
    page.preflight(allow_methods="PUT", max_age="10")
    page.preflights(method="PUT")
    page.preflight(allow_headers="x-token", max_age="10")
    assert page.preflights(headers={"X-Token": "1"}) == 1
    assert page.preflights(method="PUT", headers={"X-Token": "1"}) == 0


def test_the_cache_is_separate_for_each_server() -> None:
    page = Scripted()
    page.preflight(allow_methods="PUT", max_age="10")
    assert page.preflights(method="PUT") == 1
    assert page.preflights(OTHER, method="PUT") == 1


def test_a_network_error_clears_the_url_even_after_a_skipped_preflight() -> None:
    page = Scripted()
    page.preflight(allow_methods="PUT", max_age="60")
    page.responses["OPTIONS /b"] = page.responses["OPTIONS /"]
    page.preflights(method="PUT")
    page.preflights(f"{API}/b", method="PUT")
    page.responses["PUT /"] = Response(200)
    with pytest.raises(CORSError):
        page.browser.fetch(API, method="PUT")
    del page.responses["PUT /"]
    assert page.preflights(method="PUT") == 1
    assert page.preflights(f"{API}/b", method="PUT") == 0


def test_a_network_error_of_a_simple_request_clears_nothing() -> None:
    page = Scripted()
    page.preflight(allow_methods="PUT", max_age="60")
    page.preflights(method="PUT")
    page.responses["GET /"] = Response(200)
    with pytest.raises(CORSError):
        page.browser.fetch(API)
    assert page.preflights(method="PUT") == 0


def test_a_failed_preflight_stores_nothing() -> None:
    page = Scripted()
    page.preflight(allow_methods="PUT", max_age="60")
    with pytest.raises(CORSError):
        page.browser.fetch(API, method="PUT", headers={"X-Token": "1"})
    assert page.preflights(method="PUT") == 1


def test_an_error_at_the_end_of_redirects_clears_the_last_url() -> None:
    """The cache forgets the last URL, although a 303 made its request a GET without a preflight."""
    page = Scripted()
    page.preflight(allow_methods="PUT", max_age="60")
    page.responses["OPTIONS /b"] = page.responses["OPTIONS /"]
    page.preflights(method="PUT")
    page.preflights(f"{API}/b", method="PUT")
    page.responses["PUT /"] = respond(303, allow_origin="*", location="/b")
    page.responses["GET /b"] = Response(200)
    with pytest.raises(CORSError):
        page.browser.fetch(API, method="PUT")
    assert page.preflights(f"{API}/b", method="PUT") == 1
    page.responses["PUT /"] = respond(allow_origin="*")
    assert page.preflights(method="PUT") == 0


def test_the_cache_is_separate_for_a_tainted_origin() -> None:
    page = Scripted()
    page.preflight(allow_methods="*", allow_headers="*", max_age="60")
    page.responses["OPTIONS /b"] = page.responses["OPTIONS /"]
    page.responses["PUT /"] = respond(307, allow_origin="*", location=f"{OTHER}/b")
    assert page.preflights(f"{OTHER}/b", method="PUT") == 1
    # The hop to OTHER has the origin null, for which nothing is cached.
    assert page.preflights(method="PUT") == 2
    assert page.preflights(method="PUT") == 0


def test_nothing_is_cached_for_an_unknown_server() -> None:
    page = Scripted()
    with pytest.raises(NetworkError, match="no server") as caught:
        page.browser.fetch("https://missing.test", method="PUT")
    assert not isinstance(caught.value, CORSError)


@pytest.mark.parametrize(
    ("arguments", "granted", "methods"),
    [
        ({}, {}, ["OPTIONS", "GET", "GET"]),
        ({"method": "POST", "data": "x"}, {}, ["OPTIONS", "POST", "POST"]),
        ({}, {"allow_methods": "GET, PUT"}, ["OPTIONS", "GET", "GET"]),
        ({}, {"allow_methods": "*"}, ["OPTIONS", "GET", "GET"]),
        # If the list lacks the safelisted method, it is allowed, but not cached.
        ({}, {"allow_methods": "PUT"}, ["OPTIONS", "GET", "OPTIONS", "GET"]),
        ({}, {"allow_methods": ""}, ["OPTIONS", "GET", "OPTIONS", "GET"]),
        ({"headers": {"X-A": "1"}}, {"allow_headers": "x-a"}, ["OPTIONS", "GET", "GET"]),
        ({}, {"max_age": "0"}, ["OPTIONS", "GET", "OPTIONS", "GET"]),
    ],
)
def test_a_preflight_for_an_upload_listener(
    arguments: dict[str, Any], granted: dict[str, str], methods: list[str]
) -> None:
    server = Server({"OPTIONS /": respond(allow_origin="*", **granted)})
    browser = browse({API: server, PAGE: server})
    for _ in range(2):
        browser.fetch(API, use_preflight=True, **arguments)
    assert server.methods == methods
    server.arrivals.clear()
    browser.fetch(API, **arguments)
    browser.fetch(PAGE, use_preflight=True, **arguments)
    assert "OPTIONS" not in server.methods
    assert browser.exchanges[0].because[-1] == "the listener for the upload"
