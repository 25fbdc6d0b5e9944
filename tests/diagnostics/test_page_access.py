"""``flask cors routes --origin``: what one page may do."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from flask import Blueprint, Flask, Request, session
from flask.views import MethodView

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.cli import cors
from flask_crossorigin.diagnostics.explain import explain

APP, OTHER = "https://app.example.com", "https://other.example"


def view(**_values: object) -> str:
    raise AssertionError("a view ran")


def make_app(*rules: str, **options: Any) -> Flask:
    app = Flask("shop", static_folder=None)
    for rule in rules or ("/items",):
        app.add_url_rule(rule, rule, view, methods=["GET", "PUT"])
    CORS(app, **options)
    return app


def run(app: Flask, origin: str, *arguments: str, status: int = 0) -> str:
    result = app.test_cli_runner().invoke(cors, ["routes", "--origin", origin, *arguments])
    assert result.exit_code == status, result.output
    return result.output


def run_json(app: Flask, origin: str = APP) -> Any:
    return json.loads(run(app, origin, "--json"))


def access(app: Flask, origin: str = APP) -> dict[str, Any]:
    """Return what a page may do on the first route."""
    found: dict[str, Any] = run_json(app, origin)["routes"][0]["access"]
    return found


def test_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    app = make_app(
        "/api/items",
        "/api/items/<int:number>",
        "/private",
        "/",
        resources={
            "/api/*": {
                "origins": APP,
                "supports_credentials": True,
                "max_age": 600,
                "allow_headers": ["X-Token"],
                "expose_headers": ["X-Total", "X-Page"],
            },
            "/private": {"origins": OTHER},
        },
    )
    app.add_url_rule("/", "www", cross_origin(methods="GET")(view), subdomain="www")
    app.add_url_rule("/", "put", cross_origin(methods="GET")(view), methods=["PUT"], subdomain="x")
    assert run(app, APP).splitlines() == [
        "What https://app.example.com may use",
        "",
        "ALLOWED without credentials; max_age not set",
        "  GET  / at www",
        "",
        "ALLOWED with credentials; max_age 600 seconds; allow_headers",
        "    x-token; expose_headers X-Page, X-Total",
        "  GET, PUT  /api/items",
        "  GET, PUT  /api/items/<int:number>",
        "",
        "REFUSED: no policy covers this URL",
        "  GET, PUT  /",
        "",
        "REFUSED: method 'PUT' is not allowed by @cross_origin on",
        '    view "view"',
        "  PUT  / at x",
        "",
        'REFUSED: origin "https://app.example.com" is not allowed by',
        '    resources["/private"]',
        "  GET, PUT  /private",
    ]


def test_an_app_without_routes() -> None:
    app = Flask("shop", static_folder=None)
    assert run(app, APP) == "No routes were registered.\n"


def test_json_has_the_routes_with_what_the_page_may_do() -> None:
    app = make_app(origins=APP, expose_headers="*", max_age=5)
    told = run_json(app, f"{APP}/")
    plain = json.loads(app.test_cli_runner().invoke(cors, ["routes", "--json"]).output)
    assert told.pop("origin") == APP
    assert list(told) == list(plain)
    for route in told["routes"]:
        assert route.pop("access") == {
            "verdict": "allowed",
            "reason": "allowed by CORS(app)",
            "credentials": False,
            "max_age": 5,
            "allow_headers": ["*"],
            "expose_headers": ["*"],
            "url": None,
        }
    assert told == plain


@pytest.mark.parametrize("origin", ["", "app.example.com", "https://app.example.com/shop", "*"])
def test_a_bad_origin_is_wrong_usage(origin: str) -> None:
    said = run(make_app(), origin, status=2)
    with pytest.raises(ValueError, match="is not an origin") as caught:
        explain(make_app(), "GET", "/items", origin=origin)
    assert str(caught.value) in said


@pytest.mark.parametrize(
    "origin", ["null", "file://", "capacitor://localhost", "HTTPS://A.EXAMPLE"]
)
def test_any_origin_can_be_given(origin: str) -> None:
    assert access(make_app(), origin)["verdict"] == "allowed"
    assert access(make_app(origins=APP), origin)["verdict"] == "refused"


def test_some_origins_have_other_options() -> None:
    app = make_app(
        origins="*",
        methods="GET",
        for_origins={APP: {"supports_credentials": True, "max_age": 9, "methods": ["PUT"]}},
    )
    get, put = (route["access"] for route in run_json(app)["routes"])
    assert (get["credentials"], get["max_age"], put["verdict"]) == (True, 9, "allowed")
    get, put = (route["access"] for route in run_json(app, OTHER)["routes"])
    assert (get["credentials"], get["max_age"], put["verdict"]) == (False, None, "refused")


def test_mistakes_allow_nothing(caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(resources=["/*"])
    app.config["CORS_MAX_AGE"] = "soon"
    found = access(app)
    assert (found["verdict"], "invalid" in found["reason"]) == ("refused", True)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_no_preflight_is_kept_where_methods_have_different_policies() -> None:
    app = make_app("/other", origins=APP, max_age=600)

    class Items(MethodView):
        @cross_origin(origins=APP, max_age=60)
        def get(self) -> str:
            return "read"

        @cross_origin(origins=APP, max_age=60, supports_credentials=True)
        def put(self) -> str:
            return "written"

    app.add_url_rule("/items", view_func=Items.as_view("items"))
    ages = {
        (route["rule"], route["method"]): route["access"]["max_age"]
        for route in run_json(app)["routes"]
    }
    assert ages[("/items", "GET")] == ages[("/items", "PUT")] == 0
    assert ages[("/other", "GET")] == 600


def test_the_same_policy_for_some_paths_is_no_difference_between_methods() -> None:
    resources = {"/*": {"origins": APP, "max_age": 600}, "/items/new": {"origins": OTHER}}
    app = make_app("/items/<name>", resources=resources)
    found = [route["access"] for route in run_json(app)["routes"]]
    assert [each["max_age"] for each in found] == [None, 600, None, 600]
    assert [each["verdict"] for each in found] == ["refused", "allowed"] * 2


class TestFunctions:
    """Functions among the origins are called in the same way as by ``explain``."""

    asked: list[tuple[str, str, str | None, object]]

    @pytest.fixture
    def shop(self) -> Flask:
        self.asked = []

        def allow(origin: str, request: Request) -> bool:
            session["seen"] = "yes"
            self.asked.append((origin, request.method, request.endpoint, request.view_args))
            return origin == APP and request.method == "PUT"

        app = make_app("/items/<int:number>", origins=allow, max_age=600)
        app.secret_key = "secret"
        app.before_request(view)
        app.teardown_request(lambda _error: pytest.fail("a hook ran"))
        return app

    def test_they_get_the_request(self, shop: Flask) -> None:
        get, put = (route["access"] for route in run_json(shop)["routes"])
        assert (get["verdict"], put["verdict"], put["max_age"]) == ("refused", "allowed", 0)
        endpoint, values = "/items/<int:number>", {"number": 7}
        assert self.asked == [(APP, "GET", endpoint, values), (APP, "PUT", endpoint, values)]
        assert put["url"].endswith("/items/7")

    def test_the_output_shows_the_sample_url(self, shop: Flask) -> None:
        shown = " ".join(run(shop, APP).split())
        assert "Functions among the origins were called with sample URLs, such as http" in shown
        assert '/items/7. To try another URL, use "flask cors explain".' in shown
        assert "Functions" not in run(make_app(), APP)

    def test_no_hook_runs_for_them(self, shop: Flask) -> None:
        run(shop, APP)
        explained = explain(shop, "PUT", "/items/1", origin=APP)
        assert explained.verdict == "allowed"


@pytest.mark.parametrize(
    ("settings", "domain", "expected"),
    [
        ({}, {}, "http://127.0.0.1:5000/a"),
        # Without SERVER_NAME, there are no subdomains.
        ({}, {"subdomain": "www"}, "http://127.0.0.1:5000/a"),
        ({"SERVER_NAME": "shop.example"}, {"subdomain": "<name>"}, "http://shop.example/a"),
        (
            {"SERVER_NAME": "shop.example:8000"},
            {"subdomain": "www"},
            "http://www.shop.example:8000/a",
        ),
        (
            {"SERVER_NAME": "shop.example", "APPLICATION_ROOT": "/shop"},
            {},
            "http://shop.example/shop/a",
        ),
    ],
)
def test_the_url_that_functions_get(
    settings: dict[str, str], domain: dict[str, Any], expected: str
) -> None:
    app = Flask("shop", static_folder=None)
    app.config.update(settings)
    app.add_url_rule("/a", "a", view, **domain)
    paths = []

    def allow(origin: str, request: Request) -> bool:
        paths.append(request.path)
        return origin == APP

    CORS(app, origins=allow)
    found = access(app)
    assert (found["verdict"], found["url"], paths) == ("allowed", expected, ["/a"])


def test_a_function_gets_a_url_with_the_host_of_its_route() -> None:
    app = Flask("shop", static_folder=None, host_matching=True)
    app.add_url_rule("/a", "a", view, host="www.example.com:8000")
    CORS(app, origins=lambda origin: origin == APP)
    assert access(app)["url"] == "http://www.example.com:8000/a"


def test_it_agrees_with_explain() -> None:
    api = Blueprint("api", "shop", url_prefix="/api")
    api.add_url_rule("/items", "items", view, methods=["GET", "PUT", "DELETE"])
    CORS(api, origins=[APP, "http://localhost:*"], methods=["PUT"], supports_credentials=True)
    app = make_app("/open", resources={"/open": {"max_age": 3}})
    app.register_blueprint(api)
    app.add_url_rule("/none", "none", view)
    for origin in (APP, OTHER, "http://localhost:3000"):
        for route in run_json(app, origin)["routes"]:
            for credentials in (False, True):
                explained = explain(
                    app, route["method"], route["rule"], origin=origin, credentials=credentials
                )
                found = route["access"]
                allowed = found["verdict"] == "allowed" and credentials <= found["credentials"]
                assert (explained.verdict == "allowed") is allowed
                if not credentials:
                    assert explained.reason == found["reason"]
