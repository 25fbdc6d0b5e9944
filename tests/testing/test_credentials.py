"""When cookies are sent with a fetch, and when they are stored."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from flask_crossorigin.testing import Browser, CORSError

from .server import API, OTHER, PAGE, Response, Server, browse, respond

NONE = "n=1; SameSite=None; Secure"
GRANT = {"allow_origin": PAGE, "allow_credentials": "true"}


def setting(
    *cookies: str, status: int = 200, location: str = "", grant: dict[str, str] = GRANT
) -> Response:
    lines = respond(status, **grant).headers
    lines += tuple(("Set-Cookie", cookie) for cookie in cookies)
    return Response(status, (*lines, ("Location", location)) if location else lines)


@pytest.mark.parametrize(
    ("credentials", "target", "travels"),
    [
        ("omit", PAGE, False),
        ("omit", API, False),
        ("same-origin", PAGE, True),
        ("same-origin", API, False),
        ("include", PAGE, True),
        ("include", API, True),
    ],
)
@pytest.mark.parametrize("mode", ["cors", "no-cors"])
def test_credentials_mode(credentials: Any, target: str, travels: bool, mode: Any) -> None:
    server = Server(default=setting("new=2"))
    browser = browse({PAGE: server, API: server})
    browser.cookies.set("old", "1", url=target)
    browser.fetch(target, credentials=credentials, mode=mode)
    assert server.last.headers.get("cookie") == ("old=1" if travels else None)
    assert ("new" in browser.cookies) is travels


def test_mode_same_origin_sends_cookies() -> None:
    server = Server()
    browser = browse({PAGE: server})
    browser.cookies.set("a", "1", url=PAGE)
    browser.fetch("/", mode="same-origin")
    assert server.last.headers["cookie"] == "a=1"


def test_cookies_are_stored_even_if_the_cors_check_fails() -> None:
    browser = browse(Server(default=setting("a=1", grant={"allow_origin": "https://evil.test"})))
    with pytest.raises(CORSError):
        browser.fetch(API, credentials="include")
    assert browser.cookies["a"].value == "1"


@pytest.mark.parametrize("target", [API, OTHER])
def test_same_site_of_cookies_decides_whether_they_are_sent(target: str) -> None:
    cookies = ["d=1", "l=1; SameSite=Lax", "s=1; SameSite=Strict", NONE]
    server = Server(default=setting(*cookies))
    browser = browse({target: server})
    for name in "dls":
        browser.cookies.set(f"old-{name}", "1", url=target, same_site="Strict")
    browser.cookies.set("old-n", "1", url=target, same_site="None", secure=True)
    browser.fetch(target, credentials="include")
    sent = server.last.headers["cookie"].split("; ")
    kept = {cookie.name for cookie in browser.cookies if "-" not in cookie.name}
    if target == API:
        assert sent == ["old-d=1", "old-l=1", "old-s=1", "old-n=1"]
        assert kept == {"d", "l", "s", "n"}
    else:
        assert sent == ["old-n=1"]
        assert kept == {"n"}
        reasons = [rejected.reason for rejected in browser.cookies.rejected]
        assert [reason.split(" cookie")[0] for reason in reasons] == [
            "no SameSite is set, so Chromium treats the",
            "a SameSite=Lax",
            "a SameSite=Strict",
        ]


@pytest.mark.parametrize(
    ("page", "target", "same_site"),
    [
        ("https://app.example.com", "https://api.example.com:8443", True),
        ("https://a.b.example.com", "https://example.com", True),
        ("https://example.com", "https://example.org", False),
        ("https://app.example.com", "http://app.example.com", False),
        ("http://localhost:3000", "http://localhost:5000", True),
        ("http://localhost", "http://api.localhost", False),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", True),
        ("http://127.0.0.1", "http://126.0.0.1", False),
        ("http://[::1]", "http://[::1]:2", True),
        ("http://[::1]", "http://[::2]", False),
        ("null", "https://app.example.com", False),
    ],
)
def test_same_site_and_cross_site_urls(page: str, target: str, same_site: bool) -> None:
    server = Server(default=respond(allow_origin=page, allow_credentials="true"))
    browser = browse({target: server}, page, unblocked=["mixed-content"])
    browser.cookies.set("a", "1", url=target)
    browser.fetch(target, credentials="include")
    assert ("cookie" in server.last.headers) is same_site


def test_ports_do_not_separate_cookies() -> None:
    server = Server(default=setting("a=1"))
    browser = browse({API: server, f"{API}:8443": server})
    browser.fetch(API, credentials="include")
    browser.fetch(f"{API}:8443", credentials="include")
    assert server.last.headers["cookie"] == "a=1"


def test_a_redirect_sets_cookies_for_the_next_hop() -> None:
    server = Server({"GET /a": setting("a=1; Path=/", status=302, location="/b")}, setting("b=2"))
    browser = browse(server)
    browser.fetch(f"{API}/a", credentials="include")
    assert [a.headers.get("cookie") for a in server.arrivals] == [None, "a=1"]
    assert [cookie.name for cookie in browser.cookies] == ["a", "b"]


@pytest.mark.parametrize("credentials", ["same-origin", "include"])
def test_cookies_at_hops_between_servers(credentials: Any) -> None:
    """After a cross-origin hop, only ``include`` sends cookies, even to the page's own server."""
    null = {"allow_origin": "null", "allow_credentials": "true"}
    responses = {
        "GET /a": setting("hop0=1", status=302, location=f"{API}/b"),
        "GET /b": setting("hop1=1", status=302, location=f"{PAGE}/c"),
    }
    server = Server(responses, setting("hop2=1", grant=null))
    browser = browse({PAGE: server, API: server})
    browser.cookies.set("page", "1", url=PAGE)
    browser.cookies.set("api", "1", url=API)
    browser.fetch("/a", credentials=credentials)
    sent = [arrival.headers.get("cookie") for arrival in server.arrivals]
    kept = {cookie.name for cookie in browser.cookies} - {"page", "api"}
    if credentials == "include":
        assert sent == ["page=1", "api=1", "page=1; hop0=1"]
        assert kept == {"hop0", "hop1", "hop2"}
    else:
        assert sent == ["page=1", None, None]
        assert kept == {"hop0"}


@pytest.mark.parametrize(
    ("hops", "sent"),
    [
        ([API], [True]),
        ([PAGE, API], [True, True]),
        ([API, PAGE, API], [True, True, True]),
        ([OTHER, API], [False, False]),
        ([PAGE, OTHER, PAGE], [True, False, False]),
        ([OTHER, PAGE, API], [False, False, False]),
        # The page's own site can redirect to another site.
        ([API, OTHER], [True, False]),
    ],
)
def test_after_a_redirect_through_another_site_requests_are_cross_site(
    hops: list[str], sent: list[bool]
) -> None:
    responses = {
        f"GET /{number}": respond(302, location=f"{hop}/{number + 1}")
        for number, hop in enumerate(hops[1:])
    }
    server = Server(responses, setting("new=1; SameSite=Strict"))
    browser = browse(dict.fromkeys(hops, server))
    browser.cookies.set("strict", "1", url=API, domain="example.com", same_site="Strict")
    browser.fetch(f"{hops[0]}/0", credentials="include", mode="no-cors")
    assert ["cookie" in arrival.headers for arrival in server.arrivals] == sent
    assert ("new" in browser.cookies) is sent[-1]


@pytest.mark.parametrize(
    ("target", "kept"), [(PAGE, {"a", "p", "n"}), (API, {"a", "p", "n"}), (OTHER, {"p"})]
)
def test_third_party_cookies_can_be_blocked(target: str, kept: set[str]) -> None:
    server = Server(default=setting("a=1", NONE, "p=1; SameSite=None; Secure; Partitioned"))
    browser = Browser({target: server}, origin=PAGE, third_party_cookies=False)
    for _ in range(2):
        browser.fetch(target, credentials="include")
    sent = server.last.headers["cookie"].split("; ")
    assert {item.partition("=")[0] for item in sent} == kept
    reasons = {rejected.reason for rejected in browser.cookies.rejected}
    assert ("third-party cookies are blocked, except Partitioned ones" in reasons) is (
        target == OTHER
    )
    browser.cookies.set("old", "1", url=target, secure=True, same_site="None")
    browser.fetch(target, credentials="include")
    assert ("old=1" in server.last.headers["cookie"]) is (target != OTHER)


def test_partitioned_cookies_belong_to_the_site_of_the_page() -> None:
    line = "p=1; SameSite=None; Secure; Partitioned"
    server = Server({"GET /set": respond(allow_origin="*", set_cookie=line)})
    pages = ["https://a.one.test", "https://b.one.test", "https://two.test", "null", OTHER]
    browsers = [Browser({OTHER: server}, origin=page) for page in pages]
    for browser in browsers:
        browser.cookies = browsers[0].cookies

    def ask() -> list[bool]:
        server.arrivals.clear()
        for browser in browsers:
            with contextlib.suppress(CORSError):
                browser.fetch(f"{OTHER}/", credentials="include")
        return ["cookie" in arrival.headers for arrival in server.arrivals]

    def visit(index: int) -> None:
        with contextlib.suppress(CORSError):
            browsers[index].fetch(f"{OTHER}/set", credentials="include")

    visit(0)
    assert ask() == [True, True, False, False, False]
    assert [cookie.partition for cookie in browsers[0].cookies] == ["https://one.test"]
    visit(3)
    assert ask() == [True, True, False, True, False]
    visit(4)
    assert ask() == [True, True, False, True, True]
    browsers[0].cookies.clear()
    browsers[0].cookies.set(
        "p", "1", url=OTHER, secure=True, same_site="None", partition="https://c.two.test"
    )
    assert ask() == [False, False, True, False, False]
    # The same name in another partition is a different cookie. clear() deletes both.
    browsers[0].cookies.set("p", "2", url=OTHER, secure=True, same_site="None")
    browsers[2].cookies.clear("p")
    assert len(browsers[0].cookies) == 0


@pytest.mark.parametrize(
    ("value", "clears"),
    [
        ('"cookies"', True),
        ('"*"', True),
        ('"cache", "cookies"', True),
        ("cookies", False),
        ("*", False),
        ('"Cookies"', False),
        ('"cache"', False),
        ('"cache, cookies"', False),
    ],
)
def test_clear_site_data(value: str, clears: bool) -> None:
    response = setting("new=1", "wide=1; Domain=example.com")
    lines = (*response.headers, ("Clear-Site-Data", value))
    server = Server({"GET /logout": Response(200, lines)})
    browser = browse(server)
    for url in (API, PAGE, OTHER):
        browser.cookies.set("old", "1", url=url)
    browser.fetch(f"{API}/logout", credentials="include")
    left = [cookie.domain for cookie in browser.cookies]
    assert left == (["other.test"] if clears else [*left])
    assert len(left) == (1 if clears else 5)


def test_clear_site_data_is_ignored_without_credentials_or_https() -> None:
    clearing = respond(**GRANT, clear_site_data='"cookies"')
    server = Server(default=clearing)
    servers = {API: server, "http://api.test": server}
    browser = browse(servers, unblocked=["mixed-content"])
    browser.cookies.set("a", "1", url=API)
    browser.cookies.set("b", "1", url="http://api.test")
    browser.fetch(API)
    browser.fetch("http://api.test", credentials="include")
    assert len(browser.cookies) == 2
    browser.fetch(API, credentials="include")
    assert [cookie.name for cookie in browser.cookies] == ["b"]


def test_clear_site_data_does_not_change_the_jars_of_other_sites() -> None:
    server = Server(default=respond(**GRANT, clear_site_data='"cookies"'))
    browser = Browser({OTHER: server}, origin=PAGE, third_party_cookies=False)
    other: dict[str, Any] = {"url": OTHER, "secure": True, "same_site": "None"}
    browser.cookies.set("own", "1", **other, partition=API)
    browser.cookies.set("theirs", "1", **other, partition="https://two.test")
    browser.cookies.set("plain", "1", **other)
    browser.fetch(OTHER, credentials="include")
    assert [cookie.name for cookie in browser.cookies] == ["theirs", "plain"]


@pytest.mark.parametrize(
    ("page", "target", "method", "mode", "origin"),
    [
        (PAGE, PAGE, "GET", "cors", None),
        (PAGE, PAGE, "HEAD", "cors", None),
        (PAGE, PAGE, "POST", "cors", PAGE),
        (PAGE, PAGE, "OPTIONS", "cors", PAGE),
        (PAGE, PAGE, "DELETE", "same-origin", PAGE),
        (PAGE, PAGE, "POST", "no-cors", PAGE),
        (PAGE, API, "GET", "cors", PAGE),
        (PAGE, API, "HEAD", "cors", PAGE),
        (PAGE, API, "GET", "no-cors", None),
        (PAGE, API, "HEAD", "no-cors", None),
        (PAGE, API, "POST", "no-cors", PAGE),
        (PAGE, "http://api.test", "POST", "no-cors", "null"),
        (PAGE, "http://api.test", "POST", "cors", PAGE),
        ("http://app.test", "http://api.test", "POST", "no-cors", "http://app.test"),
        ("http://app.test", API, "POST", "no-cors", "http://app.test"),
        ("null", API, "POST", "no-cors", "null"),
        ("null", API, "GET", "cors", "null"),
    ],
)
def test_when_the_origin_is_sent(
    page: str, target: str, method: str, mode: Any, origin: str | None
) -> None:
    server = Server()
    browser = browse({target: server}, page, unblocked=["mixed-content"])
    browser.fetch(target, method=method, mode=mode)
    assert server.last.headers.get("origin") == origin
