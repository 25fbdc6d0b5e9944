"""``explain`` predicts the same responses that the test browser gets from the app."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Flask
from flask.views import MethodView
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flask_crossorigin import CORS, ConfigError, Explanation, cross_origin, explain
from flask_crossorigin.testing import Browser, NetworkError, ReceivedResponse

SERVER = "https://api.example.com"
PAGES = (
    "https://app.example.com",
    "http://app.example.com",
    "https://a.app.example.com",
    "https://app.example.com:8443",
    "https://pr-7.example.net",
    "http://localhost:3000",
    "null",
    SERVER,
)
#: The headers that policies determine. Hooks, sessions and the server add others.
OURS = re.compile(r"access-control-|vary")

origin_rules = st.sampled_from(
    [
        *PAGES,
        "https://*.example.com",
        "http://localhost:*",
        re.compile(r"https://pr-[0-9]+\.example\.net"),
        lambda origin: origin.startswith("https:"),
        lambda _origin, request: request.path == "/api/items",
    ]
)
options = st.fixed_dictionaries(
    {},
    optional={
        "origins": st.just("*") | st.lists(origin_rules, min_size=1, max_size=3),
        "methods": st.sampled_from(["*", ["GET"], ["PUT", "patch"], ["DELETE", "PATCH"]]),
        "allow_headers": st.sampled_from(
            ["*", ["X-One"], ["Content-Type", "X-*"], ["authorization"]]
        ),
        "expose_headers": st.sampled_from(["*", ["X-Total"]]),
        "supports_credentials": st.booleans(),
        "max_age": st.just(600),
        "send_wildcard": st.booleans(),
        "vary_header": st.booleans(),
        "always_send": st.booleans(),
        "automatic_options": st.booleans(),
        "preflight_status": st.sampled_from([200, 299]),
        "enforce": st.booleans(),
    },
)
patterns = st.sampled_from(
    ["/*", "/api/*", "/api/items", "/api/item*", "/slash", "/slash/", "/x/*"]
)
resources = st.dictionaries(patterns, options, max_size=3)
decorations = st.none() | options
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "patch", "PATCH", "DELETE", "OPTIONS"])
headers = st.lists(
    st.sampled_from(
        [
            ("X-One", "1"),
            ("x-two", "2"),
            ("Authorization", "Bearer x"),
            ("Content-Type", "application/json"),
            ("Content-Type", "text/plain"),
            ("Accept", '"'),
            ("Range", "bytes=0-1"),
            ("Cookie", "a=b"),
        ]
    ),
    max_size=3,
)
paths = st.sampled_from(
    [
        "/api/items",
        "/api/items?x=1#y",
        "/api/items/7",
        "/api/./x/../items",
        "//api/items",
        "/api/%69tems",
        "/api/class",
        "/bp/in",
        "/bp/none",
        "/slash",
        "/slash/",
        "/none",
        "/static/x",
        "/moved",
    ]
)


class Views(MethodView):
    """The base class of a view class that ``make_app`` defines with its own decorators."""

    def get(self) -> str:
        return "seen"


def make_app(
    whole: dict[str, Any] | None,
    paths: dict[str, Any] | None,
    blueprint: dict[str, Any] | None,
    *decorated: dict[str, Any] | None,
) -> Flask:
    """Make an application with policies of every kind."""

    def view(**_values: object) -> str:
        return "seen"

    def decorate(number: int) -> Any:
        chosen = decorated[number]
        return view if chosen is None else cross_origin(**chosen)(view)

    class Class(Views):
        decorators = [] if decorated[2] is None else [cross_origin(**decorated[2])]

        if decorated[3] is not None:

            @cross_origin(**decorated[3])
            def post(self) -> str:
                return "seen"

    app = Flask("shop")
    app.add_url_rule("/api/items", "read", decorate(0), methods=["GET", "PATCH"])
    app.add_url_rule("/api/items", "write", decorate(1), methods=["POST", "PUT"])
    app.add_url_rule("/api/items/<int:number>", "one", view, methods=["GET", "DELETE", "OPTIONS"])
    app.add_url_rule("/api/class", view_func=Class.as_view("class"))
    app.add_url_rule("/slash/", "slash", decorate(0), methods=["GET", "PUT", "POST"])
    app.add_url_rule("/moved", "moved", view, redirect_to="/api/items")
    bp = Blueprint("bp", "shop", url_prefix="/bp")
    bp.add_url_rule("/in", "in", view, methods=["GET", "PUT"])
    if blueprint is not None:
        CORS(bp, **blueprint)
    app.register_blueprint(bp)
    if whole is not None:
        told: dict[str, Any] = {**whole, "resources": paths}
        CORS(app, **told)
    return app


def fetch(app: Flask, path: str, origin: str, **options: Any) -> tuple[Browser, bool]:
    browser = Browser({SERVER: app}, origin=origin)
    try:
        browser.fetch(SERVER + path, **options)
    except NetworkError:
        return browser, False
    return browser, True


def ours(response: ReceivedResponse) -> dict[str, str]:
    found = {name.lower(): response.headers[name] for name in response.headers}
    return {name: value for name, value in found.items() if OURS.match(name)}


def told(explanation: Explanation) -> list[tuple[str, str, int | None, dict[str, str]]]:
    messages = [*explanation.redirects, explanation.preflight, explanation.response]
    return [
        (m.method, m.url, m.status, {name.lower(): value for name, value in m.headers.items()})
        for m in messages
        if m is not None
    ]


@settings(max_examples=250, deadline=None)
@given(
    apps=st.tuples(
        decorations, st.none() | resources, decorations, decorations, decorations, decorations,
        decorations,
    ),
    page=st.sampled_from(PAGES),
    path=paths,
    method=methods,
    sent=headers,
    credentials=st.booleans(),
)  # fmt: skip
def test_the_app_does_what_is_rehearsed(
    apps: tuple[dict[str, Any] | None, ...],
    page: str,
    path: str,
    method: str,
    sent: list[tuple[str, str]],
    *,
    credentials: bool,
) -> None:
    try:
        app = make_app(*apps)
    except ConfigError:
        assume(False)
    explanation = explain(
        app, method, SERVER + path, origin=page, headers=sent, credentials=credentials
    )
    mode: Any = "include" if credentials else "same-origin"
    browser, got = fetch(app, path, page, method=method, headers=sent, credentials=mode)
    assert (explanation.verdict == "allowed") == got, explanation
    seen = [
        (e.request.method, e.request.url, e.response.status, ours(e.response))
        for e in browser.exchanges
        # An explanation leaves out the preflights of redirected requests.
        if not e.is_preflight or e.request.url == explanation.url
    ]
    for mine, theirs in zip(told(explanation), seen, strict=True):
        assert mine[:2] == theirs[:2]
        assert mine[2] in {None, theirs[2]}
        exposed = "access-control-expose-headers"
        if mine[3].get(exposed, "").startswith("("):
            mine[3][exposed] = theirs[3][exposed]
        assert mine[3] == theirs[3]


def test_the_strategies_reach_both_verdicts() -> None:
    """Some of the generated pages are allowed, and some are refused."""
    app = make_app({"origins": [PAGES[0]]}, None, None, None, None, None, None)
    verdicts = {page: explain(app, "PUT", "/api/items", origin=page).verdict for page in PAGES}
    assert {*verdicts.values()} == {"allowed", "refused"}
