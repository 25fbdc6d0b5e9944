from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_crossorigin.core.policy import MAX_REQUEST_HEADERS, Decision, Policy
from flask_crossorigin.fetch.grammar import is_token, parse_origin
from flask_crossorigin.options.errors import Problem
from flask_crossorigin.options.policy import closed_policy, make_policy
from flask_crossorigin.options.table import read_options

APP = "https://app.example.com"
OTHER = "https://other.example.com"
ACAO = "Access-Control-Allow-Origin"


def policy(**options: Any) -> Policy:
    problems: list[Problem] = []
    made = make_policy("CORS(app)", [read_options(options, "", problems)], problems)
    assert not problems
    return made


def sent(decision: Decision) -> dict[str, str]:
    """Return the headers without their prefix ``Access-Control-``."""
    headers = {name.removeprefix("Access-Control-"): value for name, value in decision.headers}
    assert len(headers) == len(decision.headers)
    return headers


# The options, the request's Origin, the headers, the reason, and whether Vary is sent.
ACTUAL: list[tuple[dict[str, Any], str | None, dict[str, str], str, bool]] = [
    # Any origin.
    ({}, APP, {"Allow-Origin": "*"}, "allowed", False),
    ({}, None, {"Allow-Origin": "*"}, "allowed", False),
    ({}, "null", {"Allow-Origin": "*"}, "allowed", False),
    ({}, "no origin", {"Allow-Origin": "*"}, "allowed", False),
    ({"origins": ["*", APP]}, APP, {"Allow-Origin": "*"}, "allowed", False),
    ({"always_send": False}, APP, {"Allow-Origin": "*"}, "allowed", True),
    ({"always_send": False}, None, {}, "no-origin", True),
    ({"always_send": False}, "no origin", {"Allow-Origin": "*"}, "allowed", True),
    ({"send_wildcard": False}, APP, {"Allow-Origin": APP}, "allowed", True),
    ({"send_wildcard": False}, "null", {"Allow-Origin": "null"}, "allowed", True),
    ({"send_wildcard": False}, "x\r\ny", {"Allow-Origin": "*"}, "allowed", True),
    ({"send_wildcard": False}, None, {}, "no-origin", True),
    ({"send_wildcard": False, "vary_header": False}, APP, {"Allow-Origin": APP}, "allowed", False),
    # Some origins.
    ({"origins": APP}, APP, {"Allow-Origin": APP}, "allowed", True),
    ({"origins": APP}, None, {"Allow-Origin": APP}, "no-origin", True),
    ({"origins": APP, "always_send": False}, None, {}, "no-origin", True),
    ({"origins": APP, "vary_header": False}, APP, {"Allow-Origin": APP}, "allowed", False),
    ({"origins": APP}, OTHER, {}, "origin", True),
    ({"origins": APP}, "null", {}, "origin", True),
    ({"origins": APP}, "", {}, "malformed-origin", True),
    ({"origins": APP}, f"{APP}/", {}, "malformed-origin", True),
    ({"origins": APP}, f"{APP}, {APP}", {}, "malformed-origin", True),
    ({"origins": APP}, f"{APP}\n", {}, "malformed-origin", True),
    ({"origins": APP}, "*", {}, "malformed-origin", True),
    ({"origins": [APP, OTHER]}, OTHER, {"Allow-Origin": OTHER}, "allowed", True),
    ({"origins": [APP, OTHER]}, None, {}, "no-origin", True),
    ({"origins": "https://*.example.com"}, APP, {"Allow-Origin": APP}, "allowed", True),
    ({"origins": "https://*.example.com"}, None, {}, "no-origin", True),
    ({"origins": "null"}, "null", {"Allow-Origin": "null"}, "allowed", True),
    ({"origins": "null"}, None, {"Allow-Origin": "null"}, "no-origin", True),
    ({"origins": lambda _: True}, APP, {"Allow-Origin": APP}, "allowed", True),
    ({"origins": lambda _: True}, "a b", {}, "malformed-origin", True),
    # Headers that only allowed origins get.
    (
        {"origins": APP, "supports_credentials": True, "expose_headers": ["X-B", "X-A"]},
        APP,
        {"Allow-Origin": APP, "Allow-Credentials": "true", "Expose-Headers": "X-A, X-B"},
        "allowed",
        True,
    ),
    (
        {"origins": APP, "supports_credentials": True, "expose_headers": "X-A"},
        None,
        {"Allow-Origin": APP, "Allow-Credentials": "true", "Expose-Headers": "X-A"},
        "no-origin",
        True,
    ),
    ({"origins": APP, "supports_credentials": True}, OTHER, {}, "origin", True),
    (
        {"expose_headers": "*"},
        APP,
        {"Allow-Origin": "*", "Expose-Headers": "*"},
        "allowed",
        False,
    ),
    (
        {"origins": APP, "supports_credentials": True, "expose_headers": "*"},
        APP,
        {"Allow-Origin": APP, "Allow-Credentials": "true"},
        "allowed",
        True,
    ),
    # Headers that only preflights get.
    (
        {"max_age": 600, "methods": "PUT", "allow_private_network": True},
        APP,
        {"Allow-Origin": "*"},
        "allowed",
        False,
    ),
]


@pytest.mark.parametrize(("options", "origin", "headers", "reason", "varies"), ACTUAL)
def test_actual(
    options: dict[str, Any], origin: str | None, headers: dict[str, str], reason: str, varies: bool
) -> None:
    made = policy(**options)
    for _ in range(2):  # the second time, it uses the cache
        decision = made.actual(origin)
        assert sent(decision) == headers
        assert decision.reason == reason
        assert decision.origin_allowed is bool(headers)
        assert decision.allowed is (reason in ("allowed", "no-origin"))
        assert decision.method is None
        # A decision that is the same for all requests has no origin.
        assert decision.origin == (origin if made.constant is None else None)
        vary = (("Vary", "Origin"),) if varies else ()
        assert decision.headers_and_vary == (*decision.headers, *vary)
    assert made.varies is varies


def test_a_callable_gets_the_request() -> None:
    made = policy(origins=lambda origin, request: request == "trusted")
    assert made.actual(APP, "trusted").allowed
    assert not made.actual(APP, "untrusted").allowed
    assert made.preflight(APP, "GET", request="trusted").allowed
    assert not made.preflight(APP, "GET", request="untrusted").allowed


def test_a_callable_is_called_for_each_request() -> None:
    results = iter([True, False, True])
    made = policy(origins=lambda _: next(results))
    assert [made.actual(APP).allowed for _ in range(3)] == [True, False, True]


@pytest.mark.parametrize(
    ("expose", "credentials", "present"),
    [("*", True, True), ("*", False, False), ("X-A", True, False)],
)
def test_exposes_present_headers(expose: str, credentials: bool, present: bool) -> None:
    made = policy(origins=APP, expose_headers=expose, supports_credentials=credentials)
    assert made.exposes_present_headers is present


DEFAULT_METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY"

# The options, the requested method and header names, the headers besides
# Access-Control-Allow-Origin, and the reason.
PREFLIGHTS: list[tuple[dict[str, Any], str, str | None, dict[str, str], str]] = [
    ({}, "PUT", None, {"Allow-Methods": DEFAULT_METHODS}, "allowed"),
    ({"methods": "PUT"}, "PUT", None, {"Allow-Methods": "PUT"}, "allowed"),
    ({"methods": "PUT"}, "POST", None, {"Allow-Methods": "PUT"}, "allowed"),
    ({"methods": []}, "GET", None, {}, "allowed"),
    ({"methods": []}, "HEAD", None, {}, "allowed"),
    ({"methods": []}, "post", None, {}, "method"),
    ({"methods": "PUT"}, "DELETE", None, {}, "method"),
    ({"methods": "PUT"}, "put", None, {}, "method"),
    ({"methods": "patch"}, "patch", None, {}, "method"),
    ({"methods": "patch"}, "PATCH", None, {"Allow-Methods": "PATCH"}, "allowed"),
    ({"methods": "Purge"}, "PURGE", None, {"Allow-Methods": "PURGE"}, "allowed"),
    ({"methods": "Purge"}, "Purge", None, {}, "method"),
    ({"methods": "PUT"}, "PUT, DELETE", None, {}, "method"),
    ({"methods": "PUT"}, "PUTS", None, {}, "method"),
    ({"methods": "PUT"}, "", None, {}, "method"),
    ({"methods": "*"}, "PUT", None, {"Allow-Methods": "PUT"}, "allowed"),
    ({"methods": "*"}, "patch", None, {"Allow-Methods": "patch"}, "allowed"),
    ({"methods": "*"}, "PUT\r\nX: y", None, {}, "method"),
    ({"methods": "*"}, "", None, {}, "method"),
    ({"methods": "*"}, "CONNECT", None, {}, "method"),
    ({"methods": "*"}, "TRACE", None, {}, "method"),
    ({"methods": "*"}, "track", None, {}, "method"),
    ({"methods": []}, "GET", "x-B, X-a", {"Allow-Headers": "x-B, X-a"}, "allowed"),
    ({"methods": []}, "GET", "x-a,,x-b ,", {"Allow-Headers": "x-a, x-b"}, "allowed"),
    ({"methods": []}, "GET", "", {}, "allowed"),
    ({"methods": []}, "GET", " , ", {}, "allowed"),
    ({"methods": [], "allow_headers": "X-A"}, "GET", "x-a", {"Allow-Headers": "x-a"}, "allowed"),
    (
        {"methods": [], "allow_headers": "X-A"},
        "GET",
        "x-b, x-a",
        {"Allow-Headers": "x-a"},
        "headers",
    ),
    ({"methods": [], "allow_headers": "X-A"}, "GET", "x-b", {}, "headers"),
    ({"methods": [], "allow_headers": []}, "GET", "x-b", {}, "headers"),
    ({"methods": [], "allow_headers": "X-*"}, "GET", "x-B", {"Allow-Headers": "x-B"}, "allowed"),
    (
        {"methods": [], "allow_headers": r"X-\d"},
        "GET",
        "x-1,x-a",
        {"Allow-Headers": "x-1"},
        "headers",
    ),
    ({"methods": []}, "GET", "x-a, x b", {}, "headers"),
    ({"methods": []}, "GET", "x-a\r\nX: y", {}, "headers"),
    ({"methods": []}, "GET", "x-ä", {}, "headers"),
    ({"methods": [], "max_age": 0}, "GET", None, {"Max-Age": "0"}, "allowed"),
    ({"methods": [], "max_age": 600}, "GET", "x b", {"Max-Age": "600"}, "headers"),
    ({"methods": "PUT", "max_age": 600}, "DELETE", "x-a", {}, "method"),
    ({"methods": [], "expose_headers": "X-A"}, "GET", None, {}, "allowed"),
    ({"methods": [], "allow_private_network": True}, "GET", None, {}, "allowed"),
    (
        {"methods": [], "origins": APP, "supports_credentials": True},
        "GET",
        None,
        {"Allow-Credentials": "true"},
        "allowed",
    ),
    (
        {"methods": [], "origins": APP, "supports_credentials": True},
        "PUT",
        None,
        {"Allow-Credentials": "true"},
        "method",
    ),
]


@pytest.mark.parametrize(("options", "method", "names", "headers", "reason"), PREFLIGHTS)
def test_preflight(
    options: dict[str, Any], method: str, names: str | None, headers: dict[str, str], reason: str
) -> None:
    decision = policy(**options).preflight(APP, method, names)
    allow_origin = APP if "origins" in options else "*"
    assert sent(decision) == {"Allow-Origin": allow_origin, **headers}
    assert (decision.reason, decision.method, decision.origin) == (reason, method, APP)
    assert (decision.origin_allowed, decision.status) == (True, 204)


@pytest.mark.parametrize(
    ("origin", "reason"), [(OTHER, "origin"), ("null", "origin"), ("", "malformed-origin")]
)
def test_a_preflight_of_a_refused_origin_gets_no_header(origin: str, reason: str) -> None:
    made = policy(origins=APP, preflight_status=200, max_age=1, allow_private_network=True)
    decision = made.preflight(origin, "GET", "x-a", private_network=True)
    assert (decision.headers, decision.status, decision.reason) == ((), 403, reason)
    assert (decision.method, decision.origin) == ("GET", origin)
    assert not decision.allowed
    assert made.preflight(APP, "GET").status == 200


@pytest.mark.parametrize("granted", [True, False])
@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("method", ["GET", "PURGE"])
def test_private_network_is_only_granted_if_requested(
    granted: bool, asked: bool, method: str
) -> None:
    made = policy(allow_private_network=granted)
    headers = sent(made.preflight(APP, method, private_network=asked))
    assert headers.get("Allow-Private-Network") == ("true" if granted and asked else None)
    assert headers["Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("value", "listed"),
    [
        (",".join(["x"] * MAX_REQUEST_HEADERS), True),
        (",".join(["x"] * (MAX_REQUEST_HEADERS + 1)), False),
        ("x" * 8192, True),
        ("x" * 8193, False),
        ("x" + "," * 384, True),
        ("x" + "," * 385, False),
    ],
)
def test_access_control_request_headers_has_a_limit(value: str, listed: bool) -> None:
    decision = policy().preflight(APP, "GET", value)
    assert ("Allow-Headers" in sent(decision)) is listed
    assert decision.allowed is listed


def test_refused_header_names_keep_the_order_of_the_request() -> None:
    decision = policy(allow_headers="x-a").preflight(APP, "GET", "x-c, x-a, X-B")
    assert decision.refused_headers == ("x-c", "X-B")


@pytest.mark.parametrize("allowed", ["*", ["X-*", "S*", "C*", "P*"], "Sec-Fetch-Site"])
@pytest.mark.parametrize(
    "name",
    [
        "Sec-Fetch-Site",
        "sec_fetch_site",
        "Sec_Fetch-Site",
        "SEC_anything",
        "Content_Length",
        "cookie",
        "Proxy_Authorization",
        "Access_Control_Request_Method",
    ],
)
def test_a_name_that_browsers_forbid_is_never_granted(allowed: Any, name: str) -> None:
    """WSGI can't tell a name with hyphens from one with underscores."""
    decision = policy(allow_headers=allowed).preflight(APP, "GET", f"{name}, X_Own")
    assert name in decision.refused_headers
    assert name not in sent(decision).get("Allow-Headers", "").split(", ")


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "x-http-method", "X_Method_Override"])
@pytest.mark.parametrize(
    ("options", "granted"),
    [
        ({}, True),
        ({"methods": "*"}, True),
        ({"methods": "PUT, PATCH, DELETE"}, True),
        ({"methods": "GET, POST, PUT"}, False),
        ({"methods": []}, False),
        ({"methods": "GET", "allow_headers": "X-*, X_*"}, False),
    ],
)
def test_an_override_header_does_not_grant_a_method_that_is_not_allowed(
    name: str, options: dict[str, Any], granted: bool
) -> None:
    decision = policy(**options).preflight(APP, "POST", name)
    assert decision.allowed is granted
    written = policy(**{**options, "allow_headers": ["X-Other", name]})
    assert written.preflight(APP, "POST", name).allowed


def test_a_misconfigured_policy_sends_nothing() -> None:
    made = closed_policy("CORS(app)", enforce=False, misconfigured=True)
    assert not made.varies
    for decision in (made.actual(APP), made.preflight(APP, "GET"), made.actual("null")):
        assert (decision.headers, decision.reason) == ((), "misconfigured")
        assert decision.origin in (APP, "null")
        assert not decision.allowed
    assert made.actual(None).headers == ()


POLICIES = [
    policy(),
    policy(send_wildcard=False, methods="*"),
    policy(always_send=False, methods="*", allow_headers="X-*, y"),
    policy(origins=[APP, "null"], methods="Purge", max_age=5),
    policy(origins=r"https://.*\.example\.com", supports_credentials=True, methods="*"),
    policy(origins=lambda _: True, methods="*"),
]
ORIGINS = st.sampled_from([APP, OTHER, "null", "*", f"{APP}\n", "https://a b"]) | st.text()


@pytest.mark.parametrize("made", POLICIES)
@settings(deadline=None)
@given(origin=ORIGINS, method=st.text(max_size=8), names=st.none() | st.text("xX-,: \n\té"))
def test_malformed_input_is_never_echoed(
    made: Policy, origin: str, method: str, names: str | None
) -> None:
    for decision in (made.actual(origin), made.preflight(origin, method, names)):
        given_origins = [value for name, value in decision.headers if name == ACAO]
        assert len(given_origins) == decision.origin_allowed
        for value in given_origins:
            assert value == "*" or value == origin
            assert value in ("*", "null") or parse_origin(value) is not None
        headers = sent(decision)
        for name in ("Allow-Methods", "Allow-Headers"):
            assert all(is_token(part) for part in headers.get(name, "x").split(", "))
        if not decision.origin_allowed:
            assert not headers


CASE = 'methods are case-sensitive, so the page must send "PATCH"'


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (policy(origins=APP).actual(APP), "allowed by CORS(app)"),
        (
            policy(origins=[APP, OTHER]).actual(None),
            "the request has no Origin header, so CORS does not apply",
        ),
        (Decision(None, APP, "no-policy"), "no policy covers this URL"),
        (policy(origins=APP).actual(OTHER), f'origin "{OTHER}" is not allowed by CORS(app)'),
        (
            policy(origins=APP).actual("http://app.example.com"),
            'origin "http://app.example.com" is not allowed by CORS(app); '
            f'nearest: "{APP}" (http instead of https)',
        ),
        (
            policy(origins=APP).actual("a\nb"),
            r"the Origin header 'a\nb' is malformed: no browser sends it",
        ),
        (
            policy(origins=APP).actual("x" * 98),
            f"the Origin header '{'x' * 98}' is malformed: no browser sends it",
        ),
        (
            policy(origins=APP).actual("x" * 99),
            f"the Origin header '{'x' * 99}... is malformed: no browser sends it",
        ),
        (policy(methods=[]).preflight(APP, "P\n"), r"method 'P\n' is not allowed by CORS(app)"),
        (policy(methods=[]).preflight(APP, "Put"), "method 'Put' is not allowed by CORS(app)"),
        (
            policy(methods="patch").preflight(APP, "patch"),
            f"method 'patch' is not allowed by CORS(app); {CASE}",
        ),
        (
            policy(methods="PATCH").preflight(APP, "Patch"),
            f"method 'Patch' is not allowed by CORS(app); {CASE}",
        ),
        (policy(methods="*").preflight(APP, ""), "method '' is not allowed by CORS(app)"),
        (policy(methods="*").preflight(APP, "TRACK"), "method 'TRACK' is not allowed by CORS(app)"),
        (
            policy(allow_headers="x-b").preflight(APP, "GET", "x-a,x-b,X-C"),
            'request headers "x-a", "X-C" are not allowed by CORS(app)',
        ),
        (
            policy().preflight(APP, "GET", "x a"),
            "Access-Control-Request-Headers is too long or malformed",
        ),
        (
            closed_policy("CORS(app)", enforce=False, misconfigured=True).actual(APP),
            "the options of CORS(app) are invalid, so they allow nothing",
        ),
    ],
    ids=lambda value: value.reason if isinstance(value, Decision) else "",
)
def test_a_decision_gives_its_reason_in_one_line(decision: Decision, sentence: str) -> None:
    assert str(decision) == sentence


@pytest.mark.parametrize(("credentials", "allowed"), [(True, False), (False, True)])
def test_a_callable_can_allow_the_opaque_origin_only_without_credentials(
    credentials: bool, allowed: bool
) -> None:
    made = policy(origins=lambda _origin: True, supports_credentials=credentials)
    assert made.actual(APP).origin_allowed
    for decision in (made.actual("null"), made.preflight("null", "PUT")):
        assert decision.origin_allowed is allowed
        assert bool(decision.headers) is allowed
