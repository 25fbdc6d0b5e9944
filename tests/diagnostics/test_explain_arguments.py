"""What ``explain`` takes: URLs, origins, methods and headers, read as browsers read them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import CORS, explain

APP = "https://app.example.com"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("/items", "http://localhost/items"),
        ("items", "http://localhost/items"),
        (r"\items", "http://localhost/items"),
        ("//a/b", "http://localhost//a/b"),
        ("http:///a/b", "http://a/b"),
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
def test_urls_are_read_as_browsers_read_them(text: str, url: str) -> None:
    app = Flask("shop")
    CORS(app)
    explanation = explain(app, "GET", text, origin=APP)
    assert explanation.url == url


def test_a_path_is_at_the_apps_own_server() -> None:
    app = Flask("shop")
    app.config.update(SERVER_NAME="api.example.com:8443", PREFERRED_URL_SCHEME="https")
    CORS(app)
    explanation = explain(app, "GET", "/items", origin=APP)
    assert explanation.url == "https://api.example.com:8443/items"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "A B"}, "'A B' is not a valid method"),
        ({"method": "trace"}, "browsers do not let JavaScript send TRACE requests"),
        ({"url": "ftp://a.example/x"}, "ftp://a.example/x is not an HTTP(S) URL"),
        ({"url": "mailto:a@b.example"}, "mailto:a@b.example is not an HTTP(S) URL"),
        (
            {"url": "http://me@a.example"},
            "fetch() does not accept a URL with a user name or password: 'http://me@a.example/'",
        ),
        ({"url": "http://a b/x"}, "the host of http://a b/x is missing or not valid"),
        ({"url": "http://[::/"}, "the host of http://[::/ is missing or not valid"),
        ({"headers": {"X Y": "1"}}, "'X Y' is not a valid header name"),
        ({"headers": {"X": "a\0"}}, "'a\\x00' is not a valid value for the header 'X'"),
    ],
)
def test_it_says_what_fetch_does_not_take(arguments: dict[str, Any], message: str) -> None:
    app = Flask("shop")
    CORS(app)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        explain(app, **{"method": "GET", "url": "/", "origin": APP, **arguments})


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "https://*.example.com",
        "app.example.com",
        f"{APP}/path",
        f"https://{'a' * 400}.example",
        "",
    ],
    ids=lambda origin: origin[:30] or "empty",
)
def test_it_says_what_is_not_the_origin_of_a_page(origin: str) -> None:
    app = Flask("shop")
    CORS(app)
    message = (
        f"{origin!r} is not an origin: write http or https, a host and, if needed, a port, as in "
        '"https://app.example.com"'
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        explain(app, "GET", "/", origin=origin)


@pytest.mark.parametrize(
    ("origin", "serialized"),
    [
        (APP, APP),
        ("null", "null"),
        ("HTTPS://App.Example.com:443/", APP),
        ("http://m\u00fcnchen.example", "http://xn--mnchen-3ya.example"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
    ],
)
def test_the_origin_is_serialized_as_browsers_do(origin: str, serialized: str) -> None:
    app = Flask("shop")
    CORS(app)
    explanation = explain(app, "GET", "/", origin=origin)
    assert explanation.origin == serialized
    assert explanation.response is not None
    assert explanation.response.request_headers == {"Origin": serialized}


def test_repeated_headers_are_joined_and_forbidden_ones_dropped() -> None:
    app = Flask("shop")
    CORS(app)
    headers = [
        ("X-One", " 1\t"),
        ("x-one", "2"),
        ("Host", "other.example"),
        ("X-HTTP-Method", "TRACE"),
    ]
    explanation = explain(app, "GET", "/", origin=APP, headers=headers)
    assert explanation.response is not None
    assert explanation.response.request_headers == {"X-One": "1, 2", "Origin": APP}
    assert [*explanation.notes[:2]] == [
        "Browsers drop the header Host: JavaScript is not allowed to set it.",
        "Browsers drop the header X-HTTP-Method: JavaScript is not allowed to set it.",
    ]
