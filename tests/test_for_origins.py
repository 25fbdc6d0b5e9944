"""``for_origins``: different options for different origins at the same URL."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, ConfigError, cross_origin, explain
from flask_crossorigin.core.origins import OriginPattern, Origins
from flask_crossorigin.core.policy import HeaderNames, Methods, Parts, Policy
from flask_crossorigin.fetch.grammar import Origin, parse_origin

Send = Callable[..., TestResponse]

APP = "https://app.example.com"
SHOP = "https://shop.example.com"
ANY = "https://any.test"
COOKIES: dict[str, Any] = {APP: {"supports_credentials": True}}


def by_keywords(app: Flask, options: dict[str, Any]) -> None:
    CORS(app, **options)


def by_a_resource(app: Flask, options: dict[str, Any]) -> None:
    CORS(app, resources={"/bp/*": options})


def by_configuration(app: Flask, options: dict[str, Any]) -> None:
    app.config.update({f"CORS_{name.upper()}": value for name, value in options.items()})
    CORS(app)


def by_a_table(app: Flask, options: dict[str, Any]) -> None:
    app.config["CORS"] = options
    CORS(app)


def by_json(app: Flask, options: dict[str, Any]) -> None:
    app.config.update({f"CORS_{name.upper()}": json.dumps(options[name]) for name in options})
    app.config["CORS_ORIGINS"] = options["origins"]
    CORS(app)


def by_the_blueprint(_app: Flask, _options: dict[str, Any]) -> None:
    """Do nothing: ``make_app`` sets the options on the blueprint."""


def by_a_decorator(_app: Flask, _options: dict[str, Any]) -> None:
    """Do nothing: ``make_app`` decorates the view with the options."""


def make_app(set_up: Callable[[Flask, dict[str, Any]], None], options: dict[str, Any]) -> Flask:
    app = Flask("shop")
    blueprint = Blueprint("bp", "shop", url_prefix="/bp")

    def view() -> str:
        return "x"

    if set_up is by_a_decorator:
        view = cross_origin(**options)(view)
    elif set_up is by_the_blueprint:
        CORS(blueprint, **options)
    methods = ["GET", "PUT", "DELETE"]
    blueprint.add_url_rule("/x", "x", view, methods=methods)
    app.register_blueprint(blueprint)
    set_up(app, options)
    return app


WAYS = [
    by_keywords,
    by_a_resource,
    by_configuration,
    by_a_table,
    by_json,
    by_the_blueprint,
    by_a_decorator,
]


@pytest.mark.parametrize("way", WAYS)
def test_any_page_reads_and_one_page_sends_cookies(
    way: Callable[[Flask, dict[str, Any]], None], send: Send, preflight: Send
) -> None:
    app = make_app(way, {"origins": "*", "for_origins": COOKIES})
    found = {
        origin: (
            response.headers.get("Access-Control-Allow-Origin"),
            response.headers.get("Access-Control-Allow-Credentials"),
            response.headers.get("Vary"),
        )
        for origin in (APP, ANY, "null", "nonsense", None)
        for response in (send(app, "/bp/x", origin=origin),)
    }
    assert found == {
        APP: (APP, "true", "Origin"),
        ANY: ("*", None, "Origin"),
        "null": ("*", None, "Origin"),
        "nonsense": ("*", None, "Origin"),
        None: ("*", None, "Origin"),
    }
    for origin, credentials in ((APP, "true"), (ANY, None)):
        response = preflight(app, "/bp/x", "PUT", origin=origin)
        assert response.headers.get("Access-Control-Allow-Credentials") == credentials
        assert response.headers["Vary"] == "Origin"


def test_a_preflight_grants_by_the_same_part(preflight: Send, send: Send) -> None:
    options: dict[str, Any] = {
        "origins": [SHOP, ANY],
        "methods": ["GET"],
        "max_age": 5,
        "expose_headers": "X-Outer",
        "for_origins": {
            APP: {"methods": ["GET", "DELETE"], "allow_headers": "X-Key", "max_age": 60},
            SHOP: {"expose_headers": "X-Inner"},
        },
    }
    app = make_app(by_keywords, options)
    asked = {"Access-Control-Request-Headers": "x-key,x-other"}
    response = preflight(app, "/bp/x", "DELETE", origin=APP, headers=asked)
    assert response.headers["Access-Control-Allow-Methods"] == "DELETE, GET"
    assert response.headers["Access-Control-Allow-Headers"] == "x-key"
    assert response.headers["Access-Control-Max-Age"] == "60"
    for origin in (SHOP, ANY):
        response = preflight(app, "/bp/x", "DELETE", origin=origin)
        assert "Access-Control-Allow-Methods" not in response.headers
    # A part inherits the options that it doesn't set.
    exposed = {
        origin: send(app, "/bp/x", origin=origin).headers.get("Access-Control-Expose-Headers")
        for origin in (APP, SHOP, ANY)
    }
    assert exposed == {APP: "X-Outer", SHOP: "X-Inner", ANY: "X-Outer"}


def test_a_part_lists_only_methods_that_are_decided_there(preflight: Send) -> None:
    app = Flask("shop")
    CORS(app, methods=["GET"], origins="*", for_origins={APP: {"methods": ["DELETE", "PUT"]}})
    app.add_url_rule("/x", "put", lambda: "x", methods=["PUT"])
    app.add_url_rule("/x", "delete", cross_origin(origins=APP)(lambda: "x"), methods=["DELETE"])
    response = preflight(app, "/x", "PUT", origin=APP)
    assert response.headers["Access-Control-Allow-Methods"] == "PUT"
    assert response.headers["Access-Control-Max-Age"] == "0"


@pytest.mark.parametrize(
    ("first", "second", "origin", "max_age"),
    [
        ("https://*.example.com", APP, APP, "1"),
        (APP, "https://*.example.com", APP, "1"),
        (APP, "https://*.example.com", SHOP, "2"),
        (r"https://(app|shop)\.example\.com", "https://*.example.com", SHOP, "1"),
        ("https://*.example.com", r"https://(app|shop)\.example\.com", SHOP, "1"),
        ("HTTPS://Shop.Example.com:443/", "https://*.example.com", SHOP, "1"),
        ("http://localhost:*", APP, "http://localhost:3000", "1"),
        (APP, "null", "null", "2"),
        (APP, SHOP, ANY, None),
        (APP, SHOP, "null", None),
    ],
)
def test_the_first_in_the_written_order_decides(
    first: str, second: str, origin: str, max_age: str | None, preflight: Send
) -> None:
    parts = {first: {"max_age": 1}, second: {"max_age": 2}}
    app = make_app(by_keywords, {"origins": "*", "for_origins": parts})
    response = preflight(app, "/bp/x", "PUT", origin=origin)
    assert response.headers.get("Access-Control-Max-Age") == max_age


def test_origins_of_parts_are_allowed_besides(send: Send, preflight: Send) -> None:
    app = make_app(by_keywords, {"origins": SHOP, "for_origins": COOKIES})
    for origin in (APP, SHOP):
        assert send(app, "/bp/x", origin=origin).headers["Access-Control-Allow-Origin"] == origin
    assert preflight(app, "/bp/x", "PUT", origin=ANY).status_code == 403
    # The headers depend on the origin, so a request without Origin gets none of them.
    assert "Access-Control-Allow-Origin" not in send(app, "/bp/x", origin=None).headers


def test_callables_decide_on_all_other_origins(send: Send, preflight: Send) -> None:
    asked = []

    def ask(origin: str) -> bool:
        asked.append(origin)
        return origin == SHOP

    app = make_app(by_keywords, {"origins": ask, "for_origins": {APP: {"max_age": 1}}})
    for origin in (APP, SHOP, ANY):
        allowed = "Access-Control-Allow-Origin" in send(app, "/bp/x", origin=origin).headers
        assert allowed is (origin != ANY)
    assert preflight(app, "/bp/x", "PUT", origin=APP).headers["Access-Control-Max-Age"] == "1"
    assert asked == [SHOP, ANY]


def test_enforce_trusts_the_parts(send: Send) -> None:
    app = make_app(by_keywords, {"origins": SHOP, "enforce": True, "for_origins": COOKIES})
    statuses = [send(app, "/bp/x", origin=o).status_code for o in (APP, SHOP, ANY)]
    assert statuses == [200, 200, 403]


def test_with_a_mistake_no_part_is_allowed(send: Send) -> None:
    app = Flask("shop")
    CORS(app, origins="*", for_origins=COOKIES)
    app.config["CORS_MAX_AGE"] = "soon"
    for origin in (APP, ANY):
        assert "Access-Control-Allow-Origin" not in send(app, "/", origin=origin).headers


def test_explain_names_the_part_and_the_nearest_origin() -> None:
    parts = {APP: {"methods": ["GET"]}, SHOP: {}}
    app = make_app(by_keywords, {"origins": "https://own.test", "for_origins": parts})
    found = explain(app, "PUT", "/bp/x", origin=APP)
    assert found.policy == f'CORS(app).for_origins["{APP}"]'
    assert found.reason == f"method 'PUT' is not allowed by {found.policy}"
    found = explain(app, "GET", "/bp/x", origin="http://shop.example.com")
    assert f'nearest: "{SHOP}"' in found.reason
    assert found.policy == "CORS(app)"


@pytest.mark.parametrize("written", [{}, "{}"])
def test_no_parts_change_nothing(written: Any, send: Send) -> None:
    app = make_app(by_keywords, {"origins": "*", "for_origins": written})
    assert "Vary" not in send(app, "/bp/x", origin=APP).headers


MISTAKES: list[tuple[Any, str, str, str]] = [
    (True, "for_origins", "not-a-mapping", "Write a mapping such as"),
    ([APP], "for_origins", "not-a-mapping", "Write a mapping such as"),
    (APP, "for_origins", "not-a-mapping", "Write a mapping such as"),
    ('{"a": ', "for_origins", "json-invalid", "Write JSON"),
    ({APP: True}, f'for_origins["{APP}"]', "not-a-mapping", "by name"),
    ({"app.test": {}}, 'for_origins["app.test"]', "origin-no-scheme", "https://app.test"),
    ({"*": {}}, 'for_origins["*"]', "for-origins-unnamed", "next to for_origins"),
    ({len: {}}, f'for_origins["{len}"]', "for-origins-unnamed", "next to for_origins"),
    (
        {APP: {"origins": APP}},
        f'for_origins["{APP}"].origins',
        "option-misplaced",
        "next to for_origins.",
    ),
    (
        {APP: {"enforce": True}},
        f'for_origins["{APP}"].enforce',
        "option-misplaced",
        "next to for_origins.",
    ),
    ({APP: {"max_agee": 1}}, f'for_origins["{APP}"].max_agee', "unknown-option", "max_age?"),
    ({APP: {"max_age": -1}}, f'for_origins["{APP}"].max_age', "max-age-negative", "600"),
    ({APP: {}, APP.upper(): {}}, f'for_origins["{APP.upper()}"]', "for-origins-twice", "one"),
    (
        {"null": {"supports_credentials": True}},
        'for_origins["null"]',
        "credentials-null-origin",
        'for_origins["null"].supports_credentials',
    ),
    (
        {r"https://.*\.com": {"supports_credentials": True}},
        r'for_origins["https://.*\.com"]',
        "credentials-open-regex",
        "or leave out",
    ),
]


@pytest.mark.parametrize(("written", "where", "code", "hint"), MISTAKES)
def test_mistakes(written: Any, where: str, code: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        CORS(Flask("shop"), origins="*", for_origins=written)
    [problem] = caught.value.problems
    assert (problem.where, problem.code) == (where, code)
    assert hint in problem.hint


def test_a_part_takes_credentials_from_around() -> None:
    options: dict[str, Any] = {"origins": APP, "supports_credentials": True}
    with pytest.raises(ConfigError) as caught:
        CORS(Flask("shop"), **options, for_origins={"null": {}})
    assert caught.value.problems[0].where == 'for_origins["null"]'
    CORS(Flask("shop"), **options, for_origins={"null": {"supports_credentials": False}})


class CountingOrigins(Origins):
    """Allowed origins that count the calls of ``allows()``."""

    asked = 0

    def allows(self, origin: str, parsed: Origin | None, request: object) -> bool:
        type(self).asked += 1
        return super().allows(origin, parsed, request)


def test_no_cost_grows_with_the_number_of_literal_origins() -> None:
    def policy(*origins: str) -> Policy:
        return Policy(
            "x", origins=CountingOrigins(origins), methods=Methods(), allow_headers=HeaderNames()
        )

    literals = [f"https://app{number}.example.com" for number in range(1_000)]
    parts = Parts([(origin, policy(origin)) for origin in literals])
    CountingOrigins.asked = 0
    assert parts.find(literals[-1], None) is parts.policies[-1]
    assert parts.find(ANY, None) is None
    assert CountingOrigins.asked == 0


def test_policies_with_different_parts_are_not_the_same() -> None:
    def policy(parts: Parts) -> Policy:
        return Policy(
            "x",
            origins=Origins(["*"]),
            methods=Methods(),
            allow_headers=HeaderNames(),
            for_origins=parts,
        )

    def part(max_age: int) -> Parts:
        inner = Policy(
            "y",
            origins=Origins([APP]),
            methods=Methods(),
            allow_headers=HeaderNames(),
            max_age=max_age,
        )
        return Parts([(APP, inner)])

    assert policy(part(1)).says_the_same(policy(part(1)))
    assert not policy(part(1)).says_the_same(policy(part(2)))
    assert not policy(part(1)).says_the_same(policy(Parts()))
    assert part(1) != 1


INNER: list[tuple[str, dict[str, Any]]] = [
    ("CORS_FOR_ORIGINS", {}),
    ("CORS", {}),
    ("", {"for_origins": {APP: {"expose_headers": "X"}}}),
]


@pytest.mark.parametrize(("key", "options"), INNER, ids=str)
@pytest.mark.parametrize("scope", ["resource", "view", "blueprint"])
def test_who_names_origins_below_means_these_alone(
    key: str, options: dict[str, Any], scope: str, send: Send
) -> None:
    app = Flask("shop")
    if key:
        app.config[key] = COOKIES if key == "CORS_FOR_ORIGINS" else {"for_origins": COOKIES}
    closed: dict[str, Any] = {"origins": "none", "enforce": True}
    resources: dict[str, Any] = {"/*": {"origins": "*"}}
    view = Blueprint("bp", "shop", url_prefix="/admin")
    function: Callable[[], str] = lambda: "x"  # noqa: E731
    if scope == "resource":
        resources["/admin/*"] = closed
    elif scope == "view":
        function = cross_origin(**closed)(function)
    else:
        CORS(view, **closed)
    view.add_url_rule("/x", "x", function, methods=["POST"])
    app.register_blueprint(view)
    CORS(app, resources=resources, **options)
    response = send(app, "/admin/x", "POST", origin=APP)
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers


def test_keywords_do_not_undo_the_configuration(send: Send) -> None:
    app = Flask("shop")
    app.config["CORS_FOR_ORIGINS"] = COOKIES
    CORS(app, origins="*")
    assert send(app, "/", origin=APP).headers["Access-Control-Allow-Credentials"] == "true"


@pytest.mark.parametrize("count", [1, 2_000])
def test_many_patterns_are_looked_up(count: int) -> None:
    def policy(rule: Any) -> Policy:
        origins = Origins([rule])
        return Policy("x", origins=origins, methods=Methods(), allow_headers=HeaderNames())

    rules = [OriginPattern("https", f"p{n}.test", None, subdomains=True) for n in range(count)]
    parts = Parts([(rule, policy(rule)) for rule in rules])
    for origin, index in (
        (f"https://x.p{count - 1}.test", count - 1),
        (f"https://a.b.c.p{count - 1}.test", count - 1),
        (f"https://p{count - 1}.test", None),
        (f"http://x.p{count - 1}.test", None),
        (f"https://x.p{count - 1}.test:8443", None),
    ):
        expected = None if index is None else parts.policies[index]
        assert parts.find(origin, parse_origin(origin)) is expected
