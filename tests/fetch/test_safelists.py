"""Safelists, forbidden names, and the rules for their values."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_crossorigin.fetch.safelists import (
    FORBIDDEN_RESPONSE_HEADERS,
    NO_CORS_REQUEST_HEADERS,
    NON_WILDCARD_REQUEST_HEADERS,
    SAFELISTED_RESPONSE_HEADERS,
    is_forbidden_method,
    is_forbidden_request_header,
    is_safelisted_range,
    is_safelisted_request_header,
    mime_essence,
    normalize_method,
    split_list,
    unsafe_request_header_names,
)

# Copied from the Fetch standard.
FORBIDDEN = """
    `Accept-Charset` `Accept-Encoding` `Access-Control-Request-Headers`
    `Access-Control-Request-Method` `Connection` `Content-Length` `Cookie` `Cookie2` `Date` `DNT`
    `Expect` `Host` `Keep-Alive` `Origin` `Referer` `Set-Cookie` `TE` `Trailer`
    `Transfer-Encoding` `Upgrade` `Via`
"""
UNSAFE = '"():<>?@[\\]{}\x7f' + "".join(chr(code) for code in range(32) if chr(code) != "\t")


@pytest.mark.parametrize("name", ["Accept", "content-type"])
@pytest.mark.parametrize("byte", [chr(code) for code in range(256)])
def test_unsafe_bytes(name: str, byte: str) -> None:
    assert is_safelisted_request_header(name, f"text/plain;a={byte}") is (byte not in UNSAFE)


@pytest.mark.parametrize("name", ["accept-language", "Content-Language"])
@pytest.mark.parametrize("byte", [chr(code) for code in range(256)])
def test_language_bytes(name: str, byte: str) -> None:
    allowed = string.ascii_letters + string.digits + " *,-.;="
    assert is_safelisted_request_header(name, f"de{byte}") is (byte in allowed)


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("text/plain", True),
        ("TEXT/Plain ; charset=utf-8", True),
        ("multipart/form-data; boundary=x", True),
        ("application/x-www-form-urlencoded", True),
        ("text/plain;", True),
        ("\ttext/plain", True),
        ("text/plain; a", True),
        ("text/plain, text/plain", False),
        ("text/html", False),
        ("application/json", False),
        ("text/plainx", False),
        ("text /plain", False),
        ("text/ plain", False),
        ("text", False),
        ("/plain", False),
        ("text/", False),
        ("", False),
        ("text/plain;a=" + "x" * 115, True),
        ("text/plain;a=" + "x" * 116, False),
    ],
)
def test_content_types(value: str, safe: bool) -> None:
    assert is_safelisted_request_header("Content-Type", value) is safe


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("bytes=0-", True),
        ("bytes=0-0", True),
        ("bytes=5-4", False),
        ("bytes=4-5", True),
        ("bytes=09-10", True),
        ("bytes=10-9", False),
        ("bytes=-5", False),
        ("bytes=-", False),
        ("bytes=5", False),
        ("Bytes=0-", False),
        ("bytes = 0-", False),
        ("bytes=0 -", False),
        ("bytes=0- ", False),
        ("bytes=0-1,2-3", False),
        ("bytes=0-1\n", False),
        ("bytes=\u0661-", False),
        ("bytes=+1-", False),
        ("", False),
        (f"bytes={2**63 - 1}-", True),
        (f"bytes={2**63}-", False),
        (f"bytes=0-{2**63}", False),
        (f"bytes={'0' * 50}1-2", True),
        (f"bytes={'0' * 50}3-2", False),
        (f"bytes=1{'0' * 60}-", False),
        # More digits than int() accepts.
        (f"bytes=1{'0' * 5000}-", False),
    ],
)
def test_ranges(value: str, safe: bool) -> None:
    assert is_safelisted_range(value) is safe
    assert is_safelisted_request_header("Range", value) is safe


@pytest.mark.parametrize("name", ["accept", "accept-language", "content-language"])
def test_long_values(name: str) -> None:
    assert is_safelisted_request_header(name, "a" * 128)
    assert not is_safelisted_request_header(name, "a" * 129)


@pytest.mark.parametrize("name", ["x-a", "authorization", "dpr", "accept-encoding", "accept2"])
def test_other_names(name: str) -> None:
    assert not is_safelisted_request_header(name, "a")


def test_forbidden_names() -> None:
    names = FORBIDDEN.replace("`", "").split()
    assert len(names) == 21
    for name in names:
        for written in (name, name.lower(), name.upper()):
            assert is_forbidden_request_header(written, "")
        assert not is_forbidden_request_header(f"{name}-", "")


@pytest.mark.parametrize("name", ["X-HTTP-Method", "x-http-method-override", "X-METHOD-OVERRIDE"])
@pytest.mark.parametrize(
    ("value", "forbidden"),
    [
        ("TRACE", True),
        ("track", True),
        ("Connect", True),
        ("PUT,\tTRACE ", True),
        ("PUT", False),
        ('"TRACE"', False),
        ("", False),
    ],
)
def test_an_override_header_with_a_forbidden_method_is_forbidden(
    name: str, value: str, forbidden: bool
) -> None:
    assert is_forbidden_request_header(name, value) is forbidden


def test_lists_of_names() -> None:
    assert sorted(NO_CORS_REQUEST_HEADERS) == [
        "accept",
        "accept-language",
        "content-language",
        "content-type",
    ]
    assert sorted(NON_WILDCARD_REQUEST_HEADERS) == ["authorization"]
    assert sorted(FORBIDDEN_RESPONSE_HEADERS) == ["set-cookie", "set-cookie2"]
    assert sorted(SAFELISTED_RESPONSE_HEADERS) == [
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    ]


@pytest.mark.parametrize("method", ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"])
def test_six_methods_are_upper_cased(method: str) -> None:
    for written in (method, method.lower(), method.title()):
        assert normalize_method(written) == method


@pytest.mark.parametrize("method", ["patch", "Patch", "PATCH", "purge", "PUTT"])
def test_other_methods_are_unchanged(method: str) -> None:
    assert normalize_method(method) == method


@pytest.mark.parametrize(
    ("method", "forbidden"),
    [("CONNECT", True), ("trace", True), ("Track", True), ("PUT", False), ("TRACER", False)],
)
def test_forbidden_methods(method: str, forbidden: bool) -> None:
    assert is_forbidden_method(method) is forbidden


@pytest.mark.parametrize(
    ("value", "elements"),
    [
        ('a , "b, c",d', ["a", '"b, c"', "d"]),
        (r'"a\",b",c', [r'"a\",b"', "c"]),
        ('a"b,c"d,e', ['a"b,c"d', "e"]),
        ('"a, b', ['"a, b']),
        ('a,"b\\', ["a", '"b\\']),
        ('"a\\\n,b",c', ['"a\\\n,b"', "c"]),
        ("a,,\tb\t", ["a", "b"]),
        ("Xa X,\xa0b\x0c", ["Xa X", "\xa0b\x0c"]),
        ("", []),
    ],
)
def test_a_list_is_split_at_commas_outside_quotes(value: str, elements: list[str]) -> None:
    assert split_list(value) == elements


@pytest.mark.parametrize(
    ("sizes", "names"),
    [
        ([128] * 8, []),
        ([128] * 8 + [1], ["accept", "accept-language"]),
        ([129], ["accept"]),
        ([1], []),
    ],
)
def test_safelisted_values_have_a_total_limit(sizes: list[int], names: list[str]) -> None:
    lines = [
        ("Accept-Language" if index % 2 else "ACCEPT", "a" * size)
        for index, size in enumerate(sizes)
    ]
    assert unsafe_request_header_names(lines) == names
    assert unsafe_request_header_names([("X-B", "a" * 1025), *lines, ("x-A", "")]) == sorted(
        [*names, "x-a", "x-b"]
    )


@pytest.mark.parametrize(
    ("name", "forbidden"),
    [("sec", False), ("Sec-", True), ("proxy", False), ("PROXY-a", True), ("user-agent", False)],
)
def test_forbidden_prefixes(name: str, forbidden: bool) -> None:
    assert is_forbidden_request_header(name, "a") is forbidden


def test_other_headers_may_have_a_forbidden_method_as_value() -> None:
    assert not is_forbidden_request_header("X-Other", "TRACE")


@pytest.mark.parametrize(
    ("value", "essence"),
    [
        ("a/b", "a/b"),
        (" A/B;c ", "a/b"),
        ("a/b c", None),
        ("a/b/c", None),
        ("a/Q", "a/q"),
        ("a/b \t;", "a/b"),
        ("\r\na/b\r\n;", "a/b"),
        ("a/b;c=d/e", "a/b"),
        ("Xa/bX;c", "xa/bx"),
        ("\xa0a/b", None),
        ("\x0ca/b", None),
        ("a/b\xa0;c", None),
    ],
)
def test_mime_essence(value: str, essence: str | None) -> None:
    assert mime_essence(value) == essence


LATIN = st.text(alphabet=st.characters(max_codepoint=255))


@given(LATIN, LATIN)
def test_parsers_accept_any_value(name: str, value: str) -> None:
    is_forbidden_request_header(name, value)
    is_safelisted_request_header(name, value)
    essence = mime_essence(value)
    assert essence is None or essence.count("/") == 1
    assert value.count(",") >= len(split_list(value)) - 1


@given(st.integers(0, 2**64), st.integers(0, 2**64))
def test_a_safelisted_range_is_ascending_and_bounded(first: int, last: int) -> None:
    assert is_safelisted_range(f"bytes={first}-{last}") is (first <= last < 2**63)


@given(st.lists(st.text(alphabet=string.ascii_letters + ' "\\', max_size=5)))
def test_a_list_without_quotes_is_split_at_each_comma(elements: list[str]) -> None:
    plain = [element.replace('"', "").strip() for element in elements]
    assert split_list(",".join(plain)) == [element for element in plain if element]


@given(st.lists(st.tuples(st.sampled_from(["Accept", "X-B", "x-a", "RANGE"]), LATIN)))
def test_unsafe_names_are_lower_case_unique_and_sorted(headers: list[tuple[str, str]]) -> None:
    names = unsafe_request_header_names(headers)
    assert names == sorted({name.lower() for name in names})
    assert {name.lower() for name, _ in headers if name.lower().startswith("x")} <= set(names)
