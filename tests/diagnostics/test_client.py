from __future__ import annotations

import pytest

from flask_crossorigin.diagnostics.client import PageRequest, check_cors, check_preflight

APP = "https://app.example.com"
HERE = {"Access-Control-Allow-Origin": APP}
ANY = {"Access-Control-Allow-Origin": "*"}
CREDENTIALS = {**HERE, "Access-Control-Allow-Credentials": "true"}


def page(
    method: str = "GET", *names: str, credentials: bool = False, origin: str = APP
) -> PageRequest:
    return PageRequest(method, [(name, "1") for name in names], origin, credentials)


@pytest.mark.parametrize(
    ("headers", "credentials", "problem"),
    [
        (ANY, False, None),
        (HERE, False, None),
        (CREDENTIALS, True, None),
        ({}, False, "Access-Control-Allow-Origin is missing"),
        (
            ANY,
            True,
            "Access-Control-Allow-Origin is *, which is never for a request with credentials",
        ),
        (
            {"Access-Control-Allow-Origin": f"{APP}/"},
            False,
            f'Access-Control-Allow-Origin is "{APP}/" and not "{APP}"',
        ),
        (
            HERE,
            True,
            "Access-Control-Allow-Credentials is missing, and the request is one with credentials",
        ),
        (
            {**HERE, "Access-Control-Allow-Credentials": "True"},
            True,
            "Access-Control-Allow-Credentials is missing, and the request is one with credentials",
        ),
    ],
)
def test_the_cors_check(headers: dict[str, str], credentials: bool, problem: str | None) -> None:
    assert check_cors(page(credentials=credentials), headers) == problem


@pytest.mark.parametrize("is_cross_origin", [False, True])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_the_origin_is_sent_but_for_reading_from_its_own_server(
    method: str, is_cross_origin: bool
) -> None:
    headers = page(method, "X-One", "x-one").sent_headers(is_cross_origin=is_cross_origin)
    is_sent = is_cross_origin or method in {"POST", "OPTIONS"}
    assert headers == {"X-One": "1, 1"} | ({"Origin": APP} if is_sent else {})


METHODS, HEADERS = "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"


@pytest.mark.parametrize(
    ("asked", "status", "headers", "problem"),
    [
        (page("PUT"), 204, {**HERE, METHODS: "PUT"}, None),
        (page("PUT"), None, {**HERE, METHODS: "GET, PUT"}, None),
        (page("PUT"), 200, {**ANY, METHODS: "*"}, None),
        (page("POST", "X-One"), 299, {**ANY, HEADERS: "x-ONE"}, None),
        (page("GET", "X-One"), 200, {**ANY, HEADERS: "*"}, None),
        (page("GET", "Authorization"), 200, {**ANY, HEADERS: "authorization"}, None),
        (page("PUT"), 200, {METHODS: "PUT"}, "Access-Control-Allow-Origin is missing"),
        (page("PUT"), 308, {**HERE, METHODS: "PUT"}, "the status is 308 and not one of 200 to 299"),
        (
            page("PUT"),
            300,
            {**HERE, METHODS: "PUT"},
            "the status is 300 and not one of 200 to 299",
        ),
        (page("PUT"), 199, {**HERE, METHODS: "PUT"}, "the status is 199 and not one of 200 to 299"),
        (page("PUT"), 200, HERE, f"{METHODS} is missing, and would have to list PUT"),
        (page("PUT"), 200, {**HERE, METHODS: "put"}, f'{METHODS} is "put", without PUT'),
        (page("PUT"), 200, {**HERE, METHODS: "PUT x"}, f'{METHODS} is "PUT x", without PUT'),
        (
            page("PUT", credentials=True),
            200,
            {**CREDENTIALS, METHODS: "*"},
            f'{METHODS} is "*", without PUT',
        ),
        (
            page("GET", "X-One"),
            200,
            {**ANY, HEADERS: "X-Two"},
            f'{HEADERS} is "X-Two", without x-one',
        ),
        (
            page("GET", "X-One"),
            200,
            {**ANY, HEADERS: "X One"},
            f'{HEADERS} is "X One", without x-one',
        ),
        (
            page("GET", "Authorization"),
            200,
            {**ANY, HEADERS: "*"},
            f'{HEADERS} is "*", without authorization',
        ),
        (
            page("GET", "X-One", credentials=True),
            200,
            {**CREDENTIALS, HEADERS: "*"},
            f'{HEADERS} is "*", without x-one',
        ),
    ],
)
def test_the_validation_of_a_preflight(
    asked: PageRequest, status: int | None, headers: dict[str, str], problem: str | None
) -> None:
    assert check_preflight(asked, status, headers) == problem
