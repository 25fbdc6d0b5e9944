from __future__ import annotations

import functools
import re
import warnings
from typing import Any

import pytest
from core.matching import allows
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_crossorigin.core.automaton import Automaton
from flask_crossorigin.core.origins import (
    ANY_PORT,
    OriginCallable,
    OriginPattern,
    Origins,
)
from flask_crossorigin.fetch.grammar import OPAQUE_ORIGINS, parse_origin
from flask_crossorigin.options.errors import Mistake
from flask_crossorigin.options.origins import read_origin


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("*", "*"),
        ("null", "null"),
        ("https://app.example.com", "https://app.example.com"),
        ("HTTPS://App.Example.COM", "https://app.example.com"),
        ("https://app.example.com/", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://app.example.com:80/", "http://app.example.com"),
        ("http://app.example.com:443", "http://app.example.com:443"),
        ("https://app.example.com:8443", "https://app.example.com:8443"),
        ("http://localhost:65535", "http://localhost:65535"),
        ("http://localhost:1", "http://localhost:1"),
        ("https://X.example", "https://x.example"),
        ("http://web_app:3000", "http://web_app:3000"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://[0:0:0:0:0:FFFF:1.2.3.4]", "http://[::ffff:102:304]"),
        ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
        ("chrome-extension://abcdefgh", "chrome-extension://abcdefgh"),
        ("hp://printer", "hp://printer"),
        ("https://App.example.com.", "https://app.example.com."),
        ("https://app.example.com.:443/", "https://app.example.com."),
        ("Safari-Web-Extension://E1B2-C3/", "safari-web-extension://E1B2-C3"),
        ("web+app://Host", "web+app://Host"),
        ("Web+App://Host/", "web+app://Host"),
        ("app://.", "app://."),
        ("app://1.2.3", "app://1.2.3"),
        ("app://[::FFFF]", "app://[::ffff]"),
        ("file://", "file://"),
        ("none", "none"),
        (f"https://{'a' * 318}", f"https://{'a' * 318}"),
    ],
)
def test_literal_origins_are_normalized(written: str, origin: str) -> None:
    rule = read_origin(written)
    assert rule == origin
    assert type(rule) is str


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("https://*.example.com", ("https", "example.com", None, True)),
        ("HTTPS://*.Example.com/", ("https", "example.com", None, True)),
        ("https://*.example.com:443", ("https", "example.com", None, True)),
        ("https://*.example.com:8443", ("https", "example.com", 8443, True)),
        ("https://*.example.com:*", ("https", "example.com", ANY_PORT, True)),
        ("http://*.localhost:3000", ("http", "localhost", 3000, True)),
        ("http://*.localhost", ("http", "localhost", None, True)),
        ("https://*.Example.com.", ("https", "example.com.", None, True)),
        ("app://*.Example.com", ("app", "Example.com", None, True)),
        ("moz-extension://*", ("moz-extension", "*", None, False)),
        ("Moz-Extension://*/", ("moz-extension", "*", None, False)),
        ("app://*:*", ("app", "*", ANY_PORT, False)),
        ("web+app://*", ("web+app", "*", None, False)),
        ("app://*:81", ("app", "*", 81, False)),
        ("http://localhost:*", ("http", "localhost", ANY_PORT, False)),
        ("http://127.0.0.1:*", ("http", "127.0.0.1", ANY_PORT, False)),
        ("http://[::1]:*", ("http", "[::1]", ANY_PORT, False)),
    ],
)
def test_patterns(written: str, pattern: tuple[str, str, int | None, bool]) -> None:
    assert read_origin(written) == OriginPattern(*pattern)


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        (r"https://.*\.example\.com", "https://a.b.example.com"),
        (r"https://[a-z]+\.example\.com", "https://abc.example.com"),
        (r"https?://app\.example\.com", "http://app.example.com"),
        (r"https://colou?r\.example", "https://colour.example"),
        (r"^https://a\.example$", "https://a.example"),
        (r"https://a\.example|https://b\.example", "https://b.example"),
        (r"https://a\.example|", "https://a.example"),
        (r"null|https://a\.example", "null"),
        (r"https://(?#a|b)a\.example|https://[|)]?b\.example", "https://b.example"),
        (r"(?i)https://A\.example|HTTPS://B\.example", "https://b.example"),
        (r"https://((?P<x>a|b\|?)(?:\.(?i:C|d))?\.)example", "https://a.d.example"),
        (r"https://a+", "https://aaa"),
        (r"https://a{2}", "https://aa"),
        (r"(?i)https://A\.example", "https://a.example"),
        (r"(?i:HTTPS)://a\.example", "https://a.example"),
        (r"https://[a.]+", "https://a.a"),
        (r"http://(localhost|\[::1\]):[0-9]+", "http://[::1]:3000"),
    ],
)
def test_strings_that_are_regexes(written: str, origin: str) -> None:
    rule = read_origin(written)
    assert isinstance(rule, Automaton)
    assert allows(Origins([rule]), origin, None)


@pytest.mark.parametrize(
    "pattern",
    [
        re.compile(r"https://.*\.example\.com"),
        re.compile(".*"),
        re.compile(r"https://app.example\.com"),
        re.compile(r"https://([a-z]+\.)+example\.com"),
        re.compile(r"https://  a  # verbose", re.VERBOSE),
        re.compile("HTTPS://A", re.IGNORECASE),
    ],
)
def test_compiled_regexes_are_unchanged(pattern: re.Pattern[str]) -> None:
    assert read_origin(pattern) is pattern


class Allows:
    def __call__(self, origin: str) -> bool:
        return True


class AllowsLater:
    async def __call__(self, origin: str, request: object) -> bool:
        return True

    def method(self, origin: str) -> bool:
        return True


class Odd:
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("not to be compared")

    def __call__(self, origin: str) -> bool:
        return True


class Unsigned(Allows):
    __signature__ = 5


async def later(origin: str) -> bool:
    return True


def optional_request(origin: str, request: object = None) -> bool:
    return True


@pytest.mark.parametrize(
    ("function", "takes_request"),
    [
        (lambda origin: True, False),
        (lambda origin, request: True, True),
        (lambda origin, other=None: True, False),
        (lambda *arguments: True, False),
        (optional_request, True),
        (later, False),
        (Allows(), False),
        (AllowsLater(), True),
        (AllowsLater().method, False),
        (functools.partial(optional_request, request=1), False),
        (functools.partial(later), False),
        ({"https://a.example"}.__contains__, False),
        (Odd(), False),
        (Unsigned(), False),
    ],
)
def test_callables(function: Any, takes_request: bool) -> None:
    rule = read_origin(function)
    assert isinstance(rule, OriginCallable)
    assert rule.takes_request is takes_request
    # The next test is about objects with an async __call__.
    assert rule.function is function or isinstance(function, AllowsLater)


def test_an_object_with_an_async_call() -> None:
    function = AllowsLater()
    assert read_origin(function) == OriginCallable(function.__call__, takes_request=True)


@settings(deadline=None)
@given(st.text("htps:/.*a1-[]:@?#|+ \\xü", max_size=25) | st.text(max_size=8))
def test_every_string_is_read_or_explained(text: str) -> None:
    try:
        rule = read_origin(text)
    except Mistake as mistake:
        hint = mistake.problem("origins", text).hint
        assert hint, text
    else:
        if isinstance(rule, str) and rule not in ("*", "none", *OPAQUE_ORIGINS):
            assert str(parse_origin(rule)) == rule


def test_a_regex_with_a_python_warning_is_a_mistake_only_in_a_string() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pattern = re.compile(r"https://[[a]\.example")
    assert read_origin(pattern) is pattern
    with pytest.raises(Mistake, match="nested set"):
        read_origin(pattern.pattern)


@pytest.mark.parametrize(
    "text",
    [r"https://[0-9_-]+\.example", r"a1\+b://[a-z]+", r"http://\[fe80::[0-9a-f]+\]"],
)
def test_regexes_that_match_parts_of_unusual_origins(text: str) -> None:
    assert isinstance(read_origin(text), Automaton)
