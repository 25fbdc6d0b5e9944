"""What a refusal says: the reason, what the browser misses, and what to change."""

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


#: The options; method, and what the page does; the reason, the browser's problem, the remedy.
REFUSALS: list[tuple[dict[str, Any], str, dict[str, Any], str, str, str]] = [
    (
        {"origins": "http://localhost:3000"},
        "GET",
        {"origin": "http://localhost:3001"},
        'origin "http://localhost:3001" is not allowed by CORS(app); '
        'nearest: "http://localhost:3000" (differs in port)',
        "Access-Control-Allow-Origin is missing",
        'If the page is yours, add "http://localhost:3001" to the origins of CORS(app), '
        "or open it at http://localhost:3000",
    ),
    (
        {"origins": "https://*.example.com"},
        "GET",
        {"origin": "https://example.com"},
        'origin "https://example.com" is not allowed by CORS(app); nearest: '
        '"https://*.example.com" (*. stands for the subdomains, not for example.com itself)',
        "Access-Control-Allow-Origin is missing",
        'If the page is yours, add "https://example.com" to the origins of CORS(app)',
    ),
    (
        {"origins": "https://*.example.com:3000"},
        "GET",
        {},
        'origin "https://app.example.com" is not allowed by CORS(app); nearest: '
        '"https://*.example.com:3000" (differs in port)',
        "Access-Control-Allow-Origin is missing",
        'If the page is yours, add "https://app.example.com" to the origins of CORS(app)',
    ),
    (
        {"origins": APP},
        "PUT",
        {"origin": "null"},
        'origin "null" is not allowed by CORS(app)',
        "Access-Control-Allow-Origin is missing",
        "Serve the page over HTTP from an origin of its own: any page can make itself null, "
        'so "null" among the origins of CORS(app) lets everybody in',
    ),
    (
        {"methods": ["GET"]},
        "PUT",
        {},
        "method 'PUT' is not allowed by CORS(app)",
        "Access-Control-Allow-Methods is missing, and would have to list PUT",
        'Add "PUT" to the methods of CORS(app)',
    ),
    (
        {"methods": ["PATCH"]},
        "patch",
        {},
        "method 'patch' is not allowed by CORS(app); the page must write \"PATCH\", since "
        "methods are case-sensitive",
        "Access-Control-Allow-Methods is missing, and would have to list patch",
        'Write the method as "PATCH" in the page: case counts',
    ),
    (
        {"methods": ["GET"]},
        "patch",
        {},
        "method 'patch' is not allowed by CORS(app)",
        "Access-Control-Allow-Methods is missing, and would have to list patch",
        'Add "patch" to the methods of CORS(app)',
    ),
    (
        {"allow_headers": ["X-One"]},
        "PUT",
        {"headers": {"X-Two": "1", "X-Three": "2"}},
        'request headers "x-three", "x-two" are not allowed by CORS(app)',
        "Access-Control-Allow-Headers is missing, and would have to list x-three",
        'Add "x-three", "x-two" to allow_headers in CORS(app)',
    ),
    (
        {"allow_headers": ["X-One"]},
        "GET",
        {"headers": {"X-One": "1", "X-Two": "2"}},
        'request header "x-two" is not allowed by CORS(app)',
        'Access-Control-Allow-Headers is "x-one", without x-two',
        'Add "x-two" to allow_headers in CORS(app)',
    ),
    (
        {},
        "GET",
        {"headers": {f"X-{number}": "1" for number in range(200)}},
        "Access-Control-Request-Headers is too long or malformed",
        "Access-Control-Allow-Headers is missing, and would have to list x-0",
        "Send fewer headers",
    ),
    (
        {},
        "GET",
        {"credentials": True},
        "by CORS(app), Access-Control-Allow-Origin is *, which is never for a request with "
        "credentials",
        "Access-Control-Allow-Origin is *, which is never for a request with credentials",
        f'Name the origins that may act for the user, as in origins="{APP}", and write '
        "supports_credentials=True, in CORS(app); or let the page send no credentials",
    ),
    (
        {"origins": APP},
        "PUT",
        {"credentials": True},
        "by CORS(app), Access-Control-Allow-Credentials is missing, and the request is one with "
        "credentials",
        "Access-Control-Allow-Credentials is missing, and the request is one with credentials",
        "Write supports_credentials=True in CORS(app), or let the page send no credentials",
    ),
    (
        {"automatic_options": False},
        "PUT",
        {"url": "/slash"},
        "by CORS(app), the status is 308 and not one of 200 to 299",
        "the status is 308 and not one of 200 to 299",
        "Let the preflight be answered for the view: leave out automatic_options=False",
    ),
    (
        {"resources": {"/other": {}}},
        "GET",
        {},
        "no policy covers this URL",
        "Access-Control-Allow-Origin is missing",
        f'Cover the path: CORS(app, resources={{"/items": {{"origins": "{APP}"}}}}), '
        "or decorate the view",
    ),
]


@pytest.mark.parametrize(
    ("options", "method", "asked", "reason", "problem", "remedy"),
    REFUSALS,
    ids=[case[3][:30] for case in REFUSALS],
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
    assert "have mistakes" in explanation.reason
    assert explanation.remedy == 'Mend the mistakes that "flask cors audit" lists'
