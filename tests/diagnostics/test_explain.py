from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Request, current_app, g, request, session
from flask.sessions import NullSession, SecureCookieSessionInterface
from flask.views import MethodView
from werkzeug.routing import BaseConverter, Rule

from flask_crossorigin import CORS, Explanation, cross_origin, explain, request_refused
from flask_crossorigin.testing import Browser, CORSError

APP = "https://app.example.com"
EVIL = "https://evil.example.net"


def view(**_values: object) -> str:
    return "seen"


def make_app(**options: Any) -> Flask:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "items", view, methods=["GET", "PUT", "POST"])
    app.add_url_rule("/slash/", "slash", view, methods=["GET", "PUT"])
    if options:
        CORS(app, **options)
    return app


def ask(app: Flask, method: str = "GET", url: str = "/items", **options: Any) -> Explanation:
    return explain(app, method, url, **{"origin": APP, **options})


def test_a_simple_request_that_is_allowed() -> None:
    explanation = ask(make_app(origins=APP, expose_headers="X-Total"))
    assert explanation.verdict == "allowed"
    assert explanation.reason == "allowed by CORS(app)"
    assert explanation.policy == "CORS(app)"
    assert explanation.preflight is None
    assert explanation.response is not None
    assert explanation.response.status is None
    assert explanation.response.request_headers == {"Origin": APP}
    assert explanation.response.headers == {
        "Access-Control-Allow-Origin": APP,
        "Access-Control-Expose-Headers": "X-Total",
        "Vary": "Origin",
    }
    assert (explanation.remedy, [*explanation.notes]) == ("", [])


def test_a_preflight_that_passes() -> None:
    headers = {"X-Two": "2", "Content-Type": "application/json", "Accept": "text/html"}
    explanation = ask(make_app(origins=APP), "put", headers=headers)
    assert explanation.verdict == "allowed"
    assert explanation.preflight is not None
    assert explanation.preflight.because == [
        "the method PUT",
        "the header content-type",
        "the header x-two",
    ]
    assert explanation.preflight.request_headers == {
        "Access-Control-Request-Method": "PUT",
        "Origin": APP,
        "Access-Control-Request-Headers": "content-type,x-two",
    }
    assert explanation.preflight.status == 204
    assert explanation.preflight.headers["Access-Control-Allow-Headers"] == "content-type, x-two"
    assert explanation.response is not None
    assert explanation.response.request_headers == {**headers, "Origin": APP}


def test_the_view_runs_anyway_unless_the_policy_enforces() -> None:
    runs = "The view runs anyway: the browser only hides its response from the page."
    assert [*ask(make_app(origins=APP), origin=EVIL).notes] == [
        f"{runs} With enforce=True, the request is refused before the view runs."
    ]
    assert [*ask(make_app(resources={"/other": {}})).notes] == [runs]
    enforced = ask(make_app(origins=APP, enforce=True), origin=EVIL)
    assert enforced.response is not None
    assert enforced.response.status == 403
    assert (enforced.policy, [*enforced.notes]) == ("CORS(app)", [])
    assert enforced.reason.startswith(f'origin "{EVIL}" is not allowed by CORS(app)')


def test_a_page_of_the_same_origin_needs_no_permission() -> None:
    app = make_app(origins=APP, enforce=True)
    explanation = ask(app, "PUT", f"{EVIL}/items", origin=EVIL)
    assert explanation.verdict == "allowed"
    assert explanation.reason == (
        "the page and the URL have the same origin, so CORS does not apply"
    )
    assert explanation.is_cross_origin is False
    assert (explanation.policy, explanation.preflight) == (None, None)
    assert explanation.response is not None
    assert explanation.response.request_headers == {"Origin": EVIL}
    read = ask(app, "GET", f"{EVIL}/items", origin=EVIL).response
    assert read is not None
    assert read.request_headers == {}


def test_the_status_is_assumed_if_the_view_responds_to_the_preflight() -> None:
    app = make_app(automatic_options=False)
    app.add_url_rule("/own", "own", view, methods=["PUT", "OPTIONS"])
    explanation = ask(app, "PUT", "/own")
    assert explanation.verdict == "allowed"
    assert [*explanation.notes] == [
        "The view responds to the preflight, so the status 200 is an assumption."
    ]


@pytest.mark.parametrize(
    ("method", "url", "status", "note"),
    [
        ("GET", "/none", 404, "No route matches this URL, so the app responds with status 404."),
        (
            "DELETE",
            "/items",
            405,
            "No view serves this method at this URL, so the app responds with status 405.",
        ),
    ],
)
def test_routing_errors_are_noted(method: str, url: str, status: int, note: str) -> None:
    explanation = ask(make_app(origins=APP), method, url)
    assert explanation.verdict == "allowed"
    assert explanation.response is not None
    assert explanation.response.status == status
    assert [*explanation.notes] == [note]


def test_redirects_within_the_app_are_followed() -> None:
    explanation = ask(make_app(origins=APP), "PUT", "/slash?a=1")
    assert explanation.verdict == "allowed"
    assert [redirect.status for redirect in explanation.redirects] == [308]
    assert explanation.url == "http://127.0.0.1:5000/slash/?a=1"
    assert explanation.preflight is not None


def test_nothing_of_the_app_runs(caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(origins=APP)
    app.secret_key = "not really"
    ran: list[str] = []

    class Sessions(SecureCookieSessionInterface):
        def open_session(self, app: Flask, request: Request) -> None:
            ran.append(f"session of {app} and {request}")

        def make_null_session(self, app: Flask) -> NullSession:
            assert app.name == "shop"
            return super().make_null_session(app)

    app.session_interface = Sessions()
    app.before_request(lambda: ran.append("before"))
    app.after_request(lambda response: ran.append("after") or response)  # type: ignore[func-returns-value]
    app.teardown_request(lambda _error: ran.append("teardown request"))
    app.teardown_appcontext(lambda _error: ran.append("teardown app context"))
    app.url_value_preprocessor(lambda *_: ran.append("values"))
    app.view_functions["items"] = lambda: ran.append("view") or "seen"  # type: ignore[func-returns-value]
    caplog.set_level("INFO")

    def listen(_app: object, **_values: object) -> None:
        ran.append("signal")

    with request_refused.connected_to(listen):
        for method in ("GET", "PUT"):
            for origin in (APP, EVIL):
                ask(app, method, origin=origin)
    assert (ran, caplog.records) == ([], [])
    assert not request
    assert not current_app


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_callables_are_called_in_the_request_context(method: str) -> None:
    asked: list[str] = []
    ran: list[str] = []

    def allows(origin: str) -> bool:
        g.connection = "opened"
        asked.append(request.method)
        return request.path == "/items" and request.headers["Origin"] == origin and not session

    app = make_app(origins=allows)
    app.before_request(lambda: ran.append("before"))
    app.teardown_request(lambda _error: ran.append("teardown request"))
    app.teardown_appcontext(lambda _error: ran.append(f"closed what was {g.pop('connection')}"))
    assert ask(app, method).verdict == "allowed"
    assert asked == (["GET"] if method == "GET" else ["OPTIONS", "PUT"])
    assert ran == ["closed what was opened"] * len(asked)
    assert not request
    assert not current_app


def test_callables_are_called_inside_an_existing_context() -> None:
    app = make_app(origins=lambda origin: request.path == "/items" and origin == APP)
    with app.app_context():
        assert ask(app, "PUT").verdict == "allowed"
        assert not request
        assert current_app.name == "shop"
    with app.test_request_context("/slash/"):
        assert ask(app, "PUT").verdict == "allowed"
        assert request.path == "/slash/"


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_url_converters_find_the_app(method: str) -> None:
    class Known(BaseConverter):
        def to_python(self, value: str) -> str:
            assert current_app.name == "shop"
            return value

    app = make_app(resources=[])
    app.url_map.converters["known"] = Known
    decorated = cross_origin(origins=APP)(view)
    app.add_url_rule("/known/<known:name>", "known", decorated, methods=["GET", "PUT"])
    explanation = ask(app, method, "/known/x")
    assert explanation.verdict == "allowed"
    assert explanation.policy == '@cross_origin on view "view"'


def test_a_refusal_after_a_preflight_that_passed_has_both() -> None:
    app = make_app(origins=lambda _origin: request.method == "OPTIONS")
    explanation = ask(app, "PUT")
    assert explanation.verdict == "refused"
    assert explanation.preflight is not None
    assert explanation.preflight.problem is None
    assert explanation.response is not None
    assert explanation.response.problem is not None
    assert explanation.response.problem.startswith(f'does not allow the origin "{APP}"')


def test_nothing_is_settled() -> None:
    app = make_app(resources={"/*": {}})
    assert ask(app).verdict == "allowed"
    app.config["CORS_ORIGINS"] = EVIL
    assert ask(app).verdict == "refused"


def test_callables_are_given_the_request() -> None:
    app = make_app(origins=lambda _origin, request: request.path == "/items")
    assert ask(app, "PUT").verdict == "allowed"
    assert ask(app, "PUT", "/slash/").verdict == "refused"


def test_a_url_that_no_policy_covers_has_a_status_and_a_redirect() -> None:
    app = make_app(resources={"/other": {}})
    missing = ask(app, url="/none").response
    assert missing is not None
    assert missing.status == 404
    own = ask(app, url="/slash", origin="http://127.0.0.1:5000")
    assert (own.verdict, own.url) == ("allowed", "http://127.0.0.1:5000/slash/")
    assert [redirect.status for redirect in own.redirects] == [308]


@pytest.mark.skipif("TRUSTED_HOSTS" not in Flask.default_config, reason="Flask trusts every host")
def test_a_host_that_is_not_trusted() -> None:
    app = make_app(origins=APP, enforce=True)
    app.config["TRUSTED_HOSTS"] = ["api.example.com"]
    explanation = ask(app, "PUT", "https://other.example/items")
    assert explanation.verdict == "refused"
    assert explanation.preflight is not None
    assert explanation.preflight.status == 400
    assert ask(app, "PUT", "https://api.example.com/items").verdict == "allowed"


def test_a_preflight_for_the_view_is_refused_too() -> None:
    app = make_app(origins=APP, enforce=True, automatic_options=False)
    explanation = ask(app, "PUT", origin=EVIL)
    assert explanation.preflight is not None
    assert explanation.preflight.status == 403


def test_flask_does_not_answer_options_for_a_rule_without_that_setting() -> None:
    app = make_app(origins=APP)
    app.url_map.add(Rule("/raw", endpoint="items", methods=["OPTIONS"]))
    for url, status in (("/raw", None), ("/items", 200)):
        response = ask(app, "OPTIONS", url, origin="http://127.0.0.1:5000").response
        assert response is not None
        assert response.status == status


def decorated_app() -> Flask:
    app = make_app()
    report = cross_origin(origins=APP, enforce=True)(view)
    app.add_url_rule("/report", "report", report, methods=["GET", "PUT"])
    app.add_url_rule("/report", "drop", view, methods=["DELETE"])
    return app


@pytest.mark.parametrize(
    ("method", "url", "origin", "verdict"),
    [
        ("GET", "/report", APP, "allowed"),
        ("PUT", "/report", APP, "allowed"),
        ("DELETE", "/report", APP, "refused"),
        ("GET", "/report", EVIL, "refused"),
        ("GET", "/items", APP, "refused"),
        ("GET", "/none", APP, "refused"),
        ("PATCH", "/report", APP, "refused"),
        ("PUT", "/items", APP, "refused"),
    ],
)
def test_decorated_views_need_no_cors_app(method: str, url: str, origin: str, verdict: str) -> None:
    explanation = ask(decorated_app(), method, url, origin=origin)
    assert explanation.verdict == verdict
    assert not [note for note in explanation.notes if "CORS(app)" in note]
    if verdict == "refused" and origin == APP:
        assert explanation.reason == "no policy covers this URL"
        remedy = f'dd CORS(app, origins="{APP}"), or decorate the view with @cross_origin'
        assert explanation.remedy.endswith(remedy)


NOTHING_FOUND = (
    "No CORS(app) and no @cross_origin was found. If another decorator hides a @cross_origin, this "
    "explanation may not know about it: it takes effect only when the view runs."
)


def test_a_note_says_that_a_hidden_decorator_cannot_be_found() -> None:
    app = make_app()
    views = SimpleNamespace(decorated=cross_origin(origins=APP)(view))
    app.add_url_rule("/hidden", "hidden", lambda: views.decorated())
    explanation = ask(app, url="/hidden")
    assert explanation.verdict == "refused"
    assert explanation.notes[-1] == NOTHING_FOUND
    assert ask(app, url="/hidden", origin="http://127.0.0.1:5000").notes == []
    # The response shows that the decorator takes effect.
    assert Browser(app, origin=APP).fetch("/hidden").status == 200


def test_a_decorated_class_needs_no_cors_app() -> None:
    class Items(MethodView):
        decorators = [cross_origin(origins=APP)]  # noqa: RUF012

        def put(self) -> str:
            return "seen"

    app = make_app()
    app.add_url_rule("/class", view_func=Items.as_view("class"))
    explanation = ask(app, "PUT", "/class")
    assert explanation.verdict == "allowed"
    assert explanation.preflight is not None
    assert explanation.preflight.status == 204
    assert Browser(app, origin=APP).fetch("/class", method="PUT").status == 200


def test_each_method_of_a_class_has_its_own_policy_without_cors_app() -> None:
    class Items(MethodView):
        @cross_origin(origins=APP)
        def get(self) -> str:
            return "seen"

        def post(self) -> str:
            return "seen"

    app = make_app()
    app.add_url_rule("/class", view_func=Items.as_view("class"))
    assert ask(app, "GET", "/class").verdict == "allowed"
    assert ask(app, "POST", "/class").verdict == "refused"


def test_a_preflight_that_the_view_responds_to_is_refused_without_cors_app() -> None:
    app = make_app()
    view_options: dict[str, Any] = {"enforce": True, "automatic_options": False}
    app.add_url_rule(
        "/own", "own", cross_origin(origins=APP, **view_options)(view), methods=["PUT"]
    )
    explanation = ask(app, "PUT", "/own", origin=EVIL)
    assert explanation.preflight is not None
    assert explanation.preflight.status == 403
    browser = Browser(app, origin=EVIL)
    with pytest.raises(CORSError):
        browser.fetch("/own", method="PUT")
    assert browser.exchanges[0].response.status == 403


def test_all_names_of_the_response_are_exposed_with_credentials() -> None:
    app = make_app(origins=APP, supports_credentials=True, expose_headers="*")
    response = ask(app, credentials=True).response
    assert response is not None
    assert response.headers["Access-Control-Expose-Headers"].startswith("(the names")


def test_it_can_be_written_as_json() -> None:
    app = make_app(origins=APP)
    explanation = ask(app, "PUT", "/slash?a=1", headers={"Host": "x"})
    told = explanation.to_dict()
    assert json.loads(json.dumps(told)) == told
    nested = {"place", "preflight", "response", "redirects"}
    names = told.keys() - {"schema", "command"}
    assert {hasattr(explanation, name) for name in names} == {True}
    plain = names - nested
    assert {name: getattr(explanation, name) for name in plain} == {n: told[n] for n in plain}
    place = told.pop("place")
    assert (Path(place["file"]).name, type(place["line"])) == (Path(__file__).name, int)
    allowed = ["Access-Control-Allow-Origin", APP]
    request = {"method": "PUT", "url": "", "headers": [["Origin", APP]]}
    base = {"is_preflight": False, "because": [], "problem": None}
    answer = {
        **base,
        "request": {**request, "url": "http://127.0.0.1:5000/slash?a=1"},
        "response": {"status": 308, "headers": [allowed, ["Vary", "Origin"]]},
    }
    url = "http://127.0.0.1:5000/slash/?a=1"
    asked = [["Access-Control-Request-Method", "PUT"], ["Origin", APP]]
    methods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY"
    granted = ["Access-Control-Allow-Methods", methods]
    assert told == {
        "schema": 1,
        "command": "explain",
        "verdict": "allowed",
        "reason": "allowed by CORS(app)",
        "policy": "CORS(app)",
        "preflight": {
            "is_preflight": True,
            "because": ["the method PUT"],
            "request": {"method": "OPTIONS", "url": url, "headers": asked},
            "response": {"status": 204, "headers": [allowed, granted, ["Vary", "Origin"]]},
            "problem": None,
        },
        "response": {
            **base,
            "request": {**request, "url": url},
            "response": {"status": None, "headers": [allowed, ["Vary", "Origin"]]},
        },
        "is_cross_origin": True,
        "session_cookie": None,
        "method": "PUT",
        "url": url,
        "origin": APP,
        "credentials": False,
        "remedy": "",
        "notes": ["Browsers drop the header Host: JavaScript is not allowed to set it."],
        "redirects": [answer],
    }


def test_a_refusal_can_be_written_as_json() -> None:
    app = make_app(origins=APP)
    told = ask(app, "PUT", origin=EVIL, credentials=True).to_dict()
    assert (told["verdict"], told["origin"], told["response"]) == ("refused", EVIL, None)
    assert told["preflight"]["problem"] == (
        f'does not allow the origin "{EVIL}": Access-Control-Allow-Origin must be "{EVIL}" but is '
        "missing"
    )
    assert told["credentials"] is True
    assert told["remedy"].startswith("If this is your page")
    assert ask(app).to_dict()["preflight"] is None
