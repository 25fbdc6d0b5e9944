"""The CORS check, and the reasons why it fails."""

from __future__ import annotations

import pytest

from flask_crossorigin.testing import Browser, CORSError

from .server import API, PAGE, Response, Server, browse


def lines(*values: tuple[str, str]) -> Server:
    names = {
        "origin": "Access-Control-Allow-Origin",
        "credentials": "Access-Control-Allow-Credentials",
    }
    return Server(
        default=Response(200, tuple((names.get(key, key), value) for key, value in values))
    )


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
    with pytest.raises(CORSError, match="not allowed in a request with credentials"):
        browse(lines(("origin", value), ("credentials", "true"))).fetch(API, credentials="include")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], 'does not allow the origin "https://app.example.com": .* but is missing$'),
        ([""], 'but is ""$'),
        (["https://evil.test"], 'but is "https://evil.test"$'),
        (["https://APP.example.com"], "compared byte for byte"),
        ([f"{PAGE}/"], "compared byte for byte"),
        ([f"{PAGE}:443"], "but is"),
        (["http://app.example.com"], "but is"),
        (["https://app.example.co"], "but is"),
        ([f"{PAGE}.evil.test"], "but is"),
        ([f"{PAGE}\0"], "but is"),
        ([f"\x0b{PAGE}"], "but is"),
        ([f"\x0c{PAGE}\x0c"], "but is"),
        ([f"{PAGE}\xa0"], "but is"),
        ([f"{PAGE} https://other.test"], "but is"),
        ([f"{PAGE}, {PAGE}"], "but is"),
        ([f"{PAGE},"], "but is"),
        ([PAGE, PAGE], "sent more than once"),
        (["*", "*"], "sent more than once"),
        ([PAGE, ""], "sent more than once"),
        (["**"], "but is"),
        (["null"], "but is"),
        (["https://*.example.com"], "but is"),
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


def test_the_reason_names_the_response_and_its_url() -> None:
    with pytest.raises(CORSError) as caught:
        browse(lines()).fetch(f"{API}/a?b#c")
    assert caught.value.reason.startswith(
        "the response to GET https://api.example.com/a?b (status 200) does not allow"
    )
    with pytest.raises(CORSError) as caught:
        browse(lines()).fetch(f"{API}/a?b#c", method="PUT")
    assert caught.value.reason.startswith(
        "the preflight response for PUT https://api.example.com/a?b (status 200) does not allow"
    )


def test_the_status_makes_no_difference() -> None:
    assert (
        browse(Server(default=Response(500, (("access-control-allow-ORIGIN", "*"),))))
        .fetch(API)
        .status
        == 500
    )


def test_the_page_s_own_server_needs_no_cors_headers() -> None:
    server = lines()
    assert browse({PAGE: server}).fetch("/").type == "basic"


@pytest.mark.parametrize("origin", ["https://app.example.com:8443", "http://app.example.com"])
def test_another_port_or_scheme_is_another_origin(origin: str) -> None:
    with pytest.raises(CORSError):
        browse({PAGE: lines()}, origin).fetch(PAGE)
