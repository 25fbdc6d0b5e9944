"""The parts of a response that JavaScript can read."""

from __future__ import annotations

from typing import Any

import pytest

from flask_crossorigin.testing import HeaderList, NetworkError

from .server import ANYONE, API, OTHER, PAGE, Response, Server, browse, respond

SAFE = ["Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires"]
SAFE += ["Last-Modified", "Pragma"]
REST = ["X-A", "X-B", "Date", "ETag", "Set-Cookie", "Set-Cookie2", "*"]


def everything(exposed: list[str], origin: str = PAGE) -> Server:
    lines = [(name, "a=1") for name in SAFE + REST]
    lines += [("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true")]
    lines += [("Access-Control-Expose-Headers", value) for value in exposed]
    return Server(default=Response(200, tuple(lines)))


ALL = {"access-control-allow-origin", "access-control-allow-credentials"}
ALL |= {"access-control-expose-headers", "x-a", "x-b", "date", "etag", "*"}


@pytest.mark.parametrize(
    ("exposed", "credentials", "visible"),
    [
        ([], "same-origin", set()),
        (["X-A"], "same-origin", {"x-a"}),
        (["x-a, ,etag"], "include", {"x-a", "etag"}),
        (["x-a", "x-b"], "omit", {"x-a", "x-b"}),
        (["Set-Cookie, X-A, set-cookie2"], "omit", {"x-a"}),
        (["*"], "same-origin", ALL),
        (["x-a, *"], "omit", ALL),
        (["*"], "include", {"*"}),
        (["x-a, *"], "include", {"x-a", "*"}),
        (["x a, etag"], "omit", set()),
        (["x-a", "*;"], "omit", set()),
        (["x-missing"], "omit", set()),
    ],
)
def test_a_cors_reply_has_safelisted_and_exposed_headers(
    exposed: list[str], credentials: Any, visible: set[str]
) -> None:
    reply = browse(everything(exposed)).fetch(API, credentials=credentials)
    assert reply.type == "cors"
    assert set(reply.headers) == {name.lower() for name in SAFE} | visible


def test_a_basic_reply_has_all_headers_except_set_cookie() -> None:
    reply = browse({PAGE: everything(["x-a"])}).fetch("/")
    assert reply.type == "basic"
    assert set(reply.headers) == {name.lower() for name in SAFE} | ALL


def test_repeated_headers_read_as_one() -> None:
    lines = (("X-A", " 1"), ("x-a", "2\t"), ("Vary", "Origin"))
    reply = browse({PAGE: Server(default=Response(200, lines))}).fetch("/")
    assert reply.headers["X-a"] == "1, 2"
    assert reply.headers.getlist("X-A") == ["1", "2"]
    assert dict(reply.headers) == {"vary": "Origin", "x-a": "1, 2"} == reply.headers
    assert ("X-A" in reply.headers, "X-C" in reply.headers, len(reply.headers)) == (True, False, 2)
    assert reply.headers.get("X-C") is None
    with pytest.raises(KeyError, match="X-C"):
        _ = reply.headers["X-C"]
    assert (reply.headers.tokens("X-A"), reply.headers.tokens("X-C")) == (["1", "2"], [])
    assert repr(HeaderList([("A", "b")])) == "HeaderList([('A', 'b')])"


@pytest.mark.parametrize(
    ("method", "status", "body"),
    [
        ("GET", 200, b"body"),
        ("GET", 299, b"body"),
        ("GET", 300, b"body"),
        ("GET", 199, b"body"),
        ("GET", 404, b"body"),
        ("GET", 206, b"body"),
        ("HEAD", 200, b""),
        ("GET", 101, b""),
        ("GET", 103, b""),
        ("GET", 204, b""),
        ("GET", 205, b""),
        ("GET", 304, b""),
        ("POST", 204, b""),
        ("POST", 500, b"body"),
    ],
)
@pytest.mark.parametrize("target", [PAGE, API])
def test_status_and_body(method: str, status: int, body: bytes, target: str) -> None:
    server = Server(default=respond(status, b"body", allow_origin="*"))
    reply = browse({target: server}).fetch(f"{target}/a#f", method=method)
    assert (reply.status, reply.data, reply.url) == (status, body, f"{target}/a")
    assert reply.ok is (200 <= status <= 299)
    assert reply.redirected is False


@pytest.mark.parametrize(
    ("body", "text"),
    [(b"gr\xc3\xbcn", "gr\u00fcn"), (b"\xef\xbb\xbfa", "a"), (b"\xff", "\ufffd"), (b"", "")],
)
def test_text_is_utf8(body: bytes, text: str) -> None:
    reply = browse(Server(default=respond(200, body, allow_origin="*"))).fetch(API)
    assert reply.text == text


def test_json() -> None:
    server = Server({"GET /a": respond(200, b'\xef\xbb\xbf{"a": 1}', allow_origin="*")})
    assert browse(server).fetch(f"{API}/a").json == {"a": 1}
    with pytest.raises(ValueError, match="Expecting value"):
        _ = browse(server).fetch(f"{API}/b").json


@pytest.mark.parametrize("status", [200, 404, 500])
def test_an_opaque_reply_is_empty(status: int) -> None:
    server = Server(default=respond(status, b"body", content_type="text/html"))
    reply = browse(server).fetch(f"{API}/a", mode="no-cors")
    assert (reply.type, reply.url, reply.status, reply.ok) == ("opaque", "", 0, False)
    assert (dict(reply.headers), reply.data, reply.text) == ({}, b"", "")


def test_an_opaque_reply_hides_redirects_and_stays_opaque() -> None:
    server = Server({"GET /a": respond(302, location=f"{PAGE}/b")})
    reply = browse({API: server, PAGE: server}).fetch(f"{API}/a", mode="no-cors")
    assert (reply.type, reply.redirected, len(server.arrivals)) == ("opaque", False, 2)
    reply = browse({PAGE: server}).fetch("/b", mode="no-cors")
    assert reply.type == "basic"


@pytest.mark.parametrize("redirect", ["manual", "error"])
def test_no_cors_must_follow_redirects(redirect: Any) -> None:
    server = Server()
    browser = browse({API: server, PAGE: server})
    with pytest.raises(NetworkError, match="must follow redirects"):
        browser.fetch(API, mode="no-cors", redirect=redirect)
    assert server.arrivals == []
    assert browser.fetch(PAGE, mode="no-cors", redirect=redirect).type == "basic"


@pytest.mark.parametrize(
    ("page", "target", "policy", "allowed"),
    [
        (PAGE, API, "same-origin", False),
        (PAGE, API, "same-site", True),
        (PAGE, API, "cross-origin", True),
        (PAGE, API, "Same-Origin", True),
        (PAGE, API, " same-origin ", False),
        (PAGE, API, "same-origin, same-origin", True),
        (PAGE, OTHER, "same-site", False),
        (PAGE, OTHER, "same-origin", False),
        (PAGE, OTHER, "cross-origin", True),
        (PAGE, PAGE, "same-origin", True),
        (PAGE, "http://api.example.com", "same-site", True),
        ("http://app.example.com", API, "same-site", False),
        ("http://app.example.com", "http://api.example.com", "same-site", True),
        ("null", API, "same-site", False),
        ("null", API, "same-origin", False),
    ],
)
def test_resource_policy(page: str, target: str, policy: str, allowed: bool) -> None:
    server = Server(default=respond(allow_origin="*", cross_origin_resource_policy=policy))
    browser = browse({target: server}, page, unblocked=["mixed-content"])
    assert browser.fetch(target).status == 200
    if allowed:
        browser.fetch(target, mode="no-cors")
    else:
        with pytest.raises(NetworkError, match=f'"cross-origin" but is "{policy.strip()}"'):
            browser.fetch(target, mode="no-cors")


def test_resource_policy_applies_to_redirects() -> None:
    policy = respond(302, location="/b", cross_origin_resource_policy="same-origin")
    server = Server({"GET /a": policy})
    with pytest.raises(NetworkError, match="cannot be loaded by"):
        browse(server).fetch(f"{API}/a", mode="no-cors")
    assert len(server.arrivals) == 1


def test_resource_policy_allows_a_redirect_back_to_the_page_s_own_server() -> None:
    own = respond(cross_origin_resource_policy="same-origin")
    server = Server({"GET /a": respond(302, location=f"{PAGE}/b"), "GET /b": own})
    assert browse({API: server, PAGE: server}).fetch(f"{API}/a", mode="no-cors").type == "opaque"


@pytest.mark.parametrize("value", ["a\0b", "a\nb", "a\rb", "\u0100"])
@pytest.mark.parametrize("mode", ["cors", "no-cors"])
def test_an_invalid_header_is_a_network_error(value: str, mode: Any) -> None:
    lines = (*ANYONE.headers, ("X-A", value), ("Set-Cookie", "a=1"))
    browser = browse({PAGE: Server(default=Response(200, lines))})
    with pytest.raises(NetworkError, match="a NUL, a line break"):
        browser.fetch("/", mode=mode)
    assert list(browser.cookies) == []


def test_an_invalid_header_of_a_preflight_response_is_a_network_error() -> None:
    lines = (*ANYONE.headers, ("Access-Control-Allow-Methods", "PUT"), ("X-A", "a\0b"))
    server = Server({"OPTIONS /": Response(200, lines)})
    with pytest.raises(NetworkError, match="a NUL, a line break"):
        browse(server).fetch(API, method="PUT")
    assert server.methods == ["OPTIONS"]
