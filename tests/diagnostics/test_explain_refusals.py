"""Refusals: the reason, the browser's problem, and the remedy."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter

from flask_crossorigin import CORS, Explanation, explain

APP = "https://app.example.com"


def view(**_values: object) -> str:
    return "seen"


def make_app(**options: Any) -> Flask:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "items", view, methods=["GET", "PUT", "PATCH"])
    app.add_url_rule("/slash/", "slash", view, methods=["GET", "PUT"])
    CORS(app, **options)
    return app


def ask(app: Flask, method: str = "GET", url: str = "/items", **options: Any) -> Explanation:
    return explain(app, method, url, **{"origin": APP, **options})


def missing(origin: str) -> str:
    return (
        f'does not allow the origin "{origin}": Access-Control-Allow-Origin must be "{origin}" but '
        "is missing"
    )


NO_CREDENTIALS = (
    f'does not allow credentials for the origin "{APP}": Access-Control-Allow-Credentials must be '
    '"true" but is missing'
)
ANY_WITH_CREDENTIALS = (
    f'does not allow the origin "{APP}": Access-Control-Allow-Origin must be "{APP}" but is "*", '
    "which is not allowed in a request with credentials"
)
STATUS = "must have a status from 200 to 299; redirects are not followed"

#: The options, the method, the other arguments of ``explain``, the reason, the browser's problem
#: with the response, and the remedy.
REFUSALS: dict[str, tuple[dict[str, Any], str, dict[str, Any], str, str, str]] = {
    "port": (
        {"origins": "http://localhost:3000"},
        "GET",
        {"origin": "http://localhost:3001"},
        'origin "http://localhost:3001" is not allowed by CORS(app); '
        'nearest: "http://localhost:3000" (differs in port)',
        missing("http://localhost:3001"),
        'If this is your page, add "http://localhost:3001" to the origins of CORS(app), '
        "or open it at http://localhost:3000",
    ),
    "domain of a pattern": (
        {"origins": "https://*.example.com"},
        "GET",
        {"origin": "https://example.com"},
        'origin "https://example.com" is not allowed by CORS(app); nearest: '
        '"https://*.example.com" (*. matches subdomains, not example.com itself)',
        missing("https://example.com"),
        'If this is your page, add "https://example.com" to the origins of CORS(app)',
    ),
    "port of a pattern": (
        {"origins": "https://*.example.com:3000"},
        "GET",
        {},
        'origin "https://app.example.com" is not allowed by CORS(app); nearest: '
        '"https://*.example.com:3000" (differs in port)',
        missing(APP),
        'If this is your page, add "https://app.example.com" to the origins of CORS(app)',
    ),
    "null": (
        {"origins": APP},
        "PUT",
        {"origin": "null"},
        'origin "null" is not allowed by CORS(app)',
        missing("null"),
        "Serve the page over HTTP, so that it has an origin. Don't add "
        '"null" to the origins of CORS(app): any page can get the origin null',
    ),
    "method": (
        {"methods": ["GET"]},
        "PUT",
        {},
        "method 'PUT' is not allowed by CORS(app)",
        'does not allow the method PUT: Access-Control-Allow-Methods must list "PUT" but is '
        "missing",
        'Add "PUT" to the methods of CORS(app)',
    ),
    "lower case": (
        {"methods": ["PATCH"]},
        "patch",
        {},
        "method 'patch' is not allowed by CORS(app); methods are case-sensitive, so the page must "
        'send "PATCH"',
        'does not allow the method patch: Access-Control-Allow-Methods must list "patch" but is '
        "missing",
        'In the page, write the method as "PATCH": methods are case-sensitive',
    ),
    "lower case that would not help": (
        {"methods": ["GET"]},
        "patch",
        {},
        "method 'patch' is not allowed by CORS(app)",
        'does not allow the method patch: Access-Control-Allow-Methods must list "patch" but is '
        "missing",
        'Add "patch" to the methods of CORS(app)',
    ),
    "headers": (
        {"allow_headers": ["X-One"]},
        "PUT",
        {"headers": {"X-Two": "1", "X-Three": "2"}},
        'request headers "x-three", "x-two" are not allowed by CORS(app)',
        'does not allow the header "x-three": Access-Control-Allow-Headers must list "x-three" '
        "but is missing",
        'Add "x-three", "x-two" to allow_headers in CORS(app)',
    ),
    "one of two headers": (
        {"allow_headers": ["X-One"]},
        "GET",
        {"headers": {"X-One": "1", "X-Two": "2"}},
        'request header "x-two" is not allowed by CORS(app)',
        'does not allow the header "x-two": Access-Control-Allow-Headers must list "x-two" but is '
        '"x-one"',
        'Add "x-two" to allow_headers in CORS(app)',
    ),
    "too many headers": (
        {},
        "GET",
        {"headers": {f"X-{number}": "1" for number in range(200)}},
        "Access-Control-Request-Headers is too long or malformed",
        'does not allow the header "x-0": Access-Control-Allow-Headers must list "x-0" but is '
        "missing",
        "Send fewer headers",
    ),
    "any origin with credentials": (
        {},
        "GET",
        {"credentials": True},
        f"under CORS(app), the response {ANY_WITH_CREDENTIALS}",
        ANY_WITH_CREDENTIALS,
        f'Set for_origins={{"{APP}": {{"supports_credentials": True}}}} in CORS(app), so that any '
        "other page can still read without credentials. Or list the only origins that may read, "
        f'as in origins="{APP}", with supports_credentials=True. Or omit credentials in the page',
    ),
    "any origin and others with credentials": (
        {"for_origins": {"https://a.example.com": {"supports_credentials": True}}},
        "GET",
        {"credentials": True},
        f"under CORS(app), the response {ANY_WITH_CREDENTIALS}",
        ANY_WITH_CREDENTIALS,
        f'Add "{APP}": {{"supports_credentials": True}} to for_origins in CORS(app), or omit '
        "credentials in the page",
    ),
    "any page with credentials": (
        {},
        "GET",
        {"credentials": True, "origin": "null"},
        "under CORS(app), the response " + ANY_WITH_CREDENTIALS.replace(APP, "null"),
        ANY_WITH_CREDENTIALS.replace(APP, "null"),
        "Omit credentials in the page, or serve it over HTTP, so that it has an origin that "
        "CORS(app) can name",
    ),
    "credentials": (
        {"origins": APP},
        "PUT",
        {"credentials": True},
        f"under CORS(app), the response {NO_CREDENTIALS}",
        NO_CREDENTIALS,
        "Set supports_credentials=True in CORS(app), or omit credentials in the page",
    ),
    "redirected preflight": (
        {"automatic_options": False},
        "PUT",
        {"url": "/slash"},
        f"under CORS(app), the response {STATUS}",
        STATUS,
        "Remove automatic_options=False, so that flask_crossorigin responds to the preflight",
    ),
    "redirected preflight with credentials": (
        {"automatic_options": False, "origins": APP, "supports_credentials": True},
        "PUT",
        {"url": "/slash", "credentials": True},
        f"under CORS(app), the response {STATUS}",
        STATUS,
        "Remove automatic_options=False, so that flask_crossorigin responds to the preflight",
    ),
    "no policy": (
        {"resources": {"/other": {}}},
        "GET",
        {},
        "no policy covers this URL",
        missing(APP),
        f'Cover the path with CORS(app, resources={{"/items": {{"origins": "{APP}"}}}}), '
        "or decorate the view with @cross_origin",
    ),
}


@pytest.mark.parametrize(
    ("options", "method", "asked", "reason", "problem", "remedy"),
    REFUSALS.values(),
    ids=REFUSALS,
)
def test_refusals_say_why_and_what_to_change(
    options: dict[str, Any],
    method: str,
    asked: dict[str, Any],
    reason: str,
    problem: str,
    remedy: str,
) -> None:
    explanation = ask(make_app(**{"max_age": 60, **options}), method, **asked)
    assert explanation.verdict == "refused"
    assert explanation.reason == reason
    assert explanation.remedy == remedy
    refused = explanation.response or explanation.preflight
    assert refused is not None
    assert refused.problem == problem


def test_mistakes_that_show_late_refuse() -> None:
    app = make_app(resources={"/*": {}})
    app.config["CORS_ORIGINS"] = "app.example.com"
    explanation = ask(app)
    assert "are invalid" in explanation.reason
    assert explanation.remedy == 'Fix the mistakes that "flask cors audit" reports'


NO_ROUTE = "No route matches this URL"
NO_VIEW = "No view serves this method at this URL"
COVER = (
    f'cover the path with CORS(app, resources={{{{"{{}}": {{{{"origins": "{APP}"}}}}}}}}), or '
    "decorate the view with @cross_origin"
).format
ADD_ORIGIN = f'if this is your page, add "{APP}" to the origins of CORS(app)'
OTHER = "https://a.example.net"


@pytest.mark.parametrize(
    ("options", "method", "url", "note", "remedy"),
    [
        ({"methods": ["GET"]}, "PUT", "/typo", NO_ROUTE, 'add "PUT" to the methods of CORS(app)'),
        (
            {"methods": ["GET"]},
            "DELETE",
            "/items",
            NO_VIEW,
            'add "DELETE" to the methods of CORS(app)',
        ),
        ({"resources": {"/api/*": {}}}, "PUT", "/typo", NO_ROUTE, COVER("/typo")),
        ({"resources": {"/api/*": {}}}, "GET", "/typo", NO_ROUTE, COVER("/typo")),
        ({"resources": []}, "DELETE", "/items", NO_VIEW, COVER("/items")),
        ({"resources": []}, "POST", "/items", NO_VIEW, COVER("/items")),
        ({"origins": OTHER}, "PUT", "/typo", NO_ROUTE, ADD_ORIGIN),
        ({"origins": OTHER, "enforce": True}, "GET", "/typo", NO_ROUTE, ADD_ORIGIN),
        ({"methods": ["GET"]}, "PUT", "/items", "", ""),
        ({"methods": ["GET"]}, "PUT", "/slash", "", ""),
        ({"resources": []}, "PUT", "/fails/1", "", ""),
        ({"resources": []}, "GET", "/fails/1", "", ""),
    ],
)
def test_refusals_say_if_nothing_serves_the_request(
    options: dict[str, Any], method: str, url: str, note: str, remedy: str
) -> None:
    app = make_app(**options)

    class Failing(IntegerConverter):
        def to_python(self, value: str) -> int:
            raise ZeroDivisionError(value)

    app.url_map.converters["failing"] = Failing
    app.add_url_rule("/fails/<failing:number>", "fails", view, methods=["GET", "PUT"])
    explanation = ask(app, method, url)
    assert explanation.verdict == "refused"
    found = [each for each in explanation.notes if each.startswith((NO_ROUTE, NO_VIEW))]
    assert [each.partition(", so the app ")[0] for each in found] == ([note] if note else [])
    assert explanation.remedy.startswith((NO_ROUTE, NO_VIEW)) is bool(note)
    if note:
        thing = ("URL", "a route") if note == NO_ROUTE else ("method", "a view for it")
        then = f"then, {remedy}" if remedy == ADD_ORIGIN else f"then {remedy}"
        wanted = f"{note}. If the {thing[0]} is right, add {thing[1]}; {then}"
        assert explanation.remedy == wanted


@pytest.mark.parametrize(
    ("options", "method", "says"),
    [
        ({"methods": ["GET"]}, "PUT", "would respond with status 404."),
        ({"resources": []}, "GET", "responds with status 404."),
        ({"origins": OTHER, "enforce": True}, "GET", "would respond with status 404."),
    ],
)
def test_the_note_says_whether_the_app_gets_the_request(
    options: dict[str, Any], method: str, says: str
) -> None:
    notes = ask(make_app(**options), method, "/typo").notes
    assert f"{NO_ROUTE}, so the app {says}" in notes


def test_refused_preflights_say_that_there_is_no_policy() -> None:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "items", view, methods=["PUT"])
    [note] = ask(app, "PUT").notes
    assert note.startswith("No CORS(app) and no @cross_origin was found.")


def raises(_origin: str) -> bool:
    raise LookupError("no database")


def answers_wrongly(_origin: str) -> Any:
    return "yes"


async def raises_later(_origin: str) -> bool:
    raise LookupError("no database")


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    ("function", "error"),
    [
        (raises, "raises() among the origins fails with LookupError: no database"),
        (raises_later, "raises_later() among the origins fails with LookupError: no database"),
        (
            answers_wrongly,
            "answers_wrongly() among the origins fails with TypeError: it returned str, not True, "
            "False or None",
        ),
    ],
)
def test_functions_that_fail_are_noted(function: Any, error: str, method: str) -> None:
    wanted = f"{error}, so it refuses the origin. The log has the traceback."
    explanation = ask(make_app(origins=[function]), method)
    assert explanation.verdict == "refused"
    assert [*explanation.notes].count(wanted) == 1
    assert explanation.remedy == f"Fix this error: {error}"
    # Another function may still allow the origin.
    explanation = ask(make_app(origins=[function, lambda _origin: True]), method)
    assert explanation.verdict == "allowed"
    assert [*explanation.notes] == [wanted]
    assert ask(make_app(origins=lambda _origin: False), "PUT").notes == []


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    "options", [{}, {"for_origins": {OTHER: {"supports_credentials": True}}, "max_age": 60}]
)
def test_the_remedy_for_any_origin_with_credentials_works(
    options: dict[str, Any], method: str
) -> None:
    remedy = ask(make_app(**options), method, credentials=True).remedy
    entry = re.findall(r'"(\S+)": \{"supports_credentials": True\}', remedy)
    assert entry == [APP]
    parts = {**options.get("for_origins", {}), APP: {"supports_credentials": True}}
    app = make_app(**{**options, "for_origins": parts})
    assert ask(app, method, credentials=True).verdict == "allowed"
    assert ask(app, method, origin="https://anybody.example").verdict == "allowed"
