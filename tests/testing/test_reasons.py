"""The exact texts of the reasons why a fetch fails or a cookie is rejected."""

from __future__ import annotations

from typing import Any

import pytest

from flask_crossorigin.testing import CookieJar, CORSError, NetworkError
from flask_crossorigin.testing.cookie import CookieContext
from flask_crossorigin.testing.url import parse_url

from .server import API, OTHER, PAGE, Response, Server, browse, respond

PUT: dict[str, Any] = {"method": "PUT"}
TOKEN: dict[str, Any] = {"headers": {"X-Token": "1"}}
INCLUDE: dict[str, Any] = {"credentials": "include"}
ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)
RESPONSE = f"the response to GET {API}/a (status 200)"
PREFLIGHT = f"the preflight response for PUT {API}/a (status 200)"
TOKEN_PREFLIGHT = f"the preflight response for GET {API}/a (status 200)"


def allowing(status: int = 200, **headers: str) -> Response:
    return respond(status, allow_origin=PAGE, allow_credentials="true", **headers)


@pytest.mark.parametrize(
    ("arguments", "response", "reason"),
    [
        (
            {},
            respond(),
            f'{RESPONSE} does not allow the origin "{PAGE}": Access-Control-Allow-Origin must be '
            f'"{PAGE}" but is missing',
        ),
        (
            {},
            respond(404, allow_origin=f"{PAGE}/"),
            f'the response to GET {API}/a (status 404) does not allow the origin "{PAGE}": '
            f'Access-Control-Allow-Origin must be "{PAGE}" but is "{PAGE}/"; origins are compared '
            "byte for byte",
        ),
        (
            INCLUDE,
            respond(allow_origin="*"),
            f'{RESPONSE} does not allow the origin "{PAGE}": Access-Control-Allow-Origin must be '
            f'"{PAGE}" but is "*", which is not allowed in a request with credentials',
        ),
        (
            {},
            Response(200, (("Access-Control-Allow-Origin", "*"),) * 2),
            f'{RESPONSE} does not allow the origin "{PAGE}": Access-Control-Allow-Origin must be '
            f'"{PAGE}" but is "*, *"; it was sent more than once, often because both the app and '
            "a proxy add it",
        ),
        (
            INCLUDE,
            respond(allow_origin=PAGE, allow_credentials="yes"),
            f'{RESPONSE} does not allow credentials for the origin "{PAGE}": '
            'Access-Control-Allow-Credentials must be "true" but is "yes"',
        ),
        (
            INCLUDE,
            respond(allow_origin=PAGE),
            f'{RESPONSE} does not allow credentials for the origin "{PAGE}": '
            'Access-Control-Allow-Credentials must be "true" but is missing',
        ),
        (
            PUT,
            respond(),
            f'{PREFLIGHT} does not allow the origin "{PAGE}": Access-Control-Allow-Origin must be '
            f'"{PAGE}" but is missing',
        ),
        (
            PUT,
            allowing(302, location="/b"),
            f"the preflight response for PUT {API}/a (status 302) must have a status from 200 to "
            "299; redirects are not followed",
        ),
        (
            PUT,
            allowing(allow_methods="PUT, a b"),
            f'{PREFLIGHT} has an invalid Access-Control-Allow-Methods header: "PUT, a b" contains '
            "an entry that is not a valid method, which makes the whole list invalid",
        ),
        (
            TOKEN,
            allowing(allow_headers="X-Token; *"),
            f'{TOKEN_PREFLIGHT} has an invalid Access-Control-Allow-Headers header: "X-Token; *" '
            "contains an entry that is not a valid header name, which makes the whole list invalid",
        ),
        (
            PUT,
            allowing(),
            f"{PREFLIGHT} does not allow the method PUT: Access-Control-Allow-Methods must list "
            '"PUT" but is missing',
        ),
        (
            PUT,
            allowing(allow_methods="put"),
            f"{PREFLIGHT} does not allow the method PUT: Access-Control-Allow-Methods must list "
            '"PUT" but is "put"; methods are case-sensitive',
        ),
        (
            {**PUT, **INCLUDE},
            allowing(allow_methods="*"),
            f"{PREFLIGHT} does not allow the method PUT: Access-Control-Allow-Methods must list "
            '"PUT" but is "*"; in a request with credentials, * is not a wildcard',
        ),
        (
            TOKEN,
            allowing(allow_headers="x-a"),
            f'{TOKEN_PREFLIGHT} does not allow the header "x-token": Access-Control-Allow-Headers '
            'must list "x-token" but is "x-a"',
        ),
        (
            {**TOKEN, **INCLUDE},
            allowing(allow_headers="*"),
            f'{TOKEN_PREFLIGHT} does not allow the header "x-token": Access-Control-Allow-Headers '
            'must list "x-token" but is "*"; in a request with credentials, * is not a wildcard',
        ),
        (
            {"headers": {"Authorization": "x"}},
            allowing(allow_headers="*"),
            f'{TOKEN_PREFLIGHT} does not allow the header "authorization": '
            'Access-Control-Allow-Headers must list "authorization" but is "*"; by the standard, '
            "* does not cover this header, though some browsers accept it",
        ),
        (
            {},
            respond(302, allow_origin="*", location=f"https://me@{OTHER[8:]}/"),
            f"{API}/a#f redirects to a URL with a user name or password, which is not allowed in "
            "a cross-origin request: remove them from Location",
        ),
    ],
)
def test_reasons_of_cors_errors(arguments: dict[str, Any], response: Response, reason: str) -> None:
    with pytest.raises(CORSError) as caught:
        browse(Server(default=response)).fetch(f"{API}/a#f", **arguments)
    assert caught.value.reason == reason


def test_the_reason_explains_a_null_origin_after_redirects() -> None:
    server = Server({"GET /a": respond(302, allow_origin="*", location=f"{OTHER}/b")}, allowing())
    with pytest.raises(CORSError) as caught:
        browse({API: server, OTHER: server}).fetch(f"{API}/a")
    assert caught.value.reason == (
        f'the response to GET {OTHER}/b (status 200) does not allow the origin "null": '
        f'Access-Control-Allow-Origin must be "null" but is "{PAGE}"; the origin is null because '
        "a cross-origin server redirected the request to another origin"
    )


@pytest.mark.parametrize(
    ("arguments", "response", "problem"),
    [
        ({}, respond(), "does not allow the origin "),
        (PUT, allowing(), "does not allow the method PUT: "),
        ({"mode": "no-cors"}, respond(cross_origin_resource_policy="same-origin"), "cannot be "),
    ],
)
def test_the_problem_is_the_reason_without_the_response(
    arguments: dict[str, Any], response: Response, problem: str
) -> None:
    with pytest.raises(NetworkError) as caught:
        browse(Server(default=response)).fetch(f"{API}/a", **arguments)
    error = caught.value
    assert error.problem.startswith(problem)
    assert error.reason.endswith(f"{API}/a (status 200) {error.problem}")


def test_a_reason_without_a_response_is_the_problem() -> None:
    with pytest.raises(NetworkError) as caught:
        browse(Server()).fetch("https://missing.test")
    assert caught.value.problem == caught.value.reason


@pytest.mark.parametrize(
    ("arguments", "response", "reason"),
    [
        (
            {"redirect": "error"},
            respond(302, allow_origin="*", location="/b"),
            f'{API}/a#f redirects (status 302), but the request has redirect="error"',
        ),
        (
            {},
            Response(
                302,
                (("Access-Control-Allow-Origin", "*"), ("Location", "/b"), ("location", "/c")),
            ),
            f"{API}/a#f redirects with more than one Location: ['/b', '/c']",
        ),
        (
            {},
            respond(302, allow_origin="*", location="http://["),
            f"{API}/a#f redirects to an invalid URL: the host of http://[ is missing or not valid",
        ),
        (
            {},
            respond(302, allow_origin="*", location="ftp://b"),
            f"{API}/a#f redirects to ftp://b, which is not an HTTP(S) URL",
        ),
        (
            {},
            respond(302, allow_origin="*", location=""),
            f"{API}/a#f redirects too often: browsers follow 20 redirects",
        ),
        ({"url": "ftp://b"}, respond(), "ftp://b is not an HTTP(S) URL"),
        (
            {"url": "https://b.test"},
            respond(),
            f"there is no server at https://b.test (known servers: {API}, {OTHER})",
        ),
        (
            {"mode": "same-origin"},
            respond(),
            f"mode same-origin does not allow a request from {PAGE} to {API}/a#f",
        ),
        (
            {"mode": "no-cors", "redirect": "manual"},
            respond(),
            "a cross-origin request with mode no-cors must follow redirects, but redirect is "
            "'manual'",
        ),
        (
            {"mode": "no-cors"},
            respond(cross_origin_resource_policy="same-origin"),
            f"{RESPONSE} cannot be loaded by a page of {PAGE}: Cross-Origin-Resource-Policy must "
            'be "cross-origin" but is "same-origin"',
        ),
        (
            {},
            respond(allow_origin="*", x_a="a\0b"),
            f"the response to GET {API}/a#f has a header with a NUL, a line break or a character "
            "outside Latin-1: {'access-control-allow-origin': '*', 'x-a': 'a\\x00b'}",
        ),
    ],
)
def test_reasons_of_network_errors(
    arguments: dict[str, Any], response: Response, reason: str
) -> None:
    server = Server(default=response)
    with pytest.raises(NetworkError) as caught:
        browse({API: server, OTHER: server}).fetch(**{"url": f"{API}/a#f", **arguments})
    assert not isinstance(caught.value, CORSError)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            {"mode": "same-origin"},
            f"mode same-origin does not allow a request from null to {API}/a",
        ),
        (
            {"mode": "no-cors"},
            f"{RESPONSE} cannot be loaded by a page of null: Cross-Origin-Resource-Policy must be "
            '"cross-origin" but is "same-site"',
        ),
    ],
)
def test_reasons_name_an_opaque_origin_null(arguments: dict[str, Any], reason: str) -> None:
    server = Server(default=respond(cross_origin_resource_policy="same-site"))
    with pytest.raises(NetworkError) as caught:
        browse(server, "null").fetch(f"{API}/a", **arguments)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            {"url": "/a"},
            "'/a' is a relative URL, and there is no URL to resolve it against",
        ),
        (
            {"url": "https://me@api.example.com/"},
            "fetch() does not accept a URL with a user name or password: "
            "'https://me@api.example.com/'",
        ),
        ({"url": "https://"}, "the host of https:// is missing or not valid"),
        ({"url": "https://a:99999"}, "99999 is not a valid port: the highest port is 65535"),
        ({"mode": "x"}, "mode must be one of cors, no-cors, same-origin, not 'x'"),
        (
            {"credentials": "x"},
            "credentials must be one of include, omit, same-origin, not 'x'",
        ),
        ({"redirect": "x"}, "redirect must be one of follow, error, manual, not 'x'"),
        ({"method": "a b"}, "'a b' is not a valid method"),
        ({"method": "trace"}, "browsers do not let JavaScript send TRACE requests"),
        (
            {"method": "PUT", "mode": "no-cors"},
            "mode no-cors only allows GET, HEAD and POST, not PUT",
        ),
        ({"data": "x"}, "a GET request cannot have a body"),
        ({"data": "x", "method": "head"}, "a HEAD request cannot have a body"),
        ({"data": "x", "json": 1, "method": "PUT"}, "pass data or json, not both"),
        ({"data": 7, "method": "PUT"}, "data must be text, bytes or form fields, not 7"),
        (
            {"json": ENDLESS, "method": "PUT"},
            "json cannot be serialized: Circular reference detected",
        ),
        ({"headers": ["abc"]}, "headers must be a mapping or pairs, not ['abc']"),
        ({"headers": {"X Y": "1"}}, "'X Y' is not a valid header name"),
        ({"headers": {"X-Y": 1}}, "the value of the header 'X-Y' must be a string, not 1"),
        ({"headers": {"X-Y": " a\0"}}, "'a\\x00' is not a valid value for the header 'X-Y'"),
    ],
)
def test_reasons_of_refused_arguments(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(TypeError) as caught:
        browse(Server(), "null").fetch(**{"url": API, **arguments})
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("line", "url", "reason"),
    [
        ("a=\x01", API, "the cookie is too long, is empty or has control characters"),
        (
            "a=1; Secure",
            "http://a.test",
            "a Secure cookie needs https, except on localhost",
        ),
        ("a=1; SameSite=None", API, "a SameSite=None cookie must be Secure"),
        (
            "__host-a; Secure",
            API,
            "a cookie without a name cannot start with __Host-",
        ),
        ("__Secure-a=1", API, "a __Secure- cookie must have Secure"),
        (
            "__Host-a=1; Secure",
            f"{API}/x/y",
            "a __Host- cookie must have Secure, Path=/, no Domain",
        ),
        ("a=1; Domain=com", API, "Domain=com is a public suffix, which a cookie cannot cover"),
        (
            "a=1; Domain=b.test",
            API,
            "Domain=b.test is neither api.example.com nor a parent domain of it",
        ),
        (
            "s=1",
            "http://api.example.com",
            "plain http cannot replace the Secure cookie with this name",
        ),
    ],
)
def test_reasons_of_rejected_cookies(line: str, url: str, reason: str) -> None:
    jar = CookieJar()
    jar.set("s", "1", url=API, secure=True)
    jar.receive(line, parse_url(url), CookieContext(is_same_site=True, partition="null"))
    assert [rejected.reason for rejected in jar.rejected] == [reason]


UNSET = (
    "no SameSite is set, so Chromium treats the cookie as Lax (Firefox and Safari don't), and a "
    "Lax cookie cannot be set by a cross-site response"
)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ("", UNSET),
        ("; SameSite=Lax", "a SameSite=Lax cookie cannot be set by a cross-site response"),
        (
            "; SameSite=Strict; Secure",
            "a SameSite=Strict cookie cannot be set by a cross-site response",
        ),
    ],
)
def test_reasons_of_rejected_cross_site_cookies(attributes: str, reason: str) -> None:
    jar = CookieJar()
    context = CookieContext(is_same_site=False, partition="null")
    jar.receive(f"a=1{attributes}", parse_url(API), context)
    assert [rejected.reason for rejected in jar.rejected] == [reason]
