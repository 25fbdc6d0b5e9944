"""The examples in the recipes work as the text says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, Response, redirect

from flask_crossorigin import CORS, ConfigError, explain
from flask_crossorigin.cli import cors
from flask_crossorigin.testing import Browser, CORSError, NetworkError, Reply

from .snippets import DOCS, run_example

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

API = "https://api.example.com"
PAGE = "https://app.example.com"
STRANGER = "https://evil.example"

PAGES = sorted(path.stem for path in (DOCS / "recipes").glob("*.rst"))

needs_partitioned = pytest.mark.skipif(version("flask") < "3.1", reason="Flask 3.1 has the option")


def example(page: str, group: str) -> Flask:
    app: Flask = run_example(f"recipes/{page}", group)["app"]
    return app


def fetch(app: WSGIApplication, path: str, origin: str = PAGE, **options: Any) -> Reply:
    """Fetch a path of the app from a page. The app is at the URL that the recipes use."""
    return Browser({API: app}, origin=origin).fetch(API + path, **options)


def is_allowed(app: Flask, path: str, origin: str, **options: Any) -> bool:
    try:
        fetch(app, path, origin, **options)
    except CORSError:
        return False
    return True


def allowed(app: Flask, path: str, origins: Iterable[str]) -> list[str]:
    return [origin for origin in origins if is_allowed(app, path, origin)]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_short(page: str) -> None:
    assert len((DOCS / "recipes" / f"{page}.rst").read_text("utf-8").split()) < 1200


def test_the_table_of_contents_has_the_recipes_in_the_order_of_their_page() -> None:
    recipes = (DOCS / "recipes" / "index.rst").read_text("utf-8")
    listed = re.findall(r":doc:`(\w+)`", recipes)
    contents = (DOCS / "index.rst").read_text("utf-8")
    assert listed == re.findall(r"^   recipes/(\w+)$", contents, re.MULTILINE)
    assert sorted(listed) == [page for page in PAGES if page != "index"]


@pytest.mark.parametrize("page", PAGES)
def test_every_example_can_be_copied_alone(page: str) -> None:
    text = (DOCS / "recipes" / f"{page}.rst").read_text("utf-8")
    for group in re.findall(r"^\.\. testcode:: (\w[\w-]*)$", text, re.MULTILINE):
        assert "app" in run_example(f"recipes/{page}", group)


@pytest.fixture(autouse=True)
def _secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_SECRET_KEY", "only for this test")
    monkeypatch.delenv("FLASK_CORS_ORIGINS", raising=False)


class TestDevelopment:
    ORIGINS = (PAGE, "http://localhost:5173", "http://localhost:5174", "http://127.0.0.1:5173")

    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            (None, [PAGE]),
            ("http://localhost:5173", ["http://localhost:5173"]),
            ("http://localhost:5173,http://localhost:4173", ["http://localhost:5173"]),
            ("http://localhost:*", ["http://localhost:5173", "http://localhost:5174"]),
        ],
    )
    def test_the_environment_replaces_the_origin(
        self, written: str | None, expected: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if written is not None:
            monkeypatch.setenv("FLASK_CORS_ORIGINS", written)
        app = example("development", "environment")
        assert allowed(app, "/api/items", self.ORIGINS) == expected

    def test_without_any_origins_every_origin_is_allowed(self) -> None:
        app = Flask("shop")
        CORS(app)
        assert is_allowed(app, "/", STRANGER)

    @pytest.mark.parametrize(
        ("api", "user"), [("http://localhost:5000", "ada"), ("http://127.0.0.1:5000", None)]
    )
    def test_localhost_and_127_0_0_1_are_two_sites(self, api: str, user: str | None) -> None:
        app = example("cookies", "same-site")
        assert log_in(app, api, "http://localhost:5173") == user

    @pytest.mark.parametrize("enforce", [True, "unsafe"])
    def test_enforce_works_behind_the_proxy_of_a_development_server(
        self, enforce: bool | str
    ) -> None:
        app = Flask("shop")
        CORS(app, origins=PAGE, enforce=enforce)
        app.post("/api/items")(lambda: "done")

        def proxy(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            # Development servers change the Host header like this with "changeOrigin".
            return app({**environ, "HTTP_HOST": "localhost:5000"}, start_response)

        page = Browser({"http://localhost:5173": proxy}, origin="http://localhost:5173")
        reply = page.fetch("/api/items", method="POST")
        assert (reply.status, reply.type) == (200, "basic")
        assert page.exchanges[0].request.headers["Sec-Fetch-Site"] == "same-origin"


def is_reported(app: Flask) -> bool:
    """Return whether the audit finds a pattern for origins that anybody can get."""
    return "C007 high" in app.test_cli_runner().invoke(cors, ["audit"]).output


class TestPreviews:
    def test_domains_of_your_own(self) -> None:
        app = example("previews", "own")
        origins = [
            PAGE,
            "https://fix.preview.example.com",
            "https://a1b2c3d4.myproject.pages.dev",
            "https://myproject.pages.dev",
            "https://a1b2c3d4.other.pages.dev",
            "https://evil-myproject.pages.dev",
        ]
        assert allowed(app, "/", origins) == origins[:3]

    def test_regular_expressions(self) -> None:
        app = example("previews", "expressions")
        origins = [
            PAGE,
            "https://myapp-git-fix-myteam.vercel.app",
            "https://myapp-x-myteam.vercel.app",
            "https://deploy-preview-42--mysite.netlify.app",
            "https://myapp-x-otherteam.vercel.app",
            "https://deploy-preview-42--othersite.netlify.app",
            "https://myapp-x.evil-myteam.vercel.app",
            "https://myapp-x-myteam.vercel.app.evil.example",
        ]
        assert allowed(app, "/", origins) == origins[:4]

    def test_a_star_inside_a_label_is_an_error_that_shows_the_expression(self) -> None:
        with pytest.raises(ConfigError) as caught:
            CORS(Flask("shop"), origins="https://myapp-*-myteam.vercel.app")
        (problem,) = caught.value.problems
        page = (DOCS / "recipes" / "previews.rst").read_text("utf-8")
        (shown,) = re.findall(r"re\.compile\(r\"https://myapp.*\)", page)
        assert shown in problem.hint

    @pytest.mark.parametrize(
        ("group", "reported"), [("own", False), ("expressions", True), ("ngrok", False)]
    )
    def test_what_the_audit_says(self, group: str, reported: bool) -> None:
        pytest.importorskip("publicsuffixlist")
        assert is_reported(example("previews", group)) == reported

    @pytest.mark.parametrize(
        "domain",
        ["vercel.app", "netlify.app", "pages.dev", "ngrok-free.app", "ngrok-free.dev"],
    )
    def test_patterns_that_anybody_can_match_are_reported(self, domain: str) -> None:
        pytest.importorskip("publicsuffixlist")
        app = Flask("shop")
        CORS(app, origins=f"https://*.{domain}", supports_credentials=True)
        assert is_reported(app)

    def test_such_a_pattern_lets_a_strangers_deployment_act_for_the_user(self) -> None:
        app = Flask("shop")
        CORS(app, origins="https://*.vercel.app", supports_credentials=True)
        assert is_allowed(app, "/", "https://evil.vercel.app", credentials="include")

    def test_ngrok(self) -> None:
        app = example("previews", "ngrok")
        origins = ["https://your-name.ngrok-free.app", "https://other-name.ngrok-free.app"]
        assert allowed(app, "/", origins) == origins[:1]
        page = Browser({API: app}, origin=origins[0])
        page.fetch(f"{API}/", headers={"ngrok-skip-browser-warning": "1"})
        assert [exchange.is_preflight for exchange in page.exchanges] == [True, False]

    def test_no_header_lets_a_public_page_reach_localhost(self) -> None:
        app = Flask("shop")
        CORS(app, origins=PAGE, allow_private_network=True)
        page = Browser(
            {"http://localhost:5000": app},
            origin=PAGE,
            address_space={"http://localhost:5000": "loopback"},
        )
        with pytest.raises(NetworkError, match="Local Network Access"):
            page.fetch("http://localhost:5000/")


def log_in(
    app: Flask, api: str, origin: str, credentials: str = "include", **options: Any
) -> str | None:
    """Log in from a page of an origin, and return the user name that the API then reports.

    The policy is like that of the example, but it allows the origin of this page.
    """
    api_app = Flask("api")
    api_app.config.update(app.config)
    CORS(api_app, origins=origin, supports_credentials=True, enforce="unsafe")
    api_app.post("/login")(app.view_functions["login"])
    api_app.get("/me")(app.view_functions["me"])
    page = Browser({api: api_app}, origin=origin, **options)
    page.fetch(f"{api}/login", method="POST", credentials=credentials)  # type: ignore[arg-type]
    user: str | None = page.fetch(f"{api}/me", credentials="include").json["user"]
    return user


class TestCookies:
    @pytest.mark.parametrize(
        ("group", "origin", "api", "user"),
        [
            ("same-site", PAGE, API, "ada"),
            ("same-site", "http://localhost:5173", "http://localhost:5000", "ada"),
            ("same-site", "https://app.example.net", API, None),
            ("same-site", "https://myapp.vercel.app", "https://myapi.vercel.app", None),
            pytest.param(
                "cross-site", "https://app.example.net", API, "ada", marks=needs_partitioned
            ),
            pytest.param(
                "cross-site",
                "https://myapp.vercel.app",
                "https://myapi.vercel.app",
                "ada",
                marks=needs_partitioned,
            ),
        ],
    )
    @pytest.mark.parametrize("third_party_cookies", [True, False])
    def test_who_is_logged_in(
        self, group: str, origin: str, api: str, user: str | None, third_party_cookies: bool
    ) -> None:
        if "vercel" in origin:
            pytest.importorskip("publicsuffixlist")
        app = example("cookies", group)
        assert log_in(app, api, origin, third_party_cookies=third_party_cookies) == user

    @pytest.mark.parametrize("group", ["same-site", "cross-site"])
    def test_the_policy_of_the_example(self, group: str) -> None:
        app = example("cookies", group)
        origin = PAGE if group == "same-site" else "https://app.example.net"
        assert is_allowed(app, "/me", origin, credentials="include")
        stranger = Browser({API: app}, origin=STRANGER)
        assert stranger.submit(f"{API}/login", {}).status == 403

    def test_without_credentials_the_cookie_is_ignored(self) -> None:
        app = example("cookies", "same-site")
        assert log_in(app, API, PAGE, credentials="same-origin") is None

    def test_a_cookie_that_is_not_partitioned_is_blocked_as_a_third_partys(self) -> None:
        app = example("cookies", "cross-site")
        app.config["SESSION_COOKIE_PARTITIONED"] = False
        origin = "https://app.example.net"
        assert log_in(app, API, origin) == "ada"
        assert log_in(app, API, origin, third_party_cookies=False) is None

    @needs_partitioned
    def test_a_partitioned_cookie_has_a_jar_for_each_site(self) -> None:
        app = example("cookies", "cross-site")
        page = Browser({API: app}, origin="https://app.example.net", third_party_cookies=False)

        def who() -> object:
            return page.fetch(f"{API}/me", credentials="include").json["user"]

        tab = Browser({API: app}, origin=API)
        tab.cookies = page.cookies
        assert tab.submit("/login", {}).ok
        assert tab.fetch("/me").json == {"user": "ada"}
        assert who() is None, "a login in a tab goes into the jar of the API's own site"
        page.fetch(f"{API}/login", method="POST", credentials="include")
        assert who() == "ada"
        other = Browser({API: app}, origin="https://other.example", third_party_cookies=False)
        other.cookies = page.cookies
        with pytest.raises(CORSError):
            other.fetch(f"{API}/me", credentials="include")
        assert "Cookie" not in other.exchanges[-1].request.headers

    def test_explain_checks_the_policy(self) -> None:
        app = example("cookies", "same-site")
        verdicts = [
            explain(app, "GET", f"{API}/me", origin=origin, credentials=True).verdict
            for origin in (PAGE, STRANGER)
        ]
        assert verdicts == ["allowed", "refused"]

    @pytest.mark.parametrize(("same_site", "clicked"), [("Strict", None), ("Lax", "ada")])
    def test_a_redirect_through_another_site(self, same_site: str, clicked: str | None) -> None:
        app = example("cookies", "same-site")
        app.config["SESSION_COOKIE_SAMESITE"] = same_site
        hop = Flask("hop")
        hop.get("/")(lambda: redirect(f"{PAGE}/me"))
        CORS(hop, origins=PAGE, supports_credentials=True)
        page = Browser({PAGE: app, "https://id.example.net": hop}, origin=PAGE)
        page.fetch("/login", method="POST")
        assert page.fetch("/me").json == {"user": "ada"}
        with pytest.raises(CORSError):
            page.fetch("https://id.example.net/", credentials="include")
        assert page.exchanges[-1].request.url == f"{PAGE}/me"
        assert "Cookie" not in page.exchanges[-1].request.headers
        assert page.navigate("https://id.example.net/").json == {"user": clicked}


class TestTokens:
    def test_a_token_needs_no_credentials(self) -> None:
        app = example("tokens", "tokens")
        headers = {"Authorization": "Bearer x"}
        page = Browser({API: app}, origin=PAGE)
        assert page.fetch(f"{API}/api/items", headers=headers).json == ["apple", "pear"]
        preflight, request = page.exchanges
        assert "Authorization" not in preflight.request.headers
        assert preflight.response.headers["Access-Control-Allow-Headers"] == "authorization"
        assert preflight.response.headers["Access-Control-Max-Age"] == "600"
        assert "Access-Control-Allow-Credentials" not in request.response.headers
        assert not is_allowed(app, "/api/items", STRANGER, headers=headers)

    def test_a_list_of_headers_has_to_have_authorization(self) -> None:
        app = Flask("shop")
        CORS(app, origins=PAGE, allow_headers="Content-Type")
        with pytest.raises(CORSError, match="authorization"):
            fetch(app, "/", headers={"Authorization": "Bearer x"})

    def test_only_the_refresh_token_travels_in_a_cookie(self) -> None:
        app = example("tokens", "refresh")
        page = Browser({API: app}, origin=PAGE)
        page.cookies.set("refresh_token", "x", url=API, secure=True)
        reply = page.fetch(f"{API}/auth/refresh", method="POST", credentials="include")
        assert reply.json == {"access_token": "..."}
        with pytest.raises(CORSError, match="redential"):
            page.fetch(f"{API}/api/items", credentials="include")
        stranger = Browser({API: app}, origin=STRANGER)
        stranger.cookies = page.cookies
        assert stranger.submit(f"{API}/auth/refresh", {}).status == 403

    @pytest.mark.parametrize("path", ["/slash", "/away"])
    def test_a_redirect_to_another_origin_loses_the_token(self, path: str) -> None:
        app, other = Flask("shop"), Flask("other")
        for server in (app, other):
            CORS(server, origins=[PAGE, "null"])
            server.get("/slash/", endpoint="slash")(lambda: "here")
        app.get("/away", endpoint="away")(lambda: redirect("https://other.example/slash/"))
        page = Browser({API: app, "https://other.example": other}, origin=PAGE)
        page.fetch(API + path, headers={"Authorization": "Bearer x"})
        sent = "Authorization" in page.exchanges[-1].request.headers
        assert sent == (path == "/slash")


class TestFiles:
    def test_the_page_reads_the_name_of_a_download(self) -> None:
        app = example("files", "download")
        reply = fetch(app, "/report")
        assert reply.text == "item,total\napple,3\n"
        name = re.search(r'filename="(.+?)"', reply.headers["Content-Disposition"])
        assert name is not None
        assert name[1] == "report.csv"
        assert "Content-Length" in reply.headers

    def test_without_expose_headers_it_does_not(self) -> None:
        app = Flask("shop")
        CORS(app, origins=PAGE)
        headers = dict.fromkeys(("Content-Disposition", "Content-Range", "Accept-Ranges"), "x")
        app.get("/report")(lambda: Response("x", headers={**headers, "ETag": '"1"'}))
        seen = fetch(app, "/report").headers
        assert [name for name in (*headers, "ETag") if name in seen] == []

    @pytest.mark.parametrize(
        ("options", "asks"),
        [
            ({"method": "POST", "data": {"file": (BytesIO(b"x"), "notes.txt")}}, False),
            ({"method": "POST", "data": {"name": "x"}, "use_preflight": True}, True),
            ({"method": "PUT", "data": b"x"}, True),
            ({"method": "POST", "data": b"x", "headers": {"Content-Type": "image/png"}}, True),
        ],
        ids=["form", "progress", "PUT", "image"],
    )
    def test_which_uploads_need_a_preflight(self, options: dict[str, Any], asks: bool) -> None:
        app = Flask("shop")
        CORS(app, origins=PAGE)
        app.route("/files", methods=["POST", "PUT"])(lambda: "kept")
        page = Browser({API: app}, origin=PAGE)
        assert page.fetch(f"{API}/files", **options).text == "kept"
        assert page.exchanges[0].is_preflight == asks

    @pytest.mark.parametrize("origin", [PAGE, STRANGER, None])
    def test_static_files_are_for_every_origin(self, origin: str | None, tmp_path: Path) -> None:
        app = example("files", "static")
        (tmp_path / "map.png").write_bytes(b"map")
        app.static_folder = str(tmp_path)
        headers = {} if origin is None else {"Origin": origin}
        with app.test_client().get("/static/map.png", headers=headers) as response:
            assert response.data == b"map"
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert "Origin" not in response.vary


class TestStreams:
    def test_an_event_source_needs_supports_credentials_for_a_login(self) -> None:
        app = example("streams", "login")
        page = Browser({API: app}, origin=PAGE)
        page.cookies.set("session", "x", url=API, secure=True)
        headers = {"Accept": "text/event-stream"}
        reply = page.fetch(f"{API}/events", headers=headers, credentials="include")
        assert reply.text == "data: hello\n\n"
        assert page.fetch(f"{API}/events", headers=headers).status == 401
        assert not any(exchange.is_preflight for exchange in page.exchanges)
        page.fetch(f"{API}/events", headers={"Authorization": "Bearer x"})
        assert page.exchanges[-2].is_preflight

    @pytest.mark.parametrize("enforce", [True, "unsafe"])
    @pytest.mark.parametrize(("origin", "status"), [(PAGE, 200), (STRANGER, 403)])
    def test_enforce_refuses_handshakes(
        self, enforce: bool | str, origin: str, status: int
    ) -> None:
        app = Flask("shop")
        CORS(app, origins=PAGE, enforce=enforce)
        app.add_url_rule("/chat", "chat", lambda: "hello", websocket=True)
        headers = {"Origin": origin, "Connection": "Upgrade", "Upgrade": "websocket"}
        assert app.test_client().get("/chat", headers=headers).status_code == status


def test_swagger() -> None:
    app = example("swagger", "swagger")
    assert is_allowed(app, "/openapi.json", STRANGER)
    options = {"method": "PUT", "json": {}, "headers": {"Authorization": "Bearer x"}}
    for origin, expected in ((PAGE, True), ("https://docs.example.com", True), (STRANGER, False)):
        assert is_allowed(app, "/api/items/7", origin, **options) == expected


class TestApps:
    def test_shells(self) -> None:
        app = example("apps", "shells")
        origins = [PAGE, "capacitor://localhost", "https://localhost", "tauri://localhost"]
        origins += ["http://tauri.localhost", "http://localhost", "null", "file://", STRANGER]
        assert allowed(app, "/api/items", origins) == origins[:5]

    @pytest.mark.parametrize("enforce", [True, "unsafe"])
    def test_native_requests_have_no_origin_and_pass(self, enforce: bool | str) -> None:
        app = Flask("shop")
        CORS(app, origins=PAGE, enforce=enforce)
        app.post("/items")(lambda: "done")
        assert app.test_client().post("/items").status_code == 200

    @pytest.mark.parametrize("origin", ["null", "file://"])
    def test_files_can_be_allowed_but_not_with_credentials(self, origin: str) -> None:
        app = Flask("shop")
        CORS(app, origins=origin)
        assert is_allowed(app, "/", origin)
        with pytest.raises(ConfigError):
            CORS(Flask("shop"), origins=origin, supports_credentials=True)

    def test_a_protocol_of_its_own(self) -> None:
        app = Flask("shop")
        CORS(app, origins="app://bundle")
        assert allowed(app, "/", ["app://bundle", "app://other"]) == ["app://bundle"]

    def test_extensions(self) -> None:
        app = example("apps", "extensions")
        origins = [
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "moz-extension://5f1c8a4e-1c1c-4c1c-8c1c-5f1c8a4e5f1c",
            "chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba",
        ]
        assert allowed(app, "/", origins) == origins[:2]


class TestAccess:
    @pytest.mark.parametrize("group", ["paths", "blueprints"])
    def test_public_beside_private(self, group: str) -> None:
        app = example("access", group)
        assert is_allowed(app, "/public/prices", STRANGER)
        assert not is_allowed(app, "/public/prices", PAGE, credentials="include")
        assert not is_allowed(app, "/public/prices", STRANGER, method="PUT")
        assert is_allowed(app, "/account/", PAGE, credentials="include")
        assert not is_allowed(app, "/account/", STRANGER)
        assert not is_allowed(app, "/elsewhere", PAGE)

    def test_private_paths_refuse_requests(self) -> None:
        app = example("access", "paths")
        page = Browser({API: app}, origin=STRANGER)
        page.fetch(f"{API}/account/", method="POST", mode="no-cors")
        assert page.exchanges[0].response.status == 403

    def test_one_url_for_two_audiences(self) -> None:
        app = example("access", "audiences")
        assert is_allowed(app, "/prices", STRANGER)
        assert not is_allowed(app, "/prices", STRANGER, credentials="include")
        assert is_allowed(app, "/prices", PAGE, credentials="include")

    @pytest.mark.parametrize("origin", [PAGE, STRANGER])
    def test_a_closed_route(self, origin: str) -> None:
        app = example("access", "closed")
        assert is_allowed(app, "/items", origin) == (origin == PAGE)
        page = Browser({API: app}, origin=origin)
        page.fetch(f"{API}/reindex", method="POST", mode="no-cors")
        assert page.exchanges[0].response.status == 403
        own = Browser({API: app}, origin=API)
        assert own.fetch("/reindex", method="POST").json == {"status": "started"}
        assert app.test_client().post("/reindex").status_code == 200

    def test_a_closed_path(self) -> None:
        app = Flask("shop")
        CORS(app, resources={"/*": {"origins": "*"}, "/internal/*": {"origins": "none"}})
        assert is_allowed(app, "/", PAGE)
        assert not is_allowed(app, "/internal/", PAGE)

    def test_tenants(self) -> None:
        names = run_example("recipes/access", "tenants")
        app, tenants = names["app"], names["allowed"]
        shop, cafe = "https://shop.example", "https://cafe.example"
        for tenant, expected in (("shop", [shop]), ("cafe", [cafe]), ("unknown", [])):
            assert allowed(app, f"/api/{tenant}/items", [shop, cafe]) == expected
        tenants["shop"].add(cafe)
        assert allowed(app, "/api/shop/items", [shop, cafe]) == [shop, cafe]
