"""nginx in front of gunicorn, configured correctly and with each well-known mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_crossorigin.diagnostics.probe import Probe, probe
from flask_crossorigin.diagnostics.transport import NetworkTransport

from .deployment import APP, nginx

ORIGIN = "Access-Control-Allow-Origin"


def ask(url: str, method: str = "PUT", *, credentials: bool = True, origin: str = APP) -> Probe:
    transport = NetworkTransport(30, sends_unsafe=True)
    return probe(transport, url, origin=origin, method=method, credentials=credentials)


def names(found: Probe) -> list[str]:
    return [fault.name for fault in found.faults]


def test_gunicorn_alone(upstream: str) -> None:
    found = ask(f"http://{upstream}/api/items")
    assert (found.verdict, names(found)) == ("allowed", [])
    assert [exchange.response.status for exchange in found.exchanges] == [204, 200]


def test_nginx_that_passes_everything_on(upstream: str, tmp_path: Path) -> None:
    with nginx(tmp_path, upstream) as server:
        found = ask(f"{server}/api/items")
        refused = ask(f"{server}/api/items", "GET", origin="https://evil.example.net")
        missing = ask(f"{server}/api/none", "GET")
        open_to_all = ask(f"{server}/open/items", "GET", credentials=False)
    assert (found.verdict, names(found)) == ("allowed", [])
    assert (refused.verdict, names(refused)) == ("refused", [])
    assert (missing.verdict, missing.reason, names(missing)) == (
        "allowed",
        "the page gets the response (status 404)",
        [],
    )
    assert (open_to_all.verdict, names(open_to_all)) == ("allowed", [])


#: The mistake in the directives of nginx, the method, the path, the verdict and the faults.
FAULTS: dict[str, tuple[str, str, str, str, list[str]]] = {
    "a second header": (
        f'add_header {ORIGIN} "*" always;',
        "PUT",
        "/api/items",
        "refused",
        ["second-header"],
    ),
    "a second header on the answer alone": (
        f'if ($request_method = GET) {{ add_header {ORIGIN} "{APP}"; }}',
        "GET",
        "/api/items",
        "refused",
        ["second-header"],
    ),
    "credentials claimed twice": (
        "add_header Access-Control-Allow-Credentials true;",
        "GET",
        "/api/items",
        "refused",
        ["second-header"],
    ),
    "a preflight that is led to a login": (
        "if ($request_method = OPTIONS) { return 302 /login; }",
        "PUT",
        "/api/items",
        "refused",
        ["preflight-redirected"],
    ),
    "a preflight that is asked for a password": (
        'auth_basic "staff"; auth_basic_user_file /dev/null;',
        "PUT",
        "/api/items",
        "refused",
        ["preflight-login"],
    ),
    "a preflight that is barred": (
        "limit_except GET PUT { deny all; }",
        "PUT",
        "/api/items",
        "refused",
        ["preflight-forbidden"],
    ),
    "a preflight that nothing answers": (
        "if ($request_method = OPTIONS) { return 405; }",
        "PUT",
        "/api/items",
        "refused",
        ["preflight-not-answered"],
    ),
    "a preflight that fails": (
        "if ($request_method = OPTIONS) { return 502; }",
        "PUT",
        "/api/items",
        "refused",
        ["preflight-error"],
    ),
    "Vary lost": ("proxy_hide_header Vary;", "GET", "/api/items", "allowed", ["vary-lost"]),
    "Vary replaced": (
        "proxy_hide_header Vary; add_header Vary Accept-Encoding;",
        "GET",
        "/api/items",
        "allowed",
        ["vary-lost"],
    ),
    "any origin with credentials": (
        f'proxy_hide_header {ORIGIN}; add_header {ORIGIN} "*" always;',
        "GET",
        "/api/items",
        "refused",
        ["wildcard-with-credentials"],
    ),
    "credentials where any origin may read": (
        "",
        "GET",
        "/open/items",
        "refused",
        ["wildcard-with-credentials"],
    ),
    "an error page without headers": (
        "proxy_intercept_errors on; error_page 404 /missing.html;",
        "GET",
        "/api/none",
        "refused",
        ["error-without-headers"],
    ),
    "a login that redirects": (
        "if ($request_method = GET) { return 302 /login; }",
        "GET",
        "/api/items",
        "refused",
        ["redirect-without-headers"],
    ),
    "a preflight that nginx answers itself": (
        "if ($request_method = OPTIONS) { return 204; }",
        "PUT",
        "/api/items",
        "refused",
        ["preflight-without-headers"],
    ),
    "headers on preflights alone": (
        f"if ($request_method = PUT) {{ rewrite ^ /bare$uri last; }} }} "
        f"location /bare/ {{ proxy_pass http://{{upstream}}/; proxy_hide_header {ORIGIN};",
        "PUT",
        "/api/items",
        "refused",
        ["headers-stripped"],
    ),
    "any origin reflected": (
        f"proxy_hide_header {ORIGIN}; proxy_hide_header Vary; "
        f"add_header {ORIGIN} $http_origin always; add_header Vary Origin always; "
        "proxy_hide_header Access-Control-Allow-Credentials; "
        "add_header Access-Control-Allow-Credentials true always;",
        "GET",
        "/api/items",
        "allowed",
        ["any-origin-reflected"],
    ),
    "an origin that is always the same": (
        f"proxy_hide_header {ORIGIN}; proxy_hide_header Vary; add_header {ORIGIN} {APP} always;",
        "GET",
        "/api/items",
        "allowed",
        [],
    ),
    "a list of origins": (
        f'proxy_hide_header {ORIGIN}; add_header {ORIGIN} "{APP}, https://b.test" always;',
        "GET",
        "/api/items",
        "refused",
        ["origin-list"],
    ),
    "what another origin got": (
        f"proxy_hide_header {ORIGIN}; set $allowed {APP}; "
        'if ($args = "") { set $allowed https://b.test; } '
        f"add_header {ORIGIN} $allowed always;",
        "GET",
        "/api/items",
        "refused",
        ["cached-for-another"],
    ),
    "a method that is not listed": ("", "FETCH", "/api/items", "refused", ["method-not-listed"]),
    "headers taken away": (
        f"proxy_hide_header {ORIGIN};",
        "GET",
        "/api/items",
        "refused",
        [],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_name(fault: str, upstream: str, tmp_path: Path) -> None:
    location, method, path, verdict, expected = FAULTS[fault]
    with nginx(tmp_path, upstream, location.replace("{upstream}", upstream)) as server:
        found = ask(f"{server}{path}", method)
    assert (found.verdict, names(found)) == (verdict, expected), found
    assert all(fault.message and fault.fix for fault in found.faults)


def test_an_application_that_is_down(tmp_path: Path) -> None:
    with nginx(tmp_path, "127.0.0.1:1") as server:
        found = ask(f"{server}/api/items", "GET")
    assert (found.verdict, names(found)) == ("refused", ["error-without-headers"])
    assert "502" in found.faults[0].message


def test_redirects_without_end(upstream: str, tmp_path: Path) -> None:
    headers = (
        f'add_header {ORIGIN} "{APP}" always; add_header Vary Origin always; '
        "add_header Access-Control-Allow-Credentials true always;"
    )
    with nginx(tmp_path, upstream, f"{headers} return 302 /api/items;") as server:
        found = ask(f"{server}/api/items", "GET")
    assert found.verdict == "failed"
    assert "redirects too often: browsers follow 20 redirects" in found.reason
    assert "\n" not in found.reason
    assert len(found.exchanges) == 21


def test_a_page_of_the_same_origin_has_no_faults(upstream: str, tmp_path: Path) -> None:
    with nginx(tmp_path, upstream, f'add_header {ORIGIN} "*" always;') as server:
        found = ask(f"{server}/api/items", "GET", origin=server)
    assert (found.verdict, names(found)) == ("allowed", [])
