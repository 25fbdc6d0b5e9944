"""``explain`` handles each redirect that a route can have, and never raises an error."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, abort, redirect
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.routing import BaseConverter

from flask_crossorigin import CORS, Explanation, explain
from flask_crossorigin.testing import Browser, CORSError, NetworkError

APP = "https://app.example.com"
SERVER = "http://localhost"


def make_app(**options: Any) -> Flask:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "items", lambda: "seen", methods=["GET", "PUT"])
    CORS(app, **{"origins": APP, **options})
    return app


def redirecting(target: Any, **options: Any) -> Flask:
    app = make_app(**options)
    app.add_url_rule("/moved", "moved", lambda: "", redirect_to=target, methods=["GET", "PUT"])
    return app


def ask(app: Flask, method: str = "GET", url: str = "/moved", **options: Any) -> Explanation:
    return explain(app, method, f"{SERVER}{url}", **{"origin": APP, **options})


def fetched(app: Flask, method: str = "GET", url: str = "/moved") -> tuple[str, int | str]:
    """Return what the test browser gets from the app itself."""
    browser = Browser({SERVER: app}, origin=APP, unblocked=["mixed-content"])
    try:
        reply = browser.fetch(f"{SERVER}{url}", method=method)
    except NetworkError as error:
        return "refused", error.reason
    return "allowed", reply.status


AWAY = "the app redirects to {}, which has another origin: explain that URL separately"
OFTEN = f"{SERVER}/moved redirects too often: browsers follow 20 redirects"
TO = f"{SERVER}/moved redirects to"
USER = f"{TO} a URL with a user name or password, which is not allowed in a cross-origin request: "
HOST = f"{TO} an invalid URL: the host of {{}} is missing or not valid"


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    ("target", "reason", "count"),
    [
        ("https://other.example/x", AWAY.format("https://other.example/x"), 0),
        ("https:items", AWAY.format("https://items/"), 0),
        ("//other.example", AWAY.format("http://other.example/"), 0),
        ("http://localhost:8080/items", AWAY.format("http://localhost:8080/items"), 0),
        ("http://\u00e9.example/", AWAY.format("http://xn--9ca.example/"), 0),
        ("/moved", OFTEN, 20),
        ("myapp://x", f"{TO} myapp://x, which is not an HTTP(S) URL", 0),
        ("mailto:a@b.example", f"{TO} mailto:a@b.example, which is not an HTTP(S) URL", 0),
        ("javascript:alert(1)", f"{TO} javascript:alert(1), which is not an HTTP(S) URL", 0),
        ("data:,x", f"{TO} data:,x, which is not an HTTP(S) URL", 0),
        ("http://user@localhost/items", USER + "remove them from Location", 0),
        ("//user:pass@localhost/items", USER + "remove them from Location", 0),
        ("http://a b/", HOST.format("http://a b/"), 0),
        ("http://\x7f/", HOST.format("http://\x7f/"), 0),
        ("http://%zz/", HOST.format("http://%zz/"), 0),
    ],
)
def test_redirects_that_do_not_lead_to_a_response(
    target: str, reason: str, count: int, method: str
) -> None:
    app = redirecting(target)
    explanation = ask(app, method)
    assert (explanation.verdict, explanation.reason) == ("refused", reason)
    assert (explanation.policy, explanation.remedy) == ("CORS(app)", "")
    assert explanation.response is not None
    assert (explanation.response.status, explanation.response.problem) == (308, None)
    assert len(explanation.redirects) == count
    assert (explanation.preflight is not None) == (method == "PUT")
    verdict, told = fetched(app, method)
    assert verdict == "refused"
    # There is no other server here, so for other origins, the browser's reason differs.
    assert reason.startswith("the app redirects") or told == reason


def crash(*_arguments: object) -> str:
    raise ZeroDivisionError("no rate")


#: Redirects at which routing or Werkzeug fails. The 500 response still has the headers.
CRASHES = [
    ("http://[", "ValueError: "),
    ("//[", "ValueError: "),
    ("/\ud800", "UnicodeEncodeError: "),
    (crash, "ZeroDivisionError: no rate, "),
]


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(("target", "error"), CRASHES, ids=lambda value: str(value)[:9])
def test_a_redirect_that_fails_is_a_response_with_status_500(
    target: Any, error: str, method: str
) -> None:
    app = redirecting(target)
    explanation = ask(app, method)
    assert (explanation.verdict, explanation.policy) == ("allowed", "CORS(app)")
    assert explanation.response is not None
    assert explanation.response.status == 500
    assert explanation.response.headers["Access-Control-Allow-Origin"] == APP
    note = explanation.notes[0]
    assert note.startswith(f"Routing fails with {error}")
    assert note.endswith("so the app responds with status 500.")
    assert fetched(app, method) == ("allowed", 500)


@pytest.mark.parametrize("enforce", [True, False])
def test_callables_are_called_even_if_routing_fails(enforce: bool) -> None:
    asked: list[str] = []

    def allows(origin: str) -> bool:
        asked.append(origin)
        return True

    app = redirecting(crash, origins=allows, enforce=enforce)
    assert ask(app).verdict == "allowed"
    assert asked == [APP]
    refused = redirecting(crash, origins=lambda _origin: False, enforce=enforce)
    explanation = ask(refused)
    assert explanation.verdict == "refused"
    assert explanation.response is not None
    assert explanation.response.status == (403 if enforce else 500)
    assert fetched(refused)[0] == "refused"


@pytest.mark.parametrize(
    ("convert", "status"),
    [
        (crash, 500),
        (lambda _value: abort(410), 410),
        (lambda _value: abort(redirect("/items", 303)), 303),
        (lambda _value: abort(redirect("myapp://x", 302)), 302),
    ],
)
def test_what_a_url_converter_does_instead(convert: Any, status: int) -> None:
    class Known(BaseConverter):
        def to_python(self, value: str) -> Any:
            return convert(value)

    app = make_app()
    app.url_map.converters["known"] = Known
    app.add_url_rule("/<known:name>/x", "known", lambda name: name)
    explanation = ask(app, url="/a/x")
    first = [*explanation.redirects, explanation.response][0]
    assert first is not None
    assert first.status == status
    assert explanation.verdict == fetched(app, url="/a/x")[0]


def test_the_browser_refuses_what_the_explanation_refuses() -> None:
    app = redirecting("http://user@localhost/items")
    with pytest.raises(CORSError, match="user name"):
        Browser({SERVER: app}, origin=APP, unblocked=["mixed-content"]).fetch(f"{SERVER}/moved")


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=12)
    | st.from_regex(r"(https?:|//|/|\\|myapp:|)[\[\]@:%a\x00-\x20\x7f\u00e9\ud800.0-9/?#-]{0,9}")
)
# Newer versions of Werkzeug raise an error for these URLs.
@example("http://localhost:99999/")
@example("http://localhost:x/")
def test_whatever_a_route_redirects_to(target: str) -> None:
    app = redirecting(target)
    explanation = ask(app)
    verdict, _ = fetched(app)
    assert explanation.verdict == verdict
