"""Preflights get a response before any view runs. The policy of the announced request decides."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.views import MethodView
from preflights import METHODS, PAGE, Send, headers_of, make_app, never

from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.testing import Browser, CORSError


def test_all_that_is_sent(preflight: Send) -> None:
    app = make_app(supports_credentials=True, max_age=600, expose_headers="X-A", methods="PUT,GET")
    response = preflight(app, "/x", names="x-b,X-A")
    assert (response.status_code, response.data) == (204, b"")
    assert headers_of(response) == {
        "Access-Control-Allow-Origin": PAGE,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "GET, PUT",
        "Access-Control-Allow-Headers": "x-b, X-A",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }


def test_any_origin(preflight: Send) -> None:
    app = make_app(origins="*")
    assert headers_of(preflight(app, "/x")) == {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": METHODS,
    }


def test_a_refused_origin(preflight: Send) -> None:
    response = preflight(make_app(preflight_status=200), "/x", origin="https://evil.test")
    assert (response.status_code, response.data) == (403, b"")
    assert headers_of(response) == {"Vary": "Origin", "Content-Length": "0"}


@pytest.mark.parametrize(
    ("origin", "method", "options"),
    [
        ("https://evil.test", "PUT", {}),
        ("null", "PUT", {"origins": "https://*.page.test"}),
        (PAGE, "DELETE", {"methods": "PUT"}),
        (PAGE, "patch", {"methods": "PATCH"}),
        (PAGE, "PUT", {"allow_headers": "X-B"}),
    ],
)
def test_what_no_page_may_send(origin: str, method: str, options: dict[str, Any]) -> None:
    # The views of this application fail the test if they run.
    with pytest.raises(CORSError, match="the preflight response"):
        Browser(make_app(**options), origin=origin).fetch("/x", method=method, headers={"X-A": "1"})


@pytest.mark.parametrize("method", ["BREW", "put", "Put", "patch", "PUT ", "", "PUT,GET", "é"])
def test_a_refused_method(method: str, preflight: Send) -> None:
    response = preflight(make_app(), "/x", method, names="X-A")
    assert response.status_code == 204
    assert headers_of(response) == {"Access-Control-Allow-Origin": PAGE, "Vary": "Origin"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_methods_that_need_no_listing(method: str, preflight: Send) -> None:
    response = preflight(make_app(methods="PUT", max_age=5), "/x", method)
    assert response.headers["Access-Control-Allow-Methods"] == "PUT"
    assert response.headers["Access-Control-Max-Age"] == "5"


@pytest.mark.parametrize(
    ("method", "expected"), [("BREW", "BREW"), ("put", "put"), ("B W", None), ("TRACE", None)]
)
def test_any_method(method: str, expected: str | None, preflight: Send) -> None:
    response = preflight(make_app(methods="*"), "/x", method)
    assert response.headers.get("Access-Control-Allow-Methods") == expected


@pytest.mark.parametrize(
    ("granted", "asked", "expected"),
    [(True, "true", "true"), (True, None, None), (True, "1", None), (False, "true", None)],
)
def test_private_networks(
    granted: bool, asked: str | None, expected: str | None, preflight: Send
) -> None:
    headers = {} if asked is None else {"Access-Control-Request-Private-Network": asked}
    response = preflight(make_app(allow_private_network=granted), "/x", headers=headers)
    assert response.headers.get("Access-Control-Allow-Private-Network") == expected


@pytest.mark.parametrize("status", [200, 204, 299])
def test_the_status(status: int, preflight: Send) -> None:
    assert preflight(make_app(preflight_status=status), "/x").status_code == status


@pytest.mark.parametrize(
    "url", ["/x", "/slash", "/slash/", "/nowhere", "/7", "/own", "/off", "/x//", "/static/a.js"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_wherever_a_policy_applies(url: str, method: str, preflight: Send) -> None:
    response = preflight(make_app(), url, method)
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert "Allow" not in response.headers


def test_a_map_without_automatic_options(preflight: Send) -> None:
    app = Flask("shop")
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    CORS(app, origins=PAGE)
    app.add_url_rule("/x", "x", never)
    assert preflight(app, "/x", "GET").status_code == 204
    decorated = cross_origin(origins=PAGE)(never)
    app = Flask("shop")
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.add_url_rule("/x", "x", decorated)
    assert preflight(app, "/x", "GET").status_code == 204


def test_the_policy_of_the_view_of_the_method(preflight: Send) -> None:
    app = Flask("shop")
    CORS(app, resources=[])
    for method, status in (("GET", 201), ("PUT", 202), ("PATCH", 203)):
        decorate = cross_origin(preflight_status=status)
        app.add_url_rule("/x", method, decorate(lambda: "x"), methods=[method])
    app.add_url_rule("/x", "plain", never, methods=["DELETE"])
    for method, status in (("GET", 201), ("HEAD", 201), ("PUT", 202), ("patch", 203)):
        assert preflight(app, "/x", method).status_code == status
    for method in ("DELETE", "POST"):
        assert "Access-Control-Allow-Origin" not in preflight(app, "/x", method).headers


@pytest.mark.parametrize("method", ["OPTIONS", "options", "Options"])
def test_the_case_of_options_itself(method: str) -> None:
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "PUT"}
    client = make_app().test_client()
    response = client.open("/x", headers=headers, environ_overrides={"REQUEST_METHOD": method})
    assert response.headers["Access-Control-Allow-Methods"] == METHODS


@pytest.mark.parametrize("missing", ["Origin", "Access-Control-Request-Method"])
@pytest.mark.parametrize("decorated", [True, False])
def test_other_options_requests_stay_flasks_own(missing: str, decorated: bool) -> None:
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "PUT"}
    del headers[missing]
    app = Flask("shop")
    CORS(app, origins=PAGE)
    view: Any = cross_origin(origins=PAGE)(never) if decorated else never
    app.add_url_rule("/x", "x", view, methods=["GET", "PUT"])
    response = app.test_client().options("/x", headers=headers)
    assert (response.status_code, response.data) == (200, b"")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PUT"}
    assert "Access-Control-Allow-Methods" not in response.headers
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


@pytest.mark.parametrize("installed", [True, False])
def test_views_that_answer_options_themselves(installed: bool, preflight: Send) -> None:
    app = Flask("shop")
    if installed:
        CORS(app, resources=[])

    @app.route("/x", methods=["GET", "OPTIONS"])
    @cross_origin(origins=PAGE)
    def view() -> tuple[str, int]:
        return "mine", 202

    response = app.test_client().options("/x", headers={"Origin": PAGE})
    assert (response.status_code, response.data) == (202, b"mine")
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert preflight(app, "/x", "GET").status_code == 204


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize("origin", [PAGE, "https://evil.test"])
def test_left_to_the_view(installed: bool, origin: str, preflight: Send) -> None:
    app = Flask("shop")
    if installed:
        CORS(app, resources=[])

    @app.route("/x", methods=["PUT", "OPTIONS"])
    @cross_origin(origins=PAGE, automatic_options=False, methods="PUT", max_age=5)
    def view() -> tuple[str, int]:
        return "mine", 202

    response = preflight(app, "/x", "PUT", origin, names="X-A")
    assert (response.status_code, response.data) == (202, b"mine")
    sent = {name: value for name, value in response.headers if name.startswith("Access")}
    assert response.headers["Vary"] == "Origin"
    assert sent == (
        {
            "Access-Control-Allow-Origin": PAGE,
            "Access-Control-Allow-Methods": "PUT",
            "Access-Control-Allow-Headers": "X-A",
            "Access-Control-Max-Age": "5",
        }
        if origin == PAGE
        else {}
    )


def test_left_to_the_method_of_a_class(preflight: Send) -> None:
    class Item(MethodView):
        def get(self) -> str:
            return "got"

        def options(self) -> tuple[str, int]:
            return "mine", 202

    app = Flask("shop")
    CORS(app, origins=PAGE, automatic_options=False)
    app.add_url_rule("/x", view_func=Item.as_view("x"))
    response = preflight(app, "/x", "GET")
    assert (response.status_code, response.data) == (202, b"mine")
    assert response.headers["Access-Control-Allow-Methods"] == METHODS


def test_a_host_that_is_not_trusted(preflight: Send) -> None:
    app = make_app()
    if "TRUSTED_HOSTS" not in app.config:
        pytest.skip("Flask 2.3 and 3.0 check hosts only where a view asks for them")
    app.config["TRUSTED_HOSTS"] = ["shop.test"]
    response = preflight(app, "/x", base_url="http://evil.test")
    assert response.status_code == 400
    assert preflight(app, "/x", base_url="http://shop.test").status_code == 204
