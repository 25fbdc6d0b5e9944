from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
from flask import Flask

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.cli import cors

A, B, C = "https://a.example.com", "https://b.example.com", "https://c.example.org"
SUBDOMAINS = "https://*.example.com"
READ, WRITE = ("GET", "/items"), ("PUT", "/items")


def view(**_values: object) -> str:
    return "seen"


def is_partner(origin: str) -> bool:
    return origin == A


def is_customer(origin: str) -> bool:
    return origin == A


def make_app(*rules: str, **options: Any) -> Flask:
    """Make an app with a view for GET and PUT at each rule."""
    app = Flask("shop", static_folder=None)
    for rule in rules or ("/items",):
        app.add_url_rule(rule, rule, view, methods=["GET", "PUT"])
    CORS(app, **options)
    return app


def save(app: Flask, *arguments: str) -> str:
    result = app.test_cli_runner().invoke(cors, ["routes", "--json", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def diff(app: Flask, before: str | bytes, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(cors, ["diff", "-", *arguments], input=before)
    return result.exit_code, result.output


def compare(before: Flask, now: Flask) -> Any:
    status, output = diff(now, save(before), "--json")
    found = json.loads(output)
    assert status == (1 if found["gained"] else 0)
    # If the two apps are swapped, what was gained is lost.
    back = json.loads(diff(before, save(now), "--json")[1])
    assert (back["gained"], back["lost"]) == (found["lost"], found["gained"])
    return found


def brief(changes: list[dict[str, Any]]) -> list[str]:
    """Return a short text for each change. Routes with the same change share a text."""
    lines = (
        [
            change["what"],
            change["origin"],
            *change["names"],
            *(["with credentials"] if change["credentials"] else []),
            *(["?"] if change["note"] else []),
        ]
        for change in changes
    )
    return list(dict.fromkeys(" ".join(line) for line in lines))


@pytest.mark.parametrize(
    ("before", "now", "gained", "lost"),
    [
        # Different ways to write the same origins.
        ([A, B], [B, A], [], []),
        (SUBDOMAINS, [SUBDOMAINS, A], [], []),
        ("*", ["*", A], [], []),
        (r"https://[a-z]+\.example\.com", r"https://([a-z]+)\.(example)\.com", [], []),
        (r"https://(a|b)\.example\.com", [A, B], [], []),
        (re.compile(r"HTTPS://A\.EXAMPLE\.COM", re.IGNORECASE), re.compile(re.escape(A)), [], []),
        (r"https://[A-Za-z]+\.example\.com", r"https://[a-z]+\.example\.com", [], []),
        # Origins.
        (A, [A, B], [f"origins {B}"], []),
        ([A, B], A, [], [f"origins {B}"]),
        (A, "*", ["origins *"], []),
        ("none", A, [f"origins {A}"], []),
        (SUBDOMAINS, A, [], [f"origins {SUBDOMAINS}"]),
        (SUBDOMAINS, C, [f"origins {C}"], [f"origins {SUBDOMAINS}"]),
        (SUBDOMAINS, "https://example.com", ["origins https://example.com"], None),
        ("https://*.a.example.com", SUBDOMAINS, [f"origins {SUBDOMAINS}"], []),
        (SUBDOMAINS, "http://*.example.com", ["origins http://*.example.com"], None),
        (A, f"{A}:*", [f"origins {A}:*"], []),
        (f"{A}:*", f"{A}:8443", [], [f"origins {A}:*"]),
        ("moz-extension://*", "moz-extension://AB-cd", [], ["origins moz-extension://*"]),
        ("moz-extension://*", "chrome-extension://*", ["origins chrome-extension://*"], None),
        ("http://[::1]:*", "http://[::1]:3000", [], ["origins http://[::1]:*"]),
        ("null", ["null", "file://"], ["origins file://"], []),
        (SUBDOMAINS, r"https://[a-z]+\.example\.com", [], [f"origins {SUBDOMAINS}"]),
        (
            r"https://[a-z]+\.example\.com",
            r"https://[a-z0-9]+\.example\.com",
            [r'origins r"https://[a-z0-9]+\.example\.com"'],
            [],
        ),
        (
            [r"https://[a-m]+\.example\.com", r"https://[a-z]+\.example\.com"],
            r"https://[a-z]+\.example\.com",
            [],
            [],
        ),
        (
            [A, B],
            r"https://[a-c]\.example\.com",
            [r'origins r"https://[a-c]\.example\.com"'],
            [],
        ),
        # Origins that can't be compared count as gained and as lost.
        (A, is_partner, ["origins is_partner() ?"], [f"origins {A} ?"]),
        (is_partner, is_partner, [], []),
        (is_partner, is_customer, ["origins is_customer() ?"], ["origins is_partner() ?"]),
        ([is_partner, A], is_partner, [], [f"origins {A} ?"]),
        ([is_partner, "*"], is_customer, [], ["origins is_partner() ?", "origins * ?"]),
        (
            re.compile(r"https://(?!x)[a-z]+\.example\.com"),
            re.compile(r"https://(?!y)[a-z]+\.example\.com"),
            [r'origins r"https://(?!y)[a-z]+\.example\.com" ?'],
            [r'origins r"https://(?!x)[a-z]+\.example\.com" ?'],
        ),
        (
            re.compile(r"https://(?!x)[a-z]+\.example\.com"),
            SUBDOMAINS,
            [f"origins {SUBDOMAINS}"],
            [],
        ),
    ],
)
def test_origins(before: Any, now: Any, gained: list[str], lost: list[str] | None) -> None:
    found = compare(make_app(origins=before), make_app(origins=now))
    assert brief(found["gained"]) == gained
    if lost is not None:
        assert brief(found["lost"]) == lost


def with_part(origin: str, **options: Any) -> dict[str, Any]:
    return {"for_origins": {origin: options}}


@pytest.mark.parametrize(
    ("before", "now", "gained", "lost"),
    [
        ({}, {}, [], []),
        ({"methods": ["GET"]}, {}, [f"methods {A}"], []),
        ({"methods": ["GET"]}, {"methods": "*"}, [f"methods {A}"], []),
        ({"methods": ["PUT"]}, {"methods": "*"}, [], []),
        # GET needs no preflight, and no route serves DELETE.
        ({"methods": ["PUT"]}, {"methods": ["GET", "PUT", "DELETE"]}, [], []),
        ({"max_age": 5}, {"max_age": 600}, [], []),
        (
            {},
            {"supports_credentials": True},
            [f"credentials {A} with credentials"],
            [],
        ),
        (
            {"allow_headers": ["X-A"]},
            {"allow_headers": ["x-a", "X-B", "X-C-*"]},
            [f"allow_headers {A} x-b X-C-*"],
            [],
        ),
        ({"allow_headers": ["X-C-*"]}, {"allow_headers": ["X-C-1", "x-c-d-*"]}, [], None),
        ({"allow_headers": ["X-A"]}, {}, [f"allow_headers {A} *"], []),
        ({"allow_headers": [r"x-[a-m]"]}, {"allow_headers": ["x-b"]}, [], None),
        (
            {"allow_headers": [re.compile(r"x-(?!a)[a-z]")]},
            {"allow_headers": [re.compile(r"x-(?!b)[a-z]")]},
            [f'allow_headers {A} r"(?i)x-(?!b)[a-z]"'],
            None,
        ),
        (
            {"expose_headers": ["X-A"]},
            {"expose_headers": ["X-B", "x-a"]},
            [f"expose_headers {A} X-B"],
            [],
        ),
        ({"expose_headers": "*"}, {"expose_headers": "X-A"}, [], [f"expose_headers {A} *"]),
        ({"enforce": True}, {}, ["enforce *"], []),
        ({"enforce": True}, {"enforce": "unsafe"}, ["enforce *"], []),
        (
            {"origins": [A, B]},
            {"supports_credentials": True},
            [f"credentials {A} with credentials"],
            [f"origins {B}"],
        ),
        (
            {"origins": A},
            {"origins": [A, B], "supports_credentials": True},
            [f"credentials {A} with credentials", f"origins {B} with credentials"],
            [],
        ),
        # With for_origins.
        (
            {"origins": "*"},
            {"origins": "*", **with_part(A, supports_credentials=True)},
            [f"credentials {A} with credentials"],
            [],
        ),
        ({"origins": "*"}, {"origins": "*", **with_part(A, methods="PUT")}, [], []),
        (
            {"origins": "*", **with_part(A, methods=["GET"])},
            {"origins": "*"},
            [f"methods {A}"],
            [],
        ),
        ({"origins": "none", **with_part(A)}, {}, [], []),
        (
            {"origins": "none", **with_part(SUBDOMAINS)},
            {},
            [],
            [f"origins {SUBDOMAINS}"],
        ),
        (
            {"origins": is_partner, **with_part(A, methods="GET")},
            {"origins": is_partner},
            [f"methods {A} and is_partner()"],
            [f"origins {A} ?"],
        ),
        # If two parts match, the first decides.
        (
            {
                "origins": "none",
                "for_origins": {
                    r"https://a\..+": {"methods": "GET"},
                    r"https://.+\.example\.com": {},
                },
            },
            {
                "origins": "none",
                "for_origins": {
                    r"https://.+\.example\.com": {},
                    r"https://a\..+": {"methods": "GET"},
                },
            },
            [r'methods r"https://a\..+" and r"https://.+\.example\.com"'],
            [],
        ),
    ],
)
def test_options(
    before: dict[str, Any], now: dict[str, Any], gained: list[str], lost: list[str] | None
) -> None:
    found = compare(make_app(**{"origins": A, **before}), make_app(**{"origins": A, **now}))
    assert brief(found["gained"]) == gained
    if lost is not None:
        assert brief(found["lost"]) == lost


def test_each_change_has_its_route() -> None:
    before, now = make_app(origins=[A, B], methods="GET"), make_app(origins=A)
    assert compare(before, now) == {
        "schema": 1,
        "command": "diff",
        "gained": [
            {
                "rule": "/items",
                "method": "PUT",
                "domain": "",
                "what": "methods",
                "origin": A,
                "names": [],
                "credentials": False,
                "note": None,
            }
        ],
        "lost": [
            {
                "rule": "/items",
                "method": "GET",
                "domain": "",
                "what": "origins",
                "origin": B,
                "names": [],
                "credentials": False,
                "note": None,
            }
        ],
        "new_routes": [],
        "removed_routes": [],
        "problems": [],
    }


def test_enforce_is_compared_for_each_method() -> None:
    before = make_app(origins=A, enforce=True)
    found = compare(before, make_app(origins=A, enforce="unsafe"))
    assert [(change["method"], change["what"]) for change in found["gained"]] == [
        ("GET", "enforce")
    ]


def test_new_and_removed_routes() -> None:
    def route(rule: str, method: str) -> dict[str, str]:
        return {"rule": rule, "method": method, "domain": ""}

    before, now = make_app("/a", "/b", origins=A), make_app("/b", "/c", origins=A)
    found = compare(before, now)
    assert found["new_routes"] == [route("/c", "GET"), route("/c", "PUT")]
    assert found["removed_routes"] == [route("/a", "GET"), route("/a", "PUT")]
    assert brief(found["gained"]) == brief(found["lost"]) == [f"route {A}"]
    # No origin may use the new route.
    hidden = make_app("/b", "/c", resources={"/b": {"origins": A}})
    found = compare(make_app("/b", resources={"/b": {"origins": A}}), hidden)
    assert (found["gained"], len(found["new_routes"])) == ([], 2)


@pytest.mark.parametrize(
    ("before", "now", "gained"),
    [
        # If only the name or the line of a policy differs, nothing has changed.
        ({"/*": {"origins": A}}, {"/items/*": {"origins": A}}, []),
        (
            {"/*": {"origins": A}, "/items/new": {"origins": B}},
            {"/*": {"origins": A}, "/items/new": {"origins": B}, "/other": {}},
            [],
        ),
        # A policy for some paths of a rule is compared with the policy that these paths had.
        ({"/*": {"origins": A}}, {"/*": {"origins": A}, "/items/new": {"origins": "none"}}, []),
        (
            {"/*": {"origins": A}, "/items/new": {"origins": "none"}},
            {"/*": {"origins": A}},
            [f"origins {A}"],
        ),
        (
            {"/*": {"origins": A}},
            {"/*": {"origins": A}, "/items/new": {"origins": B}},
            [f"origins {B}"],
        ),
        ({"/other": {"origins": A}}, {"/*": {"origins": A}}, [f"origins {A}"]),
        ({"/items/new": {"origins": A}}, {"/*": {"origins": A}}, [f"origins {A}"]),
    ],
)
def test_policies_for_some_paths_of_a_rule(
    before: dict[str, Any], now: dict[str, Any], gained: list[str]
) -> None:
    rule = "/items/<name>"
    found = compare(make_app(rule, resources=before), make_app(rule, resources=now))
    assert brief(found["gained"]) == gained


def test_a_policy_with_mistakes_allows_nothing() -> None:
    before = make_app(resources=["/*"])
    now = make_app(resources=["/*"])
    now.config["CORS_MAX_AGE"] = "soon"
    found = compare(before, now)
    assert (found["gained"], brief(found["lost"])) == ([], ["origins *"])
    assert "CORS_MAX_AGE" in found["problems"][0]
    output = " ".join(diff(now, save(before))[1].split())
    assert 'Policies with mistakes allow nothing. "flask cors routes" shows' in output


def test_endpoints_and_lines_are_not_compared() -> None:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "other", view, methods=["PUT", "GET"])
    CORS(
        app,
        origins=A,
    )
    assert compare(make_app(origins=A), app)["gained"] == []


def test_methods_that_were_saved_are_compared() -> None:
    before, now = make_app(origins=A), make_app(origins=[A, B])
    for arguments, methods in ((["--all-methods"], {"GET", "HEAD", "OPTIONS", "PUT"}), ([], None)):
        found = json.loads(diff(now, save(before, *arguments), "--json")[1])
        assert {change["method"] for change in found["gained"]} == (methods or {"GET", "PUT"})


def test_what_is_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.chdir(tmp_path)
    old = make_app("/a", "/b", origins=[A, B], allow_headers="X-A", enforce=True)
    new = make_app("/b", "/c", origins=[A, SUBDOMAINS], supports_credentials=True)
    new.add_url_rule("/d", "d", view, subdomain="www")
    new.view_functions["/c"] = cross_origin(origins=is_partner)(view)
    Path("cors.json").write_text(save(old), "utf-8")
    result = new.test_cli_runner().invoke(cors, ["diff", "cors.json"])
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "+ gained: https://a.example.com, https://b.example.com may",
        "          send credentials to:",
        "    GET, PUT  /b",
        "",
        "+ gained: https://a.example.com, https://b.example.com may",
        "          set any request header for:",
        "    GET, PUT  /b",
        "",
        "+ gained: https://*.example.com may use, with credentials:",
        "    GET, PUT  /b",
        "",
        "+ gained: requests from other origins reach the views,",
        "          because enforce no longer refuses them:",
        "    GET, PUT  /b",
        "",
        "+ gained: is_partner() may use these new routes (not",
        "          certain, because functions and some regexes can't",
        "          be compared):",
        "    GET, PUT  /c",
        "",
        "+ gained: https://a.example.com, https://*.example.com may",
        "          use these new routes, with credentials:",
        "    GET  /d at www",
        "",
        "- lost: https://a.example.com, https://b.example.com may no",
        "          longer use these routes, which were removed:",
        "    GET, PUT  /a",
        "",
        "6 gained, 1 lost.",
        "New routes: 3.",
        "Removed routes: 2.",
        "If these changes are intended, save the new policies:",
        "  flask cors routes --json > cors.json",
    ]


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        ({"methods": "GET"}, {}, f"+ gained: {A} may also use these methods:"),
        (
            {},
            {"expose_headers": ["X-A", "X-B"]},
            f"+ gained: {A} may read the response headers X-A, X-B of:",
        ),
        (
            {"expose_headers": "*"},
            {"expose_headers": "X-A"},
            f"- lost: {A} may no longer read any response header of:",
        ),
        (
            {"supports_credentials": True},
            {},
            f"- lost: {A} may no longer send credentials to:",
        ),
        (
            {"allow_headers": "X-A"},
            {"allow_headers": ["X-A", "X-B"]},
            f"+ gained: {A} may set the request header x-b for:",
        ),
        ({}, {"origins": "*"}, "+ gained: any origin may use:"),
        (
            {},
            {"enforce": True},
            "- lost: requests from other origins no longer reach the views, because enforce "
            "refuses them:",
        ),
        ({}, {"origins": SUBDOMAINS}, f"+ gained: {SUBDOMAINS} may use:"),
    ],
)
def test_each_sentence(before: dict[str, Any], now: dict[str, Any], sentence: str) -> None:
    old, new = make_app(**{"origins": A, **before}), make_app(**{"origins": A, **now})
    output = " ".join(diff(new, save(old))[1].split())
    assert f"{sentence} " in output


def test_no_information_is_in_color_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before, now = save(make_app(origins=[A, B])), make_app(origins=[A, C])
    plain = diff(now, before)
    monkeypatch.setenv("FORCE_COLOR", "1")
    status, colored = diff(now, before)
    assert "\x1b[" in colored
    assert (status, click.unstyle(colored)) == plain


def test_a_long_list_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    rules = [f"/{number:02}" for number in range(15)]
    status, output = diff(make_app(*rules, origins="*"), save(make_app(*rules, origins=A)))
    assert status == 1
    assert "    GET, PUT  /11\n    and 3 more\n" in output
    assert "/12" not in output


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_any_encoding_of_unicode_is_read(encoding: str) -> None:
    app = make_app(origins=A)
    assert diff(app, save(app).encode(encoding)) == (0, "No origin gained or lost anything.\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is not JSON: "),
        ("{", "it is not JSON: "),
        (b"\xff\xff\xff", "it is not JSON: "),
        ("[]", 'it is not the output of "flask cors routes --json"'),
        ("{}", 'it is not the output of "flask cors routes --json"'),
        ('{"schema": 1, "command": "audit"}', 'it is not the output of "flask cors routes --json"'),
        (
            '{"schema": 2, "command": "routes"}',
            "its schema is 2, but this version only reads schema 1",
        ),
        ('{"command": "routes"}', "its schema is None, but this version only reads schema 1"),
        ('{"schema": 1, "command": "routes"}', "routes --json\" (KeyError: 'all_methods')"),
        (
            '{"schema": 1, "command": "routes", "all_methods": false, "routes": [1]}',
            'routes --json" (TypeError: ',
        ),
    ],
)
def test_a_file_with_other_content(text: str | bytes, message: str) -> None:
    status, output = diff(make_app(origins=A), text)
    assert (status, message in output) == (2, True), output


def test_a_file_that_is_not_there() -> None:
    result = make_app(origins=A).test_cli_runner().invoke(cors, ["diff", "nowhere.json"])
    assert result.exit_code == 2
    assert "nowhere.json" in result.output


def test_a_regex_that_this_python_cannot_read() -> None:
    app = make_app(origins=A)
    saved = save(app).replace(f'"{A}"', r'"r\"https://(\""')
    found = json.loads(diff(app, saved, "--json")[1])
    assert brief(found["gained"]) == [f"origins {A} ?"]
    assert brief(found["lost"]) == ['origins r"https://(" ?']


def test_regexes_that_are_too_intricate_are_not_compared() -> None:
    first, second = (rf"https://[ab]*{letter}[ab]{{14}}\.example\.com" for letter in "ab")
    found = compare(make_app(origins=first), make_app(origins=second))
    assert brief(found["gained"]) == [f'origins r"{second}" ?']
    parts = {first: {"methods": "GET"}, second: {}}
    backwards = dict(reversed(parts.items()))
    before = make_app(origins="none", for_origins=parts)
    found = compare(before, make_app(origins="none", for_origins=backwards))
    assert brief(found["gained"]) == [f'methods r"{first}" and r"{second}"']


def test_regexes_that_are_too_long_are_not_compared() -> None:
    first, second = (
        re.compile("|".join(rf"https://{name}{n}\.example\.com" for n in range(1000)))
        for name in ("shop", "page")
    )
    found = compare(
        make_app(origins=first), make_app(origins=[second, "https://shop7.example.com"])
    )
    assert brief(found["gained"]) == [f'origins r"{second.pattern}" ?']
    assert compare(make_app(origins="*"), make_app(origins=first))["gained"] == []


def test_many_origins_are_compared_at_once() -> None:
    many = [f"https://page{number}.example.com" for number in range(3000)]
    found = compare(make_app(origins=many), make_app(origins=[*many[1:], SUBDOMAINS]))
    assert (brief(found["gained"]), found["lost"]) == ([f"origins {SUBDOMAINS}"], [])
    # It is not certain that the pattern adds an origin: the shortest one was listed before.
    found = compare(make_app(origins=[A, *many]), make_app(origins=[*many, SUBDOMAINS]))
    assert (brief(found["gained"]), found["lost"]) == ([f"origins {SUBDOMAINS} ?"], [])
