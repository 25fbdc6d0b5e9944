"""Each example does what it says, for pages of allowed origins and of other origins."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin.cli import cors
from flask_crossorigin.options.errors import OptionsError
from flask_crossorigin.testing import Browser, CORSError, Reply

EXAMPLES = Path(__file__).parents[2] / "examples"
API = "https://api.example.com"
PAGE = "https://app.example.com"
STRANGER = "https://evil.example"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Yield a function that imports an example like ``flask --app``, again in each test."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    loaded: list[str] = []

    def load(name: str) -> Any:
        loaded.append(name)
        return import_module(name)

    yield load
    for name in loaded:
        sys.modules.pop(name, None)


def page_of(app: Flask, origin: str = PAGE) -> Browser:
    return Browser({API: app}, origin=origin)


def refused(page: Browser, path: str, **options: Any) -> str:
    """Return the reason why a page can't read the response."""
    with pytest.raises(CORSError) as caught:
        page.fetch(API + path, **options)
    return caught.value.reason


def preflighted(page: Browser) -> list[bool]:
    """Return whether each request so far was a preflight, and clear the list of requests."""
    kinds = [exchange.is_preflight for exchange in page.exchanges]
    page.exchanges.clear()
    return kinds


def test_ten_lines(load: Callable[[str], Any]) -> None:
    app = load("ten_lines").app
    assert page_of(app).fetch(f"{API}/api/items").json == ["apple", "pear"]
    assert "Access-Control-Allow-Origin" in refused(page_of(app, STRANGER), "/api/items")


def test_ten_lines_are_ten() -> None:
    lines = (EXAMPLES / "ten_lines.py").read_text("utf-8").splitlines()
    assert len([line for line in lines[1:] if line]) <= 10


_WITHOUT_FLASK = """
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec

for name in ("blinker", "click", "flask", "werkzeug"):
    sys.modules[name] = None
# The front door of the package imports Flask; its rooms do not need it.
package = module_from_spec(ModuleSpec("flask_crossorigin", None, is_package=True))
package.__path__ = [*find_spec("flask_crossorigin").submodule_search_locations]
sys.modules["flask_crossorigin"] = package
import wsgi_core
"""


def test_the_core_needs_no_flask() -> None:
    subprocess.run([sys.executable, "-c", _WITHOUT_FLASK], cwd=EXAMPLES, check=True)


def test_wsgi_core(load: Callable[[str], Any]) -> None:
    example = load("wsgi_core")
    page = Browser({API: example.app}, origin=PAGE)
    assert page.fetch(API).text == "hello"
    assert page.fetch(API, method="PUT", headers={"X-Token": "1"}).text == "hello"
    assert preflighted(page) == [False, True, False]
    assert "PATCH" in refused(page, "/", method="PATCH")
    for options in ({}, {"method": "PUT"}):
        assert "origin" in refused(Browser({API: example.app}, origin=STRANGER), "/", **options)
    with pytest.raises(OptionsError, match="no scheme"):
        example.read_policy(origins="app.example.com")


class TestFactory:
    @pytest.fixture
    def app(self, load: Callable[[str], Any]) -> Flask:
        app: Flask = load("factory").create_app()
        return app

    def test_anybody_reads_the_catalog(self, app: Flask) -> None:
        for origin in (PAGE, STRANGER, "null"):
            assert page_of(app, origin).fetch(f"{API}/catalog/").json == ["apple", "pear"]

    def test_one_page_uses_the_account(self, app: Flask) -> None:
        page = page_of(app)
        assert page.fetch(f"{API}/account/", method="PUT").json == {"name": "changed"}
        refused(page_of(app, STRANGER), "/account/")
        refused(page_of(app, STRANGER), "/account/", method="PUT")

    def test_origins_come_from_the_environment(
        self, load: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FLASK_CORS_ORIGINS", '["https://one.example", "http://localhost:*"]')
        app = load("factory").create_app()
        for origin in ("https://one.example", "http://localhost:3000"):
            assert page_of(app, origin).fetch(f"{API}/account/").ok
        refused(page_of(app), "/account/")

    def test_two_applications_can_be_made(self, load: Callable[[str], Any]) -> None:
        module = load("factory")
        for origin in (PAGE, "https://two.example"):
            app = module.create_app({"CORS_ORIGINS": origin})
            assert page_of(app, origin).fetch(f"{API}/account/").ok


def test_decorators(load: Callable[[str], Any]) -> None:
    app = load("decorators").app
    assert page_of(app, STRANGER).fetch(f"{API}/status").json == {"status": "up"}
    reply = page_of(app, "https://reports.example.com").fetch(f"{API}/report")
    assert reply.headers["X-Total"] == "3"
    for origin in (PAGE, STRANGER, "https://reports.example.com"):
        refused(page_of(app, origin), "/internal")
    refused(page_of(app), "/report")


@pytest.mark.parametrize(("url", "method"), [("/items", "POST"), ("/items/1", "PUT")])
def test_method_policies(load: Callable[[str], Any], url: str, method: str) -> None:
    module = load("method_policies")
    stranger, editor = page_of(module.app, STRANGER), page_of(module.app, module.EDITOR)
    for page in (stranger, editor):
        assert page.fetch(API + url).ok
    before = dict(module.names)
    assert "preflight" in refused(stranger, url, method=method, json={"name": "plum"})
    assert module.names == before
    assert editor.fetch(API + url, method=method, json={"name": "plum"}).ok
    assert "plum" in module.names.values()


@pytest.mark.parametrize(
    ("step", "status", "reads", "logged"),
    [
        ("1", 200, True, "report_only would refuse it"),
        ("2", 200, False, "is not allowed by CORS(app)"),
        ("3", 403, False, "is not allowed by CORS(app)"),
    ],
)
def test_closing_up(
    load: Callable[[str], Any],
    step: str,
    status: int,
    reads: bool,
    logged: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    app = load("closing_up").create_app(step)
    assert page_of(app, "https://shop.example.com").fetch(f"{API}/items").ok
    assert not caplog.records
    other = page_of(app, STRANGER)
    if reads:
        assert other.fetch(f"{API}/items").ok
    else:
        refused(other, "/items")
    assert other.exchanges[-1].response.status == status
    assert logged in caplog.text


def test_debugging(load: Callable[[str], Any]) -> None:
    app: Flask = load("debugging").app
    app.debug = True
    page = page_of(app, "https://shop.example.com")
    assert page.fetch(f"{API}/api/cart", method="PUT", credentials="include").ok
    assert page_of(app, STRANGER).fetch(f"{API}/catalog/apple").json == {"name": "apple"}
    refused(page_of(app, STRANGER), "/api/cart")
    found = app.test_client().get("/_cors/crossorigin-decisions.json").json
    assert found is not None
    assert [decision["verdict"] for decision in found["decisions"]] == [
        *("allowed", "allowed", "allowed", "reported", "refused")
    ]


class TestSessionCookie:
    @pytest.fixture
    def app(self, load: Callable[[str], Any]) -> Flask:
        app: Flask = load("session_cookie").create_app()
        return app

    @pytest.fixture
    def page(self, app: Flask) -> Browser:
        return page_of(app)

    @pytest.fixture
    def send(self, page: Browser) -> Callable[..., Reply]:
        def send(path: str, **options: Any) -> Reply:
            return page.fetch(API + path, credentials="include", **options)

        return send

    def test_the_page_logs_in_and_sends(self, send: Callable[..., Reply]) -> None:
        token = send("/login", method="POST", json={"user": "ada"}).json["csrf_token"]
        assert send("/me").json == {"user": "ada", "csrf_token": token}
        reply = send(
            "/transfer", method="POST", json={"amount": 5}, headers={"X-CSRF-Token": token}
        )
        assert reply.json == {"sent": 5, "by": "ada"}

    def test_without_the_token_nothing_is_sent(self, send: Callable[..., Reply]) -> None:
        assert send("/transfer", method="POST", json={"amount": 5}).status == 403
        send("/login", method="POST", json={"user": "ada"})
        for headers in ({}, {"X-CSRF-Token": "-"}, {"X-CSRF-Token": ""}):
            reply = send("/transfer", method="POST", json={"amount": 5}, headers=headers)
            assert reply.status == 403

    def test_a_token_needs_its_session(self, send: Callable[..., Reply], app: Flask) -> None:
        token = send("/login", method="POST", json={"user": "ada"}).json["csrf_token"]
        answer = app.test_client().post(
            "/transfer", json={"amount": 5}, headers={"X-CSRF-Token": token}
        )
        assert answer.status_code == 403

    def test_no_session_has_no_token(self, send: Callable[..., Reply]) -> None:
        for sent in ("", "-", "None"):
            reply = send("/transfer", method="POST", headers={"X-CSRF-Token": sent})
            assert reply.status == 403

    def test_strangers_do_not_get_to_a_view(self, app: Flask) -> None:
        stranger = page_of(app, STRANGER)
        refused(stranger, "/me", credentials="include")
        form = {"user": "ada"}
        for path in ("/login", "/transfer"):
            reply = stranger.fetch(API + path, method="POST", data=form, mode="no-cors")
            assert reply.type == "opaque"
        assert {exchange.response.status for exchange in stranger.exchanges} == {403}


class TestBearerToken:
    @pytest.fixture
    def app(self, load: Callable[[str], Any]) -> Flask:
        pytest.importorskip("jwt", reason="the example uses PyJWT")
        app: Flask = load("bearer_token").create_app()
        return app

    def test_the_page_uses_a_token(self, app: Flask) -> None:
        page = page_of(app)
        token = page.fetch(f"{API}/login", method="POST", json={"user": "ada"}).json["token"]
        preflighted(page)
        reply = page.fetch(f"{API}/me", headers={"Authorization": f"Bearer {token}"})
        assert reply.json == {"user": "ada"}
        assert preflighted(page) == [True, False]

    @pytest.mark.parametrize("sent", ["", "Bearer", "Bearer x.y.z", "Basic YTpi"])
    def test_the_page_reads_the_refusal(self, app: Flask, sent: str) -> None:
        reply = page_of(app).fetch(f"{API}/me", headers={"Authorization": sent} if sent else {})
        assert (reply.status, reply.text) == (401, "log in")
        assert reply.headers["WWW-Authenticate"] == "Bearer"

    def test_an_unsigned_token_is_none(self, app: Flask) -> None:
        import jwt

        token = jwt.encode({"sub": "ada"}, "", algorithm="none")
        reply = page_of(app).fetch(f"{API}/me", headers={"Authorization": f"Bearer {token}"})
        assert reply.status == 401

    def test_a_stranger_reads_nothing(self, app: Flask) -> None:
        refused(page_of(app, STRANGER), "/me")


def test_cdn(load: Callable[[str], Any], tmp_path: Path) -> None:
    (tmp_path / "font.woff2").write_bytes(b"wOF2")
    app = load("cdn").create_app(tmp_path)
    page = page_of(app)
    reply = page.fetch(f"{API}/assets/font.woff2")
    assert reply.data == b"wOF2"
    assert "max-age=3600" in reply.headers["Cache-Control"]
    # One cached copy can serve every page, so the response needs no Vary header.
    (sent,) = page.exchanges
    assert sent.response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Vary" not in sent.response.headers
    assert page.fetch(f"{API}/assets/missing.woff2").status == 404


def test_live_events(load: Callable[[str], Any]) -> None:
    app = load("live_events").create_app(last=3, pause=0)
    page = page_of(app)
    reply = page.fetch(f"{API}/events", headers={"Accept": "text/event-stream"})
    assert reply.headers["Content-Type"].startswith("text/event-stream")
    assert reply.text.splitlines()[:3] == ["id: 1", 'data: {"number": 1}', ""]
    assert preflighted(page) == [False]
    again = app.test_client().get("/events", headers={"Origin": PAGE, "Last-Event-ID": "2"})
    assert again.text == 'id: 3\ndata: {"number": 3}\n\n'
    refused(page_of(app, STRANGER), "/events")


class TestFileUpload:
    @pytest.fixture
    def app(self, load: Callable[[str], Any]) -> Flask:
        app: Flask = load("file_upload").create_app()
        return app

    def upload(self, page: Browser, content: bytes, **options: Any) -> Reply:
        data = {"file": (BytesIO(content), "notes.txt")}
        return page.fetch(f"{API}/files", method="POST", data=data, **options)

    def test_the_page_uploads(self, app: Flask) -> None:
        reply = self.upload(page_of(app), b"hello")
        assert (reply.status, reply.json) == (201, {"name": "notes.txt", "size": 5})

    def test_what_a_listener_asks_for_is_allowed(self, app: Flask) -> None:
        # With an upload listener, a browser sends a preflight for POST without any header names.
        headers = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
        answer = app.test_client().options("/files", headers=headers)
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE

    def test_the_page_reads_that_it_was_too_large(self, app: Flask) -> None:
        assert self.upload(page_of(app), b"x" * 1_000_001).status == 413

    def test_the_page_reads_that_it_sent_none(self, app: Flask) -> None:
        reply = page_of(app).fetch(f"{API}/files", method="POST", data={"name": "x"})
        assert reply.status == 400

    def test_a_stranger_does_not_get_to_the_view(self, app: Flask) -> None:
        stranger = page_of(app, STRANGER)
        self.upload(stranger, b"hello", mode="no-cors")
        assert stranger.exchanges[0].response.status == 403


class TestCI:
    """The policies are saved in a file, and a workflow compares them with the app."""

    FOLDER = EXAMPLES / "ci"

    def run(self, source: str, *arguments: str) -> tuple[int, str]:
        """Run ``flask cors`` for an app with this source."""
        namespace: dict[str, Any] = {"__name__": "shop"}
        exec(compile(source, "shop.py", "exec"), namespace)
        result = namespace["app"].test_cli_runner().invoke(cors, arguments)
        return result.exit_code, result.output

    def compare(self, source: str) -> tuple[int, str]:
        commands = re.findall(r"- run: flask --app shop cors (.+)", self.read("cors.yml"))
        assert commands == ["diff cors-policies.json"]
        return self.run(source, *commands[0].split())

    def read(self, name: str) -> str:
        return (self.FOLDER / name).read_text("utf-8")

    @pytest.fixture(autouse=True)
    def in_its_folder(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(self.FOLDER)

    def test_the_file_is_what_the_command_prints(self) -> None:
        printed = self.run(self.read("shop.py"), "routes", "--json")
        assert printed == (0, self.read("cors-policies.json"))
        assert self.compare(self.read("shop.py")) == (0, "No origin gained or lost anything.\n")

    @pytest.mark.parametrize(
        ("written", "instead", "status", "said"),
        [
            ('"https://*.example.com"', '"*"', 1, "+ gained: any origin may use:"),
            ('"https://*.example.com"', '"https://app.example.com"', 0, "- lost: https://*.exam"),
            ('["GET", "PUT"], ', '["GET"], ', 0, "No origin gained or lost anything."),
            ('"/api/items"', '"/api/things"', 1, "may use these new routes:"),
            ('"supports_credentials": True', '"max_age": 5', 0, "may no longer send credentials"),
        ],
    )
    def test_the_build_fails_if_somebody_gains(
        self, written: str, instead: str, status: int, said: str
    ) -> None:
        source = self.read("shop.py")
        assert written in source
        changed = source.replace(written, instead)
        found, output = self.compare(changed)
        assert (found, said in output) == (status, True), output


def test_tests_of_the_example_pass() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "."],
        cwd=EXAMPLES / "with_tests",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "5 passed" in run.stdout, run.stdout + run.stderr
