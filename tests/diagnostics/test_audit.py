from __future__ import annotations

import re
import sys
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from flask import Blueprint, Flask, request, session
from flask.views import MethodView

from flask_crossorigin import CORS, ConfigError, Finding, audit, cross_origin
from flask_crossorigin.diagnostics.audit import CHECKS
from flask_crossorigin.diagnostics.text.audit import audit_lines
from flask_crossorigin.diagnostics.text.terminal import Terminal
from flask_crossorigin.testing import Browser, CORSError

APP = "https://app.example.com"
PAGE = (Path(__file__).parents[2] / "docs" / "audit.rst").read_text("utf-8")
SECTIONS = dict(re.findall(r"^(C\d{3}): (.*?)(?=^\.\. _C|\Z)", PAGE, re.MULTILINE | re.DOTALL))
# This regex has too many parts to be judged.
TOO_LONG = "(?:a?b)" + "(?:a?b?c?)" * 100


def make_app(**options: Any) -> Flask:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "items", lambda: "seen", methods=["GET", "POST"])
    if options:
        CORS(app, **options)
    return app


def find(app: Flask, id_: str) -> list[Finding]:
    return [finding for finding in audit(app).findings if finding.id == id_]


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


def test_the_page_documents_each_check_in_order() -> None:
    ids = [check.id for check in CHECKS]
    assert [*SECTIONS] == ids == [f"C{number:03}" for number in range(1, len(ids) + 1)]


def test_the_table_has_each_check_once() -> None:
    rows = re.findall(r"   \* - :ref:`(\w+) <\1>`\n     - (.+)\n     - (\w+)\n", PAGE)
    assert rows == [(check.id, check.title, check.severity) for check in CHECKS]


#: The full text of each finding by id, in a file that people can proofread.
PRINTED = {
    block.partition(" ")[0]: block
    for block in Path(__file__).with_name("findings.txt").read_text("utf-8").split("\n\n")
}


@pytest.mark.parametrize("id_", SECTIONS)
def test_the_full_text_of_each_finding(id_: str) -> None:
    others = [check.id for check in CHECKS if check.id != id_]
    found = audit(run_example(id_, "Reported"), ignore=others)
    lines = audit_lines(found, Terminal(98), verbose=True)
    assert "\n".join(lines).partition("\n\n")[0] == PRINTED[id_].rstrip("\n")


CREDENTIALS = {"supports_credentials": True}
CASES: list[tuple[str, dict[str, Any], bool]] = [
    ("C002", {"origins": re.compile(r"https?://.*")}, True),
    ("C002", {"origins": "*", "methods": ["GET"]}, True),  # Any page may send POST.
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
    ("C004", {"origins": re.compile(r".*")}, False),  # It allows any origin.
    ("C005", {"origins": re.compile(r"https://.*\.example\.com")}, False),
    ("C006", {"allow_headers": re.compile(r"(X-?[a-z]+)+")}, True),
    ("C006", {"allow_headers": re.compile(r"(?-i:X-[a-z]+)+")}, False),
    ("C006", {"allow_headers": r"(X-?[a-z]+)+"}, False),  # Strings are not matched by re.
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
    ("C024", {"origins": "moz-extension://*", **CREDENTIALS}, False),
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
    # JavaScript may set this header to most values.
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


UNSET = "SESSION_COOKIE_SAMESITE is not set, so requests from {} have no session".format
UNLESS = " unless both are on the same site"


def test_methods_that_only_read_are_no_risk() -> None:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/", "read", lambda: "seen", methods=["GET", "HEAD", "OPTIONS", "TRACE"])
    CORS(app, methods="*")
    assert find(app, "C002") == []


KEY = {"SECRET_KEY": "x"}
COOKIES: list[tuple[dict[str, Any], str, str, str]] = [
    (KEY, APP, "C024", UNSET("app.example.com") + UNLESS),
    ({}, APP, "", ""),
    (KEY, "http://localhost:3000", "", ""),
    ({**KEY, "SERVER_NAME": "api.example.com:8443"}, APP, "", ""),
    ({**KEY, "SERVER_NAME": "API.Example.com"}, APP, "", ""),
    ({**KEY, "SERVER_NAME": "api.example.net"}, APP, "C010", UNSET("app.example.com")),
    ({**KEY, "SERVER_NAME": "example.net:80"}, APP, "C010", UNSET("app.example.com")),
    ({**KEY, "SERVER_NAME": "10.0.0.7"}, "https://10.0.0.7:1", "", ""),
    ({**KEY, "SERVER_NAME": "10.0.0.7"}, "https://11.0.0.7", "C010", UNSET("11.0.0.7")),
    ({**KEY, "SESSION_COOKIE_DOMAIN": ".example.com"}, APP, "", ""),
    ({**KEY, "SESSION_COOKIE_DOMAIN": ".intranet"}, "https://intranet", "", ""),
    ({**KEY, "SERVER_NAME": "[2001:db8::1]:81"}, "https://[2001:db8::1]", "", ""),
    ({**KEY, "SERVER_NAME": "[2001:db8::1]"}, "https://[2001:db8::1]", "", ""),
    (
        {**KEY, "SERVER_NAME": "[2001:db8::1]"},
        "https://[2001:db8::2]",
        "C010",
        UNSET("[2001:db8::2]"),
    ),
    ({**KEY, "SESSION_COOKIE_DOMAIN": "a.test"}, APP, "C010", UNSET("app.example.com")),
    (
        {**KEY, "SERVER_NAME": "a.example.net"},
        "https://*.example.com",
        "C010",
        UNSET("example.com"),
    ),
    (KEY, "app-extension://x", "C024", UNSET("x") + UNLESS),
    (
        {**KEY, "SESSION_COOKIE_SAMESITE": "Lax"},
        APP,
        "C024",
        "SESSION_COOKIE_SAMESITE is 'Lax', so requests from app.example.com have no session"
        + UNLESS,
    ),
    (
        {**KEY, "SESSION_COOKIE_SAMESITE": "None"},
        APP,
        "C010",
        "SESSION_COOKIE_SECURE is False, and SameSite=None has no effect without it, so "
        "requests from app.example.com have no session",
    ),
    ({**KEY, "SESSION_COOKIE_SECURE": True}, APP, "C024", UNSET("app.example.com") + UNLESS),
    ({**KEY, "SESSION_COOKIE_SAMESITE": "none", "SESSION_COOKIE_SECURE": True}, APP, "", ""),
]


@pytest.mark.parametrize(("config", "origin", "id_", "message"), COOKIES)
def test_cookies_that_are_not_sent(
    config: dict[str, Any], origin: str, id_: str, message: str
) -> None:
    app = make_app()
    app.config.update(config)
    CORS(app, origins=origin, supports_credentials=True)
    found = [(each, finding.message) for each in ("C010", "C024") for finding in find(app, each)]
    assert found == [(id_, message)] * bool(id_)


NONE = {"SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_SECURE": True}
IN_PARTS = {"origins": "*", "for_origins": {APP: CREDENTIALS}}
OWN: dict[str, Any] = {"origins": APP, **CREDENTIALS}
#: The configuration, the options, the methods of a view, and the id of the expected finding.
FORGED: list[tuple[dict[str, Any], dict[str, Any], list[str], str]] = [
    (NONE, OWN, ["GET", "POST"], "C020"),
    ({"SESSION_COOKIE_SAMESITE": "none"}, OWN, ["POST"], "C020"),
    (NONE, IN_PARTS, ["POST"], "C020"),
    (NONE, {"origins": APP}, ["POST"], ""),
    (NONE, {**OWN, "enforce": True}, ["POST"], ""),
    (NONE, {**OWN, "enforce": "unsafe"}, ["POST"], ""),
    (NONE, {**OWN, "resources": "/other"}, ["POST"], ""),
    (NONE, OWN, ["GET"], ""),
    # The preflight stops requests from other pages.
    (NONE, OWN, ["PUT", "PATCH", "DELETE"], ""),
    (KEY, OWN, ["GET", "POST"], "C021"),
    ({**KEY, "SESSION_COOKIE_SAMESITE": ""}, OWN, ["POST"], "C021"),
    (KEY, {**OWN, "enforce": True}, ["POST"], ""),
    ({}, OWN, ["POST"], ""),  # There is no session.
    ({**KEY, "SESSION_COOKIE_SAMESITE": "Lax"}, OWN, ["POST"], ""),
    ({**KEY, "SESSION_COOKIE_SAMESITE": "Strict"}, OWN, ["POST"], ""),
]


@pytest.mark.parametrize(("config", "options", "methods", "id_"), FORGED)
@pytest.mark.parametrize("has_csrf_protection", [False, True])
def test_requests_that_any_page_can_send(
    config: dict[str, Any],
    options: dict[str, Any],
    methods: list[str],
    id_: str,
    *,
    has_csrf_protection: bool,
) -> None:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/transfer", "transfer", lambda: "done", methods=methods)
    app.config.update(config)
    if has_csrf_protection:
        # Flask-WTF registers itself under this name.
        app.extensions["csrf"] = object()
        id_ = ""
    CORS(app, **options)
    found = [(each, finding.message) for each in ("C020", "C021") for finding in find(app, each)]
    assert [each for each, _ in found] == [id_] * bool(id_)
    assert all("POST /transfer with the session cookie" in message for _, message in found)


@pytest.mark.parametrize(("enforce", "status"), [(False, 200), (True, 403)])
def test_any_page_can_send_what_is_reported(enforce: bool, status: int) -> None:
    """The test browser confirms the finding."""
    app = Flask("bank", static_folder=None)
    app.config.update(KEY, **NONE)
    CORS(app, **OWN, enforce=enforce)
    done: list[Any] = []

    @app.get("/login")
    def login() -> str:
        session["user"] = "ada"
        return "welcome"

    @app.route("/transfer", methods=["POST", "PUT"])
    def transfer() -> str:
        done.append((request.method, session.get("user")))
        return "done"

    servers = {"https://bank.example": app}
    own = Browser(servers, origin="https://bank.example")
    own.fetch("/login")
    other = Browser(servers, origin="https://evil.example")
    other.cookies = own.cookies
    assert other.submit("https://bank.example/transfer", {"to": "eve"}).status == status
    # A preflight protects the other methods.
    with pytest.raises(CORSError, match="preflight"):
        other.fetch("https://bank.example/transfer", method="PUT", credentials="include")
    assert done == [("POST", "ada")] * (not enforce)
    assert [finding.id for finding in audit(app).at_least("medium")] == ["C020"] * (not enforce)


@pytest.mark.parametrize(
    ("origins", "credentials", "config", "hosts"),
    [
        (["https://app.example.com", "http://localhost:3000"], True, {}, ["localhost"]),
        (["http://localhost:3000", "http://localhost:4000"], True, {}, ["localhost"]),
        (["http://localhost:*", "http://127.0.0.1"], True, {}, ["localhost", "127.0.0.1"]),
        (["http://localhost:3000"], False, {}, []),
        (["http://localhost:3000"], True, {"DEBUG": True}, []),
        (["http://localhost:3000"], True, {"TESTING": True}, []),
        (["https://localhost.example.com"], True, {}, []),
    ],
)
def test_pages_on_the_users_machine(
    origins: list[str], credentials: bool, config: dict[str, Any], hosts: list[str]
) -> None:
    app = make_app(origins=origins, supports_credentials=credentials)
    app.config.update(config)
    messages = [finding.message for finding in find(app, "C023")]
    assert messages == [f"pages at {host} may send credentials" for host in sorted(hosts)]


def decorated_app(*views: tuple[str, list[str], dict[str, Any] | None]) -> Flask:
    """Make an app from the rule, the methods and the ``@cross_origin`` options of each view."""
    app = Flask("shop", static_folder=None)
    for number, (rule, methods, options) in enumerate(views):

        def view(**_arguments: object) -> str:
            return "seen"

        view.__name__ = f"view_{number}"
        decorated = view if options is None else cross_origin(**options)(view)
        app.add_url_rule(rule, f"view_{number}", decorated, methods=methods)
    CORS(app, resources=[])
    return app


ANYBODY, ONE = {"origins": "*"}, {"origins": APP}
SPLIT = '@cross_origin on view "view_{}"'.format


@pytest.mark.parametrize(
    ("views", "where", "message"),
    [
        (
            [("/a", ["GET"], ANYBODY), ("/a", ["POST"], ONE)],
            SPLIT(0),
            f"it covers GET /a, but {SPLIT(1)} covers POST",
        ),
        (
            [("/a", ["GET"], None), ("/a", ["PUT"], ONE)],
            SPLIT(1),
            "it covers PUT /a, but no policy covers GET",
        ),
        (
            [("/a/<int:n>", ["GET"], ANYBODY), ("/a/<int:n>", ["POST", "PUT"], ONE)],
            SPLIT(0),
            f"it covers GET /a/<int:n>, but {SPLIT(1)} covers POST",
        ),
        ([("/a", ["GET"], ONE), ("/a", ["POST"], ONE)], "", ""),
        ([("/a", ["GET", "POST"], ONE)], "", ""),
        ([("/a", ["GET"], ONE), ("/b", ["POST"], ANYBODY)], "", ""),
        ([("/a", ["GET"], None), ("/a", ["POST"], None)], "", ""),
    ],
)
def test_urls_whose_methods_differ(views: list[Any], where: str, message: str) -> None:
    found = [(finding.policy, finding.message) for finding in find(decorated_app(*views), "C022")]
    assert found == [(where, message)] * bool(where)


def test_cookies_are_of_no_concern_to_others() -> None:
    app = make_app(origins=APP)
    app.secret_key = "x"
    app.config["SERVER_NAME"] = "api.example.net"
    assert find(app, "C010") == []
    CORS(app, resources="/f", origins=[re.compile("https://a"), "null"], supports_credentials=False)
    assert find(app, "C010") == []
    functions = make_app(origins=[lambda _origin: True], supports_credentials=True)
    functions.config.update(app.config)
    assert find(functions, "C010") == []


def test_a_view_registered_with_and_without_its_decorator_is_meant_so() -> None:
    def report() -> str:
        return "seen"

    app = make_app(origins=APP)
    app.add_url_rule("/a", "a", report)
    decorated = cross_origin(origins=APP)(report)
    assert [finding.policy for finding in find(app, "C012")] == [
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
    assert [finding.policy for finding in find(app, "C004")] == ['blueprint "api"']


def test_policies_with_mistakes_have_no_other_findings() -> None:
    app = make_app(resources={"/*": {"max_age": 86401}})
    app.config["CORS_ORIGINS"] = "app.example.com"
    assert [finding.id for finding in audit(app).findings] == ["C001"]


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
            '"file://x" is a file. Browsers do not send the path of a file as an origin. Serve the '
            'page over HTTP. Browsers send "null" for files, and some web views send "file://", '
            "but allowing these would allow many other pages, too",
        ),
    ],
)
def test_a_mistake_comes_with_its_fix(origins: str, message: str) -> None:
    app = make_app()
    app.config["CORS_ORIGINS"] = origins
    assert [finding.message for finding in find(app, "C001")] == [message]


def test_the_most_severe_come_first_then_ids_then_places() -> None:
    app = make_app(resources={"/items": {"origins": ["null", "*"], "max_age": 5}, "/none": {}})
    api = Blueprint("api", "shop")
    CORS(api, origins=[APP, "null"])
    app.register_blueprint(api)
    findings = audit(app).findings
    assert [(finding.id, finding.severity, finding.policy) for finding in findings] == [
        ("C004", "high", 'resources["/items"]'),
        ("C004", "high", 'blueprint "api"'),
        ("C002", "medium", 'resources["/items"]'),
        ("C011", "medium", 'resources["/none"]'),
        ("C016", "medium", 'resources["/none"]'),
        ("C008", "low", 'resources["/none"]'),
        ("C008", "low", 'blueprint "api"'),
    ]
    lines = [finding.place.line for finding in findings[:2] if finding.place]
    assert len(lines) == 2
    assert lines == sorted({*lines})


@pytest.mark.parametrize(
    ("severity", "ids"),
    [("high", ["C004"]), ("medium", ["C004", "C002"]), ("low", ["C004", "C002", "C008"])],
)
def test_at_least(severity: Any, ids: list[str]) -> None:
    found = audit(make_app(origins=["*", "null"]))
    assert [finding.id for finding in found.at_least(severity)] == ids


def test_at_least_of_no_severity() -> None:
    with pytest.raises(ValueError, match="critical"):
        audit(make_app()).at_least("critical")  # type: ignore[arg-type]


def test_a_finding_is_shown_in_one_line() -> None:
    (finding,) = audit(make_app(origins=[APP, "null"], max_age=5)).findings
    assert finding.place is not None
    assert finding.place.path == __file__
    where = f"{finding.place}, CORS(app): the origin null is allowed"
    assert (str(finding), repr(finding)) == (where, f"<C004 high: {where}>")


def test_findings_from_the_configuration_have_no_place() -> None:
    app = make_app()
    CORS(app)
    app.config["CORS_ORIGINS"] = "app.example.com"
    (finding,) = audit(app).findings
    assert (finding.id, finding.place) == ("C001", None)
    assert str(finding).startswith("CORS_ORIGINS: ")


@pytest.mark.parametrize(
    ("argument", "config", "ids"),
    [
        ((), None, ["C004", "C009"]),
        (["C004"], None, ["C009"]),
        ("c004, C009", None, []),
        ((), "C009", ["C004"]),
        ((), ["C009", "c004"], []),
        ((), '["C009", "C004"]', []),
        ((), [], ["C004", "C009"]),
        ("C004", ["C004", "C009"], []),
    ],
)
def test_what_is_ignored_is_not_reported(argument: Any, config: Any, ids: list[str]) -> None:
    app = make_app(origins=[APP, "null"], max_age=86401)
    app.config["CORS_AUDIT_IGNORE"] = config
    found = audit(app, ignore=argument)
    assert [finding.id for finding in found.findings] == ids
    assert found.ignored == [id_ for id_ in ("C004", "C009") if id_ not in ids]


@pytest.mark.parametrize(
    ("argument", "config", "message"),
    [
        ("C999", None, r'ignore: "C999" is not the id of a check.\s+The checks are C001 to C0'),
        (["C004", "x"], None, r'ignore\[1\]: "x" is not the id of a check'),
        ((), ["C004", 8], r"CORS_AUDIT_IGNORE\[1\]: 8 is not the id of a check"),
        ((), True, "CORS_AUDIT_IGNORE: True is neither a string nor a list"),
    ],
)
def test_ids_that_do_not_exist(argument: Any, config: Any, message: str) -> None:
    app = make_app(origins=APP)
    app.config["CORS_AUDIT_IGNORE"] = config
    with pytest.raises(ConfigError, match=message):
        audit(app, ignore=argument)


@pytest.mark.filterwarnings("error")
def test_the_key_changes_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(origins=APP)
    app.config["CORS_AUDIT_IGNORE"] = ["C008"]
    assert app.test_client().get("/items", headers={"Origin": APP}).status_code == 200
    assert caplog.records == []


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    monkeypatch.setattr("flask_crossorigin.diagnostics.audit.find_spec", lambda _name: None)


@pytest.mark.usefixtures("without_the_extra")
def test_without_the_extra_its_check_is_left_out() -> None:
    found = audit(make_app(origins="https://*.github.io", max_age=5))
    assert (found.findings, found.skipped) == ([], ["C007"])
    assert audit(make_app(), ignore="C007").skipped == []
