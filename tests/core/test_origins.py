from __future__ import annotations

import functools
import inspect
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_crossorigin.core.origins import (
    ANY_HOST,
    ANY_PORT,
    OriginCallable,
    OriginPattern,
    OriginRule,
    Origins,
)
from flask_crossorigin.fetch.grammar import MAX_ORIGIN_LENGTH

from .matching import allows

SUBDOMAINS = OriginPattern("https", "example.com", None, True)
ANY_LOCAL_PORT = OriginPattern("http", "localhost", ANY_PORT, False)
BOTH = OriginPattern("https", "example.com", ANY_PORT, True)
ANY_EXTENSION = OriginPattern("moz-extension", ANY_HOST, None, False)
REGEX = re.compile(r"https://[a-z]+\.example")


def calls(function: Callable[..., Any], *, takes_request: bool = False) -> OriginCallable:
    return OriginCallable(function, takes_request=takes_request)


@pytest.mark.parametrize(
    ("rule", "origin", "allowed"),
    [
        ("*", "https://a.example", True),
        ("*", "null", True),
        ("*", "no origin at all", False),
        ("https://a.example", "https://a.example", True),
        ("https://a.example", "https://a.example.", False),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "https://a.example:8443", False),
        ("https://a.example", "https://A.example", False),
        ("https://a.example", "https://a.example.evil.example", False),
        ("https://a.example", "null", False),
        ("null", "null", True),
        ("null", "NULL", False),
        ("null", "https://a.example", False),
        (SUBDOMAINS, "https://a.example.com", True),
        (SUBDOMAINS, "https://a.b.c.example.com", True),
        (SUBDOMAINS, "https://example.com", False),
        (SUBDOMAINS, "https://evilexample.com", False),
        (SUBDOMAINS, "https://a.example.com.evil.example", False),
        (SUBDOMAINS, "https://com", False),
        (SUBDOMAINS, "http://a.example.com", False),
        (SUBDOMAINS, "https://a.example.com:8443", False),
        (SUBDOMAINS, "https://.example.com", False),
        (SUBDOMAINS, "https://a/.example.com", False),
        (SUBDOMAINS, "null", False),
        (OriginPattern("https", "example.com", 1, True), "https://a.example.com:1", True),
        (OriginPattern("https", "example.com", 1, True), "https://a.example.com:2", False),
        (ANY_LOCAL_PORT, "http://localhost", True),
        (ANY_LOCAL_PORT, "http://localhost:3000", True),
        (ANY_LOCAL_PORT, "http://localhost:0", False),
        (ANY_LOCAL_PORT, "http://localhost:80", False),
        (ANY_LOCAL_PORT, "https://localhost:3000", False),
        (ANY_LOCAL_PORT, "http://a.localhost", False),
        (ANY_EXTENSION, "moz-extension://a1-b2", True),
        (ANY_EXTENSION, "moz-extension://A1", True),
        (ANY_EXTENSION, "moz-extension://a1:81", False),
        (ANY_EXTENSION, "chrome-extension://a1", False),
        (ANY_EXTENSION, "moz-extension://*", False),
        (ANY_EXTENSION._replace(port=ANY_PORT), "moz-extension://a1:81", True),
        (ANY_EXTENSION._replace(port=ANY_PORT), "moz-extension://a1", True),
        (ANY_EXTENSION._replace(port=81), "moz-extension://a1:81", True),
        (ANY_EXTENSION._replace(port=81), "moz-extension://a1", False),
        (SUBDOMAINS, "https://a.example.com.", False),
        (SUBDOMAINS._replace(host="example.com."), "https://a.example.com.", True),
        (SUBDOMAINS._replace(host="example.com."), "https://a.example.com", False),
        (SUBDOMAINS._replace(host="example.com."), "https://example.com.", False),
        ("https://a.example.", "https://a.example.", True),
        ("https://a.example.", "https://a.example", False),
        ("safari-web-extension://E1B2", "safari-web-extension://E1B2", True),
        ("safari-web-extension://E1B2", "safari-web-extension://e1b2", False),
        ("app://.", "app://.", True),
        (SUBDOMAINS, "app://.", False),
        ("file://", "file://", True),
        ("file://", "null", False),
        ("*", "file://", True),
        (re.compile(".*"), "file://", True),
        (calls(lambda _: True), "file://", True),
        (BOTH, "https://a.example.com", True),
        (BOTH, "https://a.example.com:8443", True),
        (BOTH, "https://example.com:8443", False),
        (REGEX, "https://abc.example", True),
        (REGEX, "https://abc.example.com", False),
        (REGEX, "https://abc.example\n", False),
        (REGEX, "xhttps://abc.example", False),
        (re.compile(".*"), "https://a.example", True),
        (re.compile(".*"), "null", True),
        (re.compile(".*"), "https://a.example/", False),
        (re.compile(".*"), "", False),
        (calls(lambda origin: origin == "https://a.example"), "https://a.example", True),
        (calls(lambda origin: origin == "https://a.example"), "https://b.example", False),
        (calls(lambda _: "yes"), "https://a.example", False),
        (calls(lambda _: True), "null", True),
        (calls(lambda _: True), "https://a.example/", False),
    ],
)
def test_one_rule(rule: OriginRule, origin: str, allowed: bool) -> None:
    assert allows(Origins([rule]), origin, None) is allowed


def test_callables_get_well_formed_origins_only() -> None:
    seen: list[str] = []
    origins = Origins([calls(seen.append)])
    too_long = f"https://{'a' * MAX_ORIGIN_LENGTH}"
    for origin in ("", "*", "a.example", "https://a.example/", "https://A.example", too_long):
        assert not allows(origins, origin, None)
    assert not allows(origins, "https://a.example", None)
    assert seen == ["https://a.example"]


def test_a_callable_is_not_called_if_a_cheaper_rule_allows_the_origin() -> None:
    seen: list[str] = []
    origins = Origins([calls(seen.append), "https://a.example", SUBDOMAINS])
    assert allows(origins, "https://a.example", None)
    assert allows(origins, "https://b.example.com", None)
    assert not seen


@pytest.mark.parametrize("origin", ["https://a.example", "null"])
def test_a_callable_can_take_the_request(origin: str) -> None:
    seen: list[object] = []
    function = calls(lambda *arguments: seen.append(arguments), takes_request=True)
    allows(Origins([function]), origin, "the request")
    assert seen == [(origin, "the request")]


def raises(_: str) -> bool:
    raise LookupError("no database")


async def is_async(_: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("function", "logged"),
    [
        (raises, "no database"),
        (lambda _: 1, "TypeError: it returned int, not True, False or None\n"),
        (is_async, "TypeError: it returned coroutine, not True, False or None\n"),
    ],
)
def test_a_callable_that_fails_refuses_the_origin_and_is_logged(
    function: Callable[..., Any], logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "flask_crossorigin"):
        assert not allows(Origins([calls(function)]), "https://a.example", None)
    assert logged in caplog.text
    (record,) = caplog.records
    assert record.name == "flask_crossorigin"
    assert record.getMessage() == (
        f"origins: {calls(function)} failed for 'https://a.example', so the origin is refused"
    )


def test_a_coroutine_that_is_never_awaited_is_closed() -> None:
    made = is_async("https://a.example")
    assert not allows(Origins([calls(lambda _: made)]), "https://a.example", None)
    # Otherwise Python would warn later, far from the mistake.
    assert inspect.getcoroutinestate(made) == inspect.CORO_CLOSED


def test_async_callables_are_adapted() -> None:
    def ensure_sync(function: Callable[..., Any]) -> Callable[..., Any]:
        assert function is is_async
        return lambda origin: origin == "https://a.example"

    origins = Origins([calls(is_async), "https://b.example"]).adapt(ensure_sync)
    assert allows(origins, "https://a.example", None)
    assert not allows(origins, "https://c.example", None)
    assert origins.rules == (calls(is_async), "https://b.example")


def test_nothing_is_adapted_without_callables() -> None:
    origins = Origins(["https://a.example"])
    assert origins.adapt(lambda function: function) is origins


def test_rules_keep_their_order_without_duplicates() -> None:
    origins = Origins(["https://b.example", SUBDOMAINS, "https://a.example", SUBDOMAINS])
    assert origins.rules == ("https://b.example", SUBDOMAINS, "https://a.example")
    assert origins.literals == {"https://a.example", "https://b.example"}


@pytest.mark.parametrize(
    ("rules", "literal"),
    [
        (["https://a.example"], "https://a.example"),
        (["https://a.example", "https://a.example"], "https://a.example"),
        (["null"], "null"),
        (["https://a.example", "https://b.example"], None),
        (["https://a.example", SUBDOMAINS], None),
        (["*"], None),
        ([SUBDOMAINS], None),
        ([], None),
    ],
)
def test_only_literal(rules: list[OriginRule], literal: str | None) -> None:
    assert Origins(rules).only_literal == literal


def test_rules_are_found_by_host() -> None:
    literals = ["https://a.example:81", "http://a.example", "http://[::1]", "http://[::1]:81"]
    others: list[OriginRule] = [
        "null",
        "file://",
        "*",
        SUBDOMAINS,
        ANY_EXTENSION,
        REGEX,
        calls(raises),
    ]
    origins = Origins([*literals, *others])
    assert {host: [*origins.with_host(host)] for host in origins.hosts()} == {
        "*": [ANY_EXTENSION],
        "a.example": literals[:2],
        "[::1]": literals[2:],
        SUBDOMAINS.host: [SUBDOMAINS],
    }
    assert origins.with_host("b.example") == ()


def test_without_rules_no_origin_is_allowed() -> None:
    for origins in (Origins(), Origins([])):
        assert not allows(origins, "https://a.example", None)
        assert not allows(origins, "null", None)


@pytest.mark.parametrize(
    ("rules", "asks"), [([calls(raises), "https://a.example"], True), ([REGEX, "null"], False)]
)
def test_asks_is_true_with_callables(rules: list[OriginRule], asks: bool) -> None:
    assert Origins(rules).asks is asks


def test_origins_with_the_same_rules_are_equal() -> None:
    rules: list[OriginRule] = [
        "https://a.example",
        SUBDOMAINS,
        ANY_LOCAL_PORT,
        REGEX,
        calls(raises),
    ]
    assert Origins(rules) == Origins(rules)
    assert hash(Origins(rules)) == hash(Origins(rules))
    assert Origins(rules) != Origins(rules[1:])
    assert Origins() == Origins([])


def test_origins_are_shown_with_their_rules() -> None:
    text = repr(Origins(["https://a.example", SUBDOMAINS]))
    assert "'https://a.example'" in text
    assert "_Label" not in text


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (SUBDOMAINS, "https://*.example.com"),
        (ANY_LOCAL_PORT, "http://localhost:*"),
        (BOTH, "https://*.example.com:*"),
        (ANY_EXTENSION, "moz-extension://*"),
        (ANY_EXTENSION._replace(port=ANY_PORT), "moz-extension://*:*"),
        (OriginPattern("http", "a.example", 81, True), "http://*.a.example:81"),
    ],
)
def test_patterns_are_shown_as_they_are_written(pattern: OriginPattern, text: str) -> None:
    assert str(pattern) == text


class Unhashable:
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("not to be compared")

    def __call__(self, origin: str) -> bool:
        return True

    def method(self, origin: str) -> bool:
        return True


def test_callables_are_compared_by_their_function() -> None:
    one, other = Unhashable(), Unhashable()
    assert calls(one) == calls(one)
    assert calls(one) != calls(other)
    assert calls(one.method) == calls(one.method)
    assert calls(one) != "https://a.example"
    assert hash(calls(one)) == hash(calls(one))
    assert hash(calls(one)) != hash(calls(other))
    assert len(Origins([calls(one), calls(one), calls(other)]).rules) == 2


def test_callables_are_shown_with_their_names() -> None:
    assert str(calls(raises)) == "raises()"
    assert "partial" in str(calls(functools.partial(raises)))


SCHEMES = st.sampled_from(["http", "https"])
HOSTS = st.lists(st.sampled_from(["a", "b", "com", "x-a"]), min_size=1, max_size=4).map(".".join)
PORTS = st.sampled_from([None, 81, 3000])
LITERALS = st.builds("{}://{}".format, SCHEMES, HOSTS)
PATTERNS = st.builds(OriginPattern, SCHEMES, HOSTS, PORTS, st.just(True)) | st.builds(
    OriginPattern, SCHEMES, HOSTS, st.just(ANY_PORT), st.booleans()
)


def naively_matches(rule: OriginRule, origin: str) -> bool:
    if isinstance(rule, str):
        return rule == origin
    assert isinstance(rule, OriginPattern)
    scheme, rest = origin.split("://")
    host, _, port = rest.partition(":")
    host_fits = host.endswith("." + rule.host) if rule.subdomains else host == rule.host
    port_fits = rule.port == ANY_PORT or port == str(rule.port or "")
    return scheme == rule.scheme and host_fits and port_fits


@settings(deadline=None)
@given(
    st.lists(LITERALS | PATTERNS, max_size=6),
    st.builds("{}://{}{}".format, SCHEMES, HOSTS, st.sampled_from(["", ":81", ":3000", ":9"])),
)
def test_an_origin_is_allowed_if_any_rule_matches(rules: list[OriginRule], origin: str) -> None:
    expected = any(naively_matches(rule, origin) for rule in rules)
    assert allows(Origins(rules), origin, None) is expected
