"""What the browser tells of a failed fetch, word for word."""

from __future__ import annotations

from typing import Any

import pytest

from flask_crossorigin.testing import CookieJar, CORSError, NetworkError
from flask_crossorigin.testing.url import parse_url

from .server import API, OTHER, PAGE, Answer, Server, answer, browse

PUT: dict[str, Any] = {"method": "PUT"}
TOKEN: dict[str, Any] = {"headers": {"X-Token": "1"}}
INCLUDE: dict[str, Any] = {"credentials": "include"}
ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)
PREFLIGHT = f"the preflight's answer (status 200) for PUT {API}/a"
TOKEN_PREFLIGHT = f"the preflight's answer (status 200) for GET {API}/a"


def allowing(status: int = 200, **headers: str) -> Answer:
    return answer(status, allow_origin=PAGE, allow_credentials="true", **headers)


@pytest.mark.parametrize(
    ("arguments", "response", "reason"),
    [
        (
            {},
            answer(),
            f'the answer (status 200) to GET {API}/a is not for the origin "{PAGE}": '
            f'Access-Control-Allow-Origin must be "{PAGE}" (it was not sent)',
        ),
        (
            {},
            answer(404, allow_origin=f"{PAGE}/"),
            f'the answer (status 404) to GET {API}/a is not for the origin "{PAGE}": '
            f'Access-Control-Allow-Origin must be "{PAGE}" (it was "{PAGE}/"; it is compared '
            "byte for byte)",
        ),
        (
            INCLUDE,
            answer(allow_origin="*"),
            f'the answer (status 200) to GET {API}/a is not for the origin "{PAGE}": '
            f'Access-Control-Allow-Origin must be "{PAGE}" (it was "*", which is never for a '
            "request with credentials)",
        ),
        (
            {},
            Answer(200, (("Access-Control-Allow-Origin", "*"),) * 2),
            f'the answer (status 200) to GET {API}/a is not for the origin "{PAGE}": '
            f'Access-Control-Allow-Origin must be "{PAGE}" (it was "*, *": it came more than '
            "once, as when app and proxy both send it)",
        ),
        (
            INCLUDE,
            answer(allow_origin=PAGE, allow_credentials="yes"),
            f'the answer (status 200) to GET {API}/a is not for the origin "{PAGE}" with '
            'credentials: Access-Control-Allow-Credentials must be "true" (it was "yes")',
        ),
        (
            INCLUDE,
            answer(allow_origin=PAGE),
            f'the answer (status 200) to GET {API}/a is not for the origin "{PAGE}" with '
            'credentials: Access-Control-Allow-Credentials must be "true" (it was not sent)',
        ),
        (
            PUT,
            answer(),
            f'{PREFLIGHT} is not for the origin "{PAGE}": Access-Control-Allow-Origin must be '
            f'"{PAGE}" (it was not sent)',
        ),
        (
            PUT,
            allowing(302, location="/b"),
            f"the preflight's answer (status 302) for PUT {API}/a must have a status of 200 to "
            "299, and no redirect is followed",
        ),
        (
            PUT,
            allowing(allow_methods="PUT, a b"),
            f'{PREFLIGHT} has a malformed Access-Control-Allow-Methods: "PUT, a b" has an '
            "element that is no method, and so counts for nothing",
        ),
        (
            TOKEN,
            allowing(allow_headers="X-Token; *"),
            f'{TOKEN_PREFLIGHT} has a malformed Access-Control-Allow-Headers: "X-Token; *" has '
            "an element that is no header name, and so counts for nothing",
        ),
        (
            PUT,
            allowing(),
            f"{PREFLIGHT} allows no method PUT: Access-Control-Allow-Methods must list "
            '"PUT" (it was not sent)',
        ),
        (
            PUT,
            allowing(allow_methods="put"),
            f"{PREFLIGHT} allows no method PUT: Access-Control-Allow-Methods must list "
            '"PUT" (it was "put"; methods are compared byte for byte)',
        ),
        (
            {**PUT, **INCLUDE},
            allowing(allow_methods="*"),
            f"{PREFLIGHT} allows no method PUT: Access-Control-Allow-Methods must list "
            '"PUT" (it was "*"; with credentials * is a name like any other)',
        ),
        (
            TOKEN,
            allowing(allow_headers="x-a"),
            f'{TOKEN_PREFLIGHT} allows no header "x-token": Access-Control-Allow-Headers must '
            'list it (it was "x-a")',
        ),
        (
            {**TOKEN, **INCLUDE},
            allowing(allow_headers="*"),
            f'{TOKEN_PREFLIGHT} allows no header "x-token": Access-Control-Allow-Headers must '
            'list it (it was "*"; with credentials * is a name like any other)',
        ),
        (
            {"headers": {"Authorization": "x"}},
            allowing(allow_headers="*"),
            f'{TOKEN_PREFLIGHT} allows no header "authorization": Access-Control-Allow-Headers '
            'must list it by name (it was "*"; * never covers it by the standard, though some '
            "browsers still let it)",
        ),
        (
            {},
            answer(302, allow_origin="*", location=f"https://me@{OTHER[8:]}/"),
            f"{API}/a#f redirects to a URL with a user name or password, which no cross-origin "
            "request follows: Location must be without them",
        ),
    ],
)
def test_why_cors_forbids_it(arguments: dict[str, Any], response: Answer, reason: str) -> None:
    with pytest.raises(CORSError) as caught:
        browse(Server(default=response)).fetch(f"{API}/a#f", **arguments)
    assert caught.value.reason == reason


def test_why_an_origin_is_null_after_redirects() -> None:
    server = Server({"GET /a": answer(302, allow_origin="*", location=f"{OTHER}/b")}, allowing())
    with pytest.raises(CORSError) as caught:
        browse({API: server, OTHER: server}).fetch(f"{API}/a")
    assert caught.value.reason == (
        f'the answer (status 200) to GET {OTHER}/b is not for the origin "null": '
        f'Access-Control-Allow-Origin must be "null" (it was "{PAGE}"; a redirect from one '
        "foreign origin to another makes the origin null)"
    )


@pytest.mark.parametrize(
    ("arguments", "response", "reason"),
    [
        (
            {"redirect": "error"},
            answer(302, allow_origin="*", location="/b"),
            f"{API}/a#f redirects (status 302), and redirect is 'error'",
        ),
        (
            {},
            Answer(
                302,
                (("Access-Control-Allow-Origin", "*"), ("Location", "/b"), ("location", "/c")),
            ),
            f"{API}/a#f redirects with more than one Location: ['/b', '/c']",
        ),
        (
            {},
            answer(302, allow_origin="*", location="http://["),
            f"{API}/a#f redirects to no URL: http://[ has no host that a browser could connect to",
        ),
        (
            {},
            answer(302, allow_origin="*", location="ftp://b"),
            f"{API}/a#f redirects to ftp://b, which is not HTTP(S)",
        ),
        (
            {},
            answer(302, allow_origin="*", location=""),
            f"{API}/a#f is one redirect too many: 20 are followed",
        ),
        ({"url": "ftp://b"}, answer(), "ftp://b is not HTTP(S)"),
        (
            {"url": "https://b.test"},
            answer(),
            f"there is no server at https://b.test (there is {API}, {OTHER})",
        ),
        (
            {"mode": "same-origin"},
            answer(),
            f"mode same-origin allows no request from {PAGE} to {API}/a#f",
        ),
        (
            {"mode": "no-cors", "redirect": "manual"},
            answer(),
            "mode no-cors must follow redirects across origins: redirect is 'manual'",
        ),
        (
            {"mode": "no-cors"},
            answer(cross_origin_resource_policy="same-origin"),
            f"{API} keeps this from {PAGE}: Cross-Origin-Resource-Policy would have to be "
            '"cross-origin" (it was "same-origin")',
        ),
        (
            {},
            answer(allow_origin="*", x_a="a\0b"),
            f"the answer to GET {API}/a#f has a header with a NUL, a line break or a character "
            "beyond Latin-1: {'access-control-allow-origin': '*', 'x-a': 'a\\x00b'}",
        ),
    ],
)
def test_why_there_is_no_response(arguments: dict[str, Any], response: Answer, reason: str) -> None:
    server = Server(default=response)
    with pytest.raises(NetworkError) as caught:
        browse({API: server, OTHER: server}).fetch(**{"url": f"{API}/a#f", **arguments})
    assert not isinstance(caught.value, CORSError)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"mode": "same-origin"}, f"mode same-origin allows no request from null to {API}/a"),
        (
            {"mode": "no-cors"},
            f"{API} keeps this from null: Cross-Origin-Resource-Policy would have to be "
            '"cross-origin" (it was "same-site")',
        ),
    ],
)
def test_a_page_of_an_opaque_origin_is_named(arguments: dict[str, Any], reason: str) -> None:
    server = Server(default=answer(cross_origin_resource_policy="same-site"))
    with pytest.raises(NetworkError) as caught:
        browse(server, "null").fetch(f"{API}/a", **arguments)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            {"url": "/a"},
            "'/a' is a relative URL, and there is nothing it is relative to",
        ),
        (
            {"url": "https://me@api.example.com/"},
            "fetch takes no URL with a user name or password: 'https://me@api.example.com/'",
        ),
        ({"url": "https://a:99999"}, "99999 is no port: ports go up to 65535"),
        ({"mode": "x"}, "mode must be one of cors, no-cors, same-origin, not 'x'"),
        (
            {"credentials": "x"},
            "credentials must be one of include, omit, same-origin, not 'x'",
        ),
        ({"redirect": "x"}, "redirect must be one of follow, error, manual, not 'x'"),
        ({"method": "a b"}, "'a b' is no method"),
        ({"method": "trace"}, "a browser sends no TRACE request of a script's"),
        (
            {"method": "PUT", "mode": "no-cors"},
            "mode no-cors allows GET, HEAD and POST alone, not PUT",
        ),
        ({"data": "x"}, "a GET request cannot have a body"),
        ({"data": "x", "method": "head"}, "a HEAD request cannot have a body"),
        ({"data": "x", "json": 1, "method": "PUT"}, "data and json cannot both be the body"),
        ({"data": 7, "method": "PUT"}, "data must be text, bytes or form fields: 7"),
        (
            {"json": ENDLESS, "method": "PUT"},
            "json cannot be [[...]]: Circular reference detected",
        ),
        ({"headers": ["abc"]}, "headers must be a mapping or pairs: ['abc']"),
        ({"headers": {"X Y": "1"}}, "'X Y' is no header name"),
        ({"headers": {"X-Y": 1}}, "the value of the header 'X-Y' must be a string: 1"),
        ({"headers": {"X-Y": " a\0"}}, "'a\\x00' is no value for the header 'X-Y'"),
    ],
)
def test_why_an_argument_is_refused(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(TypeError) as caught:
        browse(Server(), "null").fetch(**{"url": API, **arguments})
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("line", "url", "reason"),
    [
        ("a=\x01", API, "it is too long, empty, or has control characters"),
        ("a=1; Secure", "http://a.test", "a Secure cookie needs https (or localhost)"),
        ("a=1; SameSite=None", API, "a SameSite=None cookie must be Secure"),
        (
            "__host-a; Secure",
            API,
            "a cookie without a name cannot begin with __Secure- or __Host-",
        ),
        ("__Secure-a=1", API, "a __Secure- cookie must be Secure"),
        (
            "__Host-a=1; Secure",
            f"{API}/x/y",
            "a __Host- cookie must be Secure, with Path=/ and without a Domain",
        ),
        ("a=1; Domain=com", API, "Domain=com is a public suffix: no cookie can span it"),
        (
            "a=1; Domain=b.test",
            API,
            "Domain=b.test is neither api.example.com nor a domain above it",
        ),
        (
            "s=1",
            "http://api.example.com",
            "a Secure cookie of this name cannot be set over plain http",
        ),
    ],
)
def test_why_a_cookie_is_not_kept(line: str, url: str, reason: str) -> None:
    jar = CookieJar()
    jar.set("s", "1", url=API, secure=True)
    jar.receive(line, parse_url(url), same_site=True)
    assert [rejected.reason for rejected in jar.rejected] == [reason]


@pytest.mark.parametrize(
    ("attributes", "same_site"), [("", "Lax"), ("; SameSite=Strict; Secure", "Strict")]
)
def test_why_a_cookie_is_not_kept_across_sites(attributes: str, same_site: str) -> None:
    jar = CookieJar()
    jar.receive(f"a=1{attributes}", parse_url(API), same_site=False)
    assert [rejected.reason for rejected in jar.rejected] == [
        f"a SameSite={same_site} cookie is not kept from a cross-site response: "
        "it takes SameSite=None; Secure"
    ]
