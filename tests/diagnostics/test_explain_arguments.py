"""The arguments of ``explain``: it reads URLs, origins, methods and headers like browsers."""

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
        ("/items", "http://127.0.0.1:5000/items"),
        ("items", "http://127.0.0.1:5000/items"),
        (r"\items", "http://127.0.0.1:5000/items"),
        ("//a/b", "http://127.0.0.1:5000//a/b"),
        ("http:///a/b", "http://a/b"),
        ("", "http://127.0.0.1:5000/"),
        ("/items?a=1&b#fragment", "http://127.0.0.1:5000/items?a=1&b"),
        ("HTTPS://API.example.com:443", "https://api.example.com/"),
        ("https://api.example.com:8443/a", "https://api.example.com:8443/a"),
        ("http://[::1]:5000/a", "http://[::1]:5000/a"),
        (r"http://localhost\a\b", "http://localhost/a/b"),
        (r"http://localhost\a?b\c", r"http://localhost/a?b\c"),
        (
            r"/a|[]^{}`'<>%!?a|[]^{}`'<>%!?",
            "http://127.0.0.1:5000/a|[]%5E%7B%7D%60'%3C%3E%!?a|[]^{}`%27%3C%3E%!?",
        ),
        (
            "  /$&()*+,;=:@-._~?$&()*+,;=:@-._~ ",
            "http://127.0.0.1:5000/$&()*+,;=:@-._~?$&()*+,;=:@-._~",
        ),
        ("?a=1", "http://127.0.0.1:5000/?a=1"),
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
    app.config["APPLICATION_ROOT"] = "/shop"
    url = "https://api.example.com:8443/shop/items"
    assert explain(app, "GET", "/items", origin=APP).url == url
    assert explain(app, "GET", url, origin=APP).url == url


#: The base URL, the URL as written, the full URL, and the path within the app.
BASES = [
    ("https://api.example.com", "/items", "https://api.example.com/items", "/items"),
    ("https://api.example.com/", "items", "https://api.example.com/items", "/items"),
    ("https://api.example.com/shop", "/items", "https://api.example.com/shop/items", "/items"),
    ("https://api.example.com/shop/", "/items", "https://api.example.com/shop/items", "/items"),
    ("https://api.example.com/a%20b", "/items", "https://api.example.com/a%20b/items", "/items"),
    ("https://api.example.com/shop", "", "https://api.example.com/shop/", "/"),
    ("http://[::1]:5000", "/items", "http://[::1]:5000/items", "/items"),
    ("http://A.example/s", "http://a.example/s/items", "http://a.example/s/items", "/items"),
    ("http://a.example/s", "http://a.example/s", "http://a.example/s", "/"),
]


@pytest.mark.parametrize(("base_url", "text", "url", "path"), BASES)
def test_a_path_is_at_the_base_url(base_url: str, text: str, url: str, path: str) -> None:
    app = Flask("shop", static_folder=None)
    CORS(app, resources={path: {}})
    explanation = explain(app, "GET", text, origin=APP, base_url=base_url)
    assert (explanation.url, explanation.verdict) == (url, "allowed")


def test_the_base_url_counts_more_than_the_configuration() -> None:
    app = Flask("shop", static_folder=None)
    app.config.update(SERVER_NAME="api.example.com", APPLICATION_ROOT="/other")
    CORS(app)
    base_url = "https://api.example.com/shop"
    assert explain(app, "GET", "/", origin=APP, base_url=base_url).url == f"{base_url}/"


def test_a_redirect_stays_below_the_base_url() -> None:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/slash/", "slash", lambda: "seen")
    app.add_url_rule("/out", "out", redirect_to="/elsewhere")
    CORS(app)
    base = "https://api.example.com/shop"
    explanation = explain(app, "GET", "/slash", origin=APP, base_url=base)
    assert (explanation.url, explanation.verdict) == (f"{base}/slash/", "allowed")
    explanation = explain(app, "GET", "/out", origin=APP, base_url=base)
    assert explanation.reason == (
        "the app redirects to https://api.example.com/elsewhere, which is not below "
        f"{base}: explain that URL separately"
    )


def bad_base(text: str) -> str:
    return (
        f"{text!r} is not the base URL of an app. Write the scheme http or https, the host and, if "
        "the app is mounted below a path, that path, as in https://example.com/shop"
    )


@pytest.mark.parametrize(
    ("base_url", "url", "message"),
    [
        *((text, "/", bad_base(text)) for text in ("", "api.example.com", "/shop", "ftp://a.test")),
        *((f"http://{text}", "/", bad_base(f"http://{text}")) for text in ("[", "a:b", "*.a.test")),
        *((f"http://{text}", "/", bad_base(f"http://{text}")) for text in ("u@a", "a/?b", "a/#b")),
        (
            "http://a.test/shop",
            "http://a.test/shopping",
            "http://a.test/shopping is not at the base URL http://a.test/shop: it is not below "
            "http://a.test/shop",
        ),
        (
            "http://a.test",
            "https://a.test/",
            "https://a.test/ is not at the base URL http://a.test/: it has another origin",
        ),
    ],
)
def test_an_invalid_base_url_is_rejected(base_url: str, url: str, message: str) -> None:
    app = Flask("shop")
    CORS(app)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        explain(app, "GET", url, origin=APP, base_url=base_url)


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
def test_arguments_that_fetch_rejects(arguments: dict[str, Any], message: str) -> None:
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
def test_an_invalid_page_origin_is_rejected(origin: str) -> None:
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
