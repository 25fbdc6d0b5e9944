"""The cookie jar: where a cookie is sent, what is rejected, what expires."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_crossorigin.testing import CookieJar
from flask_crossorigin.testing.cookie import (
    CookieContext,
    default_path,
    domain_matches,
    path_matches,
)
from flask_crossorigin.testing.url import parse_url

from .server import Clock

API = "https://api.example.com"


def context(*, same_site: bool) -> CookieContext:
    return CookieContext(same_site, "https://example.com")


def receive(jar: CookieJar, line: str, url: str = f"{API}/", *, same_site: bool = True) -> None:
    jar.receive(line, parse_url(url), context(same_site=same_site))


def sent(jar: CookieJar, url: str = f"{API}/", *, same_site: bool = True) -> str:
    return jar.header(parse_url(url), context(same_site=same_site))


@pytest.mark.parametrize(
    ("line", "url", "asked", "goes"),
    [
        ("a=1", API, API, True),
        ("a=1", API, "https://API.example.com:8443", True),
        ("a=1", API, "https://example.com", False),
        ("a=1", API, "https://x.api.example.com", False),
        ("a=1; Domain=api.example.com", API, "https://x.api.example.com", True),
        ("a=1; Domain=.example.com", API, "https://example.com", True),
        ("a=1; Domain=EXAMPLE.com", API, "https://other.example.com", True),
        ("a=1; Domain=example.com", API, "https://badexample.com", False),
        ("a=1; Domain=", API, "https://x.api.example.com", False),
        ("a=1; Domain=localhost", "http://localhost", "http://localhost:5000", True),
        ("a=1; Domain=localhost", "http://localhost", "http://x.localhost", False),
        ("a=1; Domain=127.0.0.1", "http://127.0.0.1", "http://127.0.0.1:2", True),
        ("a=1; Domain=127.0.0.1", "http://127.0.0.1", "http://127.0.0.2", False),
        ("a=1; Domain=[::1]", "http://[::1]", "http://[::1]:2", True),
        ("a=1; Path=/app", API, f"{API}/app", True),
        ("a=1; Path=/app", API, f"{API}/app/x", True),
        ("a=1; Path=/app", API, f"{API}/app?x", True),
        ("a=1; Path=/app", API, f"{API}/apple", False),
        ("a=1; Path=/app", API, f"{API}/", False),
        ("a=1; Path=/app/", API, f"{API}/app", False),
        ("a=1; Path=/app/", API, f"{API}/app/x", True),
        ("a=1; Path=/", f"{API}/x/y", f"{API}/z", True),
        ("a=1", f"{API}/x/y", f"{API}/x/z", True),
        ("a=1", f"{API}/x/y", f"{API}/x", True),
        ("a=1", f"{API}/x/y", f"{API}/z", False),
        ("a=1", f"{API}/x", f"{API}/z", True),
        ("a=1; Secure", API, "http://api.example.com", False),
        ("a=1", API, "http://api.example.com", True),
        ("a=1; Secure", "http://localhost", "http://localhost", True),
        ("a=1; Secure", "http://a.localhost", "http://a.localhost", True),
        ("a=1; Secure", "http://127.9.9.9", "http://127.9.9.9", True),
        ("a=1; Secure", "http://[::1]", "http://[::1]", True),
        ("a=1; Secure", "https://localhost", "http://localhost", True),
        ("a=1; HttpOnly", API, API, True),
        ("__Secure-a=1; Secure", API, API, True),
        ("__Host-a=1; Secure; Path=/", API, API, True),
        ("__Host-a=1; Secure; Path=/; Domain=", API, API, True),
        ("__Http-a=1; Secure; HttpOnly", API, API, True),
        ("__Host-Http-a=1; Secure; HttpOnly; Path=/", API, API, True),
        ("a=1; Secure; Partitioned", API, API, True),
    ],
)
def test_where_a_cookie_is_sent(line: str, url: str, asked: str, goes: bool) -> None:
    jar = CookieJar()
    receive(jar, line, url)
    assert jar.rejected == []
    assert sent(jar, asked) == (line.split(";")[0] if goes else "")


@pytest.mark.parametrize(
    ("line", "url", "reason"),
    [
        ("a=1; Domain=other.test", API, "neither"),
        ("a=1; Domain=x.api.example.com", API, "neither"),
        ("a=1; Domain=pi.example.com", API, "neither"),
        ("a=1; Domain=com", API, "public suffix"),
        ("a=1; Domain=0.0.1", "http://127.0.0.1", "neither"),
        ("a=1; Domain=..example.com", API, "neither"),
        ("a=1; Domain=example.com.", API, "neither"),
        ("a=1; Secure", "http://api.example.com", "needs https"),
        ("a=1; Secure", "http://128.0.0.1", "needs https"),
        ("a=1; Secure", "http://127.evil.test", "needs https"),
        ("a=1; Secure", "http://notlocalhost", "needs https"),
        ("a=1; SameSite=None", API, "must be Secure"),
        ("__Secure-a=1", API, "__Secure-"),
        ("__SECURE-a=1", API, "__Secure-"),
        ("__Host-a=1; Path=/", API, "__Host-"),
        ("__Host-a=1; Secure", API, "__Host-"),
        ("__Host-a=1; Secure; Path=/x", API, "__Host-"),
        ("__host-a=1; Secure; Path=/; Domain=api.example.com", API, "__Host-"),
        ("__Http-a=1; Secure", API, "must have Secure, HttpOnly"),
        ("__http-a=1; HttpOnly", API, "__Http-"),
        ("__Host-Http-a=1; Secure; Path=/", API, "must have Secure, HttpOnly, Path=/, no Domain"),
        ("__Host-Http-a=1; Secure; HttpOnly", API, "__Host-Http-"),
        ("__HOST-HTTP-a=1; Secure; HttpOnly; Path=/; Domain=api.example.com", API, "no Domain"),
        ("a=1; Partitioned", API, "Partitioned cookie must be Secure"),
        ("__Http-a; Secure; HttpOnly", API, "without a name"),
        ("=__Host-a=1; Secure; Path=/", API, "without a name"),
        ("__Secure-a; Secure", API, "without a name"),
        ("a=\x01", API, "control characters"),
    ],
)
def test_rejected_cookies(line: str, url: str, reason: str) -> None:
    jar = CookieJar()
    receive(jar, line, url)
    assert (len(jar), sent(jar, url)) == (0, "")
    (rejected,) = jar.rejected
    assert rejected.line == line
    assert reason in rejected.reason


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("a=1", False),
        ("a=1; SameSite=Lax; Secure", False),
        ("a=1; SameSite=Strict", False),
        ("a=1; SameSite=huh; Secure", False),
        ("a=1; SameSite=None; Secure", True),
    ],
)
def test_cookies_of_cross_site_responses(line: str, kept: bool) -> None:
    jar = CookieJar()
    receive(jar, line, same_site=False)
    assert (len(jar) == 1) is kept
    receive(jar, line)
    assert (sent(jar, same_site=False) == "a=1") is kept
    assert sent(jar) == "a=1"


@pytest.mark.parametrize(
    ("secure", "plain", "kept"),
    [
        ("a=s; Secure", "a=p", False),
        ("a=s; Secure; Domain=example.com", "a=p", False),
        ("a=s; Secure", "a=p; Domain=example.com", False),
        ("a=s; Secure", "a=p; Path=/x", False),
        ("a=s; Secure; Path=/x", "a=p", True),
        ("a=s; Secure; Path=/x", "a=p; Path=/x/y", False),
        ("b=s; Secure", "a=p", True),
        ("a=s", "a=p", True),
    ],
)
def test_plain_http_cannot_replace_secure_cookies(secure: str, plain: str, kept: bool) -> None:
    jar = CookieJar()
    receive(jar, secure)
    receive(jar, plain, "http://api.example.com/")
    assert ("p" in [cookie.value for cookie in jar]) is kept


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_domain_makes_no_difference_for_a_host_without_subdomains(host: str) -> None:
    jar = CookieJar()
    receive(jar, "a=1", f"http://{host}/")
    receive(jar, f"a=2; Domain={host}", f"http://{host}/")
    assert [(cookie.value, cookie.host_only) for cookie in jar] == [("2", True)]


def test_https_can_replace_a_secure_cookie() -> None:
    jar = CookieJar()
    receive(jar, "a=s; Secure")
    receive(jar, "a=p")
    assert [(cookie.value, cookie.secure) for cookie in jar] == [("p", False)]


def test_a_secure_cookie_of_another_host_has_no_effect() -> None:
    jar = CookieJar()
    receive(jar, "a=s; Secure", "https://other.test")
    receive(jar, "a=p", "http://api.example.com/")
    assert jar.rejected == []


@pytest.mark.parametrize(
    ("attributes", "lives"),
    [
        ("Max-Age=10", 10),
        ("Expires=Mon, 12 Jan 1970 13:46:50 GMT", 10),
        ("Max-Age=10; Expires=Mon, 12 Jan 1970 13:46:45 GMT", 10),
        ("Expires=Mon, 12 Jan 1970 13:46:45 GMT; Max-Age=10", 10),
        ("Max-Age=999999999999", 999999999999),
    ],
)
def test_expiry(attributes: str, lives: float) -> None:
    clock = Clock()
    jar = CookieJar(clock)
    receive(jar, f"a=1; {attributes}")
    clock.now += lives - 0.5
    assert (sent(jar), len(jar), "a" in jar) == ("a=1", 1, True)
    clock.now += 0.5
    assert (sent(jar), len(jar), "a" in jar, jar.get("a")) == ("", 0, False, None)


@pytest.mark.parametrize(
    ("attributes", "now"),
    [
        ("Max-Age=0", 1e9),
        ("Max-Age=-5", 1e9),
        ("Max-Age=0", -5.0),
        ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", 1e9),
        ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
    ],
)
def test_deletion(attributes: str, now: float) -> None:
    clock = Clock()
    clock.now = now
    jar = CookieJar(clock)
    receive(jar, "a=1")
    receive(jar, "b=1")
    receive(jar, f"a=; {attributes}")
    assert sent(jar) == "b=1"


@pytest.mark.parametrize("max_age", [0, -1])
def test_a_deleted_cookie_does_not_return_when_the_clock_is_set_back(max_age: int) -> None:
    clock = Clock()
    jar = CookieJar(clock)
    receive(jar, f"a=; Max-Age={max_age}")
    clock.now -= 10
    assert len(jar) == 0


def test_order_is_by_path_then_age() -> None:
    clock = Clock()
    jar = CookieJar(clock)
    for line in ("a=1", "b=1; Path=/x", "gone=1; Max-Age=1", "c=1", "d=1; Path=/x"):
        receive(jar, line)
    receive(jar, "a=2")
    assert sent(jar, f"{API}/x") == "b=1; d=1; a=2; gone=1; c=1"
    clock.now += 1
    receive(jar, "gone=2")
    receive(jar, "nameless")
    assert sent(jar, f"{API}/x") == "b=1; d=1; a=2; c=1; gone=2; nameless"


def test_cookies_with_other_paths_or_domains_are_different() -> None:
    jar = CookieJar()
    for line in ("a=1", "a=2; Path=/x", "a=3; Domain=api.example.com", "a=4; Domain=example.com"):
        receive(jar, line)
    assert sent(jar, f"{API}/x") == "a=2; a=1; a=3; a=4"


def test_read_set_and_clear() -> None:
    clock = Clock()
    jar = CookieJar(clock)
    jar.set("a", "1", url=API)
    jar.set(
        "b",
        "2",
        url=API,
        domain=".Example.com",
        path="/x",
        secure=True,
        http_only=True,
        same_site="None",
        max_age=60,
    )
    b, a = jar
    assert (a.domain, a.host_only, a.path) == ("api.example.com", True, "/")
    assert (a.secure, a.http_only, a.same_site) == (False, False, "Lax")
    assert (b.domain, b.host_only, b.path, b.secure) == ("example.com", False, "/x", True)
    assert (b.http_only, b.same_site, b.expires, a.expires) == (True, "None", clock.now + 60, None)
    assert jar["a"] == a
    assert jar.get("c") is None
    with pytest.raises(KeyError, match="c"):
        _ = jar["c"]
    jar.clear("a")
    assert [cookie.name for cookie in jar] == ["b"]
    jar.clear()
    assert len(jar) == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"name": "a;b"}, "a server cannot set"),
        ({"name": "a=b"}, "a server cannot set"),
        ({"name": " a"}, "a server cannot set"),
        ({"value": "a;b"}, "a server cannot set"),
        ({"value": "a\n"}, "a server cannot set"),
        ({"name": "", "value": ""}, "a server cannot set"),
        ({"path": "x"}, "a server cannot set"),
        ({"path": "/;"}, "a server cannot set"),
        ({"domain": "other.test"}, "neither"),
        ({"same_site": "None"}, "must be Secure"),
        ({"secure": True, "url": "http://api.example.com"}, "needs https"),
        ({"url": "/x"}, "relative"),
    ],
)
def test_set_refuses_what_a_browser_would_not_store(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        CookieJar().set(**{"name": "a", "value": "1", "url": API, **arguments})


PATHS = st.text(alphabet="/ab", max_size=8).map(lambda text: f"/{text}")


@given(PATHS, PATHS)
def test_default_path_matches_its_own_path(path: str, below: str) -> None:
    assert path_matches(path, default_path(path))
    assert path_matches(path + below, path)


@given(st.text(alphabet=".ab", max_size=8), st.text(alphabet=".ab", min_size=1, max_size=8))
def test_a_domain_only_matches_at_a_dot(host: str, domain: str) -> None:
    matches = host == domain or (host.endswith(domain) and host[: -len(domain)].endswith("."))
    assert domain_matches(host, domain) is matches
