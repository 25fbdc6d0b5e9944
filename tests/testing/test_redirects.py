"""Redirects: which are followed, and how the request and its origin change."""

from __future__ import annotations

from typing import Any

import pytest

from flask_crossorigin.testing import CORSError, NetworkError

from .server import ANYONE, API, OTHER, PAGE, Response, Server, browse, respond

THIRD = "https://third.test"
ANYTHING = {"allow_origin": "*", "allow_methods": "*", "allow_headers": "*, authorization"}


def to(location: str, status: int = 302, **headers: str) -> Response:
    return respond(status, **(headers or ANYTHING), location=location)


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
        (303, "PUT", "GET"),
        (303, "OPTIONS", "GET"),
        (303, "HEAD", "HEAD"),
        (301, "HEAD", "HEAD"),
        (302, "GET", "GET"),
        (303, "GET", "GET"),
        (301, "OPTIONS", "OPTIONS"),
        (302, "post1", "post1"),
    ],
)
def test_method_and_body_after_a_redirect(status: int, method: str, then: str) -> None:
    server = Server({f"{method} /a": to("/b", status)}, respond(**ANYTHING))
    body = None if method in {"GET", "HEAD"} else "x"
    names = ["Content-Encoding", "Content-Language", "Content-Location", "Content-Type"]
    headers = dict.fromkeys([*names, "X-A", "Accept"], "a")
    browser = browse({PAGE: server})
    reply = browser.fetch("/a", method=method, data=body, headers=headers)
    assert (reply.url, reply.redirected) == (f"{PAGE}/b", True)
    assert server.methods == [method, then]
    is_changed = method != then
    assert browser.exchanges[-1].request.body == (b"x" if body and not is_changed else None)
    kept = {name for name in map(str.lower, names) if name in server.last.headers}
    assert kept == (set() if is_changed else set(map(str.lower, names)))
    assert (server.last.headers["x-a"], server.last.headers["accept"]) == ("a", "a")


@pytest.mark.parametrize("status", [300, 304, 305, 306, 399, 200, 201])
def test_other_statuses_do_not_redirect(status: int) -> None:
    reply = browse(Server({"GET /a": to("/b", status)})).fetch(f"{API}/a")
    assert (reply.status, reply.redirected) == (status, False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("origin", [PAGE, API])
def test_each_redirect_in_each_mode(status: int, origin: str) -> None:
    servers = {
        origin: Server({"GET /a": to("/b", status), "GET /none": respond(status, **ANYTHING)})
    }
    browser = browse(servers)
    assert browser.fetch(f"{origin}/a").url == f"{origin}/b"
    assert browser.fetch(f"{origin}/none").status == status
    for path in ("/a", "/none"):
        with pytest.raises(NetworkError, match='redirect="error"'):
            browser.fetch(f"{origin}{path}", redirect="error")
        reply = browser.fetch(f"{origin}{path}#f", redirect="manual")
        assert (reply.type, reply.status, reply.url) == ("opaqueredirect", 0, f"{origin}{path}")
        assert (reply.ok, dict(reply.headers), reply.data, reply.redirected) == (
            False,
            {},
            b"",
            False,
        )


def test_other_responses_pass_in_each_redirect_mode() -> None:
    for redirect in ("error", "manual"):
        reply = browse(Server()).fetch(API, redirect=redirect)
        assert (reply.type, reply.status) == ("cors", 200)


def test_a_manual_redirect_still_needs_the_cors_check() -> None:
    server = Server({"GET /a": respond(302, location="/b")})
    with pytest.raises(CORSError):
        browse(server).fetch(f"{API}/a", redirect="manual")


def test_a_redirect_itself_needs_the_cors_check_once_cross_origin() -> None:
    server = Server({"GET /a": respond(302, location="/b")})
    with pytest.raises(CORSError, match="status 302"):
        browse(server).fetch(f"{API}/a")
    assert server.methods == ["GET"]
    assert browse({PAGE: server}).fetch("/a").type == "basic"


@pytest.mark.parametrize("count", [20, 21])
def test_at_most_twenty_redirects_are_followed(count: int) -> None:
    responses = {f"GET /{n}": to(f"/{n + 1}") for n in range(count)}
    server = Server(responses)
    if count == 20:
        assert browse(server).fetch(f"{API}/0").url == f"{API}/20"
    else:
        with pytest.raises(NetworkError, match="redirects too often"):
            browse(server).fetch(f"{API}/0")
    assert len(server.arrivals) == 21


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("b", "/d/b"),
        ("../b", "/b"),
        ("?q", "/d/a?q"),
        ("", "/d/a2"),
        ("//api.example.com/b", "/b"),
        (" /b\t", "/b"),
        ("/b\u00c3\u00a9?\u00ff", "/b%C3%A9?%FF"),
        ("/b%2fc", "/b%2fc"),
        (r"\b", "/b"),
    ],
)
def test_location_is_relative_to_the_current_url(location: str, url: str) -> None:
    start = "/d/a2" if location == "" else "/d/a"
    server = Server({f"GET {start}": to(location)})
    if location == "":
        with pytest.raises(NetworkError, match="too often"):
            browse(server).fetch(API + start)
        return
    assert browse(server).fetch(API + start).url == API + url


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://[", "invalid URL"),
        ("https://api.example.com:x/", "invalid URL"),
        ("ftp://api.example.com/", r"not an HTTP\(S\) URL"),
        ("data:text/plain,hello", r"not an HTTP\(S\) URL"),
        ("javascript:1", r"not an HTTP\(S\) URL"),
        ("https://missing.test/", "no server"),
    ],
)
@pytest.mark.parametrize("mode", ["cors", "no-cors"])
def test_redirects_to_urls_that_are_not_allowed(location: str, reason: str, mode: Any) -> None:
    with pytest.raises(NetworkError, match=reason) as caught:
        browse(Server({"GET /a": to(location)})).fetch(f"{API}/a", mode=mode)
    assert not isinstance(caught.value, CORSError)


def test_a_redirect_with_two_locations_fails() -> None:
    lines = (("Access-Control-Allow-Origin", "*"), ("Location", "/b"), ("location", "/b"))
    with pytest.raises(NetworkError, match="more than one Location"):
        browse(Server({"GET /a": Response(302, lines)})).fetch(f"{API}/a")


@pytest.mark.parametrize(
    ("page", "first", "target", "fails"),
    [
        (PAGE, API, API, True),
        (PAGE, API, PAGE, True),
        (PAGE, PAGE, API, True),
        (PAGE, PAGE, PAGE, False),
    ],
)
@pytest.mark.parametrize("userinfo", ["user", "user:password", ":password"])
def test_credentials_in_a_redirect(
    page: str, first: str, target: str, fails: bool, userinfo: str
) -> None:
    location = target.replace("://", f"://{userinfo}@") + "/b"
    server = Server({"GET /a": to(location, allow_origin=PAGE)}, respond(allow_origin=PAGE))
    browser = browse({PAGE: server, API: server}, page)
    if fails:
        with pytest.raises(CORSError, match="user name or password"):
            browser.fetch(f"{first}/a")
        assert len(server.arrivals) == 1
    else:
        assert browser.fetch(f"{first}/a").url == location
    assert browser.fetch(f"{first}/a", mode="no-cors").type in {"basic", "opaque"}


def test_the_fragment_carries_over_and_stays_in_the_browser() -> None:
    preflight = respond(allow_origin="*", allow_methods="PUT", max_age="60")
    server = Server({"PUT /a": to("/b", 307), "PUT /c": to("/b#g", 307)}, preflight)
    browser = browse(server)
    assert browser.fetch(f"{API}/a#f", method="PUT").url == f"{API}/b"
    browser.exchanges.clear()
    for url, preflights in ((f"{API}/b#f", 0), (f"{API}/b", 1), (f"{API}/b#g", 1)):
        browser.fetch(url, method="PUT")
        assert sum(exchange.is_preflight for exchange in browser.exchanges) == preflights
        browser.exchanges.clear()
    browser.fetch(f"{API}/c#f", method="PUT")
    assert [exchange.is_preflight for exchange in browser.exchanges] == [True, False, False]


@pytest.mark.parametrize(
    ("hops", "origins", "kind"),
    [
        ([API], [PAGE], "cors"),
        ([API, API], [PAGE, PAGE], "cors"),
        ([API, OTHER], [PAGE, "null"], "cors"),
        ([API, OTHER, OTHER], [PAGE, "null", "null"], "cors"),
        ([API, PAGE], [PAGE, "null"], "cors"),
        ([PAGE, API], [None, PAGE], "cors"),
        ([PAGE, API, API], [None, PAGE, PAGE], "cors"),
        ([PAGE, API, PAGE], [None, PAGE, "null"], "cors"),
        ([API, OTHER, PAGE], [PAGE, "null", "null"], "cors"),
        ([PAGE, PAGE], [None, None], "basic"),
    ],
)
def test_the_origin_at_each_hop(hops: list[str], origins: list[str | None], kind: str) -> None:
    server = Server({f"GET /{n}": to(f"{hop}/{n + 1}") for n, hop in enumerate(hops[1:])})
    reply = browse(dict.fromkeys(hops, server)).fetch(f"{hops[0]}/0")
    assert [arrival.headers.get("origin") for arrival in server.arrivals] == origins
    assert reply.type == kind


def test_a_tainted_origin_must_be_allowed_as_null() -> None:
    server = Server({"GET /a": to(f"{OTHER}/b")}, respond(allow_origin=PAGE))
    with pytest.raises(CORSError, match=r'must be "null" .* the origin is null'):
        browse({API: server, OTHER: server}).fetch(f"{API}/a")


@pytest.mark.parametrize("target", [API, OTHER, PAGE])
def test_authorization_is_dropped_at_the_next_origin(target: str) -> None:
    server = Server({"GET /a": to(f"{target}/b")}, respond(**ANYTHING))
    headers = {"Authorization": "x", "X-A": "1"}
    browse(dict.fromkeys([API, OTHER, PAGE], server)).fetch(f"{API}/a", headers=headers)
    assert ("authorization" in server.last.headers) is (target == API)
    assert server.last.headers["x-a"] == "1"
    preflights = [a.headers for a in server.arrivals if a.method == "OPTIONS"]
    asked = [headers["access-control-request-headers"] for headers in preflights]
    assert asked == ["authorization,x-a", "authorization,x-a" if target == API else "x-a"]


@pytest.mark.parametrize(
    ("status", "then"),
    [(307, ["OPTIONS", "PUT", "OPTIONS", "PUT"]), (303, ["OPTIONS", "PUT", "GET"])],
)
def test_each_hop_makes_its_own_preflight(status: int, then: list[str]) -> None:
    server = Server({"PUT /a": to(f"{OTHER}/b", status)}, respond(**ANYTHING))
    browse({API: server, OTHER: server}).fetch(f"{API}/a", method="PUT", json={})
    assert server.methods == then


def test_a_redirect_from_the_page_s_own_server_needs_a_preflight() -> None:
    server = Server({"PUT /a": to(f"{API}/b", 307)}, respond(**ANYTHING))
    browse({PAGE: server, API: server}).fetch("/a", method="PUT")
    assert [(a.method, a.target) for a in server.arrivals] == [
        ("PUT", "/a"),
        ("OPTIONS", "/b"),
        ("PUT", "/b"),
    ]


def test_mode_same_origin_follows_no_redirect_to_another_origin() -> None:
    server = Server({"GET /a": to(f"{API}/b"), "GET /c": to("/b")}, ANYONE)
    browser = browse({PAGE: server, API: server})
    assert browser.fetch("/c", mode="same-origin").type == "basic"
    with pytest.raises(NetworkError, match="mode same-origin"):
        browser.fetch("/a", mode="same-origin")
    with pytest.raises(NetworkError, match="mode same-origin"):
        browser.fetch(API, mode="same-origin")
    assert [a.target for a in server.arrivals] == ["/c", "/b", "/a"]
