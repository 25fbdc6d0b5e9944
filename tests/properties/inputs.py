"""Configurations, applications and requests of every kind."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Flask, Response, request
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin

from .matching import is_anybody

SERVER = "https://api.example.com"
RULES: list[Any] = [
    "*",
    "null",
    "https://app.example.com",
    "HTTPS://Shop.Example.com:443/",
    "http://[::1]:8000",
    "https://*.example.com",
    "https://*.b.example.com:8443",
    "http://localhost:*",
    "https://*.example.net:*",
    r"^https://pr-\d+\.example\.org$",
    re.compile(r"https://(a|b)\.example\.org"),
    re.compile(r"https://c\.example\.org|null"),
    re.compile(r"http://LOCAL\.example\.org", re.IGNORECASE),
    lambda origin: origin.endswith(".example.edu") or origin == "null",
]
ORIGINS = [
    "null",
    "https://app.example.com",
    "https://shop.example.com",
    "http://app.example.com",
    "https://example.com",
    "https://a.b.example.com:8443",
    "https://x.y.example.net:1",
    "http://[::1]:8000",
    "http://localhost",
    "http://localhost:65535",
    "https://pr-7.example.org",
    "https://a.example.org",
    "http://local.example.org",
    "https://any.example.edu",
    SERVER,
    "https://stranger.test",
]
#: What no browser sends, and what is near to what some do.
MALFORMED = [
    "nonsense",
    "Null",
    "https://app.example.com/",
    "HTTPS://app.example.com",
    "https://app.example.com:443",
    "https://app.example.com, https://shop.example.com",
    "https://a.example.org\n",
    "https://.example.com",
]

rules = st.sampled_from(RULES)
rule_lists = st.just(["*"]) | st.lists(rules, min_size=1, max_size=4)
settings_of_options: dict[str, st.SearchStrategy[Any]] = {
    "methods": st.sampled_from(["*", ["GET"], ["PUT", "patch"]]),
    "allow_headers": st.sampled_from(["*", ["X-One"], [r"X-(One|Two)"]]),
    "expose_headers": st.sampled_from(["*", ["X-Total"]]),
    "supports_credentials": st.booleans(),
    "max_age": st.sampled_from([0, 600]),
    "send_wildcard": st.booleans(),
    "always_send": st.booleans(),
    "allow_private_network": st.booleans(),
    "preflight_status": st.sampled_from([200, 299]),
    "enforce": st.booleans(),
}


def without_mistakes(told: dict[str, Any]) -> dict[str, Any]:
    """Leave out any origin and the opaque one where they would be an error."""
    if not told.get("supports_credentials"):
        return told
    kept = [rule for rule in told["origins"] if not is_anybody(rule)]
    return {**told, "origins": kept or ["https://app.example.com"]}


options = st.fixed_dictionaries({"origins": rule_lists}, optional=settings_of_options).map(
    without_mistakes
)


@st.composite
def strange_origins(draw: st.DrawFn) -> str:
    """Write an origin, or one that is almost the same, or what is none at all."""
    text = draw(st.sampled_from([*ORIGINS, *(rule for rule in RULES if isinstance(rule, str))]))
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.sampled_from([start, start, start + 1, len(text)]))
        put = st.sampled_from([*"./:@*_-a0%\\`{\r\n \x00\xff", ".evil.test", "evil", ":443", ","])
        text = text[:start] + draw(put | st.just("")) + text[end:]
    return text


origins = st.sampled_from(ORIGINS) | strange_origins()
paths = st.sampled_from(["/view", "/view/both", "/bp/in", "/bp/none", "/map/in", "/none", "/open"])
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "patch", "DELETE", "OPTIONS"])
asked = st.none() | st.fixed_dictionaries(
    {"HTTP_ACCESS_CONTROL_REQUEST_METHOD": methods},
    optional={
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": st.sampled_from(["x-one", "x-two,x-one", "a b"]),
        "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK": st.just("true"),
    },
)
Asked = tuple[str, str, "dict[str, str] | None"]
requests = st.tuples(paths, methods, asked)


def make_app(at: dict[str, Any]) -> Flask:
    """Make an application with policies at ``view``, ``bp`` and ``map``, as far as they are told.

    Which URL falls under which of them is plain from its first segment.
    """
    app = Flask("shop", static_folder=None)
    app.config.update(PROPAGATE_EXCEPTIONS=False)

    def view() -> str:
        return "seen"

    decorated = cross_origin(**at["view"])(view) if "view" in at else view
    app.add_url_rule("/view", "view", decorated, methods=["GET", "PUT", "POST"])
    app.add_url_rule("/view/both", "both", decorated, methods=["GET", "OPTIONS"])
    app.add_url_rule("/map/in", "map", view, methods=["GET", "patch"])
    app.add_url_rule("/open", "open", view)
    blueprint = Blueprint("bp", "shop", url_prefix="/bp")
    blueprint.add_url_rule("/in", "in", view, methods=["GET", "DELETE"])
    if "bp" in at:
        CORS(blueprint, **at["bp"])
    app.register_blueprint(blueprint)
    CORS(app, resources={"/map/*": at["map"]} if "map" in at else [])

    @app.after_request
    def vary(response: Response) -> Response:
        if request.path.endswith("/in"):
            response.vary.add("Accept")
        return response

    return app


def policy_at(at: dict[str, Any], asked: Asked) -> dict[str, Any] | None:
    """Tell which options hold for a request, where all methods of a URL share theirs."""
    found = at.get(asked[0].split("/")[1])
    return found if isinstance(found, dict) else None


places = st.fixed_dictionaries({}, optional={"view": options, "bp": options, "map": options})


def ask(app: Flask, asked: Asked, origin: str | None) -> TestResponse:
    path, method, environ = asked
    told = dict(environ or {})
    if environ is not None:
        method = "OPTIONS"
    if origin is not None:
        # What arrives at a server is bytes, and so at WSGI it is Latin-1.
        told["HTTP_ORIGIN"] = origin
    return app.test_client().open(path, SERVER, method=method, environ_overrides=told)


def cors_headers(response: TestResponse) -> list[tuple[str, str]]:
    return [(n, v) for n, v in response.headers if n.lower().startswith("access-control-")]
