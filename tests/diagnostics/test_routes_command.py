from __future__ import annotations

import json
import logging
import re
from functools import partial
from typing import Any

import click
import pytest
from flask import Blueprint, Flask
from flask.views import MethodView
from werkzeug.routing import BaseConverter

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.cli import cors
from flask_crossorigin.core.places import Place
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


METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY"


def test_a_line_for_each_rule_and_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    pages = {"origins": [APP, "http://localhost:3000"], "max_age": 600}
    app = make_app("/", resources={"/api/*": pages})
    app.add_url_rule("/api/items", "items", view, methods=["POST", "GET"])
    app.add_url_rule("/api/items", "delete", view, methods=["DELETE"])
    app.add_url_rule("/report", "report", cross_origin(origins=re.compile(r"https://[a-z]+"))(view))
    app.add_url_rule("/other", "other", cross_origin(origins=re.compile(r"https://[a-z]+"))(view))
    shown = re.sub(r"\([^)]*:[0-9]+\)", "(shop.py:1)", run(app))
    assert shown.splitlines() == [
        "Rule        Endpoint       Methods            Policy",
        "----------  -------------  -----------------  ----------------------------",
        "/           /              GET                -",
        '/api/items  delete, items  DELETE, GET, POST  resources["/api/*"]',
        '/other      other          GET                @cross_origin on view "view"',
        '/report     report         GET                @cross_origin on view "view"',
        "",
        'resources["/api/*"] (shop.py:1)',
        "  origins         https://app.example.com, http://localhost:3000",
        f"  methods         {METHODS}",
        "  credentials     no",
        "  max_age         600 seconds",
        "",
        '@cross_origin on view "view" (shop.py:1)',
        '@cross_origin on view "view" (shop.py:1)',
        '  origins         r"https://[a-z]+"',
        f"  methods         {METHODS}",
        "  credentials     no",
        "  max_age         not set",
    ]


RULE = "/api/organizations/<int:organization>"
TABLES = {
    120: [
        "Rule                                   Endpoint       Methods      Policy",
        "-------------------------------------  -------------  -----------  ---------",
        "/api                                   /api           GET          CORS(app)",
        "/api/organizations/<int:organization>  remove, shown  DELETE, GET  CORS(app)",
    ],
    70: [
        "Rule                                   Methods      Policy",
        "-------------------------------------  -----------  ---------",
        "/api                                   GET          CORS(app)",
        "/api/organizations/<int:organization>  DELETE, GET  CORS(app)",
    ],
    57: [
        "Rule                                   Methods  Policy",
        "-------------------------------------  -------  ---------",
        "/api                                   GET      CORS(app)",
        "/api/organizations/<int:organization>  DELETE,  CORS(app)",
        "                                       GET",
    ],
    40: [
        "Rule  Methods      Policy",
        "----  -----------  ---------",
        "/api  GET          CORS(app)",
        "/api/organizations/<int:organization>",
        "      DELETE, GET  CORS(app)",
    ],
}


@pytest.mark.parametrize("width", TABLES)
def test_tables_fit_the_terminal_without_breaking_names(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    app = make_app("/api", origins=APP)
    app.add_url_rule(RULE, "shown", view)
    app.add_url_rule(RULE, "remove", view, methods=["DELETE"])
    assert run(app).partition("\n\n")[0].splitlines() == TABLES[width]


def test_a_rule_with_spaces_is_never_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    app = make_app("/where there are many spaces", "/", origins=APP)
    assert "\n/where there are many spaces\n      GET  " in run(app)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"origins": "*"}, ["origins         any"]),
        ({"origins": "none"}, ["origins         none"]),
        ({"methods": "*"}, ["methods         any"]),
        ({"supports_credentials": True}, ["credentials     yes"]),
        ({"max_age": 0}, ["max_age         0 seconds"]),
        ({"allow_headers": ["X-B", "X-A-*"]}, ["allow_headers   x-b, X-A-*"]),
        ({"allow_headers": []}, ["allow_headers   none"]),
        ({"allow_headers": re.compile("X-[a-c]")}, ['allow_headers   r"(?i)X-[a-c]"']),
        ({"expose_headers": "X-A"}, ["expose_headers  X-A"]),
        ({"expose_headers": "*"}, ["expose_headers  any"]),
        ({"enforce": True}, ["enforce         yes"]),
        ({"enforce": "unsafe"}, ["enforce         unsafe"]),
        ({"report_only": {"origins": "none"}}, ["report_only     yes"]),
        (
            {"for_origins": {"https://b.example": {"supports_credentials": True, "methods": "*"}}},
            ["for https://b.example", "  methods       any", "  credentials   yes"],
        ),
        ({"for_origins": {"https://b.example": {}}}, ["  the same as above"]),
        (
            {"allow_headers": [], "for_origins": {"https://b.example": {"allow_headers": "*"}}},
            ["allow_headers   none", "  allow_headers any"],
        ),
    ],
)
def test_the_options_of_a_policy_are_shown(options: dict[str, Any], expected: list[str]) -> None:
    shown = run(make_app("/", **{"origins": APP, **options})).splitlines()
    assert {f"  {line}" for line in expected} <= set(shown)


def test_no_information_is_in_color_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app("/", origins=APP)
    plain = [run(app), run(app, "--origin", APP)]
    monkeypatch.setenv("FORCE_COLOR", "1")
    colored = [run(app), run(app, "--origin", APP)]
    assert all("\x1b[" in text for text in colored)
    assert [click.unstyle(text) for text in colored] == plain


def test_usual_values_are_not_shown() -> None:
    shown = run(make_app("/", origins=APP))
    assert not re.search("allow_headers|expose_headers|enforce|report_only|for ", shown)


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (0, "https://a"),
        (re.IGNORECASE, "(?i)https://a"),
        (re.IGNORECASE | re.ASCII | re.DOTALL, "(?ais)https://a"),
    ],
)
def test_the_flags_of_a_regex_are_shown(flags: int, text: str) -> None:
    for pattern in (re.compile("https://a", flags), re.compile(text)):
        app = make_app("/", origins=pattern)
        assert run_json(app)["routes"][0]["origins"] == [f'r"{text}"']


def test_a_function_is_written_in_the_same_way_each_time() -> None:
    app = make_app("/", origins=partial(str.__eq__, APP))
    (shown,) = run_json(app)["routes"][0]["origins"]
    assert shown.startswith("functools.partial(")
    assert " at 0x" not in shown


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


def test_all_methods_shows_head_and_options() -> None:
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
        ("/items", "POST", '@cross_origin on view "Items.post"'),
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
    assert run_json(app)["unmatched"] == [{"pattern": "/items", "policy": 'resources["/items"]'}]


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


def test_problems_are_shown_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    app = make_app("/", resources={"/*": {}})
    app.config["CORS_ORIGINS"] = "app.example.com"
    with caplog.at_level(logging.ERROR):
        output = run(app)
    assert "  origins         none, because of the mistakes below\n" in output
    assert "Policies with these mistakes allow nothing:\n  ! CORS_ORIGINS" in output
    assert 'Write "https://app.example.com"' in output
    assert caplog.records == []


def test_the_policy_in_use_is_shown_even_if_the_configuration_changed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app("/", resources={"/*": {}})
    app.config["CORS_ORIGINS"] = "app.example.com"
    app.test_client().get("/")
    assert len(caplog.records) == 1
    app.config["CORS_ORIGINS"] = APP
    assert "none, because of the mistakes" in run(app)
    assert run_json(app)["problems"]


def test_options_still_count_after_looking_at_the_routes() -> None:
    app = make_app("/", resources={"/*": {}})
    assert run_json(app)["routes"][0]["origins"] == ["*"]
    app.config["CORS_ORIGINS"] = APP
    assert run_json(app)["routes"][0]["origins"] == [APP]


def test_it_says_that_there_is_no_cors_app() -> None:
    said = "There is no CORS(app), so only decorated views and CORS(blueprint) have a policy."
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
    assert told["unmatched"] == [{"pattern": "/x", "policy": 'resources["/x"]'}]
    del app.config["CORS_MAX_AGE"]
    told = run_json(app)
    assert list(told) == [
        *("schema", "command", "all_methods", "routes", "unmatched", "problems", "late")
    ]
    assert (told["schema"], told["command"], told["all_methods"]) == (1, "routes", False)
    assert run_json(app, "--all-methods")["all_methods"] is True
    line = told["routes"][1]["place"]["line"]
    assert told["routes"] == [
        {
            "endpoint": "/",
            "method": "GET",
            "domain": "",
            "rule": "/",
            "policy": None,
            "place": None,
            "origins": [],
            "methods": [],
            "allow_headers": [],
            "expose_headers": [],
            "credentials": False,
            "max_age": None,
            "enforce": False,
            "report_only": False,
            "for_origins": [],
        },
        {
            "endpoint": "a",
            "method": "PUT",
            "domain": "www",
            "rule": "/a",
            "policy": 'resources["/a"]',
            "place": {"file": Place(__file__, line).file, "line": line},
            "origins": [APP],
            "methods": METHODS.split(", "),
            "allow_headers": ["*"],
            "expose_headers": [],
            "credentials": True,
            "max_age": None,
            "enforce": False,
            "report_only": False,
            "for_origins": [],
        },
    ]


def test_json_of_options() -> None:
    options = {
        "origins": [APP, "https://*.b.example"],
        "methods": "*",
        "allow_headers": ["X-B", "X-A-*"],
        "expose_headers": ["X-D", "X-C"],
        "max_age": 60,
        "enforce": "unsafe",
        "report_only": {"origins": "none"},
    }
    (route,) = run_json(make_app("/", **options))["routes"]
    expected = {
        **options,
        "methods": ["*"],
        "allow_headers": ["x-b", "X-A-*"],
        "expose_headers": ["X-C", "X-D"],
        "report_only": True,
    }
    assert {name: route[name] for name in expected} == expected


def test_json_of_mistakes_allows_nothing() -> None:
    app = make_app("/", resources={"/*": {"enforce": True, "origins": APP}})
    app.config["CORS_MAX_AGE"] = "soon"
    (route,) = run_json(app)["routes"]
    assert (route["policy"], route["enforce"]) == ('resources["/*"]', True)
    for name in ("origins", "methods", "allow_headers", "for_origins"):
        assert route[name] == []


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
        "        Write seconds such as 600, or a timedelta. 0 disables the preflight cache.\n"
    )
    assert run(make_app("/")).partition("\n\n")[2] == (
        "There is no CORS(app), so only decorated\nviews and CORS(blueprint) have a policy.\n"
    )


def test_an_app_without_routes() -> None:
    assert run(make_app(origins=APP)) == "No routes were registered.\n"


def test_subdomains_have_a_column() -> None:
    app = make_app(origins=APP)
    app.add_url_rule("/", "home", view, subdomain="www")
    assert re.search(r"Rule  Subdomain  Endpoint", run(app))
    assert run_json(app)["routes"][0]["domain"] == "www"


def test_hosts_have_a_column() -> None:
    app = Flask("shop", static_folder=None, host_matching=True)
    app.add_url_rule("/", "home", view, host="www.example.com")
    CORS(app)
    output = run(app)
    assert re.search(r"Rule  Host  +Endpoint", output)
    assert "/     www.example.com  home      GET      CORS(app)" in output


def test_an_origin_with_quotes_can_be_read() -> None:
    app = make_app("/", origins=re.compile('https://["a]'))
    assert run_json(app)["routes"][0]["origins"] == ["r'https://[\"a]'"]


def test_for_origins() -> None:
    parts = {APP: {"supports_credentials": True}, "https://*.b.example": {"methods": "GET"}}
    app = make_app("/", origins="*", for_origins=parts)
    (route,) = run_json(app)["routes"]
    assert route["origins"] == ["*"]
    for part, origin, credentials, methods in zip(
        route["for_origins"],
        parts,
        [True, False],
        [METHODS.split(", "), ["GET"]],
        strict=True,
    ):
        assert part == {
            "policy": f'CORS(app).for_origins["{origin}"]',
            "place": route["place"],
            "origins": [origin],
            "methods": methods,
            "allow_headers": ["*"],
            "expose_headers": [],
            "credentials": credentials,
            "max_age": None,
        }
