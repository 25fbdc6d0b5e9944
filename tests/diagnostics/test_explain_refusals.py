"""Refusals: the reason, the browser's problem, and the remedy."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import CORS, Explanation, explain

APP = "https://app.example.com"


def view(**_values: object) -> str:
    return "seen"


def make_app(**options: Any) -> Flask:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "items", view, methods=["GET", "PUT"])
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

#: The options; the method; the page's other settings; the reason; the browser's problem with the
#: response; the remedy.
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
        f'List the origins that may act for the user, as in origins="{APP}", and set '
        "supports_credentials=True in CORS(app); or omit credentials in the page",
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
