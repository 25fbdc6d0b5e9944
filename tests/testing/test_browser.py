"""The browser as a whole: servers, pages, exchanges."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from flask_crossorigin import testing
from flask_crossorigin.testing import (
    Browser,
    CORSError,
    Exchange,
    HeaderList,
    NetworkError,
    ReceivedResponse,
    SentRequest,
)
from flask_crossorigin.testing.set_cookie import SetCookie
from flask_crossorigin.testing.url import parse_url

from .server import ANYONE, API, OTHER, PAGE, Clock, Server, browse, respond

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def test_a_single_app_is_at_localhost() -> None:
    server = Server()
    browser = Browser(server, origin=PAGE)
    assert browser.fetch("/items?a#b").url == "http://localhost/items?a"
    assert browser.fetch("items").url == "http://localhost/items"
    assert server.last.headers["host"] == "localhost"
    with pytest.raises(CORSError, match="origin"):
        Browser(Server(default=respond()), origin="https://evil.example").fetch("/items")


@pytest.mark.parametrize("page", [PAGE, "http://app.test:8000"])
def test_relative_urls_are_resolved_against_the_page_if_there_is_a_map(page: str) -> None:
    scheme = page.partition("://")[0]
    browser = browse({page: Server(), f"{scheme}://api.example.com": Server()}, page)
    assert browser.fetch("/a").url == f"{page}/a"
    assert browser.fetch("//api.example.com/a").url == f"{scheme}://api.example.com/a"


@pytest.mark.parametrize("origin", ["null", "file://", "capacitor://localhost", "app://."])
def test_a_page_without_an_http_origin_cannot_resolve_relative_urls(origin: str) -> None:
    server = Server()
    browser = browse(server, origin)
    with pytest.raises(TypeError, match="relative") as caught:
        browser.fetch("/a")
    assert not isinstance(caught.value, NetworkError)
    assert browser.fetch(API).type == "cors"
    assert server.last.headers["origin"] == origin


@pytest.mark.parametrize("url", ["ftp://api.example.com/", "data:,x", "about:blank"])
def test_only_http_urls_are_fetched(url: str) -> None:
    with pytest.raises(NetworkError, match=r"not an HTTP\(S\) URL") as caught:
        browse(Server()).fetch(url)
    assert not isinstance(caught.value, CORSError)


def test_an_unknown_server_is_named_in_the_error() -> None:
    with pytest.raises(NetworkError, match=r"no server at https://api.example.com:8443 \(known"):
        browse(Server()).fetch(f"{API}:8443")


@pytest.mark.parametrize(
    "origin",
    ["HTTPS://App.Example.com", f"{PAGE}:443", f"{PAGE}/", "https://app.example.com:0443/"],
)
def test_origins_are_normalized(origin: str) -> None:
    server = Server()
    browser = Browser({origin: server}, origin=origin)
    assert browser.fetch("/", method="POST").type == "basic"
    assert server.last.headers["origin"] == PAGE


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "*",
        "app.example.com",
        f"{PAGE}/a",
        f"{PAGE}?",
        f"{PAGE}#",
        "https://a@app.test",
        "Null",
        "https://*.example.com",
        f"https://{'a' * 400}.test",
    ],
    ids=lambda origin: origin[:30] or "empty",
)
def test_invalid_origins(origin: str) -> None:
    with pytest.raises(ValueError, match="is not an origin: write http or https, a host and"):
        Browser(Server(), origin=origin)
    with pytest.raises(ValueError, match="is not an origin"):
        Browser({origin: Server()}, origin=PAGE)


@pytest.mark.parametrize("origin", ["null", "file://", "ftp://a.test", "capacitor://localhost"])
def test_servers_must_have_http_origins(origin: str) -> None:
    with pytest.raises(ValueError, match="is not an origin"):
        Browser({origin: Server()}, origin=PAGE)


def test_exchanges() -> None:
    server = Server({"OPTIONS /a": respond(204, allow_origin="*", allow_methods="PUT")})
    browser = browse(server)
    assert browser.exchanges == []
    browser.fetch(f"{API}/a#f", method="PUT", data="x")
    preflight, actual = browser.exchanges
    assert (preflight.is_preflight, actual.is_preflight) == (True, False)
    assert preflight.request.method == "OPTIONS"
    assert (actual.request.method, actual.request.url) == ("PUT", f"{API}/a")
    assert actual.request.body == b"x"
    own = (
        ("User-Agent", "Mozilla/5.0 (compatible; flask_crossorigin)"),
        ("Accept-Encoding", "gzip, deflate"),
        ("Referer", f"{PAGE}/"),
        ("Sec-Fetch-Site", "same-site"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "empty"),
    )
    assert actual.request.headers.lines == (
        ("Content-Type", "text/plain;charset=UTF-8"),
        ("Accept", "*/*"),
        ("Origin", PAGE),
        *own,
    )
    assert preflight.request.headers.lines == (
        ("Accept", "*/*"),
        ("Access-Control-Request-Method", "PUT"),
        ("Origin", PAGE),
        *own,
    )
    assert preflight.response.status == 204
    assert preflight.response.headers["Access-Control-Allow-Methods"] == "PUT"
    assert actual.response.headers == dict(HeaderList(ANYONE.headers))


@pytest.mark.parametrize(
    ("arguments", "because"),
    [
        ({"method": "PUT"}, ("the method PUT",)),
        ({"headers": {"X-B": "1", "X-A": "2"}}, ("the header x-a", "the header x-b")),
        ({"method": "patch", "json": {}}, ("the method patch", "the header content-type")),
    ],
)
def test_a_preflight_says_what_requires_it(
    arguments: dict[str, Any], because: tuple[str, ...]
) -> None:
    browser = browse(
        Server(default=respond(allow_origin="*", allow_methods="*", allow_headers="*"))
    )
    browser.fetch(API, **arguments)
    assert [exchange.because for exchange in browser.exchanges] == [because, ()]


@pytest.mark.parametrize(
    ("hops", "mode", "is_cross_origin"),
    [
        ([PAGE], "cors", [False]),
        ([API], "cors", [True]),
        ([API], "no-cors", [True]),
        ([PAGE, API], "cors", [False, True]),
        ([API, PAGE], "cors", [True, True]),
    ],
)
def test_exchanges_say_whether_they_are_cross_origin(
    hops: list[str], mode: Any, is_cross_origin: list[bool]
) -> None:
    server = Server(
        {
            f"GET /{number}": respond(302, allow_origin="*", location=f"{hop}/{number + 1}")
            for number, hop in enumerate(hops[1:])
        }
    )
    browser = browse({PAGE: server, API: server})
    browser.fetch(f"{hops[0]}/0", mode=mode)
    assert [exchange.is_cross_origin for exchange in browser.exchanges] == is_cross_origin


@pytest.mark.parametrize(
    ("headers", "mode", "dropped"),
    [
        ({"Accept": "*/*"}, "cors", ()),
        ({"Cookie": "a=b", "X-A": "1", "sec-a": "2"}, "cors", ("Cookie", "sec-a")),
        ([("X-HTTP-Method", "PUT"), ("X-HTTP-Method", "TRACE")], "cors", ("X-HTTP-Method",)),
        ({"X-A": "1", "Accept": "*/*"}, "no-cors", ("X-A",)),
    ],
)
def test_exchanges_list_dropped_headers(headers: Any, mode: Any, dropped: tuple[str, ...]) -> None:
    browser = browse(Server(default=respond(allow_origin="*", allow_headers="*")))
    browser.fetch(API, headers=headers, mode=mode)
    assert {exchange.dropped_headers for exchange in browser.exchanges} == {dropped}


def test_exchanges_include_failed_and_hidden_responses() -> None:
    browser = browse(Server(default=respond(200, b"secret", x_secret="1")))
    with pytest.raises(CORSError):
        browser.fetch(API)
    (exchange,) = browser.exchanges
    assert (exchange.response.headers["X-Secret"], exchange.response.body) == ("1", b"secret")


def test_each_browser_has_its_own_cache_and_cookies() -> None:
    server = Server(default=respond(allow_origin="*", allow_methods="PUT", set_cookie="a=1"))
    first, second = browse({API: server, PAGE: server}), browse(server)
    first.fetch(API, method="PUT")
    first.fetch("/")
    second.fetch(API, method="PUT")
    assert [len(browser.exchanges) for browser in (first, second)] == [3, 2]
    assert [len(browser.cookies) for browser in (first, second)] == [1, 0]


def test_cookies_use_the_clock() -> None:
    clock = Clock()
    browser = Browser(Server(), origin=PAGE, clock=clock)
    browser.cookies.set("a", "1", url=API, max_age=10)
    clock.now += 10
    assert len(browser.cookies) == 0


def test_exceptions_of_the_app_propagate() -> None:
    def app(_environ: WSGIEnvironment, _start: StartResponse) -> Iterable[bytes]:
        raise ZeroDivisionError("in the app")

    browser = Browser(app, origin=PAGE)
    with pytest.raises(ZeroDivisionError, match="in the app"):
        browser.fetch("/")
    assert browser.exchanges == []


def test_a_flask_app() -> None:
    app = Flask(__name__)

    @app.get("/items/<name>")
    def item(name: str) -> tuple[dict[str, str], dict[str, str]]:
        return {"name": name}, {"Access-Control-Allow-Origin": "*", "X-Total": "1"}

    reply = Browser(app, origin=PAGE).fetch("/items/gr\u00fcn?x")
    assert reply.json == {"name": "gr\u00fcn"}
    assert "X-Total" not in reply.headers


@pytest.mark.parametrize(
    ("origin", "serialized"),
    [
        ("HTTPS://App.Example.com:443/", PAGE),
        ("null", "null"),
        ("file://", "file://"),
        ("https://App.Example.com.", f"{PAGE}."),
        ("safari-web-extension://E1B2", "safari-web-extension://E1B2"),
        ("capacitor://localhost", "capacitor://localhost"),
    ],
)
def test_the_origin_of_the_page(origin: str, serialized: str) -> None:
    assert browse(Server(), origin).origin == serialized


class Recorder:
    """A transport that needs no servers: it records requests and sends one response."""

    def __init__(self) -> None:
        self.requests: list[SentRequest] = []

    def send(self, request: SentRequest) -> ReceivedResponse:
        self.requests.append(request)
        return ReceivedResponse(200, HeaderList([("Access-Control-Allow-Origin", PAGE)]), b"far")


def test_another_transport() -> None:
    transport = Recorder()
    browser = Browser(transport, origin=PAGE)
    assert browser.fetch(f"{OTHER}/a").data == b"far"
    assert browser.fetch("/b").type == "basic"
    assert [request.url for request in transport.requests] == [f"{OTHER}/a", f"{PAGE}/b"]


@dataclass(frozen=True)
class Rehearsed(ReceivedResponse):
    decided_by: str = ""


def test_exchanges_keep_the_response_object_of_the_transport() -> None:
    response = Rehearsed(200, HeaderList(), decided_by="a policy")

    class Transport:
        def send(self, request: SentRequest) -> ReceivedResponse:
            return response

    browser = Browser(Transport(), origin=PAGE)
    with pytest.raises(CORSError):
        browser.fetch(API)
    (exchange,) = browser.exchanges
    assert exchange.response is response


def test_defaults_of_the_records() -> None:
    none = HeaderList()
    assert SentRequest("GET", API, none) == SentRequest("GET", API, none, None)
    assert ReceivedResponse(204, none) == ReceivedResponse(204, none, b"", "")
    request, response = SentRequest("GET", API, none), ReceivedResponse(204, none)
    assert Exchange(request, response, False, True) == Exchange(
        request, response, is_preflight=False, is_cross_origin=True, because=(), dropped_headers=()
    )


def test_errors_are_type_errors_with_a_reason() -> None:
    assert issubclass(CORSError, NetworkError)
    assert issubclass(NetworkError, TypeError)
    for error in (NetworkError("why"), CORSError("why", problem="no")):
        assert (error.reason, str(error), error.args) == ("why", "why", ("why",))
    assert (NetworkError("why").problem, CORSError("why", problem="no").problem) == ("why", "no")


def test_records_cannot_be_changed() -> None:
    browser = browse({PAGE: Server(default=respond(set_cookie="a=1; Path=x\x01")), API: Server()})
    reply = browser.fetch("/")
    browser.cookies.set("a", "1", url=API)
    (exchange,) = browser.exchanges
    records = [reply, exchange, exchange.request, exchange.response]
    parsed = [SetCookie("a", "1"), parse_url(API)]
    for record in [*records, *parsed, *browser.cookies, *browser.cookies.rejected]:
        name = next(iter(vars(record)))
        with pytest.raises(AttributeError, match="cannot assign"):
            setattr(record, name, None)
    assert len(browser.cookies.rejected) == 1


def test_the_public_names() -> None:
    assert sorted(testing.__all__) == testing.__all__
    for name in testing.__all__:
        assert getattr(testing, name).__name__ == name


def loaded_after(statement: str) -> set[str]:
    script = f"{statement}; import sys; print(*(m for m in sys.modules if 'crossorigin' in m))"
    out = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    return {name.removeprefix("flask_crossorigin").removeprefix(".") for name in out.split()}


def test_the_browser_and_the_package_do_not_load_each_other() -> None:
    package = loaded_after("import flask_crossorigin")
    assert not {name for name in package if name.startswith("testing")}
    browser = loaded_after("import flask_crossorigin.testing") - package
    shared = {name for name in browser if not name.startswith("testing")}
    assert shared <= {"fetch", "fetch.grammar", "fetch.safelists"}
