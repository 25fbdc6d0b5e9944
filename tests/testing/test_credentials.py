"""When cookies are sent with a fetch, and when they are stored."""

from __future__ import annotations

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


def test_cookies_are_kept_even_if_the_cors_check_fails() -> None:
    browser = browse(Server(default=setting("a=1", grant={"allow_origin": "https://evil.test"})))
    with pytest.raises(CORSError):
        browser.fetch(API, credentials="include")
    assert browser.cookies["a"].value == "1"


@pytest.mark.parametrize("target", [API, OTHER])
def test_same_site_decides_across_sites(target: str) -> None:
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
            "a SameSite=Lax",
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
def test_what_a_site_is(page: str, target: str, same_site: bool) -> None:
    server = Server(default=respond(allow_origin=page, allow_credentials="true"))
    browser = Browser({target: server}, origin=page)
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
    """From page to API and back: once cross-origin, only ``include`` sends cookies."""
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


def test_a_hop_through_another_site_does_not_make_the_next_one_cross_site() -> None:
    """RFC 6265bis compares the page and the current URL. Redirects do not count."""
    null = {"allow_origin": "null", "allow_credentials": "true"}
    server = Server(
        {"GET /a": setting(status=302, location=f"{API}/b")}, setting("b=1", grant=null)
    )
    browser = browse({OTHER: server, API: server})
    browser.cookies.set("strict", "1", url=API, same_site="Strict")
    browser.fetch(f"{OTHER}/a", credentials="include")
    assert [a.headers.get("cookie") for a in server.arrivals] == [None, "strict=1"]
    assert "b" in browser.cookies


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
    browse({target: server}, page).fetch(target, method=method, mode=mode)
    assert server.last.headers.get("origin") == origin
