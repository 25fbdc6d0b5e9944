"""What fetch() refuses, normalizes and drops."""

from __future__ import annotations

from typing import Any

import pytest

from flask_crossorigin.testing import NetworkError

from .server import API, FOR_PAGE, PAGE, Server, browse, respond

ANYTHING = respond(allow_origin="*", allow_methods="*", allow_headers="*, authorization")


@pytest.mark.parametrize(
    "arguments",
    [
        {"method": "CONNECT"},
        {"method": "trace"},
        {"method": "Track"},
        {"method": ""},
        {"method": "G ET"},
        {"method": "GE\u0164"},
        {"method": None},
        {"headers": {"X Y": "1"}},
        {"headers": {"": "1"}},
        {"headers": {None: "1"}},
        {"headers": {"X-Y": 1}},
        {"headers": {"X-Y": "a\0b"}},
        {"headers": {"X-Y": "a\nb"}},
        {"headers": {"X-Y": "a\rb"}},
        {"headers": {"X-Y": "\u0100"}},
        {"headers": "abc"},
        {"data": "x"},
        {"data": b""},
        {"data": "x", "method": "head"},
        {"data": "x", "json": {}, "method": "POST"},
        {"json": float("nan"), "method": "POST"},
        {"json": object(), "method": "POST"},
        {"data": 7, "method": "POST"},
        {"mode": "navigate"},
        {"credentials": "yes"},
        {"redirect": "never"},
        {"mode": "no-cors", "method": "PUT"},
        {"mode": "no-cors", "method": "post1"},
    ],
)
def test_refused_arguments_are_plain_type_errors(arguments: dict[str, Any]) -> None:
    server = Server()
    with pytest.raises(TypeError) as caught:
        browse(server).fetch(API, **arguments)
    assert not isinstance(caught.value, NetworkError)
    assert server.arrivals == []


@pytest.mark.parametrize("name", ["mode", "credentials", "redirect"])
def test_the_message_lists_the_choices(name: str) -> None:
    arguments: Any = {name: "wrong"}
    with pytest.raises(TypeError, match=f"^{name} must be one of .*, not 'wrong'$"):
        browse(Server()).fetch(API, **arguments)


def test_the_message_shows_the_refused_value() -> None:
    with pytest.raises(TypeError, match="None is not a valid method"):
        browse(Server()).fetch(API, method=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="None is not a valid header name"):
        browse(Server()).fetch(API, headers={None: "1"})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'X-Y' must be a string, not 1"):
        browse(Server()).fetch(API, headers={"X-Y": 1})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    [
        "https://user@api.example.com/",
        "https://:secret@api.example.com/",
        "https://",
        "https://a b/",
        "https://api.example.com:99999/",
        "https://api.example.com:80x/",
    ],
)
def test_refused_urls_are_plain_type_errors(url: str) -> None:
    with pytest.raises(TypeError) as caught:
        browse(Server()).fetch(url)
    assert not isinstance(caught.value, NetworkError)


def test_an_empty_user_name_is_accepted() -> None:
    assert browse(Server()).fetch("https://:@api.example.com/").status == 200


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("delete", "DELETE"),
        ("gEt", "GET"),
        ("head", "HEAD"),
        ("Options", "OPTIONS"),
        ("post", "POST"),
        ("put", "PUT"),
        ("patch", "patch"),
        ("PATCH", "PATCH"),
        ("x-Method", "x-Method"),
    ],
)
def test_six_methods_are_upper_cased(written: str, sent: str) -> None:
    server = Server(default=ANYTHING)
    browse(server).fetch(API, method=written)
    assert server.last.method == sent


FORBIDDEN = [
    "Accept-Charset",
    "Accept-Encoding",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Connection",
    "Content-Length",
    "Cookie",
    "Cookie2",
    "Date",
    "DNT",
    "Expect",
    "Keep-Alive",
    "Referer",
    "Set-Cookie",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Via",
    "Proxy-Authorization",
    "proxy-",
    "SEC-Fetch-Site",
    "sec-",
]


@pytest.mark.parametrize("name", FORBIDDEN)
def test_forbidden_headers_are_dropped_without_a_preflight(name: str) -> None:
    server = Server(default=ANYTHING)
    browse(server).fetch(API, headers={name: "x"})
    (arrival,) = server.arrivals
    assert arrival.headers.get(name.lower()) != "x"
    assert "OPTIONS" not in server.methods


@pytest.mark.parametrize(("name", "sent"), [("Origin", PAGE), ("host", "api.example.com")])
def test_javascript_cannot_set_the_headers_of_the_browser(name: str, sent: str) -> None:
    server = Server()
    browse(server).fetch(API, headers={name: "https://evil.test"})
    assert server.last.headers[name.lower()] == sent


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("PUT", True),
        ("TRACE", False),
        ("put , Track", False),
        ("connect,put", False),
        ('"a, TRACE, b"', True),
        ('"a \\", TRACE', True),
        ('"a", TRACE', False),
        ("TRACED", True),
    ],
)
@pytest.mark.parametrize("name", ["X-HTTP-Method", "x-http-method-override", "X-Method-Override"])
def test_a_method_override_is_forbidden_by_its_value(name: str, value: str, kept: bool) -> None:
    server = Server(default=ANYTHING)
    browse(server).fetch(API, headers={name: value})
    assert (name.lower() in server.last.headers) is kept


def test_whitespace_around_a_value_is_stripped() -> None:
    server = Server(default=ANYTHING)
    browse(server).fetch(API, headers={"X-A": "\t\r\n a  b \n", "X-B": "\x0b"})
    assert (server.last.headers["x-a"], server.last.headers["x-b"]) == ("a  b", "\x0b")


def test_repeated_headers_arrive_as_one() -> None:
    server = Server(default=ANYTHING)
    browse(server).fetch(API, headers=[("X-A", "1"), ("X-B", "2"), ("x-a", "3")])
    assert server.last.headers["x-a"] == "1, 3"
    (line,) = [line for line in _sent(server) if line[0].lower() == "x-a"]
    assert line == ("X-A", "1, 3")


def _sent(server: Server) -> tuple[tuple[str, str], ...]:
    browser = browse(server)
    browser.fetch(API, headers=[("X-A", "1"), ("X-B", "2"), ("x-a", "3")])
    return browser.exchanges[-1].request.headers.lines


@pytest.mark.parametrize(
    ("headers", "sent"),
    [({}, "*/*"), ({"accept": "text/html"}, "text/html"), ({"Accept": ""}, "")],
)
def test_accept_is_added_if_missing(headers: dict[str, str], sent: str) -> None:
    server = Server()
    browse(server).fetch(API, headers=headers)
    assert server.last.headers["accept"] == sent


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ([("X-A", "1"), ("Authorization", "x"), ("Range", "bytes=0-")], {}),
        ([("Accept-Language", "de")], {"accept-language": "de"}),
        ([("Content-Language", "de"), ("Content-Language", "{")], {"content-language": "de"}),
        ([("Accept", "a" * 100), ("Accept", "b" * 27)], {"accept": "a" * 100}),
        ([("Accept", "a" * 100), ("Accept", "b" * 26)], {"accept": f"{'a' * 100}, {'b' * 26}"}),
        ([("Accept", "a"), ("accept", "b")], {"accept": "a, b"}),
        ([("Content-Type", "application/json")], {}),
        ([("Content-Type", "Text/Plain")], {"content-type": "Text/Plain"}),
        ([("Content-Type", "text/plain"), ("content-type", "a")], {"content-type": "text/plain"}),
    ],
)
def test_no_cors_keeps_only_safelisted_headers(
    headers: list[tuple[str, str]], sent: dict[str, str]
) -> None:
    server = Server()
    browse(server).fetch(API, headers=headers, mode="no-cors")
    (arrival,) = server.arrivals
    from_browser = {"host", "user-agent", "accept-encoding", "referer"}
    from_browser |= {"sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"}
    others = {name: value for name, value in arrival.headers.items() if name not in from_browser}
    assert others == {"accept": "*/*", **sent}


def test_no_cors_drops_the_cookie_header() -> None:
    server = Server(default=FOR_PAGE)
    browse(server).fetch(API, mode="no-cors", method="post", headers={"Cookie": "a=b"})
    assert "cookie" not in server.last.headers


@pytest.mark.parametrize("name", ["cache", "keepalive", "integrity", "signal", "referrerPolicy"])
def test_an_unsupported_argument_of_fetch_raises_not_implemented_error(name: str) -> None:
    fetch: Any = browse(Server()).fetch
    with pytest.raises(NotImplementedError, match=f"does not support the argument {name}"):
        fetch(API, **{name: "x"})


def test_an_unknown_argument_raises_type_error() -> None:
    fetch: Any = browse(Server()).fetch
    with pytest.raises(TypeError, match="has no argument 'heders'"):
        fetch(API, heders={})
