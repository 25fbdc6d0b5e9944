"""URLs, as browsers parse them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_crossorigin.testing.url import (
    URL,
    InvalidURLError,
    parse_host,
    parse_url,
)

BASE = parse_url("https://user:pw@example.com:8443/a/b/c?q#f")
ROOT = "https://user:pw@example.com:8443"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://example.com", "http://example.com/"),
        ("HTTP://EXAMPLE.com:80/", "http://example.com/"),
        ("https://example.com:443", "https://example.com/"),
        ("https://example.com:80", "https://example.com:80/"),
        ("http://example.com:", "http://example.com/"),
        ("http://example.com:00080", "http://example.com/"),
        ("http://example.com:0000080", "http://example.com/"),
        ("http://example.com:65535", "http://example.com:65535/"),
        ("http:example.com", "http://example.com/"),
        ("http:/example.com", "http://example.com/"),
        ("http:////example.com", "http://example.com/"),
        (r"http:\\example.com\a\..\b", "http://example.com/b"),
        ("http://example.com?q", "http://example.com/?q"),
        ("http://example.com#f", "http://example.com/#f"),
        ("http://example.com?", "http://example.com/?"),
        ("http://example.com/#", "http://example.com/#"),
        ("http://example.com/a?b\\c#d?e#g", "http://example.com/a?b\\c#d?e#g"),
        (" \x00http://example.com/ \x1f", "http://example.com/"),
        ("http://example.com/X", "http://example.com/X"),
        ("http://example.com/!", "http://example.com/!"),
        ("ht\ntp://exa\tmple.com/\r", "http://example.com/"),
        ("http://example.com//a//b", "http://example.com//a//b"),
        ("http://example.com//", "http://example.com//"),
        ("http://example.com/./a/../b/.", "http://example.com/b/"),
        ("http://example.com/a/..", "http://example.com/"),
        ("http://example.com/../..", "http://example.com/"),
        ("http://example.com/a/%2E%2e/%2e/b", "http://example.com/b"),
        ("http://example.com/a/.%2e/.%2E/b/%2e.", "http://example.com/"),
        ("http://example.com/a/%2E/b/%2e", "http://example.com/a/b/"),
        ("http://example.com/a/...", "http://example.com/a/..."),
        ("http://example.com/a//../b", "http://example.com/a/b"),
        ('http://example.com/ "#<>?`', "http://example.com/%20%22#%3C%3E?%60"),
        ("http://example.com/^{}'|[]%zz%", "http://example.com/%5E%7B%7D'|[]%zz%"),
        ("http://example.com/?^{}'|`\" <>", "http://example.com/?^{}%27|`%22%20%3C%3E"),
        ("http://example.com/#'^{}", "http://example.com/#'^{}"),
        ("http://example.com/\u00e9?\u00e9#\u00e9", "http://example.com/%C3%A9?%C3%A9#%C3%A9"),
        ("http://example.com/\x7f~", "http://example.com/%7F~"),
        ("http://example.com/\ud800", "http://example.com/%EF%BF%BD"),
        ("http://a:b@example.com", "http://a:b@example.com/"),
        ("http://a@b@example.com", "http://a%40b@example.com/"),
        ("http://a:b:c@example.com", "http://a:b%3Ac@example.com/"),
        ("http://:@example.com", "http://example.com/"),
        ("http://a/b@example.com", "http://a/b@example.com"),
        ("http://a?b@example.com", "http://a/?b@example.com"),
        ("http://X:X@example.com/X?X#X", "http://X:X@example.com/X?X#X"),
        ("HTTPS:d", "https://d/"),
    ],
)
def test_absolute(text: str, url: str) -> None:
    assert str(parse_url(text)) == url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", f"{ROOT}/a/b/c?q"),
        ("#g", f"{ROOT}/a/b/c?q#g"),
        ("?r", f"{ROOT}/a/b/c?r"),
        ("?", f"{ROOT}/a/b/c?"),
        ("d", f"{ROOT}/a/b/d"),
        ("X", f"{ROOT}/a/b/X"),
        (".", f"{ROOT}/a/b/"),
        ("..", f"{ROOT}/a/"),
        ("../../../d", f"{ROOT}/d"),
        ("/d?r#g", f"{ROOT}/d?r#g"),
        ("\\d", f"{ROOT}/d"),
        ("//x/d", "https://x/d"),
        ("\\/x/d", "https://x/d"),
        ("///x", "https://x/"),
        ("https:d", f"{ROOT}/a/b/d"),
        ("https:/d", f"{ROOT}/d"),
        ("HTTPS:", f"{ROOT}/a/b/c?q"),
        ("https://x", "https://x/"),
        ("http:d", "http://d/"),
        ("http:/d", "http://d/"),
        ("a:b", "a:b"),
        ("1:b", f"{ROOT}/a/b/1:b"),
        ("d//e", f"{ROOT}/a/b/d//e"),
    ],
)
def test_relative(text: str, url: str) -> None:
    assert str(parse_url(text, BASE)) == url


@pytest.mark.parametrize(
    "text",
    [
        "http://",
        "http://?q",
        "http://user@",
        "http://:80",
        "http://[",
        "http://[::1",
        "http://::1]",
        "http://[::1]x",
        "http://[::1%25eth0]",
        "http://[1.2.3.4]",
        "http://a b",
        "http://a<b",
        "http://a%00",
        "http://a%",
        "http://a%23",
        "http://a|b",
        "http://a^b",
        "http://%ff",
        "http://\ufffd",
        "http://1.2.3.4.5",
        "http://1.2.3.4.0",
        "http://1.2.3.256",
        "http://256.1.1.1",
        "http://1..2",
        "http://a.1",
        "http://08.1",
        "http://1.08",
        "http://0xg.1",
        "http://4294967296",
        "http://1.16777216",
        "http://a:65536",
        "http://a:999999999999999999",
        "http://a:-1",
        "http://a:8 0",
        "/relative",
        "",
        "//x",
    ],
)
def test_invalid_urls(text: str) -> None:
    with pytest.raises(InvalidURLError):
        parse_url(text)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("A.Example.COM", "a.example.com"),
        ("%61.com", "a.com"),
        ("a_b.com", "a_b.com"),
        ("a.com.", "a.com."),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("B\u00dcCHER.example", "xn--bcher-kva.example"),
        ("fa\u00df.de", "xn--fa-hia.de"),
        ("\uff41\u3002com", "a.com"),
        ("b%C3%BCcher.example", "xn--bcher-kva.example"),
        ("1", "0.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("255.1", "255.0.0.1"),
        ("0" * 50 + "1", "0.0.0.1"),
        ("1.2.3", "1.2.0.3"),
        ("1.2.3.4.", "1.2.3.4"),
        ("0x7f.0.0.0x1", "127.0.0.1"),
        ("0X7F.1", "127.0.0.1"),
        ("017.0.0.010", "15.0.0.8"),
        ("0.0x", "0.0.0.0"),
        ("4294967295", "255.255.255.255"),
        ("1.16777215", "1.255.255.255"),
        ("\uff11.2.3.4", "1.2.3.4"),
        ("1.2.3.a", "1.2.3.a"),
        ("[0:0:0:0:0:0:0:1]", "[::1]"),
        ("[2001:DB8::1.2.3.4]", "[2001:db8::102:304]"),
        ("[ABCD::abcd]", "[abcd::abcd]"),
        ("[::1", None),
        ("[::1]]", None),
        ("%ff", None),
    ],
)
def test_hosts(text: str, host: str | None) -> None:
    assert parse_host(text) == host


def test_parts() -> None:
    assert (BASE.username, BASE.password, BASE.host, BASE.port) == (
        "user",
        "pw",
        "example.com",
        8443,
    )
    assert (BASE.path, BASE.query, BASE.fragment, BASE.target) == ("/a/b/c", "q", "f", "/a/b/c?q")
    assert str(BASE.origin) == "https://example.com:8443"
    assert str(BASE.without_fragment()) == f"{ROOT}/a/b/c?q"
    assert len({BASE, parse_url(str(BASE))}) == 1
    assert parse_url("a:b") == URL("a", "", "", "", None, "b", None, None)


def test_a_url_keeps_its_fragment() -> None:
    assert str(parse_url("//x/#g", BASE).with_fragment_of(BASE)) == "https://x/#g"
    assert str(parse_url("//x/", BASE).with_fragment_of(BASE)) == "https://x/#f"


URL_TEXT = st.text(alphabet="ab./\\?#@:%2e[]\u00e9 \t1", max_size=30)


@given(URL_TEXT)
def test_a_url_round_trips(text: str) -> None:
    try:
        url = parse_url("http://" + text, BASE)
    except InvalidURLError:
        return
    assert parse_url(str(url)) == url
    assert str(url).isascii()


@given(URL_TEXT, URL_TEXT)
def test_no_dot_segment_survives(text: str, path: str) -> None:
    try:
        url = parse_url(path, parse_url("http://h/" + text))
    except InvalidURLError:
        return
    assert url.is_http is (str(url).startswith(("http://", "https://")))
    segments = {segment.lower().replace("%2e", ".") for segment in url.path.split("/")}
    assert not url.is_http or not segments & {".", ".."}
