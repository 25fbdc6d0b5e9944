"""What is no origin, how it is explained, and that what is proposed instead is one."""

from __future__ import annotations

import functools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flask_crossorigin.options.errors import ConfigError, Problem
from flask_crossorigin.options.origins import read_origin


def mistake(value: object) -> Problem:
    problems: list[Problem] = []
    assert read_origin(value, "origins[0]", problems) is None
    (problem,) = problems
    assert problem.where == "origins[0]"
    assert problem.value is value
    return problem


# What was written, a part of the message, and what is proposed.
PROPOSED = [
    ("app.example.com", "no scheme", "https://app.example.com"),
    ("app.example.com:8443/", "no scheme", "https://app.example.com:8443"),
    ("//app.example.com", "no scheme", "https://app.example.com"),
    ("localhost:3000", "no scheme", "http://localhost:3000"),
    ("127.0.0.1", "no scheme", "http://127.0.0.1"),
    ("http:localhost", "no scheme", "http://localhost"),
    ("http:/app.example.com", "no scheme", "http://app.example.com"),
    ("https.example.com", "no scheme", "https://https.example.com"),
    ("htps://a.example", "unknown scheme 'htps'", "https://a.example"),
    ("htp://a.example:81", "unknown scheme 'htp'", "http://a.example:81"),
    ("1https://a.example", "does not begin with a scheme", "https://a.example"),
    ("://a.example", "does not begin with a scheme", "https://a.example"),
    ("wss://a.example", "WebSocket", "https://a.example"),
    ("ws://localhost:3000", "WebSocket", "http://localhost:3000"),
    ("https://a.example/app", "a path", "https://a.example"),
    ("https://a.example:8443//", "a path", "https://a.example:8443"),
    ("https://a.example/api/*", "a path", "https://a.example"),
    ("https://*.example.com/app", "a path", "https://*.example.com"),
    ("https://a.example?x=1", "a query", "https://a.example"),
    ("https://a.example#top", "a fragment", "https://a.example"),
    ("https://user@a.example", "a user name", "https://a.example"),
    ("https://user:pw@a.example:81", "a user name", "https://a.example:81"),
    (f"https://ß{'a' * 62}.example", "not ASCII", f"https://xn--{'a' * 62}-94e.example"),
    (f"https://ü.{'a.' * 122}example", "not ASCII", f"https://xn--tda.{'a.' * 122}example"),
    (" https://a.example", "white space", "https://a.example"),
    ("https://a.example\n", "white space", "https://a.example"),
    ("https://a .example", "white space", "https://a.example"),
    (" null ", "opaque origin", "null"),
    ("Null", "opaque origin", "null"),
    (b"https://a.example", "not bytes", "https://a.example"),
    ("https://münchen.example", "not ASCII", "https://xn--mnchen-3ya.example"),
    ("https://*.münchen.example:81", "not ASCII", "https://*.xn--mnchen-3ya.example:81"),
    ("https://Straße.example", "not ASCII", "https://xn--strae-oqa.example"),
    ("https://a.example:x", "no number", "https://a.example"),
    ("https://a.example:", "no number", "https://a.example"),
    ("https://a.example:٣", "no number", "https://a.example"),
    ("https://a.example:0443", "leading zeros", "https://a.example:443"),
    ("https://a.example:0", "1 to 65535", "https://a.example"),
    ("https://a.example:65536", "1 to 65535", "https://a.example"),
    ("https://*.a.example:99999999999", "1 to 65535", "https://*.a.example"),
    ("https://*.a.example:0443", "leading zeros", "https://*.a.example:443"),
    ("https://*.a.example:x", "no number", "https://*.a.example"),
    ("http://::1", "more than one colon", "http://[::1]"),
    ("https://a.example.", "malformed host", "https://a.example"),
    ("https://.example.com", "malformed host", "https://*.example.com"),
    ("*.example.com", "no scheme", "https://*.example.com"),
    (".*.example.com", "no scheme", "https://*.example.com"),
    ("localhost:*", "no scheme", "http://localhost:*"),
    ("LOCALHOST:*", "no scheme", "http://localhost:*"),
    ("HTTPS://X-*.Example.com", "elsewhere than", "https://*.example.com"),
    ("*://a.example", "* for its scheme", "https://a.example"),
    ("https://api.*.example.com", "elsewhere than as the whole first label", None),
    ("https://*.1.2.3.4", "IP address has no subdomains", "https://1.2.3.4"),
    ("https://*.[::1]", "IP address has no subdomains", "https://[::1]"),
    # Where what was behind the first mistake is one as well.
    ("app.example.com/shop#y", "no scheme", "https://app.example.com"),
    (b"user@app.example.com.", "not bytes", "https://app.example.com"),
    ("https://*.com/app", "a path", "https://*.example.com"),
    ("*.com", "no scheme", "https://*.example.com"),
    ("wss://münchen.example", "WebSocket", "https://xn--mnchen-3ya.example"),
    ("https://*.com", "a single label", "https://*.example.com"),
    ("https://*.localhost", "a single label", r"https://[a-z0-9-]+\.localhost(:[0-9]+)?"),
    (r"\.example\.com$", "can match no origin", r"https://[a-z0-9-]+\.example\.com"),
    (r"^example.com$", "can match no origin", r"https://[a-z0-9-]+\.example\.com"),
    (r"^.*example.com$", "unescaped dot", r"^.*example\.com$"),
    (r"https://.*\.a\.com/", "can match no origin", r"https://.*\.a\.com"),
    (r"https://a\.com/$", "can match no origin", r"https://a\.com"),
    ("https://a.example$", "unescaped dot", r"https://a\.example$"),
    ("https://[a-z.]+.example", "unescaped dot", r"https://[a-z.]+\.example"),
    (r"https://.*.a\.com", "unescaped dot", r"https://.*\.a\.com"),
    ("https://a.example|https://b.example", "unescaped dot", None),
    (r"https://([a-z]+\.)+a\.com", "repeat inside a repeat", "https://*.example.com"),
    (r"https://(a+)+\.com", "repeat inside a repeat", "https://*.example.com"),
    (r"https://(www|[a-z])+\.com", "alternatives inside a repeat", "https://*.example.com"),
]


@pytest.mark.parametrize(("written", "message", "proposed"), PROPOSED)
def test_a_mistake_is_explained_and_what_is_proposed_is_right(
    written: object, message: str, proposed: str | None
) -> None:
    problem = mistake(written)
    assert message in problem.message
    # A repr doubles the backslashes of a regex.
    hint = problem.hint.replace("\\\\", "\\")
    quoted = re.findall(r"""["'](.+?)["'](?=[\s,)]|\Z)""", hint)
    assert quoted
    if proposed is not None:
        assert quoted[0] == proposed
    for text in quoted:
        assert read_origin(text, "", []) is not None


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
@given(st.lists(st.sampled_from(PIECES), max_size=8))
def test_what_is_proposed_is_right(pieces: list[str]) -> None:
    problems: list[Problem] = []
    read_origin("".join(pieces), "", problems)
    for problem in problems:
        for text in re.findall('Write [^"]*"([^"]*)"', problem.hint):
            assert read_origin(text, "", []) is not None


# What was written, a part of the message, and a part of the hint.
EXPLAINED = [
    ("", "empty origin", '"*" for any'),
    (" \t", "empty origin", '"*" for any'),
    (None, "not None", "such as"),
    (5, "not int 5", "such as"),
    (float("nan"), "not float nan", "such as"),
    (["https://a.example"], "not list", "such as"),
    (object(), "not object", "such as"),
    ("file:///home/me/page.html", "browsers send null", "over HTTP"),
    ("http://", "no host", "http://app.example.com"),
    ("https:", "no scheme", "https://app.example.com"),
    ("about:blank", "no scheme", "https://app.example.com"),
    ("https://a b://c", "list in one string", "one item for each"),
    ("X 'https://a.example'", "quotes in it", "['X', 'https://a.example']"),
    (
        "https://a.example https://b.example",
        "list in one string",
        "'https://a.example', 'https://b",
    ),
    ("https://a.example,https://b.example", "list in one string", "one item for each"),
    ("https://a..example", "malformed host", "https://app.example.com"),
    ("https://a.example\x00", "malformed host", "https://app.example.com"),
    ("https://ex%61mple", "malformed host", "https://app.example.com"),
    (f"https://{'ü' * 64}.example", "not ASCII", "begin with xn--"),
    (f"https://ß{'a' * 63}.example", "not ASCII", "begin with xn--"),
    (f"https://ü.{'a.' * 122}examples", "not ASCII", "begin with xn--"),
    ("https://a\u2100.example", "not ASCII", "begin with xn--"),
    ("http://1.2.3", "read as an IPv4 address", "http://127.0.0.1"),
    ("http://01.2.3.4", "read as an IPv4 address", "http://127.0.0.1"),
    ("http://256.1.1.1", "read as an IPv4 address", "http://127.0.0.1"),
    ("http://a.0x7f", "read as an IPv4 address", "http://127.0.0.1"),
    ("http://[::1", "malformed IPv6", "http://[::1]"),
    ("http://[::1]x", "malformed IPv6", "http://[::1]"),
    ("http://[::1]:3000x", "no number", "http://[::1]"),
    ("http://[::1]:3000]", "no number", "http://[::1]"),
    ("http://[1:2]", "malformed IPv6", "http://[::1]"),
    ("http://[fe80::1%25eth0]:80", "malformed IPv6", "http://[::1]"),
    ("https://a.example:80:81", "more than one colon", "one port"),
    (f"https://{'a' * 400}", "longer than an origin", ""),
    ("**", "no scheme", "re.compile"),
    ("https://*", "every host", '"*" for any'),
    ("http://*:*", "every host", '"*" for any'),
    ("https://*.*.example.com", "elsewhere than", "https://*.example.com"),
    ("https://*example.com", "elsewhere than", "https://*.example.com"),
    ("https://app-*.example.com", "elsewhere than", r're.compile(r"https://app-[a-z0-9-]+\.exa'),
    ("https://api.*.example.com", "elsewhere than", r're.compile(r"https://api\.[a-z0-9-]+\.exa'),
    ("https://a.example:3*", "elsewhere than", "http://localhost:*"),
    ("https://a\\", "does not compile", "https://app.example.com"),
    ("https://(a", "does not compile", "mend the regex"),
    ("https://a{99999999999}", "does not compile", "mend the regex"),
    ("https://[[a]b", "does not compile", "mend the regex"),
    ("https://" + "(" * 5000, "does not compile", "mend the regex"),
    (r"(www\.)?example\.com", "can match no origin", "begin it with https://"),
    (r"(a+)+", "can match no origin", "begin it with https://"),
    (r"HTTPS://a\.example", "can match no origin", "in lower case"),
    (r"https://a\.example:", "can match no origin", "in lower case"),
    (re.compile(b"https://a"), "for bytes", "b'https://a'"),
    ("web+app://Host/", "can match no origin", "'web+app://Host'"),
    (re.compile("https://a/"), "can match no origin", "'https://a'"),
    (re.compile("https://a/app"), "can match no origin", "'https://a'"),
    (re.compile(""), "can match no origin", "begin it with https://"),
    (lambda: True, "cannot be called with an origin", "(origin, request)"),
    (functools.partial(lambda: True), "functools.partial(<function", "(origin, request)"),
    (lambda a, b, c: True, "cannot be called with an origin", "(origin, request)"),
]


@pytest.mark.parametrize(("written", "message", "hint"), EXPLAINED)
def test_a_mistake_is_explained(written: object, message: str, hint: str) -> None:
    problem = mistake(written)
    assert message in problem.message
    assert hint in problem.hint


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
def test_a_huge_mistake_is_explained_on_a_few_lines(text: str) -> None:
    assert len(str(ConfigError([mistake(text)]))) < 1200


def test_nesting_that_only_a_compiled_regex_survives_is_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_deep(*_: object) -> bool:
        raise RecursionError

    monkeypatch.setattr("flask_crossorigin.options.regexes.can_match", too_deep)
    problem = mistake(re.compile("https://a"))
    assert problem.message == "re.compile('https://a') is nested too deeply"
    assert problem.hint == "Write a simpler regex"
    # It may be what would be proposed, too.
    assert mistake(" https://(a)").hint == "Write a simpler regex"
