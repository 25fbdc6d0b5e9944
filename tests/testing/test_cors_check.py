"""The CORS check, and what the browser tells of its failing."""

from __future__ import annotations

import pytest

from flask_crossorigin.testing import Browser, CORSError

from .server import API, PAGE, Answer, Server, browse


def lines(*values: tuple[str, str]) -> Server:
    names = {
        "origin": "Access-Control-Allow-Origin",
        "credentials": "Access-Control-Allow-Credentials",
    }
    return Server(default=Answer(200, tuple((names.get(key, key), value) for key, value in values)))


@pytest.mark.parametrize("credentials", ["omit", "same-origin", "include"])
@pytest.mark.parametrize(
    "origin", [PAGE, f" {PAGE}", f"{PAGE}\t ", f"\r\n{PAGE}\r\n".replace("\r\n", "\t")]
)
def test_the_page_s_own_origin_passes(credentials: str, origin: str) -> None:
    server = lines(("origin", origin), ("credentials", " true "))
    assert browse(server).fetch(API, credentials=credentials).type == "cors"  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["*", " *\t"])
def test_any_origin_passes_without_credentials(value: str) -> None:
    assert browse(lines(("origin", value))).fetch(API).type == "cors"
    with pytest.raises(CORSError, match="never for a request with credentials"):
        browse(lines(("origin", value), ("credentials", "true"))).fetch(API, credentials="include")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], r'is not for the origin "https://app.example.com": .* \(it was not sent\)'),
        ([""], r'\(it was ""\)'),
        (["https://evil.test"], r'\(it was "https://evil.test"\)'),
        (["https://APP.example.com"], "compared byte for byte"),
        ([f"{PAGE}/"], "compared byte for byte"),
        ([f"{PAGE}:443"], "it was"),
        (["http://app.example.com"], "it was"),
        (["https://app.example.co"], "it was"),
        ([f"{PAGE}.evil.test"], "it was"),
        ([f"{PAGE}\0"], "it was"),
        ([f"\x0b{PAGE}"], "it was"),
        ([f"\x0c{PAGE}\x0c"], "it was"),
        ([f"{PAGE}\xa0"], "it was"),
        ([f"{PAGE} https://other.test"], "it was"),
        ([f"{PAGE}, {PAGE}"], "it was"),
        ([f"{PAGE},"], "it was"),
        ([PAGE, PAGE], "came more than once"),
        (["*", "*"], "came more than once"),
        ([PAGE, ""], "came more than once"),
        (["**"], "it was"),
        (["null"], "it was"),
        (["https://*.example.com"], "it was"),
    ],
)
def test_any_other_value_fails(values: list[str], reason: str) -> None:
    server = lines(*(("origin", value) for value in values))
    with pytest.raises(CORSError, match=reason):
        browse(server).fetch(API)
    assert server.methods == ["GET"]


@pytest.mark.parametrize(
    "values",
    [[], ["True"], ["TRUE"], ["1"], ["true", "true"], ["true,true"], ["false"], ["true\0"]],
)
def test_credentials_must_be_exactly_true(values: list[str]) -> None:
    server = lines(("origin", PAGE), *(("credentials", value) for value in values))
    with pytest.raises(CORSError, match='Access-Control-Allow-Credentials must be "true"'):
        browse(server).fetch(API, credentials="include")
    assert browse(lines(("origin", PAGE))).fetch(API, credentials="omit").ok


@pytest.mark.parametrize(
    ("value", "passes"), [("null", True), ("*", True), ("NULL", False), ("https://app.test", False)]
)
def test_an_opaque_origin_is_null(value: str, passes: bool) -> None:
    server = lines(("origin", value))
    browser = Browser({API: server}, origin="null")
    if passes:
        assert browser.fetch(API).type == "cors"
    else:
        with pytest.raises(CORSError, match='the origin "null"'):
            browser.fetch(API)
    assert server.last.headers["origin"] == "null"


def test_the_reason_names_the_answer_and_where_it_came_from() -> None:
    with pytest.raises(CORSError) as caught:
        browse(lines()).fetch(f"{API}/a?b#c")
    assert caught.value.reason.startswith(
        "the answer (status 200) to GET https://api.example.com/a?b is"
    )
    with pytest.raises(CORSError) as caught:
        browse(lines()).fetch(f"{API}/a?b#c", method="PUT")
    assert caught.value.reason.startswith(
        "the preflight's answer (status 200) for PUT https://api.example.com/a?b is not for"
    )


def test_the_status_plays_no_part() -> None:
    assert (
        browse(Server(default=Answer(500, (("access-control-allow-ORIGIN", "*"),))))
        .fetch(API)
        .status
        == 500
    )


def test_no_check_on_the_page_s_own_server() -> None:
    server = lines()
    assert browse({PAGE: server}).fetch("/").type == "basic"


@pytest.mark.parametrize("origin", ["https://app.example.com:8443", "http://app.example.com"])
def test_port_and_scheme_make_another_origin(origin: str) -> None:
    with pytest.raises(CORSError):
        browse({PAGE: lines()}, origin).fetch(PAGE)
