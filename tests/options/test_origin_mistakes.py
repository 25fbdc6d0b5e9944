"""Test that invalid origins are explained, and that the suggested fixes are valid."""

from __future__ import annotations

import functools
import re
import typing
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flask_crossorigin import ConfigError
from flask_crossorigin.core.policy import Policy
from flask_crossorigin.options.errors import Mistake
from flask_crossorigin.options.origins import read_origin


def generates(origin: str) -> Iterator[bool]:
    yield bool(origin)


async def generates_later(origin: str) -> AsyncIterator[bool]:
    yield bool(origin)


class Generates:
    def __call__(self, origin: str) -> Iterator[bool]:
        yield bool(origin)


def mistake_in(value: object) -> Mistake:
    with pytest.raises(Mistake) as caught:
        read_origin(value)
    return caught.value


# A value, the code of the mistake, and the suggested fix.
SUGGESTED: list[tuple[object, str, object]] = [
    ("app.example.com", "origin-no-scheme", "https://app.example.com"),
    ("app.example.com:8443/", "origin-no-scheme", "https://app.example.com:8443"),
    ("//app.example.com", "origin-no-scheme", "https://app.example.com"),
    ("localhost:3000", "origin-no-scheme", "http://localhost:3000"),
    ("127.0.0.1", "origin-no-scheme", "http://127.0.0.1:*"),
    ("localhost", "origin-no-scheme", "http://localhost:*"),
    ("LocalHost/", "origin-no-scheme", "http://localhost:*"),
    ("::1", "origin-no-scheme", "http://[::1]:*"),
    ("[::1]", "origin-regex-impossible", "http://[::1]:*"),
    ("[::1]:3000", "origin-regex-impossible", "http://[::1]:3000"),
    ("192.168.1.5:3000", "origin-no-scheme", "http://192.168.1.5:3000"),
    ("192.168.1.5", "origin-no-scheme", "http://192.168.1.5"),
    ("localhost:3000/*", "origin-no-scheme", "http://localhost:3000"),
    ("app.example.com/*", "origin-no-scheme", "https://app.example.com"),
    ("*.localhost:3000", "origin-no-scheme", "http://*.localhost:3000"),
    ("http:localhost", "origin-no-scheme", "http://localhost"),
    ("http:/app.example.com", "origin-no-scheme", "http://app.example.com"),
    ("https.example.com", "origin-no-scheme", "https://https.example.com"),
    ("htps://a.example", "origin-scheme-misspelled", "https://a.example"),
    ("htp://a.example:81", "origin-scheme-misspelled", "http://a.example:81"),
    ("1https://a.example", "origin-scheme-invalid", "https://a.example"),
    ("://a.example", "origin-no-scheme", "https://a.example"),
    ("wss://a.example", "origin-is-websocket", "https://a.example"),
    ("ws://localhost:3000", "origin-is-websocket", "http://localhost:3000"),
    ("https://a.example/app", "origin-has-path", "https://a.example"),
    ("https://a.example:8443//", "origin-has-path", "https://a.example:8443"),
    ("https://a.example/api/*", "origin-has-path", "https://a.example"),
    ("https://*.example.com/app", "origin-has-path", "https://*.example.com"),
    ("https://a.example?x=1", "origin-has-query", "https://a.example"),
    ("https://a.example#top", "origin-has-fragment", "https://a.example"),
    ("https://user@a.example", "origin-has-user", "https://a.example"),
    ("https://user:pw@a.example:81", "origin-has-user", "https://a.example:81"),
    (
        f"https://ß{'a' * 62}.example",
        "origin-host-not-ascii",
        f"https://xn--{'a' * 62}-94e.example",
    ),
    (
        f"https://ü.{'a.' * 122}example",
        "origin-host-not-ascii",
        f"https://xn--tda.{'a.' * 122}example",
    ),
    (" https://a.example", "origin-has-space", "https://a.example"),
    ("https://a.example\n", "origin-has-space", "https://a.example"),
    ("https://a .example", "origin-has-space", "https://a.example"),
    (b"https://a.example", "origin-wrong-type", "https://a.example"),
    ("https://münchen.example", "origin-host-not-ascii", "https://xn--mnchen-3ya.example"),
    (
        "https://*.münchen.example:81",
        "origin-host-not-ascii",
        "https://*.xn--mnchen-3ya.example:81",
    ),
    ("https://Straße.example", "origin-host-not-ascii", "https://xn--strae-oqa.example"),
    ("https://a.example:", "origin-port-not-a-number", "https://a.example"),
    ("https://a.example:0443", "origin-port-leading-zeros", "https://a.example:443"),
    ("https://*.a.example:0443", "origin-port-leading-zeros", "https://*.a.example:443"),
    ("https://*.a.example:", "origin-port-not-a-number", "https://*.a.example"),
    ("http://::1", "origin-ipv6-bare", "http://[::1]"),
    ("https://.a.example.", "origin-host-invalid", "https://*.a.example."),
    ("https://.localhost", "origin-host-invalid", "https://*.localhost"),
    ("http://1.2.3.4.", "origin-ipv4-invalid", "http://1.2.3.4"),
    ("https://.example.com", "origin-host-invalid", "https://*.example.com"),
    ("*.example.com", "origin-no-scheme", "https://*.example.com"),
    (".*.example.com", "origin-no-scheme", "https://*.example.com"),
    ("localhost:*", "origin-no-scheme", "http://localhost:*"),
    ("LOCALHOST:*", "origin-no-scheme", "http://localhost:*"),
    (
        "HTTPS://X-*.Example.com",
        "origin-star-misplaced",
        re.compile(r"https://x-[a-z0-9-]+\.example\.com"),
    ),
    ("*://a.example", "origin-any-scheme", "https://a.example"),
    (
        "https://api.*.example.com",
        "origin-star-misplaced",
        re.compile(r"https://api\.[a-z0-9-]+\.example\.com"),
    ),
    ("https://*.1.2.3.4", "origin-star-before-ip", "https://1.2.3.4"),
    ("https://*.[::1]", "origin-star-before-ip", "https://[::1]"),
    ("app.example.com/shop#y", "origin-no-scheme", "https://app.example.com"),
    (b"user@app.example.com.", "origin-wrong-type", "https://app.example.com."),
    ("wss://münchen.example", "origin-is-websocket", "https://xn--mnchen-3ya.example"),
    ("https://*.127.0.0.1:3000", "origin-star-before-ip", "https://127.0.0.1:3000"),
    (r"\.example\.com$", "origin-regex-impossible", "https://*.example.com"),
    (r"^example.com$", "origin-regex-impossible", "https://example.com"),
    (r"(www\.)?example\.com", "origin-regex-impossible", r"https://(www\.)?example\.com"),
    (r"a\.example|b\.example", "origin-regex-impossible", r"https://(?:a\.example|b\.example)"),
    (r"^.*example.com$", "origin-regex-unescaped-dot", r"^.*example\.com$"),
    (r"https://.*\.a\.com/", "origin-regex-impossible", r"https://.*\.a\.com"),
    (r"https://a\.com/$", "origin-regex-impossible", r"https://a\.com"),
    ("https://a.example$", "origin-regex-unescaped-dot", r"https://a\.example$"),
    ("https://[a-z.]+.example", "origin-regex-unescaped-dot", r"https://[a-z.]+\.example"),
    (r"https://.*.a\.com", "origin-regex-unescaped-dot", r"https://.*\.a\.com"),
    (
        "https://a.example|https://b.example",
        "origin-regex-unescaped-dot",
        r"https://a\.example|https://b\.example",
    ),
    ("https://a b://c", "origin-is-list", ["https://a", "b://c"]),
    ("X 'https://a.example'", "origin-is-list", ["https://X", "https://a.example"]),
    (
        "https://a.example https://b.example",
        "origin-is-list",
        ["https://a.example", "https://b.example"],
    ),
    (
        "https://a.example,https://b.example",
        "origin-is-list",
        ["https://a.example", "https://b.example"],
    ),
    # Other ways to write any origin.
    *((each, "origin-any-misspelled", "*") for each in (".*", "/*", "*.*", "**", "all", " Any ")),
    ("'*'", "origin-has-quotes", "*"),
    # Wildcards as in shells, proxies and browser extensions.
    ("https://*", "origin-any-host", re.compile("https://[a-z0-9.-]+")),
    ("http://*:*", "origin-any-host", re.compile("http://[a-z0-9.-]+(:[0-9]+)?")),
    ("http://*:3000/*", "origin-has-path", re.compile("http://[a-z0-9.-]+:3000")),
    (
        "https://*example.com",
        "origin-star-misplaced",
        ["https://example.com", "https://*.example.com"],
    ),
    ("*example.com:81", "origin-no-scheme", ["https://example.com:81", "https://*.example.com:81"]),
    (
        "https://*.*.example.com",
        "origin-star-misplaced",
        re.compile(r"https://[a-z0-9-]+\.[a-z0-9-]+\.example\.com"),
    ),
    (
        "https://my-app-*.vercel.app",
        "origin-star-misplaced",
        re.compile(r"https://my-app-[a-z0-9-]+\.vercel\.app"),
    ),
    (
        "https://*-my-app.vercel.app:*",
        "origin-star-misplaced",
        re.compile(r"https://[a-z0-9-]+-my-app\.vercel\.app(:[0-9]+)?"),
    ),
    (
        "App://Foo-*.Bar.example",
        "origin-star-misplaced",
        re.compile(r"app://Foo-[A-Za-z0-9-]+\.Bar\.example"),
    ),
    ("http://localhost:3*", "origin-star-misplaced", re.compile("http://localhost:3[0-9]*")),
    ("192.168.*.*:3000", "origin-no-scheme", re.compile(r"http://192\.168\.[0-9]+\.[0-9]+:3000")),
    (
        "https://*.example.com:[8080,8081]",
        "origin-regex-glob",
        ["https://*.example.com:8080", "https://*.example.com:8081"],
    ),
    (
        "http://localhost:[3000, 3001]",
        "origin-has-space",
        ["http://localhost:3000", "http://localhost:3001"],
    ),
    (
        "https://{app,www}.example.com",
        "origin-regex-impossible",
        ["https://app.example.com", "https://www.example.com"],
    ),
    (
        "^https://*.example.com|http://localhost:*$",
        "origin-regex-glob",
        ["https://*.example.com", "http://localhost:*"],
    ),
    (r"https://*\.example\.com", "origin-regex-glob", "https://*.example.com"),
    (r"HTTPS://a\.example", "origin-regex-impossible", "https://a.example"),
    (r"https://a\.example:", "origin-regex-impossible", "https://a.example"),
    # JavaScript regexes.
    (r"/^https:\/\/.*\.example\.com$/", "origin-regex-slashes", r"^https://.*\.example\.com$"),
    (r"/^https://.*.example.com$/", "origin-regex-slashes", r"^https://.*\.example\.com$"),
    (r"/https?:\/\/\w+\.Example\.com/i", "origin-regex-slashes", r"https?://\w+\.example\.com"),
    # Regexes with an alternative that can't match.
    (
        "http://localhost:3000|5173|8080",
        "origin-regex-impossible",
        "http://localhost:(3000|5173|8080)",
    ),
    (
        r"https?://a\.example|b\.example",
        "origin-regex-impossible",
        r"https?://(a\.example|b\.example)",
    ),
    ("https://a.example|b.example", "origin-regex-impossible", r"https://(a\.example|b\.example)"),
    (r"^http|https://a\.example$", "origin-regex-impossible", r"^(http|https)://a\.example$"),
    # Opaque origins.
    ("FILE://", "origin-null-misspelled", "file://"),
    ("file:///", "origin-null-misspelled", "file://"),
    (re.compile("null"), "origin-regex-impossible", "null"),
    (re.compile("file://"), "origin-regex-impossible", "file://"),
    (
        r"https://(?=app)[a-z]+.example.com",
        "origin-regex-uncompiled",
        re.compile(r"https://(?=app)[a-z]+\.example\.com"),
    ),
    (
        "https://app-*.example.com",
        "origin-star-misplaced",
        re.compile(r"https://app-[a-z0-9-]+\.example\.com"),
    ),
    (re.compile("https://a/"), "origin-regex-impossible", "https://a"),
    (
        r"https://(?!www)[a-z]+\.example\.com",
        "origin-regex-uncompiled",
        re.compile(r"https://(?!www)[a-z]+\.example\.com"),
    ),
    (r"https://(a)\1", "origin-regex-uncompiled", re.compile(r"https://(a)\1")),
    (r"https://a\b/", "origin-regex-uncompiled", re.compile(r"https://a\b")),
    (re.compile("https://a/app"), "origin-regex-impossible", "https://a"),
]


def case_id(value: object) -> str:
    return f"{value:.30}" if isinstance(value, str) else type(value).__name__


@pytest.mark.parametrize(("written", "code", "write"), SUGGESTED, ids=case_id)
def test_a_mistake_suggests_the_fix(written: object, code: str, write: object) -> None:
    mistake = mistake_in(written)
    assert (mistake.code, mistake.write) == (code, write)
    for each in write if isinstance(write, list) else [write]:
        assert read_origin(each)


PIECES = (
    *(
        "http",
        "https",
        "htps",
        "wss",
        "file",
        "app",
        "example",
        "com",
        "localhost",
        "null",
        "ü",
        "ß",
    ),
    *("127.0.0.1", "1.2.3", "999", "[::1]", "::1", ":3000", ":0443", ":65536", ":0", ":x", "xn--a"),
    *(
        "://",
        "//",
        ":",
        "/",
        ".",
        "*",
        "*.",
        "-",
        "_",
        "?q",
        "#f",
        "user@",
        "@",
        ",",
        " ",
        "'",
        "\n",
    ),
    *("\\.", "[a-z]+", "(", ")", "|", "$", "^"),
)


@example(["*.", "127.0.0.1"])
@example(["http", ":", "*"])
@example(["https://", ".", "*", "127.0.0.1"])
@example(["https://", ".", "*", "xn--"])
@given(st.lists(st.sampled_from(PIECES), max_size=8))
def test_suggestions_are_valid(pieces: list[str]) -> None:
    try:
        read_origin("".join(pieces))
    except Mistake as mistake:
        write = mistake.write
        for each in write if isinstance(write, list) else [write] if write else []:
            assert read_origin(each)


# A value for which there is no certain fix, and the code of the mistake.
EXPLAINED: list[tuple[object, str]] = [
    ("https://*.com/app", "origin-has-path"),
    ("*.com", "origin-no-scheme"),
    ("https://*.com", "origin-star-before-label"),
    ("", "origin-empty"),
    (" \t", "origin-empty"),
    (None, "origin-wrong-type"),
    (5, "origin-wrong-type"),
    (float("nan"), "origin-wrong-type"),
    (["https://a.example"], "origin-wrong-type"),
    (object(), "origin-wrong-type"),
    ("file:///home/me/page.html", "origin-is-file"),
    ("http://", "origin-no-host"),
    ("https:", "origin-no-scheme"),
    ("about:blank", "origin-no-scheme"),
    ("https://a..example", "origin-host-invalid"),
    ("https://a.example\x00", "origin-host-invalid"),
    ("https://ex%61mple", "origin-host-invalid"),
    (f"https://{'ü' * 64}.example", "origin-host-not-ascii"),
    (f"https://ß{'a' * 63}.example", "origin-host-not-ascii"),
    (f"https://ü.{'a.' * 122}examples", "origin-host-not-ascii"),
    ("https://a\u2100.example", "origin-host-not-ascii"),
    ("http://1.2.3", "origin-ipv4-invalid"),
    ("http://01.2.3.4", "origin-ipv4-invalid"),
    ("http://256.1.1.1", "origin-ipv4-invalid"),
    ("http://a.0x7f", "origin-ipv4-invalid"),
    ("http://[::1", "origin-ipv6-invalid"),
    ("http://[::1]x", "origin-ipv6-invalid"),
    ("http://[1:2]", "origin-ipv6-invalid"),
    ("http://[fe80::1%25eth0]:80", "origin-ipv6-invalid"),
    ("https://a.example:80:81", "origin-extra-colon"),
    (f"https://{'a' * 400}", "origin-too-long"),
    ("https://*.*.com", "origin-star-misplaced"),
    ("https://www.example.*", "origin-star-misplaced"),
    ("https://*-example.com", "origin-star-misplaced"),
    ("https://a*.1.2.3.4", "origin-star-misplaced"),
    ("https://a b*", "origin-has-space"),
    ("*.", "origin-no-scheme"),
    ("*:", "origin-no-scheme"),
    ("https://{a,b}{a,b}{a,b}{a,b}{a,b}.example.com", "origin-regex-impossible"),
    ("https://" + "{a,a}" * 60 + ".example.com", "origin-regex-impossible"),
    ("web+app://*o", "origin-star-misplaced"),
    ("app://*_ä", "origin-star-misplaced"),
    ("*:x", "origin-no-scheme"),
    ("https://a.example:x", "origin-port-not-a-number"),
    ("https://a.example:٣", "origin-port-not-a-number"),
    ("https://a.example:3000-3010", "origin-port-not-a-number"),
    ("https://*.a.example:x", "origin-port-not-a-number"),
    ("http://[::1]:3000x", "origin-port-not-a-number"),
    ("http://[::1]:3000]", "origin-port-not-a-number"),
    ("https://a.example:0", "origin-port-out-of-range"),
    ("https://a.example:65536", "origin-port-out-of-range"),
    ("https://*.a.example:99999999999", "origin-port-out-of-range"),
    ("None", "origin-is-word"),
    ("true", "origin-is-word"),
    ("https://{frontend}.example.com", "origin-has-placeholder"),
    ("app://a..b", "origin-host-invalid"),
    ("file://host", "origin-is-file"),
    ("file://*", "origin-is-file"),
    ("https://a\\", "origin-regex-invalid"),
    ("https://(a", "origin-regex-invalid"),
    ("https://a{99999999999}", "origin-regex-invalid"),
    ("https://[[a]b", "origin-regex-invalid"),
    ("https://" + "(" * 5000, "origin-regex-invalid"),
    (r"(?<=a*)https://a\.example", "origin-regex-uncompiled"),
    (r"(a+)+", "origin-regex-impossible"),
    ("http://localhost:(3000|5173/)", "origin-regex-impossible"),
    (r"http://localhost|127\.0\.0\.1:3000", "origin-regex-impossible"),
    (r"https://app|www\.example\.com", "origin-regex-impossible"),
    (r"https://a\.example|b\.example|https://c\.example", "origin-regex-impossible"),
    (r"https://a\.example|/b", "origin-regex-impossible"),
    ("(?i)https://a|b", "origin-regex-impossible"),
    (r"https://(?:app\.|WWW\.)example\.com", "origin-regex-impossible"),
    (re.compile(b"https://a"), "origin-wrong-type"),
    (re.compile(""), "origin-regex-impossible"),
    (re.compile(r"HTTPS://a\.example"), "origin-regex-impossible"),
    *(
        (callable_, "origin-callable-never-true")
        for callable_ in (
            str,
            bool,
            list,
            dict,
            Policy,
            list[str],
            typing.List[str],  # noqa: UP006
            typing.Union[str, int],  # noqa: UP007
            generates,
            generates_later,
            functools.partial(generates),
            Generates(),
        )
    ),
    (lambda: True, "origin-callable-signature"),
    (functools.partial(lambda: True), "origin-callable-signature"),
    (lambda a, b, c: True, "origin-callable-signature"),
]


@pytest.mark.parametrize(("written", "code"), EXPLAINED, ids=case_id)
def test_a_mistake_is_explained(written: object, code: str) -> None:
    mistake = mistake_in(written)
    assert (mistake.code, mistake.write) == (code, None)
    assert mistake.hint


def test_a_long_list_in_a_string_is_not_suggested() -> None:
    items = [f"https://{n}.example" for n in range(21)]
    assert mistake_in(", ".join(items[:20])).write == items[:20]
    assert mistake_in(", ".join(items)).write is None
    assert mistake_in("https://a.example, https://a..example").write is None


def test_a_list_within_a_list_is_not_suggested() -> None:
    assert mistake_in("https://a.example https://b.example,c.example").write is None


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "https://" + "a" * 100_000,
        "https://" + "ü" * 100_000,
        "https://" + "ü." * 50_000,
        "https://a.example/" + "a" * 100_000,
        "https://" + "user@" * 20_000 + "a.example",
        "https://a.example:" + "9" * 100_000,
        "*" * 100_000,
        "https://" + "*." * 50_000,
        "(" * 100_000,
        "https://" + "[" * 100_000,
        "https://" + "a?" * 50_000,
        "{" * 100_000,
        "a," * 50_000,
        "a " * 50_000,
        ":" * 100_000,
    ],
    ids=lambda text: text[:20],
)
def test_the_message_about_a_huge_value_is_short(text: str) -> None:
    problem = mistake_in(text).problem("origins[0]", text)
    assert len(str(ConfigError([problem]))) < 1200


@pytest.mark.parametrize(
    "host",
    [
        "xn--",
        "xn--a",
        "xn--zz--.example",
        "xn--abc-.example",
        "www.xn--mnchen-3y.example",
        "xn--99999999999.example",
        "*.xn--mnchen-3y.example",
    ],
)
def test_invalid_punycode(host: str) -> None:
    assert mistake_in(f"https://{host}").code == "origin-punycode-invalid"


@pytest.mark.parametrize("port", ["", ":*", ":3*0", ":*30", ":3*0*1", ":3**", ":44*3/"])
@pytest.mark.parametrize("host", ["a.example", "A.Example", "*b.example", "a*.example", "1.2.*.4"])
@pytest.mark.parametrize("scheme", ["https://", "HTTPS://", "app://", ""])
def test_a_suggested_origin_is_valid_wherever_the_stars_are(
    scheme: str, host: str, port: str
) -> None:
    text = f"{scheme}{host}{port}"
    for written in (text, re.compile(text.replace("/*", "/.*").replace("*", ".*"))):
        for each in suggested(written):
            assert read_origin(each)


def suggested(value: object) -> list[object]:
    """Return what to write instead of a value; nothing if it is valid."""
    try:
        read_origin(value)
    except Mistake as mistake:
        write = mistake.write if isinstance(mistake.write, list) else [mistake.write]
        return [each for each in write if each is not None]
    return []
