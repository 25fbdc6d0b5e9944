from __future__ import annotations

import ipaddress
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_crossorigin.fetch.grammar import (
    DEFAULT_PORTS,
    FORBIDDEN_METHODS,
    MAX_ORIGIN_LENGTH,
    SAFELISTED_METHODS,
    Origin,
    has_valid_punycode,
    is_token,
    parse_origin,
    parse_token_list,
    serialize_ipv6,
)

TOKEN_CHARACTERS = set(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")
LABEL_CHARACTERS = set(string.ascii_lowercase + string.digits + "_-")


def test_the_lists_match_the_standards() -> None:
    assert {"GET", "HEAD", "POST"} == SAFELISTED_METHODS
    assert {"CONNECT", "TRACE", "TRACK"} == FORBIDDEN_METHODS
    assert DEFAULT_PORTS == {"ftp": 21, "http": 80, "https": 443, "ws": 80, "wss": 443}


@pytest.mark.parametrize("code", range(0x180))
def test_token_characters(code: int) -> None:
    character = chr(code)
    assert is_token(character) is (character in TOKEN_CHARACTERS)


@pytest.mark.parametrize("value", ["", " ", "X Y", "X\n", "X-A:", "X,Y", "é"])
def test_invalid_tokens(value: str) -> None:
    assert not is_token(value)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("", []),
        (" , ,", []),
        ("X-One", ["X-One"]),
        ("b,A", ["b", "A"]),
        (" x \t, y,,z ", ["x", "y", "z"]),
        ("x, x", ["x", "x"]),
        ("x y", None),
        ("x, y\x0b", None),
        ("x;y", None),
        ("x\n", None),
    ],
)
def test_token_list(value: str, names: list[str] | None) -> None:
    assert parse_token_list(value) == names


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("https://app.example.com", ("https", "app.example.com", None)),
        ("http://localhost:3000", ("http", "localhost", 3000)),
        ("https://a.example:80", ("https", "a.example", 80)),
        ("http://a.example:1", ("http", "a.example", 1)),
        ("ftp://a.example:22", ("ftp", "a.example", 22)),
        ("http://a.example:65535", ("http", "a.example", 65535)),
        ("http://web_app:3000", ("http", "web_app", 3000)),
        ("http://-a-.-b-", ("http", "-a-.-b-", None)),
        ("http://127.0.0.1", ("http", "127.0.0.1", None)),
        ("http://255.249.199.9", ("http", "255.249.199.9", None)),
        ("http://[::1]:8000", ("http", "[::1]", 8000)),
        ("http://[::ffff:102:304]", ("http", "[::ffff:102:304]", None)),
        ("chrome-extension://abcdef", ("chrome-extension", "abcdef", None)),
        ("a1+.-://b", ("a1+.-", "b", None)),
        ("https://xn--mnchen-3ya.example", ("https", "xn--mnchen-3ya.example", None)),
        ("https://1a.example", ("https", "1a.example", None)),
        ("https://0xg", ("https", "0xg", None)),
        ("https://a.example.", ("https", "a.example.", None)),
        ("http://localhost.:3000", ("http", "localhost.", 3000)),
        ("safari-web-extension://E1B2-C3", ("safari-web-extension", "E1B2-C3", None)),
        ("app://Host.Name.:81", ("app", "Host.Name.", 81)),
        ("app://.", ("app", ".", None)),
        ("app://1.2.3", ("app", "1.2.3", None)),
        ("app://xn--", ("app", "xn--", None)),
    ],
)
def test_origins(value: str, origin: tuple[str, str, int | None]) -> None:
    parsed = parse_origin(value)
    assert parsed == Origin(*origin)
    assert str(parsed) == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "*",
        "null",
        "NULL",
        "app.example.com",
        "//app.example.com",
        "https:/app.example.com",
        "https://",
        "https://A.example",
        "HTTPS://a.example",
        "1http://a.example",
        "+http://a.example",
        "https://a.example/",
        "https://a.example/app",
        "https://a.example?x",
        "https://a.example#x",
        "https://user@a.example",
        " https://a.example",
        "https://a.example ",
        "https://a.example\n",
        "https://a.example\x00",
        "https://a.example, https://b.example",
        "https://*.example.com",
        "https://.a.example",
        "https://.",
        "https://a.example..",
        "https://a..example",
        "wss://A.example",
        "ftp://A.example",
        "http://1.2.3.4.",
        "http://123.",
        "App://host",
        "app://",
        "app://..",
        "app://.a",
        "app://a..",
        "app://a b",
        "app://[::01]",
        "file://",
        "file://host",
        "https://münchen.example",
        "https://a.example:",
        "https://a.example:0",
        "https://a.example:00",
        "https://a.example:080",
        "https://a.example:65536",
        "https://a.example:100000",
        "https://a.example:-1",
        "https://a.example:٣",
        "https://a.example:443",
        "http://a.example:80",
        "ws://a.example:80",
        "wss://a.example:443",
        "ftp://a.example:21",
        "http://1.2.3",
        "http://1.2.3.4.5",
        "http://256.1.1.1",
        "http://01.2.3.4",
        "http://1.2.3.4e.5",
        "http://0x7f.0.0.1.0x1",
        "http://0x",
        "http://123",
        "http://[::1",
        "http://::1",
        "http://[]",
        "http://[::01]",
        "http://[0:0:0:0:0:0:0:1]",
        "http://[::FFFF:1:2]",
        "http://[::ffff:1.2.3.4]",
        "http://[fe80::1%eth0]",
        "http://[:::1]",
        "http://[::1].example",
    ],
)
def test_invalid_origins(value: str) -> None:
    assert parse_origin(value) is None


def test_the_longest_origin() -> None:
    longest = f"https://{'a' * (MAX_ORIGIN_LENGTH - len('https://:8443'))}:8443"
    assert len(longest) == 326
    assert parse_origin(longest) is not None
    assert parse_origin(longest.replace("://", "://a")) is None


@pytest.mark.parametrize(
    ("written", "serialized"),
    [
        ("[::]", "[::]"),
        ("[0::0]", "[::]"),
        ("[1::]", "[1::]"),
        ("[1:0:0:0:0:0:0:0]", "[1::]"),
        ("[1:0:0:2:0:0:0:3]", "[1:0:0:2::3]"),
        ("[1:0:0:2:3:0:0:4]", "[1::2:3:0:0:4]"),
        ("[1:0:2:3:4:5:6:7]", "[1:0:2:3:4:5:6:7]"),
        ("[2001:DB8::00AB]", "[2001:db8::ab]"),
        ("[::ffff:1.2.3.4]", "[::ffff:102:304]"),
        ("[fe80::1%1]", None),
        ("[1.2.3.4]", None),
        ("[::ffff:1.2.3.04]", None),
        ("[g::]", None),
        ("[1:2:3:4:5:6:7:8:9]", None),
    ],
)
def test_ipv6(written: str, serialized: str | None) -> None:
    assert serialize_ipv6(written) == serialized


def naive_host(host: str, *, is_special: bool) -> bool:
    if host.startswith("[") and host.endswith("]"):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            return False
        return host == host.lower() and set(host[1:-1]) <= set("0123456789abcdef:")
    if not is_special:
        host = host.lower()
    labels = host.removesuffix(".").split(".")
    if not all(label and set(label) <= LABEL_CHARACTERS for label in labels):
        return host == "." and not is_special
    if labels[-1].isdigit() and is_special:
        try:
            return str(ipaddress.IPv4Address(host)) == host
        except ValueError:
            return False
    return True


def naive_origin(value: str) -> bool:
    scheme, separator, rest = value.partition("://")
    if not separator or not scheme or scheme[0] not in string.ascii_lowercase:
        return False
    if set(scheme) - set(string.ascii_lowercase + string.digits + "+.-"):
        return False
    host, port = rest, None
    if not rest.endswith("]"):
        host, colon, port_text = rest.rpartition(":")
        host, port = (host, port_text) if colon else (rest, None)
    if port is not None and (
        not port.isascii()
        or not port.isdigit()
        or str(int(port)) != port
        or not 1 <= int(port) <= 65535
        or DEFAULT_PORTS.get(scheme) == int(port)
    ):
        return False
    is_special = scheme in {"http", "https", "ws", "wss", "ftp"}
    return len(value) <= MAX_ORIGIN_LENGTH and naive_host(host, is_special=is_special)


LABELS = st.text(sorted(LABEL_CHARACTERS), min_size=1, max_size=5)
HOSTS = (
    st.lists(LABELS, min_size=1, max_size=4).map(".".join)
    | st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).map(lambda address: f"[{address}]")
)
NEARLY_ORIGINS = st.builds(
    lambda scheme, host, port: f"{scheme}://{host}{port}",
    st.sampled_from(["http", "https", "app", "a+1", "Http", "1a", ""]),
    HOSTS | HOSTS.map("{}.".format) | st.text("aA0.:[]-_ü", max_size=8),
    st.just("") | st.integers(-1, 70000).map(lambda port: f":{port}"),
)


@settings(deadline=None)
@given(NEARLY_ORIGINS | st.text(max_size=20) | NEARLY_ORIGINS.map(lambda text: text + "\n"))
def test_origin_round_trip(value: str) -> None:
    parsed = parse_origin(value)
    if parsed is not None:
        assert str(parsed) == value
        assert naive_origin(value)


@settings(deadline=None)
@given(st.ip_addresses(v=6))
def test_ipv6_serialization_is_stable_and_keeps_the_address(address: ipaddress.IPv6Address) -> None:
    serialized = serialize_ipv6(f"[{address.exploded}]")
    assert serialized is not None
    assert ipaddress.IPv6Address(serialized[1:-1]) == address
    assert serialize_ipv6(serialized) == serialized
    assert parse_origin(f"http://{serialized}") == ("http", serialized, None)


@pytest.mark.parametrize(
    ("host", "valid"),
    [
        ("a.example", True),
        ("xn--mnchen-3ya.example", True),
        ("shop.xn--p1ai", True),
        ("xn--ls8h.example", True),
        # Emoji with joiners between them.
        ("xn--1uga80807abag.example", True),
        ("axn--.example", True),
        ("xn--.example", False),
        ("xn--a.example", False),
        ("xn--abc-.example", False),
        ("xn--mnchen-3y.example", False),
        # "M\u00fcnchen", which browsers convert to lower case first.
        ("xn--Mnchen-3ya.example", False),
        # "u" and a combining mark, which browsers compose first.
        ("xn--munchen-gie.example", False),
    ],
)
def test_punycode(host: str, valid: bool) -> None:
    assert has_valid_punycode(host) is valid
    if host == host.lower():
        assert (parse_origin(f"https://{host}") is not None) is valid
