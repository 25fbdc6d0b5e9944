"""The syntax of Set-Cookie and its dates."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_crossorigin.testing.set_cookie import SetCookie, parse_date, parse_set_cookie


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("a=b", "a", "b"),
        (" a = b ;", "a", "b"),
        ("\ta\t=\tb\t", "a", "b"),
        ("a=", "a", ""),
        ("a", "", "a"),
        ("=a", "", "a"),
        ("=a=b", "", "a=b"),
        ("a=b=c", "a", "b=c"),
        ('a="b c"', "a", '"b c"'),
        ("a=b\tc", "a", "b\tc"),
        ("a=\u00e9", "a", "\u00e9"),
        ("a=b, c=d", "a", "b, c=d"),
        # This is not whitespace in a cookie.
        ("\xa0a=b\xa0", "\xa0a", "b\xa0"),
        ("a=" + "b" * 4095, "a", "b" * 4095),
    ],
)
def test_name_and_value(line: str, name: str, value: str) -> None:
    assert parse_set_cookie(line) == SetCookie(name, value)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "=",
        " = ;",
        ";Secure",
        "a=b\x00",
        "a=\x01b",
        "a=b; Path=/\x1f",
        "\x7f",
        "a=" + "b" * 4096,
    ],
)
def test_ignored_headers(line: str) -> None:
    assert parse_set_cookie(line) is None


@pytest.mark.parametrize(
    ("attributes", "fields"),
    [
        ("Secure", {"secure": True}),
        ("secure=no", {"secure": True}),
        (" SECURE ;  httponly = x", {"secure": True, "http_only": True}),
        ("Domain=Example.COM", {"domain": "example.com"}),
        ("Domain=.example.com", {"domain": "example.com"}),
        ("Domain=a.test; domain=b.test", {"domain": "b.test"}),
        ("Domain=a.test; domain=", {}),
        ("Path=/a", {"path": "/a"}),
        ("Path= /a ", {"path": "/a"}),
        ("Path=a", {}),
        ("Path=/a; Path=b", {}),
        ("Path", {}),
        ("Path=/" + "a" * 1023, {"path": "/" + "a" * 1023}),
        ("Path=/" + "a" * 1024, {}),
        ("SameSite=strict", {"same_site": "Strict"}),
        ("SameSite=LAX", {"same_site": "Lax"}),
        ("SameSite=None", {"same_site": "None"}),
        ("SameSite=None; SameSite=wrong", {}),
        ("SameSite", {}),
        ("Max-Age=10", {"max_age": 10}),
        ("Max-Age=-1", {"max_age": -1}),
        ("Max-Age=0", {"max_age": 0}),
        ("Max-Age=1; Max-Age=2", {"max_age": 2}),
        ("Max-Age=1; Max-Age=x", {"max_age": 1}),
        ("Max-Age=+1", {}),
        ("Max-Age=1.5", {}),
        ("Max-Age=-", {}),
        ("Max-Age=", {}),
        ("Max-Age=\u0661", {}),
        ("Max-Age=" + "9" * 1000, {"max_age": 10**12}),
        ("Max-Age=-" + "9" * 1000, {"max_age": -(10**12)}),
        ("Expires=Thu, 01 Jan 1970 00:00:10 GMT", {"expires": 10}),
        ("Expires=Thu, 01 Jan 1970 00:00:10 GMT; Expires=never", {"expires": 10}),
        ("Unknown=1; Priority=High", {}),
        ("partitioned", {"partitioned": True}),
        ("\xa0Secure; XSecure", {}),
        ("Path=/a\xa0", {"path": "/a\xa0"}),
    ],
)
def test_attributes(attributes: str, fields: dict[str, Any]) -> None:
    assert parse_set_cookie(f"a=b;{attributes}") == SetCookie("a", "b", **fields)


def test_defaults() -> None:
    cookie = parse_set_cookie("a=b")
    assert cookie == SetCookie("a", "b", "", "", False, False, "Default", False, None, None)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", (1994, 11, 6, 8, 49, 37)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", (1994, 11, 6, 8, 49, 37)),
        ("Sun Nov  6 08:49:37 1994", (1994, 11, 6, 8, 49, 37)),
        ("6 november 94 8:9:7x", (1994, 11, 6, 8, 9, 7)),
        ("8:49:37 6th Nov 1994", (1994, 11, 6, 8, 49, 37)),
        ("1 Jan 69 0:0:0", (2069, 1, 1, 0, 0, 0)),
        ("1 Jan 70 0:0:0", (1970, 1, 1, 0, 0, 0)),
        ("1 Jan 99 0:0:0", (1999, 1, 1, 0, 0, 0)),
        ("1 Jan 00 0:0:0", (2000, 1, 1, 0, 0, 0)),
        ("1 Jan 1601 0:0:0", (1601, 1, 1, 0, 0, 0)),
        ("29 Feb 2024 0:0:0", (2024, 2, 29, 0, 0, 0)),
        ("1 Jan 2024 2 Feb 2025 1:1:1 2:2:2", (2024, 1, 1, 1, 1, 1)),
    ],
)
def test_dates(text: str, date: tuple[int, int, int, int, int, int]) -> None:
    assert parse_date(text) == datetime(*date, tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "never",
        "1 Jan 2024",
        "1 2024 0:0:0",
        "Jan 2024 0:0:0",
        "1 Jan 0:0:0",
        "1 Jan 1600 0:0:0",
        "1 Jan 100 0:0:0",
        "0 Jan 2024 0:0:0",
        "32 Jan 2024 0:0:0",
        "29 Feb 2023 0:0:0",
        "1 Jan 2024 24:0:0",
        "1 Jan 2024 0:60:0",
        "1 Jan 2024 0:0:60",
        "1 Jan 20245 0:0:0",
        "1 Jan 2024 0:0:000",
        "1 Jan 2024 0:0",
        "1 Ja 2024 0:0:0",
    ],
)
def test_invalid_dates(text: str) -> None:
    assert parse_date(text) is None


@given(
    st.datetimes(
        min_value=datetime(1601, 1, 1),
        max_value=datetime(9999, 12, 31),
        timezones=st.just(timezone.utc),
    )
)
def test_every_http_date_is_parsed(date: datetime) -> None:
    date = date.replace(microsecond=0)
    assert parse_date(format_datetime(date, usegmt=True)) == date.timestamp()


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_any_line_is_parsed_without_an_error(line: str) -> None:
    cookie = parse_set_cookie(line)
    assert cookie is None or not {";", "\n"} & set(cookie.name + cookie.value)


OCTETS = st.text(alphabet=[chr(code) for code in range(0x21, 0x7F) if chr(code) not in ';="'])


@given(OCTETS.filter(bool), OCTETS, st.booleans())
def test_a_cookie_round_trips(name: str, value: str, secure: bool) -> None:
    line = f"{name}={value}" + ("; Secure" if secure else "")
    assert parse_set_cookie(line) == SetCookie(name, value, secure=secure)
