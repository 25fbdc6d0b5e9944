"""Strategies and helpers that make configurations, applications and requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

from flask import Blueprint, Flask, Response, request
from flask.views import MethodView
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from flask_crossorigin import CORS, ConfigError, Problem, cross_origin

from .plain.origins import allows_anybody

SERVER = "https://api.example.com"


def fail(_origin: str) -> bool:
    raise LookupError("on purpose")


RULES: list[Any] = [
    "*",
    "none",
    "null",
    "file://",
    "moz-extension://*",
    "App://Host.Name/",
    "http://*.localhost:3000",
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
    # A wide regex: it allows any https origin, but no others.
    re.compile(r"https://.*"),
    lambda origin: origin.endswith(".example.edu") or origin == "null",
    fail,
]
ORIGINS = [
    "null",
    "file://",
    "moz-extension://A1-b2",
    "app://Host.Name",
    "http://x.localhost:3000",
    "https://app.example.com.",
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
#: Values of the Origin header that no browser sends. Some are almost valid.
MALFORMED = [
    "nonsense",
    "Null",
    "FILE://",
    "https://App.example.com",
    "https://app.example.com/",
    "HTTPS://app.example.com",
    "https://app.example.com:443",
    "https://app.example.com, https://shop.example.com",
    "https://a.example.org\n",
    "https://.example.com",
]

rules = st.sampled_from(RULES)


def without_none(written: list[Any]) -> list[Any]:
    """Leave out ``"none"`` if there are other rules, because that is a mistake."""
    return [rule for rule in written if rule != "none"] or ["none"]


rule_lists = st.just(["*"]) | st.lists(rules, min_size=1, max_size=4).map(without_none)
settings_of_options: dict[str, st.SearchStrategy[Any]] = {
    "methods": st.sampled_from(["*", ["GET"], ["PUT", "patch"]]),
    "allow_headers": st.sampled_from(["*", ["X-One"], [r"X-(One|Two)"]]),
    "expose_headers": st.sampled_from(["*", ["X-Total"]]),
    "supports_credentials": st.booleans(),
    "max_age": st.sampled_from([0, 600]),
    "send_wildcard": st.booleans(),
    "vary_header": st.booleans(),
    "always_send": st.booleans(),
    "allow_private_network": st.booleans(),
    "automatic_options": st.booleans(),
    "preflight_status": st.sampled_from([200, 299]),
    "enforce": st.booleans(),
}


# Options that are valid in any combination.
harmless = {
    name: strategy
    for name, strategy in settings_of_options.items()
    if name not in ("supports_credentials", "enforce")
}


def without_idle_enforcement(told: dict[str, Any]) -> dict[str, Any]:
    """Leave out ``enforce`` if any origin is allowed, because that is a mistake."""
    if "*" not in told.get("origins", []):
        return told
    return {name: value for name, value in told.items() if name != "enforce"}


def without_mistakes(told: dict[str, Any]) -> dict[str, Any]:
    """Leave out the rules that are a mistake with credentials: any origin, opaque origins."""
    if not told.get("supports_credentials"):
        return told
    kept = [rule for rule in told["origins"] if not allows_anybody(rule)]
    return {**told, "origins": kept or ["https://app.example.com"]}


options = st.fixed_dictionaries({"origins": rule_lists}, optional=settings_of_options).map(
    without_mistakes
)


#: Texts that random generation rarely produces.
PIECES = [
    *"./:@*_-aA0%\\`{}[]()|+?,;\r\n\t \x00\xff\u0661\u212a\u0130",
    *["https://", "http://", "*.", ":*", ":443", "null", "localhost", "[::1]", "127.0.0.1", "0x7f"],
    *[".example.com", ".evil.test", "evil", "/api/", "/*", "/../", ".*", "[a-z]", "\\d+", "x-y,"],
]


@st.composite
def near(draw: st.DrawFn, texts: list[str]) -> str:
    """Draw one of the texts, with up to three changes."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.sampled_from([start, start, start + 1, len(text)]))
        text = text[:start] + draw(st.sampled_from([*PIECES, ""])) + text[end:]
    return text


origins = st.sampled_from(ORIGINS) | near(
    [*ORIGINS, *(rule for rule in RULES if isinstance(rule, str))]
)
paths = st.sampled_from(
    [
        "/view",
        "/view/both",
        "/view/fails",
        "/class",
        "/bp/in",
        "/bp/none",
        "/bp/inner/in",
        "/bp/inner/none",
        "/map/in",
        "/map/in/deep",
        "/map/none",
        "/none",
        "/open",
    ]
)
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


#: The places that can have a policy, and the prefix of the paths that each policy can cover.
PLACES = {
    "view": "/view",
    "class": "/class",
    "get": "/class",
    "bp": "/bp/",
    "inner": "/bp/inner/",
    "map": "/map/",
    "deep": "/map/in/deep",
}


def make_app(at: dict[str, Any]) -> Flask:
    """Make an application with a policy at each of the ``PLACES`` that has options in ``at``.

    The options at ``config`` are the defaults of all policies. Those at ``app`` are the defaults of
    the resources ``map`` and ``deep``.
    """
    at = {place: without_idle_enforcement(told) for place, told in at.items()}
    app = Flask("shop", static_folder=None)
    app.config.update(PROPAGATE_EXCEPTIONS=False)
    app.config.update({f"CORS_{name.upper()}": at["config"][name] for name in at.get("config", {})})

    def view() -> str:
        return "seen"

    def fails() -> str:
        raise LookupError("on purpose")

    def decorated(place: str, function: Callable[..., str]) -> Callable[..., str]:
        return cross_origin(**at[place])(function) if place in at else function

    app.add_url_rule("/view", "view", decorated("view", view), methods=["GET", "PUT", "POST"])
    app.add_url_rule("/view/both", "both", decorated("view", view), methods=["GET", "OPTIONS"])
    app.add_url_rule("/view/fails", "fails", decorated("view", fails))
    app.add_url_rule("/class", view_func=make_class(at, decorated).as_view("class"))
    app.add_url_rule("/map/in", "map", view, methods=["GET", "patch"])
    app.add_url_rule("/map/in/deep", "deep", view, methods=["GET", "PUT"])
    app.add_url_rule("/open", "open", view)
    blueprint = Blueprint("bp", "shop", url_prefix="/bp")
    inner = Blueprint("inner", "shop", url_prefix="/inner")
    for place, each in (("inner", inner), ("bp", blueprint)):
        each.add_url_rule("/in", "in", view, methods=["GET", "DELETE"])
        if place in at:
            CORS(each, **at[place])
    blueprint.register_blueprint(inner)
    app.register_blueprint(blueprint)
    patterns = {"/map/*": "map", "/map/in/d*": "deep"}
    entries = {pattern: at[place] for pattern, place in patterns.items() if place in at}
    CORS(app, resources=entries or [], **at.get("app", {}))

    @app.after_request
    def vary(response: Response) -> Response:
        if request.path.endswith("/in"):
            response.vary.add("Accept")
        return response

    return app


def make_class(at: dict[str, Any], decorated: Callable[..., Any]) -> type[MethodView]:
    class View(MethodView):
        decorators: ClassVar = [cross_origin(**at["class"])] if "class" in at else []
        get = decorated("get", lambda self: "seen")

        def put(self) -> str:
            return "seen"

    return View


def policy_at(at: dict[str, Any], asked: Asked) -> dict[str, Any] | None:
    """Return the options that apply to a request; None if no policy covers it."""
    place = place_of(at, asked)
    if place is None:
        return None
    of_app = at.get("app", {}) if place in {"map", "deep"} else {}
    return {**at.get("config", {}), **of_app, **at[place]}


def place_of(at: dict[str, Any], asked: Asked) -> str | None:
    """Return the place whose policy decides. The method only matters for the class."""
    path, method, environ = asked
    if environ is not None:
        method = environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"]
    if path == "/class":
        own = "get" if method in {"GET", "HEAD"} and "get" in at else "class"
        # A method that the class doesn't serve gets a policy only if all policies of the class are
        # the same, and of_two_minds() makes them differ.
        served = method in {"GET", "HEAD", "PUT", "OPTIONS"}
        return own if own in at and (served or "get" not in at) else None
    candidates = [place for place in PLACES if path.startswith(PLACES[place])]
    # The policy with the longest prefix decides.
    for place in sorted(candidates, key=lambda place: len(PLACES[place]), reverse=True):
        if place in at:
            return place
    return None


def of_two_minds(at: dict[str, Any]) -> dict[str, Any]:
    """Make the policies of the class and of its ``get`` differ in ``max_age``."""
    both = {"class": 300, "get": 301}
    return at | {place: at[place] | {"max_age": both[place]} for place in both if place in at}


places = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(PLACES, options),
        **dict.fromkeys(["app", "config"], st.fixed_dictionaries({}, optional=harmless)),
    },
).map(of_two_minds)


def without(at: dict[str, Any], option: str) -> dict[str, Any]:
    """Leave an option out everywhere."""
    return {place: {name: at[place][name] for name in at[place] if name != option} for place in at}


def ask(app: Flask, asked: Asked, origin: str | None) -> TestResponse:
    path, method, environ = asked
    told = dict(environ or {})
    if environ is not None:
        method = "OPTIONS"
    if origin is not None:
        # Set it in the environ, because the test client rejects headers with line breaks.
        told["HTTP_ORIGIN"] = origin
    return app.test_client().open(path, SERVER, method=method, environ_overrides=told)


def cors_headers(response: TestResponse) -> list[tuple[str, str]]:
    return [(n, v) for n, v in response.headers if n.lower().startswith("access-control-")]


def problems_of(make: Callable[[], object]) -> list[Problem]:
    """Return the problems that a call reports with a ``ConfigError``, if any."""
    try:
        make()
    except ConfigError as error:
        return list(error.problems)
    return []


def send(app: Flask, path: str = "/", method: str = "GET", **headers: str) -> dict[str, str]:
    """Send a request, and return the CORS headers of the response.

    :param headers: the request headers. Their names are those in the environ without ``HTTP_``.
    :returns: the headers by their names in lower case.
    """
    told = _ENVIRON | {f"HTTP_{name}": value for name, value in headers.items()}
    told.update(REQUEST_METHOD=method, PATH_INFO=path.encode().decode("latin-1"))
    _, _, found = run_wsgi_app(app, told)
    pairs = [(name.lower(), value) for name, value in found]
    cors = [(name, value) for name, value in pairs if name.startswith("access-control-")]
    assert len(dict(cors)) == len(cors), "each header once"
    assert all(value.isascii() and value.isprintable() for _, value in cors), cors
    return dict(cors)


_ENVIRON = EnvironBuilder("/").get_environ()
