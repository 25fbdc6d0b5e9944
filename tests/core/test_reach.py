"""Test what a regex can match, and whether it matches origins without naming their domain."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_crossorigin.core.automaton import Automaton, Grammar, UnreadableError
from flask_crossorigin.core.reach import (
    can_match_header_name,
    can_match_origin,
    can_match_path,
    has_single_dot,
    matches_any_host,
    opaque_origin,
    open_hosts,
    unnamed_origin,
)
from flask_crossorigin.fetch.grammar import is_token, parse_origin

# Too long to be analyzed.
TOO_LONG = "(?:a?b)" + "(?:a?b?c?)" * 100

ABC = Grammar()
for before, character, after in (("", "a", "1"), ("1", ":", "2"), ("2", "b", "3"), ("3", "b", "3")):
    ABC.add(before, character, after)
ABC.ends.add("3")

POSSIBLE = [
    *(r"a:b", r"a:b+", r"a:b{2,}", r"a:b{3}", r"a:bb?", r"(?:a:b)?a:b", r".*", r".+b", r"(?s)..."),
    *(r"[ab]:[^x]", r"\w:\w", r"\S\W\D", r"(?i)A:B", r"(?i)[A-C]:B", r"(?i:A):b", r"a:(?!x)b"),
    *(r"^a\b:b$", r"(x|a):(b|c)", r"a?:?b*", r"(a)(?(1):b|x)", r"(?P<x>a):b(?P=x)?", r"((a):b)"),
    *(r"[^\d]:b", r"a:b*?", "(?:" * 9 + "[ab:]" + "{0,60})" * 9),
]
IMPOSSIBLE = [
    *(r"", r"a", r"a:", r"b", r"A:b", r"a:b/", r"a:b\s", r"a:\d", r"[^a]:b", r"(?i)A;B"),
    *(r"(?i:a:)B", r"(A):b", r"(?-i:A):b", r"a{2}:b", r"[ab:]{2}", r"[ab:]{1,2}", r"a:x+"),
    *(r"(x|y):b", r"x?", r"ax*", r"é:b", r"a$:b", r"a:^b"),
]


@pytest.mark.parametrize("pattern", POSSIBLE)
def test_possible_regexes(pattern: str) -> None:
    assert ABC.is_possible(re.compile(pattern))


@pytest.mark.parametrize("pattern", IMPOSSIBLE)
def test_impossible_regexes(pattern: str) -> None:
    assert not ABC.is_possible(re.compile(pattern))


ABC_PATTERNS = st.recursive(
    st.sampled_from(["a", ":", "b", ".", "[ab]", "[^a]", r"\w", "x", "^", r"\b", "(?=a)", ""]),
    lambda inner: st.one_of(
        st.builds("({}|{})".format, inner, inner),
        st.builds("(?:{}){}".format, inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}"])),
        st.builds("{}{}".format, inner, inner),
        st.builds("(?i:{})".format, inner),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(ABC_PATTERNS)
def test_a_matching_text_is_found(pattern: str) -> None:
    regex = re.compile(pattern)
    found = ABC.find(Automaton.judging(regex), 0)
    if any(regex.fullmatch(f"a:{'b' * count}") for count in range(1, 5)):
        assert found
    if found and not Automaton.judging(regex).is_widened:
        assert regex.fullmatch(found)
        assert re.fullmatch("a:b+", found)


@pytest.mark.parametrize(
    ("pattern", "possible"),
    [
        (r"/[^\x00-\x7f]+", True),
        (r"/[^\W\x00-\x7f]+", True),
        (r"/[^\D0-9]", True),
        (r"/[^\S\x00-\x7f]", True),
        (r"(?a)/[^\w\x00-\x7f]", True),
        (r"(?i)/[aß]", True),
        (r"/\u0416", True),
        (r"/[\u0416-\u0418]x", True),
        (r"\S+", True),
        (r"(?:)?/a", True),
        (r"/[^\w\W]", False),
        (r"a/b", False),
        (r"", False),
        (r"api/.*", False),
        (r"[^/].*", False),
        (TOO_LONG, True),
    ],
)
def test_paths(pattern: str, possible: bool) -> None:
    assert can_match_path(re.compile(pattern)) is possible


@pytest.mark.parametrize(
    ("pattern", "possible"),
    [
        (r"X-[A-Z]+", True),
        (r"x.y", True),
        (r"[^A-Za-z0-9]", True),
        (r"X \w+", False),
        (r"X:", False),
        (r"", False),
        ("é+", False),
    ],
)
def test_header_names(pattern: str, possible: bool) -> None:
    assert can_match_header_name(re.compile(pattern)) is possible


@given(st.text(min_size=1, max_size=3))
def test_a_header_name_is_a_token(text: str) -> None:
    assert can_match_header_name(re.compile(re.escape(text))) is is_token(text)


@pytest.mark.parametrize(
    ("pattern", "possible"),
    [
        (r"https://app\.example\.com", True),
        (r"a1\+b://[a-z]+", True),
        (r"http://\[fe80::[0-9a-f]+\]:\d+", True),
        (r"https://[0-9_-]+\.example", True),
        (r"safari-web-extension://[a-z0-9-]+", True),
        (r"(?i)HTTPS://A\.EXAMPLE", True),
        (r"(?=https)https://a", True),
        (r"https://a\.example\.", True),
        (r"https://a\.example\.:81", True),
        (r"safari-web-extension://E1B2", True),
        (r"(htt|https?x|fil|s)://A", True),
        (r"app://A\.", True),
        (r"app://\.", True),
        (r"app://\[::1\]", True),
        (r"https://\.", False),
        (r"https://a\.\.", False),
        (r"app://\.\.", False),
        (r"(http|https|ws|wss|ftp)://A", False),
        (r"file://.*", False),
        (r"null", False),
        (r"HTTPS://a\.example", False),
        (r"https://A\.example", False),
        (r"https://a\.example/", False),
        (r"https://a\.example:", False),
        (r"https://a\.\.example", False),
        (r"https://", False),
        (r"a\.example", False),
        (r"://a", False),
        (r"1a://b", False),
        (r"https:/a", False),
        (TOO_LONG, True),
    ],
)
def test_origins(pattern: str, possible: bool) -> None:
    assert can_match_origin(re.compile(pattern)) is possible


#: Regexes, each with an origin that it matches although it doesn't name the domain.
OPEN = [
    # Open at the end.
    (r"https://app\.example\.com.*", "https://app.example.com.attacker.net"),
    (r"https://app\.example\.com(:\d+)?.*", "https://app.example.com.attacker.net"),
    (r"https://app\.example\.com[^/]*", "https://app.example.com.attacker.net"),
    (r"https://app\.example\.com\..*", "https://app.example.com.attacker.net"),
    (r"https://.*\.example\.com(\.[a-z]+)?", "https://a.example.com.net"),
    (r"https?://(www|app)\..*", "http://app.attacker.net"),
    (r"https://(www|app)\.\S+", "https://app.attacker.net"),
    (r"http://localhost.*", "http://localhost.attacker.net"),
    (r"http://192\.168\..+", "http://192.168.attacker.net"),
    (r"http://10\..*", "http://10.attacker.net"),
    (r"https://example\.com.?", "https://example.coma"),
    (r"https://app\.example\.com[.]?\w*", "https://app.example.coma"),
    # Open at the start.
    (r"https://.*example\.com", "https://attacker-example.com"),
    (r"https://.*\.?example\.com", "https://attacker-example.com"),
    (r"https://[a-z-]*example\.com", "https://attacker-example.com"),
    (r"https://[a-z]+example\.com", "https://attackerexample.com"),
    (r"https://.*example\.(com|org)", "https://attacker-example.org"),
    (r"(https?://)?.*example\.com", "http://attacker-example.com"),
    (r".*localhost.*", "http://attacker-localhost"),
    (r"https://.*localhost", "https://attacker-localhost"),
    # Any domain, or one of very many.
    (r".*", "http://attacker.net"),
    (r".+", "http://attacker.net"),
    (r"(?s).*", "http://attacker.net"),
    (r"https?://.*", "http://attacker.net"),
    (r"https://[a-z.]+", "https://attacker.net"),
    (r"https://app\.example\.com|https?://.*", "http://attacker.net"),
    (r"https://[a-z]+\.com", "https://attacker.com"),
    (r".*\.com", "http://attacker.com"),
    (r"https://[a-z]+-[a-z]+\.com", "https://attacker-a.com"),
    (r"https://[a-z]+\.[a-z-]+\.net", "https://a.attacker.net"),
    (r"http://.+:3000", "http://attacker.net:3000"),
    (r"http://[a-z-]+\.io:[0-9]+", "http://attacker.io:1"),
    (r"https://[^.]+\.[^.]+", "https://a.net"),
    (r"https://preview-\d+\.com", "https://preview-1.com"),
    (r"https://shop[0-9]\.com", "https://shop1.com"),
    (r"https://[ab]+\.com", "https://a.com"),
    (r"https://[ab]{1,20}\.com", "https://aa.com"),
    (r"https://(www)+\.com", "https://www.com"),
    (r"https://app.example\.com", "https://appaexample.com"),
    (r"https://[abcdefghijklmnop]\.com", "https://a.com"),
    # Any top-level domain.
    (r"https://app\.example\.[a-z]+", "https://app.example.net"),
    # Any domain below a suffix with two labels.
    (r"https://[a-z]+\.co\.uk", "https://attacker.co.uk"),
    (r"https://.*\.com\.br(:\d+)?", "https://attacker.com.br"),
    (r"https://.*example\.org\.au", "https://attacker-example.org.au"),
    (r"https://[a-z]+\.(example\.com|ac\.jp)\.?", "https://attacker.ac.jp"),
    (r"https://app\.example\.\w{2,3}", "https://app.example.aa"),
    (r"https://example\.[^/]+", "https://example.attacker.net"),
    # Any host in a network, or any address.
    (r"http://[a-z]+(:\d+)?", "http://attacker"),
    (r"https://\w+", "https://attacker"),
    (r"http://[0-9.]+", "http://1.1.1.1"),
    (r"http://\d+\.\d+\.\d+\.\d+", "http://1.1.1.1"),
    (r"http://1\d*\.0\.0\.1", "http://11.0.0.1"),
    (r"http://\[[0-9a-f:]+\](:\d+)?", "http://[1]"),
    # An automaton can't match this syntax exactly, so it matches more.
    (r"https://(?!evil).*", "https://attacker.net"),
    (r"https://(?P<a>[a-z]+)\.(?P=a)", "https://a.net"),
    (r"https://([a-z])?example\.(?(1)com|[a-z]+)", "https://example.net"),
    (r"(?m)^https://.*$", "https://attacker.net"),
    (r"https://\b.*\bexample\.com", "https://attacker-example.com"),
]
NAMED = [
    r"https://(www\.)?example\.com",
    r"https://[a-z0-9-]+\.example\.com(:\d+)?",
    r"https://app\.example\.(com|org)",
    r"https://example\.(ch|cn|co|cz|de)",
    r"https://example\.(ch|cn|co|cz)",
    r"https://shop[123]\.com",
    r"https://shop(1|2|3|4|5)\.com",
    r"https://(staging|prod|dev)\.example\.com",
    r"https://.*\.example\.com",
    r"https://.+\.example\.com",
    r"https://\S+\.example\.com",
    r"https://.*shop\.example\.com",
    r"https?://(.+\.)?example\.com",
    r"https://[^/]+\.example\.com",
    r"^https://(?:[a-z0-9-]+\.)*example\.com$",
    r"https://([a-z0-9-]{1,63}\.?){1,10}\.example\.com",
    r"https://[a-z]+\.example\.co\.uk",
    r"https://(www\.)?example\.co\.uk",
    r"https://[a-z]+\.example\.co",
    r"https://[a-z]+\.web\.de",
    r"https://[a-z]+\.co\.com",
    r"https://[a-z]+\.go\.com",
    r"https://example\.com\.?",
    r"https://example\.com(\.au)?",
    r"https://w{3}\.example\.com",
    r"(?i)HTTPS://.*\.EXAMPLE\.COM",
    r"https://app\.example\.com(:.*)?",
    r"https://app\.example\.com(/.*)?",
    r"https://app\.example\.com:.*",
    # The scheme makes no difference.
    r"[a-z]+://app\.example\.com",
    r".*://app\.example\.com",
    r"chrome-extension://[a-z]{32}",
    r"moz-extension://.*",
    r"capacitor://localhost|http://localhost(:\d+)?",
    # Names and addresses that can't be registered.
    r"http://localhost:\d+",
    r"http://[a-z]+\.localhost(:\d+)?",
    r"http://.*\.localhost(:\d+)?",
    r"https://.*\.local",
    r"https://.*\.test(:\d+)?",
    r"https://[a-z]+\.internal",
    r"http://intranet:\d+",
    r"http://192\.168\.\d+\.\d+",
    r"http://192\.168\.\d{1,3}\.\d{1,3}(:\d+)?",
    r"http://192\.168\.[0-9.]+",
    r"http://10\.\d+\.\d+\.\d+",
    r"http://(10|172\.(1[6-9]|2\d|3[01])|192\.168)\.\d+\.\d+(\.\d+)?",
    r"http://127\.0\.0\.1:.*",
    r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?",
    r"http://\[fe80::[0-9a-f]+\]",
    # These match no origin.
    r"null",
    r"[a-z]+\.com",
    r"https://[A-Z]+\.com",
    # An automaton can't match this syntax exactly, so it matches more.
    r"https://(?!www)[a-z]+\.example\.com",
    r"https://([a-z]+)\.\1\.example\.com",
    r"https://(a)?\.(?(1)x|y)\.example\.com\b",
]


@pytest.mark.parametrize(("pattern", "origin"), OPEN)
def test_a_regex_that_matches_an_unnamed_domain(pattern: str, origin: str) -> None:
    automaton = Automaton.judging(re.compile(pattern))
    assert unnamed_origin(automaton) == origin
    assert automaton.fullmatch(origin)
    assert parse_origin(origin) or "[" in origin


@pytest.mark.parametrize("pattern", NAMED)
def test_a_regex_that_names_its_domains(pattern: str) -> None:
    assert unnamed_origin(re.compile(pattern)) is None


def test_a_string_is_analyzed_like_a_compiled_regex() -> None:
    assert unnamed_origin(Automaton.of(r"https://app\.example\.com.*"))
    assert unnamed_origin(Automaton.of(r"https://.*\.example\.com")) is None


def test_a_regex_that_is_too_long_is_not_analyzed() -> None:
    with pytest.raises(UnreadableError, match="too many optional"):
        unnamed_origin(re.compile(TOO_LONG))
    with pytest.raises(UnreadableError, match="more than 10000 characters"):
        unnamed_origin(re.compile("a" * 10_001))
    assert open_hosts(re.compile(TOO_LONG)) == []
    assert not has_single_dot(re.compile(TOO_LONG))


LONG = [
    "|".join(rf"https://a{number}\.example{number}\.com" for number in range(330)),
    "https://" + "[a-z]?" * 90 + r"\.example\.com",
    "https://" + "(?:[a-z]+-)*" * 40 + r"\.example\.com",
    "https://" + "(?:[a-z]{1,9}-){1,9}" * 9 + r"\.example\.com",
    "https://(?:" + "a|" * 3000 + "[ab]" * 250 + r")\.example\.com",
]


@pytest.mark.parametrize("pattern", LONG, ids=lambda value: f"{value:.25}")
def test_a_long_regex_is_analyzed(pattern: str) -> None:
    regex = re.compile(pattern)
    assert can_match_origin(regex)
    assert unnamed_origin(regex) is None
    regex = re.compile(pattern + ".*")
    assert unnamed_origin(regex)


LABELS = st.sampled_from(["a", "b", "com", "www", "example"])
WIDE = st.sampled_from(["[a-z]+", ".*", r"\w+", "[^.]+"])


@settings(deadline=None)
@given(st.lists(LABELS | WIDE, min_size=1, max_size=4), st.sampled_from(["", r"(:\d+)?", ":81"]))
def test_a_domain_is_named_by_its_last_two_labels(labels: list[str], port: str) -> None:
    regex = re.compile(r"https?://" + r"\.".join(labels) + port)
    is_named = all(label.isalnum() for label in labels[-2:])
    assert (unnamed_origin(regex) is None) is is_named


@pytest.mark.parametrize(
    ("pattern", "hosts"),
    [
        (r"https://.*\.github\.io", ["github.io"]),
        (r"https://[a-z]+\.github\.io(:\d+)?$", ["github.io"]),
        (r"https://pr-\d+\.github\.io", ["github.io"]),
        (r"https://[a-z]+\.(example\.com|github\.io)", ["example.com", "github.io"]),
        (r"https://[a-z]+\.co\.uk", ["co.uk"]),
        (r"https://[a-z]+\.you\.github\.io", ["you.github.io"]),
        (r"https?://[a-z]+\.localhost:\d+", ["localhost"]),
        (r"https://(www\.)?example\.com", []),
        (r"https://you\.github\.io", []),
        (r"https://[a-z]+\.github\.io\.", ["github.io"]),
        (r"https://[a-z.]+", []),
        (r"https://a|https://you\.github\.io", []),
        (r"ftp://[a-z]+\.example\.com", []),
    ],
)
def test_open_hosts(pattern: str, hosts: list[str]) -> None:
    assert open_hosts(re.compile(pattern)) == hosts


@pytest.mark.parametrize(
    ("pattern", "is_any"),
    [
        (r"moz-extension://.*", True),
        (r"chrome-extension://[a-z]{32}", True),
        (r"safari-web-extension://[A-F0-9-]{36}", True),
        (r"[a-z-]+://[a-z]+", True),
        (r"https://a|app://\w+(:\d+)?", True),
        (r".*", True),
        (r"app://[a-z]+\.example\.com", False),
        (r".*://app\.example\.com", False),
        (r"chrome-extension://(abc|def)", False),
        (r"https?://.*", False),
        (TOO_LONG, False),
    ],
)
def test_matches_any_host(pattern: str, is_any: bool) -> None:
    assert matches_any_host(re.compile(pattern)) is is_any


@pytest.mark.parametrize(
    ("pattern", "origin"),
    [("null", "null"), (r"file://.*", "file://"), (".*", "null"), (r"https://.*", None)],
)
def test_opaque_origins(pattern: str, origin: str | None) -> None:
    assert opaque_origin(re.compile(pattern)) == origin


def test_the_number_of_open_hosts_is_limited() -> None:
    labels = "(a|b|c)" * 12
    assert len(open_hosts(re.compile(rf"https://[a-z]+\.{labels}\.com"))) == 100
    assert len(open_hosts(re.compile(rf"https://[a-z]+\.{labels}\.{'x' * 9000}"))) == 1
