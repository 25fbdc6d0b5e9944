"""The headers that the browser itself adds to a request."""

from __future__ import annotations

from typing import Any

import pytest

from flask_crossorigin.testing import Browser

from .server import API, OTHER, PAGE, Arrival, Server, browse, respond

SHOP = f"{PAGE}/shop?a=b#c"
METADATA = ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"]
ANYTHING = respond(allow_origin="*", allow_methods="*", allow_headers="*")


def travel(page: str, hops: list[str], **arguments: Any) -> list[Arrival]:
    """Fetch a URL that redirects from server to server, and return the requests that arrived."""
    responses = {
        f"{method} /{number}": respond(307, allow_origin="*", location=f"{hop}/{number + 1}")
        for number, hop in enumerate(hops[1:])
        for method in ("GET", "POST")
    }
    server = Server(responses, ANYTHING)
    servers = dict.fromkeys(hops, server)
    browser = Browser(servers, origin=page) if page == "null" else Browser(servers, page=page)
    browser.fetch(f"{hops[0]}/0", **arguments)
    return server.arrivals


@pytest.mark.parametrize(
    ("hops", "sites"),
    [
        ([PAGE], ["same-origin"]),
        ([API], ["same-site"]),
        ([OTHER], ["cross-site"]),
        (["https://app.example.com:8443"], ["same-site"]),
        ([PAGE, API, PAGE], ["same-origin", "same-site", "same-site"]),
        ([PAGE, OTHER, PAGE], ["same-origin", "cross-site", "cross-site"]),
        ([API, OTHER, API], ["same-site", "cross-site", "cross-site"]),
        # A different scheme is a different site.
        (["http://app.localhost"], ["cross-site"]),
    ],
)
def test_sec_fetch_site(hops: list[str], sites: list[str]) -> None:
    arrivals = travel(SHOP, hops)
    assert [arrival.headers["sec-fetch-site"] for arrival in arrivals] == sites


@pytest.mark.parametrize(
    ("page", "target", "sent"),
    [
        ("http://app.test/", "http://app.test", False),
        ("http://app.test/", "http://api.test", False),
        ("http://app.test/", "http://localhost:5000", True),
        ("http://app.test/", "http://[::1]", True),
        ("http://app.test/", API, True),
        ("null", API, True),
    ],
)
def test_fetch_metadata_is_only_sent_to_trustworthy_urls(
    page: str, target: str, sent: bool
) -> None:
    (arrival,) = travel(page, [target])
    assert [name in arrival.headers for name in METADATA] == [sent] * 3


@pytest.mark.parametrize(
    ("arguments", "metadata"),
    [
        ({}, [["same-site", "cors", "empty"]]),
        ({"mode": "no-cors"}, [["same-site", "no-cors", "empty"]]),
        # The preflight has them too.
        ({"method": "PUT"}, [["same-site", "cors", "empty"]] * 2),
    ],
)
def test_mode_and_destination(arguments: dict[str, Any], metadata: list[list[str]]) -> None:
    arrivals = travel(SHOP, [API], **arguments)
    assert [[arrival.headers[name] for name in METADATA] for arrival in arrivals] == metadata


@pytest.mark.parametrize(
    ("page", "hops", "referers"),
    [
        (SHOP, [PAGE], [f"{PAGE}/shop?a=b"]),
        (SHOP, [API], [f"{PAGE}/"]),
        (PAGE, [API], [f"{PAGE}/"]),
        ("http://localhost:3000/a", ["http://localhost:5000"], ["http://localhost:3000/"]),
        ("http://app.test/a", ["http://api.test"], ["http://app.test/"]),
        ("http://app.test/a", [API], ["http://app.test/"]),
        (SHOP, ["http://localhost"], [f"{PAGE}/"]),
        ("http://localhost:3000/a", ["http://api.test"], [None]),
        # Once a hop shortens Referer, later hops get the short one.
        (SHOP, [PAGE, API, PAGE], [f"{PAGE}/shop?a=b", f"{PAGE}/", f"{PAGE}/"]),
        (
            "http://localhost:3000/a",
            ["http://api.test", "http://localhost:3000"],
            [None, None],
        ),
        ("null", [API], [None]),
    ],
)
def test_referer(page: str, hops: list[str], referers: list[str | None]) -> None:
    arrivals = travel(page, hops)
    assert [arrival.headers.get("referer") for arrival in arrivals] == referers


def test_a_preflight_has_the_referer_of_its_request() -> None:
    arrivals = travel(SHOP, [API, PAGE], method="POST", headers={"X-A": "1"})
    assert [(arrival.method, arrival.headers["referer"]) for arrival in arrivals] == [
        ("OPTIONS", f"{PAGE}/"),
        ("POST", f"{PAGE}/"),
        ("OPTIONS", f"{PAGE}/"),
        ("POST", f"{PAGE}/"),
    ]


def test_javascript_can_set_the_user_agent_only() -> None:
    own, theirs = (
        travel(SHOP, [API], method="PUT", headers=headers)
        for headers in ({}, {"User-Agent": "mine", "Accept-Encoding": "br", "Referer": OTHER})
    )
    assert {arrival.headers["user-agent"] for arrival in own} == {
        "Mozilla/5.0 (compatible; flask_crossorigin)"
    }
    preflight, actual = theirs
    assert preflight.headers["user-agent"] == own[0].headers["user-agent"]
    assert actual.headers["user-agent"] == "mine"
    for arrival in (*own, *theirs):
        assert arrival.headers["accept-encoding"] == "gzip, deflate"
        assert arrival.headers["referer"] == f"{PAGE}/"


def test_a_range_request_accepts_no_content_coding() -> None:
    (arrival,) = travel(SHOP, [API], headers={"Range": "bytes=0-5"})
    assert arrival.headers["accept-encoding"] == "identity"


def test_relative_urls_are_resolved_against_the_page() -> None:
    browser = Browser({PAGE: Server()}, page=f"{PAGE}/shop/cart?a#b")
    assert browser.origin == PAGE
    assert browser.fetch("items").url == f"{PAGE}/shop/items"


@pytest.mark.parametrize(
    "page",
    ["", "null", "/shop", "capacitor://localhost/", "https://me@app.test/", "https://*.test"],
)
def test_invalid_page_urls(page: str) -> None:
    with pytest.raises(ValueError, match="is not the URL of a page: write http or https"):
        Browser(Server(), page=page)


@pytest.mark.parametrize("arguments", [{}, {"origin": PAGE, "page": SHOP}])
def test_a_page_has_either_an_origin_or_a_url(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="pass the origin of the page, or page= with its URL"):
        Browser(Server(), **arguments)


def test_browsers_can_share_cookies() -> None:
    first, second = browse(Server()), browse(Server(), OTHER)
    second.cookies = first.cookies
    first.cookies.set("a", "1", url=API, secure=True, same_site="None")
    assert "a" in second.cookies
