"""The order in which ``enforce`` decides, compared with Go's ``CrossOriginProtection``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, ConfigError, cross_origin

Send = Callable[..., TestResponse]

PAGE = "https://app.example.com"
EVIL = "https://evil.example"
OWN = "http://localhost"
METHODS = ["GET", "HEAD", "OPTIONS", "QUERY", "POST", "PUT", "PATCH", "DELETE", "PURGE"]
SAFE = METHODS[:4]
REFUSED, SERVED = 403, 200


def make_app(**options: Any) -> Flask:
    app = Flask("bank")
    chosen: dict[str, Any] = {"origins": PAGE, "enforce": True, **options}
    CORS(app, **chosen)
    app.add_url_rule("/x", "x", lambda: "x", methods=METHODS, provide_automatic_options=False)
    return app


def status(app: Flask, method: str, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().open("/x", method=method, headers=named).status_code


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("enforce", [True, "unsafe"])
@pytest.mark.parametrize(
    ("site", "origin", "unsafe", "safe"),
    [
        # Sec-Fetch-Site comes first.
        ("same-origin", OWN, SERVED, SERVED),
        ("same-origin", "null", SERVED, SERVED),
        ("same-origin", EVIL, SERVED, SERVED),
        ("none", None, SERVED, SERVED),
        # Then the server's own origin and allowed origins pass.
        (None, OWN, SERVED, SERVED),
        ("cross-site", OWN, SERVED, SERVED),
        (None, PAGE, SERVED, SERVED),
        ("cross-site", PAGE, SERVED, SERVED),
        # All other origins are refused.
        (None, EVIL, REFUSED, REFUSED),
        (None, "null", REFUSED, REFUSED),
        (None, "nonsense", REFUSED, REFUSED),
        ("cross-site", EVIL, REFUSED, REFUSED),
        ("same-site", EVIL, REFUSED, REFUSED),
        ("unknown", EVIL, REFUSED, REFUSED),
        # Without Origin, only Sec-Fetch-Site decides.
        ("cross-site", None, REFUSED, SERVED),
        ("same-site", None, REFUSED, SERVED),
        ("unknown", None, SERVED, SERVED),
        (None, None, SERVED, SERVED),
    ],
)
def test_the_order(
    site: str | None, origin: str | None, unsafe: int, safe: int, enforce: Any, method: str
) -> None:
    headers = {"Sec-Fetch-Site": site, "Origin": origin}
    found = status(
        make_app(enforce=enforce),
        method,
        **{name: value for name, value in headers.items() if value is not None},
    )
    if method not in SAFE:
        assert found == unsafe
    else:
        assert found == (SERVED if enforce == "unsafe" else safe)


#: The cases of Go's tests: the method, Sec-Fetch-Site, Origin, the status in Go, the status here,
#: and why they differ. The server is https://example.com. It trusts https://trusted.example.
GO: list[tuple[str, str | None, str | None, int, int, str]] = [
    ("POST", "same-origin", None, 200, 200, ""),
    ("POST", "none", None, 200, 200, ""),
    ("POST", "cross-site", None, 403, 403, ""),
    ("POST", "same-site", None, 403, 403, ""),
    ("POST", None, None, 200, 200, ""),
    ("POST", None, "https://example.com", 200, 200, ""),
    ("POST", None, "https://attacker.example", 403, 403, ""),
    ("POST", None, "null", 403, 403, ""),
    ("GET", "cross-site", None, 200, 200, ""),
    ("HEAD", "cross-site", None, 200, 200, ""),
    ("OPTIONS", "cross-site", None, 200, 200, ""),
    ("PUT", "cross-site", None, 403, 403, ""),
    ("POST", None, "https://trusted.example", 200, 200, ""),
    ("POST", "cross-site", "https://trusted.example", 200, 200, ""),
    ("POST", None, "https://attacker.example", 403, 403, ""),
    ("POST", "cross-site", "https://attacker.example", 403, 403, ""),
    (
        *("POST", None, "http://example.com", 200, 403),
        "Go compares hosts alone, since a server may not know the scheme; Flask does with ProxyFix",
    ),
    (
        *("POST", "cross-site", "https://example.com", 403, 200),
        "Go looks at Origin only if there is no Sec-Fetch-Site; a browser never says both",
    ),
    (
        *("POST", "unknown", None, 403, 200),
        "Go refuses a value that no browser sends; without a browser there is no attack",
    ),
]


@pytest.mark.parametrize(("method", "site", "origin", "theirs", "mine", "why"), GO)
def test_gos_cases(
    method: str, site: str | None, origin: str | None, theirs: int, mine: int, why: str
) -> None:
    app = make_app(origins="https://trusted.example", enforce="unsafe")
    headers = {"Sec-Fetch-Site": site, "Origin": origin}
    response = app.test_client().open(
        "/x",
        method=method,
        base_url="https://example.com",
        headers={name: value for name, value in headers.items() if value is not None},
    )
    assert response.status_code == mine
    assert (theirs == mine) == (why == "")


def test_what_go_refuses_to_trust_stops_the_program_here() -> None:
    for written in ("", "https://example.com/path", "https://example.com?x", "example.com", "//x"):
        with pytest.raises(ConfigError):
            make_app(origins=written)


@pytest.mark.parametrize("path", ["/open", "/x"])
def test_gos_bypass_patterns_are_the_resource_map(path: str) -> None:
    app = make_app(resources={"/x": {}})
    app.add_url_rule("/open", "open", lambda: "x", methods=["POST"])
    response = app.test_client().post(path, headers={"Origin": EVIL})
    assert response.status_code == (403 if path == "/x" else 200)


def test_a_websocket_is_not_safe() -> None:
    app = make_app(enforce="unsafe")
    for origin, expected in ((EVIL, 403), (PAGE, 200), (OWN, 200)):
        assert status(app, "GET", Origin=origin, Upgrade="websocket") == expected


def test_no_other_origin_is_allowed() -> None:
    app = make_app(origins="none")
    assert status(app, "GET", Origin=PAGE) == 403
    assert status(app, "GET", Origin=OWN) == 200
    assert status(app, "POST", Sec_Fetch_Site="cross-site") == 403
    assert status(app, "GET", Sec_Fetch_Site="cross-site") == 200


@pytest.mark.parametrize("debug", [True, False])
def test_the_reason_of_a_request_without_origin(
    debug: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    app = make_app()
    app.debug = debug
    response = app.test_client().post("/x", headers={"Sec-Fetch-Site": "cross-site"})
    reason = "a page of another origin sent it; the option enforce of CORS(app) refuses that"
    assert response.status_code == 403
    assert (reason in response.text) is debug
    [record] = caplog.records
    assert reason in record.getMessage()
    assert response.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    ("origin", "base_url", "says"),
    [
        ("https://bank.example", "http://bank.example", True),
        ("https://bank.example:8443", "http://bank.example:8443", True),
        ("http://bank.example", "https://bank.example", True),
        ("https://www.bank.example", "http://bank.example", False),
        ("https://bank.example:8443", "http://bank.example", False),
    ],
)
def test_a_difference_in_the_scheme_alone_names_proxyfix(
    origin: str, base_url: str, says: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    response = make_app().test_client().post("/x", base_url=base_url, headers={"Origin": origin})
    assert response.status_code == 403
    assert ("ProxyFix" in caplog.text) is says


def by_keywords(app: Flask, enforce: Any) -> None:
    CORS(app, enforce=enforce)


def by_a_resource(app: Flask, enforce: Any) -> None:
    CORS(app, enforce=enforce, resources={"/a": {"origins": PAGE}, "/b": {"origins": "*"}})


def by_the_configuration(app: Flask, enforce: Any) -> None:
    app.config["CORS_ENFORCE"] = enforce
    CORS(app, origins=[PAGE, "*"])


def by_a_decorator(_app: Flask, enforce: Any) -> None:
    cross_origin(origins="*", enforce=enforce)


@pytest.mark.parametrize("enforce", [True, "unsafe", "Unsafe", "yes"])
@pytest.mark.parametrize("way", [by_keywords, by_a_resource, by_the_configuration, by_a_decorator])
def test_enforcing_with_any_origin_is_a_mistake(
    way: Callable[[Flask, Any], None], enforce: Any
) -> None:
    with pytest.raises(ConfigError) as caught:
        way(Flask("bank"), enforce)
    [problem] = caught.value.problems
    assert problem.code == "enforce-any-origin"
    assert 'origins="none"' in problem.hint


def test_enforcing_with_any_origin_that_shows_late_refuses_all(send: Send) -> None:
    app = Flask("bank")
    CORS(app, enforce=True, origins=PAGE)
    app.config["CORS_FOR_ORIGINS"] = "nonsense"
    assert send(app, "/", origin=PAGE).status_code == 403


def test_other_words_for_enforce() -> None:
    with pytest.raises(ConfigError) as caught:
        make_app(enforce="safe")
    [problem] = caught.value.problems
    assert problem.code == "enforce-invalid"
    assert "GET, HEAD, OPTIONS and QUERY" in problem.hint
