"""The nginx configuration on the deployment page works in front of gunicorn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPMessage
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from diagnostics.probe.deployment import gunicorn, nginx
from flask import Flask

from flask_crossorigin import CORS
from flask_crossorigin.diagnostics.probe import Probe, probe
from flask_crossorigin.diagnostics.transport import NetworkTransport
from flask_crossorigin.testing import Browser, CORSError

from .snippets import DOCS, code_blocks, run_example

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PAGE = "https://app.example.com"
STRANGER = "https://evil.example"
ORIGIN = "Access-Control-Allow-Origin"

_APPLICATION = f"""
from flask import Flask, request
from flask_crossorigin import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

app = Flask("shop")
app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)
CORS(app, origins="{PAGE}", supports_credentials=True, enforce=True)


@app.route("/items", methods=["GET", "PUT", "POST"])
def items():
    return {{"size": len(request.get_data())}}


@app.get("/broken")
def broken():
    return "try again later", 502
"""


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with gunicorn(tmp_path_factory.mktemp("gunicorn"), _APPLICATION) as address:
        yield address


@contextmanager
def deployed(folder: Path, upstream: str) -> Iterator[str]:
    """Run nginx with the configuration on the page, but with the addresses of the test."""
    snippets = "\n".join(code_blocks("deployment", "nginx"))
    for written, here in (("127.0.0.1:8000", upstream), ("/srv/shop", str(folder))):
        assert written in snippets
        snippets = snippets.replace(written, here)
    with nginx(folder, upstream, server=snippets) as url:
        yield url.removeprefix("http://")


@pytest.fixture
def server(tmp_path: Path, upstream: str) -> Iterator[str]:
    with deployed(tmp_path, upstream) as address:
        yield address


def ask(address: str, method: str = "GET", origin: str = PAGE) -> Probe:
    transport = NetworkTransport(30, sends_unsafe=True)
    url = f"http://{address}"
    return probe(transport, url, origin=origin, method=method, credentials=True)


def send(
    address: str, path: str, method: str, origin: str, body: bytes = b""
) -> tuple[int, HTTPMessage]:
    connection = HTTPConnection(address, timeout=30)
    connection.request(method, path, body, {"Origin": origin})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.headers


def test_the_page_is_short() -> None:
    assert len((DOCS / "deployment.rst").read_text("utf-8").split()) < 1200


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_nginx_passes_everything_on(server: str, method: str) -> None:
    found = ask(f"{server}/items", method)
    assert (found.verdict, found.faults) == ("allowed", [])
    for exchange in found.exchanges:
        assert exchange.response.headers.getlist("Vary") == ["Origin"]


@pytest.mark.parametrize(("own", "status"), [(True, 200), (False, 403)])
def test_enforce_knows_its_own_address(server: str, own: bool, status: int) -> None:
    origin = f"http://{server}" if own else STRANGER
    assert send(server, "/items", "POST", origin)[0] == status


def test_flask_decides_how_large_an_upload_may_be(
    server: str, upstream: str, tmp_path: Path
) -> None:
    body = bytes(2_000_000)
    assert send(server, "/items", "PUT", PAGE, body)[0] == 200
    without = tmp_path / "without"
    without.mkdir()
    with nginx(without, upstream) as url:
        status, headers = send(url.removeprefix("http://"), "/items", "PUT", PAGE, body)
    assert (status, headers[ORIGIN]) == (413, None)


def test_a_page_reads_that_the_app_is_down(tmp_path: Path) -> None:
    with deployed(tmp_path, "127.0.0.1:1") as address:
        found = ask(f"{address}/items")
    assert (found.verdict, found.faults) == ("allowed", [])
    assert found.exchanges[0].response.status == 503


def test_errors_of_the_app_stay_as_they_are(server: str) -> None:
    status, headers = send(server, "/broken", "GET", PAGE)
    assert (status, headers.get_all(ORIGIN)) == (502, [PAGE])


@pytest.mark.parametrize("origin", [PAGE, STRANGER])
def test_static_files_have_one_header(server: str, tmp_path: Path, origin: str) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "shop.woff2").write_bytes(b"wOF2")
    status, headers = send(server, "/static/shop.woff2", "GET", origin)
    assert (status, headers.get_all(ORIGIN)) == (200, ["*"])


@pytest.mark.parametrize(("enforce", "status"), [(True, 403), (False, 200)])
def test_a_removed_origin_goes_on_while_its_preflight_is_remembered(
    enforce: bool, status: int
) -> None:
    def make(origins: str) -> Flask:
        app = Flask("shop")
        CORS(app, origins=origins, max_age=600, enforce=enforce)
        app.put("/items")(lambda: "done")
        return app

    served = [make(PAGE)]
    api = "https://api.example.com"
    page = Browser({api: lambda *arguments: served[-1](*arguments)}, origin=PAGE)
    page.fetch(f"{api}/items", method="PUT")
    served.append(make("none"))
    with pytest.raises(CORSError):
        page.fetch(f"{api}/items", method="PUT")
    last = page.exchanges[-1]
    assert (last.is_preflight, last.response.status) == (False, status)


class TestProxyFix:
    API = "https://api.example.com"

    @pytest.fixture
    def app(self) -> Flask:
        app: Flask = run_example("deployment", "proxy")["app"]
        return app

    @pytest.mark.parametrize(("origin", "allowed"), [(PAGE, True), (STRANGER, False)])
    def test_what_a_page_gets(self, app: Flask, origin: str, allowed: bool) -> None:
        def proxy(environ: WSGIEnvironment, start_response: StartResponse) -> object:
            inner = {**environ, "wsgi.url_scheme": "http", "HTTP_X_FORWARDED_PROTO": "https"}
            return app(inner, start_response)

        page = Browser({self.API: proxy}, origin=origin)  # type: ignore[dict-item]
        if allowed:
            assert page.fetch(f"{self.API}/items", method="POST").json == {"added": True}
        else:
            with pytest.raises(CORSError):
                page.fetch(f"{self.API}/items", method="POST")

    @pytest.mark.parametrize(("forwarded", "status"), [(True, 200), (False, 403)])
    def test_the_scheme_decides_about_your_own_pages(
        self, app: Flask, forwarded: bool, status: int
    ) -> None:
        headers = {"Host": "api.example.com", "Origin": self.API}
        if forwarded:
            headers["X-Forwarded-Proto"] = "https"
        assert app.test_client().post("/items", headers=headers).status_code == status


@pytest.mark.skipif(version("flask") < "3.1", reason="Flask 3.1 checks the host")
@pytest.mark.parametrize("enforce", [True, False])
@pytest.mark.parametrize(("trusted", "passes"), [(None, True), (["shop.internal"], False)])
def test_trusted_hosts_stop_dns_rebinding(
    trusted: list[str] | None, passes: bool, enforce: bool
) -> None:
    app = Flask("shop")
    app.config["TRUSTED_HOSTS"] = trusted
    CORS(app, origins=PAGE, enforce=enforce)
    app.post("/items")(lambda: "done")
    page = Browser({"http://rebound.example": app}, origin="http://rebound.example")
    assert page.fetch("/items", method="POST").ok == passes
