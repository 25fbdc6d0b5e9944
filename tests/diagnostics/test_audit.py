from __future__ import annotations

import json
import re
import sys
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.cli import cors
from flask_crossorigin.diagnostics.audit import CHECKS, Audit, Finding
from flask_crossorigin.diagnostics.text.audit import audit_lines
from flask_crossorigin.diagnostics.text.terminal import Terminal

APP = "https://app.example.com"
PAGE = (Path(__file__).parents[2] / "docs" / "audit.rst").read_text("utf-8")
SECTIONS = dict(re.findall(r"^(C\d{3}): (.*?)(?=^\.\. _C|\Z)", PAGE, re.MULTILINE | re.DOTALL))
# More parts than can be judged.
TOO_LONG = "(?:a?b)" + "(?:a?b?c?)" * 100


def make_app(**options: Any) -> Flask:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "items", lambda: "seen", methods=["GET", "POST"])
    if options:
        CORS(app, **options)
    return app


def find(app: Flask, id_: str) -> list[Finding]:
    return [finding for finding in Audit.of(app).findings if finding.id == id_]


def found(id_: str, **options: Any) -> bool:
    return bool(find(make_app(**options), id_))


def run_example(id_: str, heading: str) -> Flask:
    code = re.findall(rf"^{heading}:\n\n.*?\n\n((?:    .*\n|\n)+)", SECTIONS[id_], re.MULTILINE)
    namespace = {"app": make_app(), "CORS": CORS, "cross_origin": cross_origin, "re": re}
    exec(dedent(code[0]), namespace)
    app = namespace["app"]
    assert isinstance(app, Flask)
    return app


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.id))
def test_the_page_has_what_is_reported_and_its_nearest_neighbour(check: Any) -> None:
    assert SECTIONS[check.id].startswith(f"{check.title}\n")
    assert f"\nSeverity: {check.severity}.\n" in SECTIONS[check.id]
    reported = find(run_example(check.id, "Reported"), check.id)
    assert len(reported) == 1
    assert (reported[0].title, reported[0].harm, reported[0].fix) == (
        check.title,
        check.harm,
        check.fix,
    )
    assert find(run_example(check.id, "Not reported"), check.id) == []


def test_the_page_has_nothing_else_and_ids_stay_in_order() -> None:
    ids = [check.id for check in CHECKS]
    assert [*SECTIONS] == ids == [f"C{number:03}" for number in range(1, len(ids) + 1)]


#: What is printed of the example that is reported, by id: to be read by people.
PRINTED = {
    block.partition(" ")[0]: block
    for block in Path(__file__).with_name("findings.txt").read_text("utf-8").split("\n\n")
}


@pytest.mark.parametrize("id_", SECTIONS)
def test_what_is_printed_of_a_finding(id_: str) -> None:
    others = [check.id for check in CHECKS if check.id != id_]
    lines = audit_lines(Audit.of(run_example(id_, "Reported"), others), Terminal(98))
    assert "\n".join(lines).partition("\n\n")[0] == PRINTED[id_].rstrip("\n")


CREDENTIALS = {"supports_credentials": True}
CASES: list[tuple[str, dict[str, Any], bool]] = [
    ("C002", {"origins": re.compile(r"https?://.*")}, True),
    ("C002", {"origins": "*", "methods": ["GET"]}, True),  # POST needs no listing.
    ("C002", {"origins": "https://*.example.com"}, False),
    ("C002", {"resources": "/other"}, False),
    ("C003", {"origins": "http://*.example.com", **CREDENTIALS}, True),
    ("C003", {"origins": "http://*.example.com"}, False),
    ("C003", {"origins": "http://192.168.0.7", **CREDENTIALS}, True),
    ("C003", {"origins": "http://127.0.0.2:8000", **CREDENTIALS}, False),
    ("C003", {"origins": "http://[::1]", **CREDENTIALS}, False),
    ("C003", {"origins": "http://shop.localhost", **CREDENTIALS}, False),
    ("C003", {"origins": "http://*.localhost:3000", **CREDENTIALS}, False),
    ("C003", {"origins": "http://localhost.", **CREDENTIALS}, False),
    ("C003", {"origins": "moz-extension://*", **CREDENTIALS}, False),
    ("C003", {"origins": "http://localhost:*", **CREDENTIALS}, False),
    ("C003", {"origins": "chrome-extension://abc", **CREDENTIALS}, False),
    ("C003", {"origins": lambda _origin: True, **CREDENTIALS}, False),
    ("C003", {"origins": re.compile(r"https?://app\.example\.com"), **CREDENTIALS}, True),
    ("C003", {"origins": re.compile(r"https://app\.example\.com"), **CREDENTIALS}, False),
    ("C003", {"origins": re.compile(r"http://localhost(:\d+)?"), **CREDENTIALS}, False),
    ("C003", {"origins": re.compile(r"http://\[::1\](:\d+)?"), **CREDENTIALS}, False),
    ("C003", {"origins": re.compile(r"http://127\.0\.0\.1"), **CREDENTIALS}, False),
    ("C003", {"origins": re.compile(r"https?://localhost"), **CREDENTIALS}, False),
    ("C003", {"origins": re.compile(r"http://localhos:1"), **CREDENTIALS}, True),
    ("C003", {"origins": re.compile(r"http://localhost\.evil\.com"), **CREDENTIALS}, True),
    ("C003", {"origins": re.compile(r"http://(localhost|127\.0\.0\.1):\d+"), **CREDENTIALS}, False),
    ("C004", {"origins": re.compile(r"null|https://app\.example\.com")}, True),
    ("C004", {"origins": "file://"}, True),
    ("C004", {"origins": re.compile(r"file://|https://app\.example\.com")}, True),
    ("C004", {"origins": "none"}, False),
    ("C004", {"origins": re.compile(r".*")}, False),  # That is any origin.
    ("C005", {"origins": re.compile(r"https://.*\.example\.com")}, False),
    ("C006", {"allow_headers": re.compile(r"(X-?[a-z]+)+")}, True),
    ("C006", {"allow_headers": re.compile(r"(?-i:X-[a-z]+)+")}, False),
    ("C006", {"allow_headers": r"(X-?[a-z]+)+"}, False),  # That is a string.
    ("C006", {"allow_headers": re.compile(r"X-[a-z]+")}, False),
    ("C006", {"resources": re.compile(r"/(a+)+")}, True),
    ("C006", {"resources": re.compile(r"/(a|aa)+")}, True),
    ("C006", {"origins": re.compile(r"https://(www|[a-z])+\.example\.com")}, True),
    ("C006", {"resources": re.compile(r"/.*/a/.*/b/.*/c")}, True),
    ("C006", {"resources": re.compile("/(?:a|a)" * 25 + "x")}, True),
    ("C006", {"resources": re.compile("/" + TOO_LONG)}, True),
    ("C006", {"allow_headers": re.compile("X-" + TOO_LONG)}, True),
    ("C006", {"origins": re.compile("https://" + TOO_LONG)}, True),
    ("C006", {"origins": re.compile(r"https://(?:[a-z]{1,30}){3}\.example\.com")}, False),
    ("C006", {"resources": "/*/a/*/b/*/c"}, False),
    ("C006", {"origins": r"https://(www|[a-z])+\.example\.com"}, False),
    ("C006", {"origins": re.compile(r"https://([a-z]+\.)+example\.com")}, False),
    ("C007", {"origins": "https://*.co.uk"}, True),
    ("C007", {"origins": "https://*.example.co.uk"}, False),
    ("C007", {"origins": "https://*.co.uk."}, True),
    ("C007", {"origins": "http://*.localhost."}, False),
    ("C007", {"origins": "moz-extension://*"}, False),
    ("C007", {"origins": "https://*.internal.corp"}, False),
    ("C007", {"origins": "https://github.io"}, False),
    ("C007", {"origins": "https://github.io:*"}, False),
    ("C007", {"origins": re.compile(r"https://a|https://you\.github\.io")}, False),
    ("C007", {"origins": re.compile(r"https://.*\.github\.io")}, True),
    ("C007", {"origins": re.compile(r"https://[a-z]+\.github\.io(:\d+)?$")}, True),
    ("C007", {"origins": re.compile(r"https://[a-z]+\.you\.github\.io")}, False),
    ("C007", {"origins": re.compile(r"https://you\.github\.io")}, False),
    ("C007", {"origins": re.compile(r"https://[a-z.]+")}, False),
    ("C007", {"origins": re.compile(r"https://(www\.)?example\.com")}, False),
    ("C007", {"origins": re.compile(r"https://(www\.)?github\.io")}, False),
    ("C007", {"origins": r"https://[a-z]+\.(example\.com|github\.io)"}, True),
    ("C007", {"origins": r"https://[a-z]+\.co\.uk"}, True),
    ("C007", {"origins": r"https://[a-z]+\.localhost"}, False),
    ("C007", {"origins": re.compile("https://" + "(?:a?b?c?)" * 200)}, False),
    ("C007", {"origins": lambda _origin: True}, False),
    ("C010", {"origins": "moz-extension://*", **CREDENTIALS}, False),
    ("C014", {"origins": r"https://[a-z]+\.co\.uk"}, True),
    ("C019", {"origins": re.compile(r"moz-extension://.*"), **CREDENTIALS}, True),
    ("C019", {"origins": r"chrome-extension://[a-p]{32}", **CREDENTIALS}, True),
    ("C019", {"origins": "chrome-extension://abcdefgh", **CREDENTIALS}, False),
    ("C019", {"origins": re.compile(r".*")}, False),
    ("C019", {"origins": ["https://*.example.com", "none-extension://a"], **CREDENTIALS}, False),
    ("C014", {"origins": r"https://app\.example\.com.*"}, True),
    ("C014", {"origins": re.compile(r"https?://(www|app)\..*")}, True),
    ("C014", {"origins": re.compile(r"https://.*example\.com")}, True),
    ("C014", {"origins": re.compile("https://" + "(?:a?b?c?)" * 200)}, True),
    ("C014", {"origins": r"https://.*\.example\.com"}, False),
    ("C014", {"origins": r"https://(www\.)?example\.com", **CREDENTIALS}, False),
    ("C014", {"origins": "*"}, False),
    ("C014", {"origins": "https://*.example.com"}, False),
    ("C008", {"max_age": 0}, False),
    ("C008", {"methods": ["GET"], "allow_headers": []}, False),
    ("C008", {"methods": ["GET"], "allow_headers": "X-One"}, True),
    ("C008", {"methods": ["GET"], "allow_headers": "X-*"}, True),
    ("C008", {"methods": ["GET"]}, True),
    ("C008", {"methods": ["PUT"], "allow_headers": []}, True),
    ("C008", {"methods": "*", "allow_headers": []}, True),
    ("C009", {"max_age": timedelta(days=2)}, True),
    ("C009", {}, False),
    ("C011", {"resources": {"/items": {}, "/items/": {}}}, True),
    ("C011", {"resources": "*"}, False),
    ("C013", {"allow_headers": "sec-fetch-site"}, True),
    ("C013", {"allow_headers": "Authorization, X-Cookie"}, False),
    ("C015", {"allow_headers": "X-HTTP-Method-Override", "methods": "GET, POST"}, True),
    ("C015", {"allow_headers": "x_method_override", "methods": "PUT, PATCH"}, True),
    ("C015", {"allow_headers": "X-HTTP-Method-Override"}, False),
    ("C015", {"allow_headers": "X-HTTP-Method-Override", "methods": "*"}, False),
    ("C015", {"allow_headers": "*", "methods": "GET, POST"}, False),
    # Scripts may send it, but for some values.
    ("C013", {"allow_headers": "X-HTTP-Method-Override"}, False),
    ("C013", {"allow_headers": "*"}, False),
]


@pytest.mark.parametrize(
    ("id_", "options", "expected"),
    CASES,
    ids=[re.sub(r" at 0x\w+", "", f"{case[0]}-{case[1]}")[:60] for case in CASES],
)
def test_what_is_reported(id_: str, options: dict[str, Any], *, expected: bool) -> None:
    assert found(id_, max_age=options.pop("max_age", None), **options) is expected


@pytest.mark.parametrize(("methods", "expected"), [(["GET"], 0), (["GET", "DELETE"], 1), ("*", 1)])
def test_a_method_that_no_preflight_gets_is_no_risk(methods: Any, expected: int) -> None:
    app = Flask("shop", static_folder=None)
    for number in range(5):
        app.add_url_rule(f"/{number}", f"{number}", lambda: "seen", methods=["DELETE"])
    CORS(app, methods=methods)
    messages = [finding.message for finding in find(app, "C002")]
    told = "any origin may send DELETE /0, DELETE /1, DELETE /2 and 2 more"
    assert messages == [told] * expected


@pytest.mark.parametrize(
    ("count", "told"),
    [(3, "DELETE /0, DELETE /1, DELETE /2"), (4, "DELETE /0, DELETE /1, DELETE /2 and 1 more")],
)
def test_three_requests_are_named(count: int, told: str) -> None:
    app = Flask("shop", static_folder=None)
    for number in range(count):
        app.add_url_rule(f"/{number}", f"{number}", lambda: "seen", methods=["DELETE"])
    CORS(app, methods="*")
    assert [finding.message for finding in find(app, "C002")] == [f"any origin may send {told}"]


UNSET = "SESSION_COOKIE_SAMESITE is None, so {} gets no session".format
UNLESS = ", unless the app is on the same site"


def test_methods_that_only_read_are_no_risk() -> None:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/", "read", lambda: "seen", methods=["GET", "HEAD", "OPTIONS", "TRACE"])
    CORS(app, methods="*")
    assert find(app, "C002") == []


COOKIES: list[tuple[dict[str, Any], str, str]] = [
    ({"SECRET_KEY": "x"}, APP, UNSET("app.example.com") + UNLESS),
    ({}, APP, ""),
    ({"SECRET_KEY": "x"}, "http://localhost:3000", ""),
    ({"SECRET_KEY": "x", "SERVER_NAME": "api.example.com:8443"}, APP, ""),
    ({"SECRET_KEY": "x", "SERVER_NAME": "API.Example.com"}, APP, ""),
    ({"SECRET_KEY": "x", "SERVER_NAME": "api.example.net"}, APP, UNSET("app.example.com")),
    ({"SECRET_KEY": "x", "SERVER_NAME": "example.net:80"}, APP, UNSET("app.example.com")),
    ({"SECRET_KEY": "x", "SERVER_NAME": "10.0.0.7"}, "https://10.0.0.7:1", ""),
    ({"SECRET_KEY": "x", "SERVER_NAME": "10.0.0.7"}, "https://11.0.0.7", UNSET("11.0.0.7")),
    ({"SECRET_KEY": "x", "SESSION_COOKIE_DOMAIN": ".example.com"}, APP, ""),
    ({"SECRET_KEY": "x", "SESSION_COOKIE_DOMAIN": ".intranet"}, "https://intranet", ""),
    ({"SECRET_KEY": "x", "SERVER_NAME": "[2001:db8::1]:81"}, "https://[2001:db8::1]", ""),
    ({"SECRET_KEY": "x", "SERVER_NAME": "[2001:db8::1]"}, "https://[2001:db8::1]", ""),
    (
        {"SECRET_KEY": "x", "SERVER_NAME": "[2001:db8::1]"},
        "https://[2001:db8::2]",
        UNSET("[2001:db8::2]"),
    ),
    ({"SECRET_KEY": "x", "SESSION_COOKIE_DOMAIN": "a.test"}, APP, UNSET("app.example.com")),
    (
        {"SECRET_KEY": "x", "SERVER_NAME": "a.example.net"},
        "https://*.example.com",
        UNSET("example.com"),
    ),
    ({"SECRET_KEY": "x"}, "app-extension://x", UNSET("x") + UNLESS),
    (
        {"SECRET_KEY": "x", "SESSION_COOKIE_SAMESITE": "Lax"},
        APP,
        "SESSION_COOKIE_SAMESITE is 'Lax', so app.example.com gets no session" + UNLESS,
    ),
    (
        {"SECRET_KEY": "x", "SESSION_COOKIE_SAMESITE": "None"},
        APP,
        "SESSION_COOKIE_SECURE is False, and SameSite=None has no effect without it, so "
        "app.example.com gets no session" + UNLESS,
    ),
    ({"SECRET_KEY": "x", "SESSION_COOKIE_SECURE": True}, APP, UNSET("app.example.com") + UNLESS),
    (
        {"SECRET_KEY": "x", "SESSION_COOKIE_SAMESITE": "none", "SESSION_COOKIE_SECURE": True},
        APP,
        "",
    ),
]


@pytest.mark.parametrize(("config", "origin", "message"), COOKIES)
def test_cookies_that_stay_home(config: dict[str, Any], origin: str, message: str) -> None:
    app = make_app()
    app.config.update(config)
    CORS(app, origins=origin, supports_credentials=True)
    messages = [finding.message for finding in find(app, "C010")]
    assert messages == [message] * bool(message)


def test_cookies_are_of_no_concern_to_others() -> None:
    app = make_app(origins=APP)
    app.secret_key = "x"
    assert find(app, "C010") == []
    CORS(app, resources="/f", origins=[re.compile("https://a"), "null"], supports_credentials=False)
    assert find(app, "C010") == []
    functions = make_app(origins=[lambda _origin: True], supports_credentials=True)
    functions.secret_key = "x"
    assert find(functions, "C010") == []


def test_a_view_registered_with_and_without_its_decorator_is_meant_so() -> None:
    def report() -> str:
        return "seen"

    app = make_app(origins=APP)
    app.add_url_rule("/a", "a", report)
    decorated = cross_origin(origins=APP)(report)
    assert [finding.where for finding in find(app, "C012")] == [
        '@cross_origin on view "report"',
    ]
    app.add_url_rule("/b", "b", decorated)
    assert find(app, "C012") == []


def test_views_that_are_no_functions() -> None:
    class Callable:
        __slots__ = ()
        __name__ = "callable"

        def __call__(self) -> str:
            return "seen"

    class Items(MethodView):
        decorators = [cross_origin(origins=APP)]  # noqa: RUF012

        def get(self) -> str:
            return "seen"

    app = make_app(origins=APP)
    app.add_url_rule("/callable", "callable", Callable())
    app.add_url_rule("/decorated", "decorated", cross_origin(origins=APP)(Callable()))
    app.add_url_rule("/class", view_func=Items.as_view("class"))
    assert find(app, "C012") == []


def test_a_blueprint_registered_twice_is_reported_once() -> None:
    api = Blueprint("api", "shop")
    CORS(api, origins=[APP, "null"], max_age=5)
    app = make_app()
    app.register_blueprint(api, url_prefix="/a")
    app.register_blueprint(api, url_prefix="/b", name="b")
    assert [finding.where for finding in find(app, "C004")] == ['blueprint "api"']


def test_policies_with_mistakes_have_no_other_findings() -> None:
    app = make_app(resources={"/*": {"max_age": 86401}})
    app.config["CORS_ORIGINS"] = "app.example.com"
    assert [finding.id for finding in Audit.of(app).findings] == ["C001"]


@pytest.mark.parametrize(
    ("origins", "message"),
    [
        (
            "app.example.com",
            '"app.example.com" has no scheme. An origin is scheme://host[:port]. '
            'Write "https://app.example.com"',
        ),
        (
            "file://x",
            '"file://x" is not an origin that browsers send: a page in a file has an opaque '
            'origin. Serve the page over HTTP. Browsers send "null" for files, and some web views '
            'send "file://": both would allow many other pages, too',
        ),
    ],
)
def test_a_mistake_is_told_with_what_to_write(origins: str, message: str) -> None:
    app = make_app()
    app.config["CORS_ORIGINS"] = origins
    assert [finding.message for finding in find(app, "C001")] == [message]


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(cors, ["audit", *arguments])
    return result.exit_code, result.output


def test_the_command_tells_what_where_harm_and_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, output = run(make_app(origins=[APP, "null"], max_age=86401))
    assert code == 1
    assert output == (
        "C004 high: An opaque origin is let in\n"
        "  - CORS(app): null lets in the origin null.\n"
        "  Harm: Any page can make itself null with a sandboxed frame, and file:// is\n"
        "        every file that a web view opens.\n"
        "  Fix:  Serve the page over HTTP and name its origin.\n"
        "\n"
        "C009 low: max_age is longer than any browser caches\n"
        "  - CORS(app): max_age is 86401.\n"
        "  Harm: The extra time has no effect: Firefox caches a preflight for at most\n"
        "        86400 seconds, Chromium for 7200 and WebKit for 600.\n"
        "  Fix:  Set it to 86400 or less.\n"
        "\n"
        "2 findings: 1 high, 1 low.\n"
    )


def test_findings_of_a_kind_stand_together_and_wrap() -> None:
    rest = ("low", "a title", "here it is")
    findings = [
        Finding("C098", *rest, "it is so", "it may hurt", "mend it soon"),
        Finding("C098", *rest, "and so", "it may hurt", "mend it soon"),
        Finding("C099", *rest, "or so", "it hurts", "mend it"),
    ]
    lines = "\n".join(audit_lines(Audit(findings, ["C097"]), Terminal(18))).split("\n")
    assert lines == [
        "C098 low: a title",
        "  - here it is: it",
        "    is so.",
        "  - here it is:",
        "    and so.",
        "  Harm: it may",
        "        hurt",
        "  Fix:  mend it",
        "        soon",
        "",
        "C099 low: a title",
        "  - here it is: or",
        "    so.",
        "  Harm: it hurts",
        "  Fix:  mend it",
        "",
        "C097 was not",
        "    checked: pip",
        "    install",
        "    flask_crossorigin[audit]",
        "3 findings: 3 low.",
    ]
    assert next(audit_lines(Audit(findings, []), Terminal(12))) == "C098 low: a\n    title"


def test_what_is_ignored_is_not_reported() -> None:
    app = make_app(origins=[APP, "null"], max_age=86401)
    assert run(app, "--ignore", "C004", "--ignore", "c009") == (0, "No findings.\n")
    code, output = run(app, "--ignore", "C004")
    assert code == 1
    assert output.endswith("\n1 finding: 1 low.\n")
    assert run(app, "--ignore", "C999")[0] == 2


def test_json() -> None:
    code, output = run(make_app(origins=APP), "--json", "--ignore", "C001")
    data = json.loads(output)
    assert code == 1
    assert (data["ignored"], data["skipped"]) == (["C001"], [])
    assert [finding["id"] for finding in data["findings"]] == ["C008"]
    assert data["findings"][0].keys() == set(Finding.__dataclass_fields__)


def test_without_the_extra_its_check_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    monkeypatch.setattr("flask_crossorigin.diagnostics.audit.find_spec", lambda _name: None)
    app = make_app(origins="https://*.github.io", max_age=5)
    code, output = run(app)
    assert code == 0
    assert output.startswith("C007 was not checked: pip install flask_crossorigin[audit]\n")
    assert "was not checked" not in run(app, "--ignore", "C007")[1]


@pytest.mark.parametrize(
    ("name", "is_found"),
    [
        ("Authorisation", True),
        ("Authorzation", True),
        ("Content-Typ", True),
        ("Contenttype", True),
        ("X-Crsf-Token", True),
        ("Authorization", False),
        ("X-CSRFToken", False),
        ("X-Company-Id", False),
        ("Authentication", False),
        ("X-User-Agent", False),
        ("X-Location", False),
    ],
)
def test_names_that_look_misspelled(name: str, is_found: bool) -> None:
    assert found("C017", allow_headers=[name]) is is_found
    assert found("C017", expose_headers=[name]) is is_found


@pytest.mark.parametrize(
    ("resources", "is_found"),
    [
        ({"/admin": {}}, True),
        ({"/*": {}, "/admin": {}}, True),
        ({"/ad*": {}, "/admin": {}}, True),
        ({"/admin": {}, "/admin/*": {}}, False),
        ({"/admin*": {}}, False),
        ({"/": {}}, True),
        ({"/": {}, "/*": {}}, False),
        ({"/other": {}}, False),
    ],
    ids=str,
)
def test_a_bare_pattern_above_routes(resources: Any, is_found: bool) -> None:
    app = make_app()
    app.add_url_rule("/admin", "admin", lambda: "seen")
    app.add_url_rule("/admin/users", "users", lambda: "seen")
    CORS(app, resources=resources)
    assert bool(find(app, "C018")) is is_found


def test_a_bare_pattern_above_routes_that_have_their_own() -> None:
    app = make_app()
    app.add_url_rule("/admin/users", "users", cross_origin(origins=APP)(lambda: "seen"))
    bp = Blueprint("bp", __name__, url_prefix="/admin/bp")
    bp.add_url_rule("/x", "x", lambda: "seen")
    CORS(bp, origins=APP)
    app.register_blueprint(bp)
    CORS(app, resources={"/admin": {"origins": APP}})
    assert find(app, "C018") == []


@pytest.mark.parametrize("origins", [{}, {"origins": "*"}, {"origins": APP}], ids=str)
def test_origins_that_were_never_written(origins: Any) -> None:
    assert found("C016", max_age=60, **origins) is not bool(origins)
    app = make_app()
    app.config.update({f"CORS_{name.upper()}": value for name, value in origins.items()})
    CORS(app)
    app.add_url_rule("/y", "y", cross_origin(lambda: "y"))
    assert len(find(app, "C016")) == (0 if origins else 2)


def places(id_: str, **options: Any) -> list[str]:
    return [finding.where for finding in find(make_app(**options), id_)]


def test_for_origins_are_audited_by_name() -> None:
    insecure = "http://app.example.com"
    parts = {insecure: {"supports_credentials": True}, APP: {"allow_headers": ["Authorisation"]}}
    options: dict[str, Any] = {"origins": "*", "max_age": 60, "for_origins": parts}
    assert places("C003", **options) == [f'CORS(app).for_origins["{insecure}"]']
    assert places("C017", **options) == [f'CORS(app).for_origins["{APP}"]']
    # Also where the same origin is allowed without credentials.
    options["origins"] = insecure
    assert places("C003", **options) == [f'CORS(app).for_origins["{insecure}"]']
    options["origins"] = "*"
    # What a part takes from around it is said once.
    del options["max_age"]
    assert places("C008", **options) == ["CORS(app)"]
    assert places("C009", origins="*", for_origins={APP: {"max_age": 10**6}}) == [
        f'CORS(app).for_origins["{APP}"]'
    ]
