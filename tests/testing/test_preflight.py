"""When a preflight is sent, what it asks for, and which responses allow the request."""

from __future__ import annotations

from typing import Any

import pytest

from flask_crossorigin.testing import CORSError

from .server import ANYONE, API, PAGE, Response, Server, browse, respond

ANYTHING = respond(allow_origin="*", allow_methods="*", allow_headers="*,authorization")


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ({}, None),
        ({"method": "HEAD"}, None),
        ({"method": "POST", "data": "x"}, None),
        ({"method": "POST", "data": {"a": "b"}}, None),
        ({"headers": {"Accept": "text/html", "Accept-Language": "de"}}, None),
        ({"headers": {"Range": "bytes=0-5"}}, None),
        ({"method": "PUT"}, ("PUT", None)),
        ({"method": "patch"}, ("patch", None)),
        ({"method": "OPTIONS"}, ("OPTIONS", None)),
        ({"headers": {"X-B": "1", "x-A": "2", "X-a": "3"}}, ("GET", "x-a,x-b")),
        (
            {"headers": {"Authorization": "x", "User-Agent": "y"}},
            ("GET", "authorization,user-agent"),
        ),
        ({"method": "POST", "json": {}}, ("POST", "content-type")),
        ({"headers": {"Range": "bytes=-5"}}, ("GET", "range")),
        ({"headers": {"Content-Type": 'text/plain;a="b"'}}, ("GET", "content-type")),
        ({"method": "PUT", "data": "x", "headers": {"X-A": ""}}, ("PUT", "x-a")),
    ],
)
def test_what_a_preflight_asks(arguments: dict[str, Any], asked: Any) -> None:
    server = Server(default=ANYTHING)
    browser = browse(server)
    browser.fetch(f"{API}/a?b#c", **arguments)
    preflights = [exchange for exchange in browser.exchanges if exchange.is_preflight]
    if asked is None:
        assert preflights == []
        return
    (preflight,) = preflights
    method, names = asked
    assert preflight.request.method == "OPTIONS"
    assert preflight.request.url == f"{API}/a?b"
    expected = [("Accept", "*/*"), ("Access-Control-Request-Method", method), ("Origin", PAGE)]
    if names:
        expected.append(("Access-Control-Request-Headers", names))
    assert preflight.request.headers.lines[: len(expected)] == tuple(expected)


def test_same_origin_needs_no_preflight() -> None:
    server = Server(default=Response())
    browse({PAGE: server}).fetch("/", method="DELETE", headers={"X-A": "1"})
    assert server.methods == ["DELETE"]


SIZES = [("Accept", "a" * 128)] * 7


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ([*SIZES, ("Accept", "a" * 128)], None),
        ([*SIZES, ("Accept", "a" * 128), ("Accept", "a")], "accept"),
        (
            [*SIZES, ("Accept-Language", "a" * 128), ("Range", "bytes=0-")],
            "accept,accept-language,range",
        ),
        ([*SIZES, ("Accept-Language", "a" * 126)], None),
        ([("Content-Language", "a" * 128)] * 8, None),
    ],
)
def test_the_total_of_safelisted_values_does_not_include_the_browser_s_accept(
    headers: list[tuple[str, str]], asked: str | None
) -> None:
    server = Server(default=ANYTHING)
    browse(server).fetch(API, headers=headers)
    assert server.arrivals[0].headers.get("access-control-request-headers") == asked


PUT: dict[str, Any] = {"method": "PUT"}
TOKEN: dict[str, Any] = {"headers": {"X-Token": "1"}}
AUTH: dict[str, Any] = {"headers": {"Authorization": "x"}}


def allowing(**headers: str) -> dict[str, str]:
    return {"allow_origin": PAGE, "allow_credentials": "true", **headers}


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        (PUT, allowing(allow_methods="GET,PUT")),
        (PUT, allowing(allow_methods=" , PUT,\t,")),
        (PUT, allowing(allow_methods="*")),
        ({"method": "*"}, allowing(allow_methods="*")),
        ({"method": "*", "credentials": "include"}, allowing(allow_methods="*")),
        ({"method": "patch"}, allowing(allow_methods="patch")),
        ({"method": "POST", "json": {}}, allowing(allow_methods="", allow_headers="Content-Type")),
        (TOKEN, allowing(allow_headers="x-TOKEN")),
        (TOKEN, allowing(allow_headers="*", allow_methods="DELETE")),
        (AUTH, allowing(allow_headers="AUTHORIZATION")),
        ({**AUTH, "credentials": "include"}, allowing(allow_headers="authorization")),
        ({"headers": {"*": "1"}, "credentials": "include"}, allowing(allow_headers="*")),
        ({**PUT, "credentials": "omit"}, {"allow_origin": "*", "allow_methods": "PUT"}),
    ],
)
@pytest.mark.parametrize("status", [200, 204, 299])
def test_preflights_that_pass(
    arguments: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    actual = respond(**allowing())
    server = Server({"OPTIONS /": respond(status, **headers)}, actual)
    assert browse(server).fetch(API, **arguments).status == 200


@pytest.mark.parametrize(
    ("arguments", "status", "headers", "reason"),
    [
        (PUT, 200, {"allow_methods": "PUT"}, "Access-Control-Allow-Origin must be"),
        (PUT, 500, {}, "Access-Control-Allow-Origin must be"),
        ({**PUT, "credentials": "include"}, 200, {"allow_origin": PAGE}, "-Credentials must be"),
        (PUT, 199, allowing(allow_methods="PUT"), "status from 200 to 299"),
        (PUT, 300, allowing(allow_methods="PUT"), "status from 200 to 299"),
        (PUT, 302, allowing(allow_methods="PUT", location="/b"), "redirects are not followed"),
        (PUT, 404, allowing(allow_methods="a b"), "status from 200 to 299"),
        (PUT, 200, allowing(allow_methods="PUT, a b"), "invalid Access-Control-Allow-Methods"),
        (TOKEN, 200, allowing(allow_methods="a b", allow_headers="*"), "invalid .*-Methods"),
        (
            TOKEN,
            200,
            allowing(allow_headers="X-Token; *"),
            "invalid Access-Control-Allow-Headers",
        ),
        (PUT, 200, allowing(allow_headers='"'), "invalid Access-Control-Allow-Headers"),
        (PUT, 200, allowing(), 'method PUT: .* must list "PUT" but is missing$'),
        (PUT, 200, allowing(allow_methods="put"), "case-sensitive"),
        ({"method": "patch"}, 200, allowing(allow_methods="PATCH"), "case-sensitive"),
        (PUT, 200, allowing(allow_headers="PUT"), "not allow the method PUT"),
        ({**PUT, "credentials": "include"}, 200, allowing(allow_methods="*"), "not a wildcard"),
        ({**PUT, **AUTH}, 200, allowing(), "not allow the method PUT"),
        (AUTH, 200, allowing(allow_headers="*"), "by the standard, .* some browsers accept it$"),
        (AUTH, 200, allowing(allow_headers="x-a"), 'must list "authorization" but is "x-a"$'),
        ({"headers": {"A": "1", "Authorization": "x"}}, 200, allowing(), '"authorization"'),
        (TOKEN, 200, allowing(allow_headers="content-type"), '"x-token": Access-Control-Allow-H'),
        (TOKEN, 200, allowing(allow_headers="x-toke"), 'must list "x-token" but is "x-toke"$'),
        ({**TOKEN, "credentials": "include"}, 200, allowing(allow_headers="*"), "not a wildcard"),
        ({"headers": {"a": "1", "b": "2"}}, 200, allowing(allow_headers="a"), 'header "b"'),
    ],
)
def test_preflights_that_fail(
    arguments: dict[str, Any], status: int, headers: dict[str, str], reason: str
) -> None:
    server = Server({"OPTIONS /": respond(status, **headers)}, ANYONE)
    with pytest.raises(CORSError, match=reason) as caught:
        browse(server).fetch(API, **arguments)
    assert caught.value.reason == str(caught.value)
    assert server.methods == ["OPTIONS"]


def test_lists_can_be_split_into_several_headers() -> None:
    lines = [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "GET"),
        ("access-control-allow-methods", "PUT"),
    ]
    server = Server({"OPTIONS /": Response(200, tuple(lines))}, ANYONE)
    assert browse(server).fetch(API, method="PUT").status == 200


def test_a_preflight_neither_sends_nor_stores_cookies() -> None:
    preflight = respond(**allowing(allow_headers="authorization", set_cookie="b=2"))
    server = Server({"OPTIONS /": preflight}, respond(**allowing()))
    browser = browse(server)
    browser.cookies.set("a", "1", url=API)
    browser.fetch(API, headers={"Authorization": "x"}, credentials="include")
    asked, sent = server.arrivals
    assert not {"cookie", "authorization"} & set(asked.headers)
    assert (sent.headers["cookie"], sent.headers["authorization"]) == ("a=1", "x")
    assert browser.exchanges[-1].request.headers["Cookie"] == "a=1"
    assert [cookie.name for cookie in browser.cookies] == ["a"]
