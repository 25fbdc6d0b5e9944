from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView
from werkzeug.routing import BaseConverter

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.cli import cors
from flask_crossorigin.diagnostics.routes import Routes

APP = "https://app.example.com"


def view(**_values: object) -> str:
    return "seen"


def make_app(*rules: str, **cors_options: Any) -> Flask:
    app = Flask("shop", static_folder=None)
    for rule in rules:
        app.add_url_rule(rule, rule, view)
    if cors_options:
        CORS(app, **cors_options)
    return app


def run(app: Flask, *arguments: str) -> str:
    result = app.test_cli_runner().invoke(cors, ["routes", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def run_json(app: Flask, *arguments: str) -> Any:
    return json.loads(run(app, "--json", *arguments))


def policies(app: Flask, *arguments: str) -> list[tuple[str, str, str | None]]:
    routes = run_json(app, *arguments)["routes"]
    return [(route["rule"], route["method"], route["policy"]) for route in routes]


def test_a_line_for_each_rule_and_method(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    app = make_app("/", resources={"/api/*": {"origins": [APP, "http://localhost:3000"]}})
    app.add_url_rule("/api/items", "items", view, methods=["GET", "POST"])
    app.add_url_rule("/report", "report", cross_origin(origins=re.compile(r"https://[a-z]+"))(view))
    assert run(app).splitlines() == [
        "Endpoint  Method  Rule        Policy                 Origins",
        "--------  ------  ----------  ---------------------  ------------------------",
        "/         GET     /           -                      none",
        'items     GET     /api/items  resources["/api/*"]    https://app.example.com,',
        "                                                     http://localhost:3000",
        'items     POST    /api/items  resources["/api/*"]    https://app.example.com,',
        "                                                     http://localhost:3000",
        'report    GET     /report     @cross_origin on view  r"https://[a-z]+"',
        '                              "view"',
    ]


def test_a_rule_is_never_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    app = make_app("/where there are spaces", origins=[APP, "http://localhost:3000"])
    assert "  /where there are spaces  CORS(app)  https://app.example.com,\n" in run(app)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("endpoint", ["/b", "/c", "/a"]),
        ("rule", ["/a", "/b", "/c"]),
        ("methods", ["/c", "/a", "/b"]),
        ("domain", ["/a", "/b", "/c"]),
        ("match", ["/a", "/b", "/c"]),
    ],
)
def test_sorting_is_that_of_flask_routes(sort: str, expected: list[str]) -> None:
    app = make_app(origins=APP)
    app.add_url_rule("/c", "2", view, methods=["DELETE"], subdomain="z")
    app.add_url_rule("/b", "1", view, methods=["PUT"], subdomain="y")
    app.add_url_rule("/a", "3", view, methods=["GET"], subdomain="x")
    flask_order = [rule.rule for rule in app.url_map.iter_rules()]
    found = [rule for rule, _, _ in policies(app, "--sort", sort)]
    assert found == (flask_order if sort == "match" else expected)


def test_head_and_options_are_shown_when_asked_for() -> None:
    app = make_app("/", origins=APP)
    assert [method for _, method, _ in policies(app)] == ["GET"]
    methods = [method for _, method, _ in policies(app, "--all-methods")]
    assert methods == ["GET", "HEAD", "OPTIONS"]


def test_each_method_has_the_policy_of_its_own_view() -> None:
    app = make_app(origins=APP)

    class Items(MethodView):
        def get(self) -> str:
            return "seen"

        @cross_origin(origins="https://writer.example.com")
        def post(self) -> str:
            return "written"

    app.add_url_rule("/items", view_func=Items.as_view("items"))
    assert policies(app) == [
        ("/items", "GET", "CORS(app)"),
        ("/items", "POST", '@cross_origin on view "post"'),
    ]


def blueprint_app(**options: Any) -> Flask:
    api = Blueprint("api", "shop", url_prefix="/api")
    api.add_url_rule("/items", "items", view)
    api.add_url_rule("/other", "other", view)
    CORS(api, **options)
    app = make_app("/", origins="*")
    app.register_blueprint(api)
    return app


def test_a_blueprint_decides_on_its_own_routes() -> None:
    assert policies(blueprint_app(origins=APP), "--sort", "rule") == [
        ("/", "GET", "CORS(app)"),
        ("/api/items", "GET", 'blueprint "api"'),
        ("/api/other", "GET", 'blueprint "api"'),
    ]


def test_a_path_that_no_pattern_of_the_blueprint_matches_falls_to_the_app() -> None:
    app = blueprint_app(resources={"/api/items": {"origins": APP}, "/items": {"origins": APP}})
    assert policies(app, "--sort", "rule") == [
        ("/", "GET", "CORS(app)"),
        ("/api/items", "GET", 'resources["/api/items"]'),
        ("/api/other", "GET", "CORS(app)"),
    ]
    assert run_json(app)["unmatched"] == [{"pattern": "/items", "where": 'resources["/items"]'}]


@pytest.mark.parametrize("pattern", ["/v1/*", "/v2/*"])
def test_a_pattern_may_match_at_another_registration_of_the_blueprint(pattern: str) -> None:
    api = Blueprint("api", "shop")
    api.add_url_rule("/items", "items", view)
    CORS(api, resources={pattern: {"origins": APP}})
    app = make_app()
    app.register_blueprint(api, url_prefix="/v1", name="v1")
    app.register_blueprint(api, url_prefix="/v2", name="v2")
    assert run_json(app)["unmatched"] == []


@pytest.mark.parametrize(
    ("rule", "pattern", "meets", "covers"),
    [
        ("/api/items", "/api/*", True, True),
        ("/api/items", "/api", False, False),
        ("/api/<name>", "/api/*", True, True),
        ("/api/<name>", "/api/fixed", True, False),
        ("/api/<name>", "/api/a/b", False, False),
        ("/api/<name>/end", "/api/x/end", True, False),
        ("/api/<name>", "/appi/x", False, False),
        ("/api/<name>", "/a/api/x", False, False),
        ("/api/<name>", r"/api/[^/]+", True, True),
        ("/api/<name>", r"/api/.+/.+", False, False),
        ("/api/<path:rest>", r"/api/[^/]+", True, False),
        ("/api/<path:rest>", r"/api/.+/.+", True, True),
        ("/api/<int:number>", "/api/X", False, False),
        ("/api/<path:rest>", "/api/a/b", True, False),
        ("/api/<path:rest>/end", "/api/a/b/end", True, False),
        ("/api/<path:rest>/end", "/api/a/b", False, False),
        ("/api/<int:number>", r"/api/\d+", True, True),
        ("/api/<float:number>", "/api/1.5", True, False),
        ("/api/<int(signed=True):number>", "/api/-5", True, False),
        ("/api/<int:number>", "/api/[a-z]+", False, False),
        ("/api/<int:number>/x", "/api/*/y", False, False),
        ("/<one>-<two>", "/a-b-c", True, False),
        ("/<one>-<two>", "/abc", False, False),
        ("/<word:one>", "/a", True, False),
        ("/items/", "/items", False, False),
    ],
)
def test_which_patterns_meet_a_rule(rule: str, pattern: str, *, meets: bool, covers: bool) -> None:
    app = make_app()
    app.url_map.converters["word"] = BaseConverter
    app.add_url_rule(rule, "view", view)
    CORS(app, resources={pattern: {"origins": APP}})
    where = f'resources["{pattern}"]'
    expected = [where] * meets + [None] * (not covers)
    assert [policy for _, _, policy in policies(app)] == expected
    assert bool(run_json(app)["unmatched"]) is not meets


def test_the_policies_of_a_variable_path_come_most_specific_first() -> None:
    resources = {"/*": {}, "/api/*": {"origins": APP}, "/api/new": {}, "/api/v*": {}, "/x": {}}
    app = make_app("/api/<path:rest>", resources=resources)
    assert [policy for _, _, policy in policies(app)] == [
        'resources["/api/new"]',
        'resources["/api/v*"]',
        'resources["/api/*"]',
    ]
    assert 'These patterns match no route:\n  ! resources["/x"]\n' in run(app)


def test_what_is_wrong_is_told_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    app = make_app("/", resources={"/*": {}})
    app.config["CORS_ORIGINS"] = "app.example.com"
    with caplog.at_level(logging.ERROR):
        output = run(app)
    assert "  none: mistakes\n" in output
    assert "Policies with these mistakes allow nothing:\n  ! CORS_ORIGINS" in output
    assert 'Write "https://app.example.com"' in output
    assert caplog.records == []


def test_a_policy_that_is_settled_is_the_one_that_is_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app("/", resources={"/*": {}})
    app.config["CORS_ORIGINS"] = "app.example.com"
    app.test_client().get("/")
    assert len(caplog.records) == 1
    app.config["CORS_ORIGINS"] = APP
    assert "none: mistakes" in run(app)
    assert run_json(app)["problems"]


def test_nothing_is_settled_by_looking() -> None:
    app = make_app("/", resources={"/*": {}})
    assert run_json(app)["routes"][0]["origins"] == ["*"]
    app.config["CORS_ORIGINS"] = APP
    assert run_json(app)["routes"][0]["origins"] == [APP]


def test_it_says_that_there_is_no_cors_app() -> None:
    said = "There is no CORS(app): only decorated views and CORS(blueprint) have a policy."
    assert said in " ".join(run(make_app("/")).split())
    assert "There is no CORS(app)" not in run(make_app("/", origins=APP))


def test_json_has_all_of_it() -> None:
    app = make_app("/", resources={"/a": {"supports_credentials": True, "origins": APP}, "/x": {}})
    app.add_url_rule("/a", "a", view, subdomain="www", methods=["PUT"])
    app.config["CORS_MAX_AGE"] = "soon"
    output = run(app, "--json")
    told = json.loads(output)
    assert output == json.dumps(told, indent=2) + "\n"
    assert told["problems"] == [str(problem) for problem in Routes.of(app).problems] != []
    assert told["unmatched"] == [{"pattern": "/x", "where": 'resources["/x"]'}]
    del app.config["CORS_MAX_AGE"]
    assert run_json(app) == {
        "routes": [
            {
                "endpoint": "/",
                "method": "GET",
                "domain": "",
                "rule": "/",
                "policy": None,
                "origins": [],
                "credentials": False,
                "for_origins": [],
            },
            {
                "endpoint": "a",
                "method": "PUT",
                "domain": "www",
                "rule": "/a",
                "policy": 'resources["/a"]',
                "origins": [APP],
                "credentials": True,
                "for_origins": [],
            },
        ],
        "unmatched": [{"pattern": "/x", "where": 'resources["/x"]'}],
        "problems": [],
        "late": [],
    }


def test_what_is_below_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    blanks = re.compile("/a path with spaces in it, to be wrapped/")
    app = make_app("/", resources=["/none", blanks])
    app.config["CORS_MAX_AGE"] = "soon"
    assert run(app).partition("\n\n")[2] == (
        "These patterns match no route:\n"
        '  ! resources["/none"]\n'
        '  ! resources["/a path with spaces in\n'
        '    it, to be wrapped/"]\n'
        "\n"
        "Policies with these mistakes allow nothing:\n"
        '  ! CORS_MAX_AGE: "soon" is not a whole number of seconds.\n'
        "        Write seconds such as 600, or a timedelta. 0 turns the preflight cache off.\n"
    )
    assert run(make_app("/")).partition("\n\n")[2] == (
        "There is no CORS(app): only decorated\nviews and CORS(blueprint) have a policy.\n"
    )


def test_an_app_without_routes() -> None:
    assert run(make_app(origins=APP)) == "No routes were registered.\n"


def test_subdomains_have_a_column() -> None:
    app = make_app(origins=APP)
    app.add_url_rule("/", "home", view, subdomain="www")
    assert re.search(r"Method  Subdomain  Rule", run(app))
    assert run_json(app)["routes"][0]["domain"] == "www"


def test_hosts_have_a_column() -> None:
    app = Flask("shop", static_folder=None, host_matching=True)
    app.add_url_rule("/", "home", view, host="www.example.com")
    CORS(app)
    output = run(app)
    assert re.search(r"Method  Host  +Rule", output)
    assert "www.example.com  /     CORS(app)  any" in output


def test_an_origin_with_quotes_can_be_read() -> None:
    app = make_app("/", origins=re.compile('https://["a]'))
    assert run_json(app)["routes"][0]["origins"] == ["r'https://[\"a]'"]


def test_for_origins() -> None:
    parts = {APP: {"supports_credentials": True}, "https://*.b.example": {}}
    app = make_app("/", origins="*", for_origins=parts)
    assert f"any, {APP}, https://*.b.example" in " ".join(run(app).split())
    assert run_json(app)["routes"][0]["for_origins"] == [
        {
            "policy": f'CORS(app).for_origins["{APP}"]',
            "origins": [APP],
            "credentials": True,
        },
        {
            "policy": 'CORS(app).for_origins["https://*.b.example"]',
            "origins": ["https://*.b.example"],
            "credentials": False,
        },
    ]
