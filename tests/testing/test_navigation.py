"""Links and forms of a page."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from flask_crossorigin.testing import Browser, NetworkError

from .server import API, OTHER, PAGE, Arrival, Response, Server, browse, respond

SHOP = f"{PAGE}/shop"
#: A response without CORS headers, which JavaScript of another origin can't read.
CLOSED = respond(200, b"hello", x_secret="1")
COOKIES = ("s=1; SameSite=Strict", "l=1; SameSite=Lax", "n=1; SameSite=None; Secure", "d=1")


def open_page(server: Server, *hosts: str, page: str = SHOP) -> Browser:
    return Browser(dict.fromkeys(hosts, server), page=page)


def go(browser: Browser, url: str, method: str) -> None:
    if method == "GET":
        browser.navigate(url)
    else:
        browser.submit(url, {"a": "1"})


def names(arrival: Arrival) -> str:
    return arrival.headers.get("cookie", "").replace("=1", "").replace("; ", "")


def test_a_link() -> None:
    server = Server(default=CLOSED)
    browser = open_page(server, API)
    reply = browser.navigate(f"{API}/a#b")
    assert (reply.type, reply.status, reply.text, reply.url) == ("basic", 200, "hello", f"{API}/a")
    assert reply.headers["X-Secret"] == "1"
    (arrival,) = server.arrivals
    assert (arrival.method, arrival.body) == ("GET", b"")
    assert arrival.headers == {
        "host": "api.example.com",
        "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "user-agent": "Mozilla/5.0 (compatible; flask_crossorigin)",
        "accept-encoding": "gzip, deflate",
        "referer": f"{PAGE}/",
        "sec-fetch-site": "same-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
        "sec-fetch-user": "?1",
        "upgrade-insecure-requests": "1",
    }
    # The page itself stays open.
    assert browser.origin == PAGE


@pytest.mark.parametrize(
    ("page", "target", "origin"),
    [(SHOP, PAGE, PAGE), (SHOP, API, PAGE), (SHOP, "http://api.test", "null")],
)
def test_a_form_sends_an_origin(page: str, target: str, origin: str) -> None:
    server = Server(default=CLOSED)
    open_page(server, target, page=page).submit(f"{target}/a", {"a": "1"})
    assert server.last.method == "POST"
    assert server.last.headers["origin"] == origin
    browse({target: server}, "null").submit(f"{target}/a", {"a": "1"})
    assert server.last.headers["origin"] == "null"


@pytest.mark.parametrize(
    ("data", "content_type", "body"),
    [
        (None, "application/x-www-form-urlencoded", b""),
        ({"a": "1 \u00fc", "b": ["x", "y"]}, "application/x-www-form-urlencoded", None),
        ([("a\n", "1\r2\n")], "application/x-www-form-urlencoded", b"a%0D%0A=1%0D%0A2%0D%0A"),
    ],
)
def test_fields(data: Any, content_type: str, body: bytes | None) -> None:
    server = Server(default=CLOSED)
    open_page(server, API).submit(API, data)
    assert server.last.headers["content-type"] == content_type
    assert server.last.body == (b"a=1+%C3%BC&b=x&b=y" if body is None else body)


def test_a_form_with_a_file() -> None:
    server = Server(default=CLOSED)
    open_page(server, API).submit(API, {"a": "1\n2", "f": (BytesIO(b"data"), "f.txt")})
    kind, _, boundary = server.last.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    assert server.last.body.startswith(f"--{boundary}\r\n".encode())
    assert b"1\r\n2" in server.last.body
    assert b'filename="f.txt"\r\nContent-Type: text/plain\r\n\r\ndata' in server.last.body


def test_a_form_with_get() -> None:
    server = Server(default=CLOSED)
    browser = open_page(server, API)
    browser.submit(f"{API}/a?old#f", {"q": "a b", "f": (BytesIO(b"data"), "f.txt")}, method="GET")
    assert (server.last.target, server.last.body) == ("/a?q=a+b&f=f.txt", b"")
    assert not {"content-type", "origin"} & server.last.headers.keys()
    browser.submit(f"{API}/a?old", method="GET")
    assert server.last.target == "/a?"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"method": "PUT"}, "a form sends GET or POST, not 'PUT'"),
        ({"data": "a=1"}, "data must be form fields, not 'a=1'"),
        ({"data": b"a=1"}, "data must be form fields"),
        ({"data": 7}, "data must be form fields, not 7"),
        ({"url": "https://me@api.example.com"}, "the browser for tests does not accept a URL"),
        ({"url": "https://"}, "the host"),
    ],
)
def test_invalid_forms(arguments: dict[str, Any], error: str) -> None:
    submit: Any = open_page(Server(), API).submit
    with pytest.raises(TypeError, match=error):
        submit(**{"url": API, **arguments})


@pytest.mark.parametrize(
    ("page", "method", "sent"),
    [
        (PAGE, "GET", "slnd"),
        (PAGE, "POST", "slnd"),
        (API, "POST", "slnd"),
        # Lax cookies are sent with links, but not with forms.
        (OTHER, "GET", "lnd"),
        (OTHER, "POST", "n"),
    ],
)
@pytest.mark.parametrize("blocking", [True, False])
def test_cookies(page: str, method: str, sent: str, blocking: bool) -> None:
    lines = tuple(("Set-Cookie", line) for line in COOKIES)
    server = Server({f"{method} /set": Response(200, lines)}, CLOSED)
    browser = Browser({API: server}, origin=page, third_party_cookies=not blocking)
    # In a navigation, a server can set any cookie.
    go(browser, f"{API}/set", method)
    assert "".join(cookie.name for cookie in browser.cookies) == "slnd"
    go(browser, f"{API}/", method)
    assert names(server.last) == sent


def test_partitioned_cookies_of_the_new_page_are_sent() -> None:
    lines = (("Set-Cookie", "p=1; SameSite=None; Secure; Partitioned"),)
    server = Server(default=Response(200, lines))
    browser = open_page(server, OTHER)
    browser.navigate(OTHER)
    assert [cookie.partition for cookie in browser.cookies] == [OTHER]
    browser.navigate(OTHER)
    assert names(server.last) == "p"
    browser.fetch(OTHER, mode="no-cors", credentials="include")
    assert names(server.last) == ""


@pytest.mark.parametrize(
    ("hops", "sent", "sites"),
    [
        ([API, PAGE], ["sld", "sld"], ["same-site", "same-site"]),
        ([OTHER, API], ["", "ld"], ["cross-site", "cross-site"]),
        ([API, OTHER], ["sld", ""], ["same-site", "cross-site"]),
    ],
)
def test_redirects_are_followed_without_cors(
    hops: list[str], sent: list[str], sites: list[str]
) -> None:
    server = Server({"GET /0": respond(302, location=f"{hops[1]}/1")}, CLOSED)
    browser = open_page(server, *hops)
    for name, same_site in {"s": "Strict", "l": "Lax", "d": "Lax"}.items():
        options: Any = {"url": API, "domain": "example.com", "same_site": same_site}
        browser.cookies.set(name, "1", **options)
    reply = browser.navigate(f"{hops[0]}/0")
    assert (reply.url, reply.redirected) == (f"{hops[1]}/1", True)
    assert [names(arrival) for arrival in server.arrivals] == sent
    assert [arrival.headers["sec-fetch-site"] for arrival in server.arrivals] == sites


@pytest.mark.parametrize(
    ("status", "method", "origin"), [(303, "GET", None), (302, "GET", None), (307, "POST", "null")]
)
def test_a_form_that_is_redirected(status: int, method: str, origin: str | None) -> None:
    server = Server({"POST /0": respond(status, location=f"{OTHER}/1")}, CLOSED)
    open_page(server, API, OTHER).submit(f"{API}/0", {"a": "1"})
    assert server.last.method == method
    assert server.last.body == (b"" if method == "GET" else b"a=1")
    assert server.last.headers.get("origin") == origin


def test_mixed_content_is_not_blocked() -> None:
    server = Server(default=CLOSED)
    open_page(server, "http://api.test").navigate("http://api.test")
    assert not {"referer", "sec-fetch-site"} & server.last.headers.keys()


def test_navigation_cannot_follow_a_redirect_to_another_scheme() -> None:
    server = Server({"GET /app": respond(302, location="myapp://callback?code=1")}, CLOSED)
    with pytest.raises(NetworkError, match=r"not an HTTP\(S\) URL"):
        open_page(server, API).navigate(f"{API}/app")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_misdirected_request_is_sent_again(method: str) -> None:
    statuses = iter([421, 200] * 2)

    class Misdirected(Server):
        def __call__(self, environ: Any, start: Any) -> Any:
            allowed = {"allow_origin": "*", "allow_methods": "*"}
            self.default = respond(next(statuses), **allowed, set_cookie="a=1")
            return super().__call__(environ, start)

    server = Misdirected()
    reply = browse(server).fetch(API, method=method, mode="cors")
    assert reply.status == 200
    expected = ["OPTIONS", "OPTIONS", "PUT", "PUT"] if method == "PUT" else [method] * 2
    assert server.methods == expected


def test_a_request_is_only_sent_again_once() -> None:
    server = Server(default=respond(421, allow_origin="*"))
    assert browse(server).fetch(API).status == 421
    assert server.methods == ["GET", "GET"]
