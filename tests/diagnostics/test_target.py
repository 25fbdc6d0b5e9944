from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import CORS, explain
from flask_crossorigin.diagnostics.target import read_headers, read_page_origin, read_target
from flask_crossorigin.testing import HeaderList, SentRequest
from flask_crossorigin.testing.url import parse_url
from flask_crossorigin.testing.wsgi import make_environ

APP = "https://app.example.com"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("/items", "http://localhost/items"),
        ("items", "http://localhost/items"),
        ("", "http://localhost/"),
        ("/items?a=1&b#fragment", "http://localhost/items?a=1&b"),
        ("HTTPS://API.example.com:443", "https://api.example.com/"),
        ("https://api.example.com:8443/a", "https://api.example.com:8443/a"),
        ("http://[::1]:5000/a", "http://[::1]:5000/a"),
        (r"http://localhost\a\b", "http://localhost/a/b"),
        (r"http://localhost\a?b\c", r"http://localhost/a?b\c"),
        (
            r"/a|[]^{}`'<>%!?a|[]^{}`'<>%!?",
            "http://localhost/a|[]%5E%7B%7D%60'%3C%3E%!?a|[]^{}`%27%3C%3E%!?",
        ),
        ("  /$&()*+,;=:@-._~?$&()*+,;=:@-._~ ", "http://localhost/$&()*+,;=:@-._~?$&()*+,;=:@-._~"),
        ("?a=1", "http://localhost/?a=1"),
        ("http://localhost?a=1", "http://localhost/?a=1"),
        ("http://localhost/a/%2e./%2E", "http://localhost/"),
        ("http://localhost/a/./b/../c", "http://localhost/a/c"),
        ("http://localhost/a/%2E%2e/c/..", "http://localhost/"),
        ("http://localhost/../a/.", "http://localhost/a/"),
        ("http://localhost//a", "http://localhost//a"),
        ("http://localhost/caf\u00e9 1?q=\u00e9", "http://localhost/caf%C3%A9%201?q=%C3%A9"),
        ("http://localhost/a%2Fb:c", "http://localhost/a%2Fb:c"),
    ],
)
def test_urls_are_read_as_the_browser_reads_them(text: str, url: str) -> None:
    app = Flask("shop")
    assert str(read_target(text, app)) == url
    base = parse_url("http://localhost/")
    assert str(parse_url(text, base).without_fragment()) == url


@pytest.mark.parametrize("url", ["/a%20b?c=%20d", "//a/b", "https://a.test", "http://a.test:8000/"])
def test_a_request_is_written_down_as_the_browser_for_tests_does(url: str) -> None:
    target = read_target(url, Flask("shop"))
    made = target.make_environ("PUT", {"X-One": "1"})
    sent = SentRequest("PUT", str(target), HeaderList([("X-One", "1")]))
    expected = make_environ(sent)
    for name in ("wsgi.input", "wsgi.errors", "CONTENT_LENGTH", "REMOTE_ADDR"):
        del expected[name]
    assert {name: made.get(name) for name in expected} == expected


def test_a_path_is_at_the_apps_own_server() -> None:
    app = Flask("shop")
    app.config.update(SERVER_NAME="api.example.com:8443", PREFERRED_URL_SCHEME="https")
    assert str(read_target("/items", app)) == "https://api.example.com:8443/items"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ftp://a.example/x", "no URL with http or https"),
        ("mailto:a@b.example", "no URL with http or https"),
        ("http://user@a.example/", "user name"),
        ("http:///x", "no host"),
        ("http://a b/x", "white space"),
        ("http://m\u00fcnchen.example/", "xn--mnchen-3ya.example"),
        ("http://[::/", "Invalid IPv6 URL"),
        ("http://*.a.example/", "is not one origin"),
    ],
)
def test_urls_that_fetch_does_not_take(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_target(text, Flask("shop"))


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        (APP, APP),
        ("null", "null"),
        ("HTTPS://App.Example.com:443/", APP),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
    ],
)
def test_origins_of_pages(text: str, origin: str) -> None:
    assert read_page_origin(text) == origin


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("*", "is not one origin"),
        ("https://*.example.com", "is not one origin"),
        ("app.example.com", 'Write "https://app.example.com".'),
        (f"{APP}/path", f'Write "{APP}"'),
        (f"https://{'a' * 400}.example", "longer than an origin can be"),
        ("", "is empty"),
    ],
)
def test_what_is_no_origin_of_a_page(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"^origin: ") as error:
        read_page_origin(text)
    assert message in str(error.value)


def test_headers_are_read_as_fetch_reads_them() -> None:
    assert read_headers({"X-One": " 1\t"}) == [("X-One", "1")]
    assert read_headers([("a", "1"), ("a", "2")]) == [("a", "1"), ("a", "2")]
    assert read_headers(None) == []
    # Of all that Python strips, four characters are.
    assert read_headers({"X": "\t\r\n\x0bX\x0c \n"}) == [("X", "\x0bX\x0c")]
    assert read_headers({"X": " X1X "}) == [("X", "X1X")]


@pytest.mark.parametrize("header", [("X One", "1"), ("X", "a\nb"), ("X", "\u20ac"), ("", "x")])
def test_what_is_no_header(header: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="is no"):
        read_headers([header])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "A B"}, "'A B' is no method"),
        ({"method": "trace"}, "a browser sends no TRACE request of a script's"),
        ({"url": "ftp://a.example"}, "'ftp://a.example' is no URL with http or https"),
        (
            {"url": "http://me@a.example"},
            "'http://me@a.example' has a user name, and fetch() takes no such URL",
        ),
        ({"url": "http://*.a.example"}, "URL: 'http://*.a.example' is not one origin"),
        ({"origin": "*"}, "origin: '*' is not one origin"),
        (
            {"origin": "app.example.com"},
            'origin: "app.example.com" has no scheme. An origin is scheme://host[:port]. '
            'Write "https://app.example.com".',
        ),
        (
            {"origin": "http://[::1"},
            'origin: "http://[::1" has a malformed IPv6 address. '
            'Write an IPv6 address in brackets, such as "http://[::1]".',
        ),
        ({"headers": {"X Y": "1"}}, "'X Y' is no header name"),
        ({"headers": {"X": " a\0"}}, "' a\\x00' is no value for the header X"),
    ],
)
def test_explain_says_what_it_does_not_take(arguments: dict[str, Any], message: str) -> None:
    app = Flask("shop")
    CORS(app)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        explain(app, **{"method": "GET", "url": "/", "origin": APP, **arguments})


def test_repeated_headers_are_joined_and_forbidden_ones_dropped() -> None:
    app = Flask("shop")
    CORS(app)
    headers = [
        ("X-One", "1"),
        ("x-one", "2"),
        ("Host", "other.example"),
        ("X-HTTP-Method", "TRACE"),
    ]
    explanation = explain(app, "GET", "/", origin=APP, headers=headers)
    assert explanation.response is not None
    assert explanation.response.request_headers == {"X-One": "1, 2", "Origin": APP}
    assert [*explanation.notes[:2]] == [
        "A browser leaves out the header Host: script may not set it.",
        "A browser leaves out the header X-HTTP-Method: script may not set it.",
    ]
