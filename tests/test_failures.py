"""If the application fails, responses still have their headers, and no other origin is allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, after_this_request
from sessions import CannotBeOpened, CannotBeSaved
from werkzeug.routing import BaseConverter
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, cross_origin, request_refused

Send = Callable[..., TestResponse]

PAGE = "https://page.test"
SECOND = "https://second.test"
STRANGER = "https://stranger.test"
HEADERS = [("Access-Control-Allow-Origin", PAGE), ("Vary", "Origin")]


def ours(response: TestResponse) -> list[tuple[str, str]]:
    names = ("access-control-", "vary")
    return [pair for pair in response.headers if pair[0].lower().startswith(names)]


def make_app(**options: Any) -> Flask:
    app = Flask("shop", static_folder=None)
    app.config.update(SECRET_KEY="key", PROPAGATE_EXCEPTIONS=False)
    told: dict[str, Any] = {"origins": [PAGE, SECOND], **options}
    CORS(app, **told)
    app.add_url_rule("/x", "x", lambda: "x", methods=["GET", "PUT"])
    return app


def coroutine_of(_origin: str) -> Any:
    async def answer() -> bool:
        return True

    return answer()


def recurse(origin: str) -> Any:
    return recurse(origin)


def run_out(_origin: str) -> Any:
    raise StopIteration


def use_up_memory(_origin: str) -> Any:
    raise MemoryError


def take_for_another_type(origin: Any) -> Any:
    return origin.port


def raise_what_cannot_be_shown(_origin: str) -> Any:
    raise type("Unprintable", (Exception,), {"__str__": None})


@pytest.mark.parametrize("enforce", [False, True])
@pytest.mark.parametrize(
    "function",
    [
        coroutine_of,
        recurse,
        run_out,
        use_up_memory,
        take_for_another_type,
        raise_what_cannot_be_shown,
        lambda _origin: None,
        lambda _origin: [],
        lambda _origin: 0.0,
    ],
)
def test_functions_that_make_no_sense(
    function: Callable[[str], Any], enforce: bool, send: Send, preflight: Send
) -> None:
    app = make_app(origins=[function, PAGE], enforce=enforce)
    refused = send(app, "/x", origin=STRANGER)
    assert (refused.status_code, ours(refused)) == (403 if enforce else 200, [("Vary", "Origin")])
    assert ours(preflight(app, "/x", origin=STRANGER)) == [("Vary", "Origin")]
    assert ours(send(app, "/x")) == HEADERS


def test_a_function_that_asks_the_application(send: Send) -> None:
    def ask(origin: str) -> bool:
        return send(app, "/x", origin=PAGE).text == "x" and origin == STRANGER

    app = make_app(origins=[ask, PAGE])
    assert ours(send(app, "/x", origin=STRANGER))[0][1] == STRANGER
    assert ours(send(app, "/x", origin="https://other.test")) == [("Vary", "Origin")]


def fail(*_arguments: Any, **_names: Any) -> Any:
    raise LookupError("on purpose")


class FailingToConvert(BaseConverter):
    to_python = fail


def fail_to_return(app: Flask) -> None:
    def view() -> Any:
        return None

    app.view_functions["x"] = view


def fail_after_this_request(app: Flask) -> None:
    @app.before_request
    def register() -> None:
        after_this_request(fail)


def fail_twice(app: Flask) -> None:
    app.before_request(fail)
    app.register_error_handler(LookupError, fail)


def fail_in_both_kinds_of_hook(app: Flask) -> None:
    app.before_request(fail)
    app.after_request(fail)


#: Places where something raises, so that Flask responds with status 500.
PLACES: dict[str, Callable[[Flask], Any]] = {
    "opening the session": lambda app: setattr(app, "session_interface", CannotBeOpened()),
    "reading the URL": lambda app: app.url_value_preprocessor(fail),
    "before the request": lambda app: app.before_request(fail),
    "a view that returns nothing": fail_to_return,
    "after this request": fail_after_this_request,
    "after the request": lambda app: app.after_request(fail),
    "both kinds of hook": fail_in_both_kinds_of_hook,
    "saving the session": lambda app: setattr(app, "session_interface", CannotBeSaved()),
    "an error handler too": fail_twice,
}


@pytest.mark.parametrize("place", PLACES)
def test_who_may_read_a_failure(place: str, send: Send, preflight: Send) -> None:
    app = make_app()
    PLACES[place](app)
    response = send(app, "/x")
    assert (response.status_code, ours(response)) == (500, HEADERS)
    assert ours(send(app, "/x", origin=STRANGER)) == [("Vary", "Origin")]
    assert ours(preflight(app, "/x", origin=STRANGER)) == [("Vary", "Origin")]


@pytest.mark.parametrize("enforce", [False, True])
def test_a_signal_receiver_that_fails(
    enforce: bool, send: Send, preflight: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(enforce=enforce)
    with request_refused.connected_to(fail, app):
        for response, status in (
            (send(app, "/x", origin=STRANGER), 403 if enforce else 200),
            (preflight(app, "/x", origin=STRANGER), 403),
            (preflight(app, "/x", "DELETE", origin=STRANGER), 403),
        ):
            assert (response.status_code, ours(response)) == (status, [("Vary", "Origin")])
        assert ours(send(app, "/x")) == HEADERS
    failed = [record for record in caplog.records if "receiver" in record.getMessage()]
    assert len(failed) == 3
    assert all("LookupError: on purpose" in str(record.exc_text) for record in failed)


def test_a_converter_that_fails(send: Send) -> None:
    app = make_app()
    app.url_map.converters["failing"] = FailingToConvert
    app.add_url_rule("/<failing:value>", "failing", lambda value: "x")
    response = send(app, "/y")
    assert (response.status_code, ours(response)) == (500, HEADERS)


@pytest.mark.parametrize("kind", ["teardown_request", "teardown_appcontext"])
def test_teardown_that_fails(kind: str, send: Send) -> None:
    """The server gets the error, and the next request works."""
    app = make_app()
    failing = [True, False]

    def teardown(_error: BaseException | None) -> None:
        if failing.pop(0):
            fail()

    getattr(app, kind)(teardown)
    # Flask 3.2 runs all teardown functions and raises their errors as a group.
    with pytest.raises(Exception, match=r"on purpose|Errors during context teardown"):
        send(app, "/x")
    assert ours(send(app, "/x")) == HEADERS


def test_headers_of_another_type(send: Send) -> None:
    app = make_app()
    found: Any = {"Vary": "Accept", "vary": "Cookie", "X-A": 1, "X-B": ["1", "2"]}

    @app.after_request
    def replace(response: Response) -> Response:
        response.headers = found
        return response

    response = send(app, "/x")
    assert sorted(ours(response)) == [HEADERS[0], ("Vary", "Accept, Cookie, Origin")]
    assert response.headers["X-A"] == "1"
    assert response.headers.getlist("X-B") == ["1", "2"]
    vary = ("Vary", "Accept, Cookie, Origin")
    assert ours(send(app, "/x", origin=STRANGER)) == [vary]
    found["access-control-allow-origin"] = SECOND
    for origin in (PAGE, STRANGER, None):
        left = ("access-control-allow-origin", SECOND)
        assert sorted(ours(send(app, "/x", origin=origin))) == [vary, left]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["X-Origin"], ["X-Origin, Origin"]),
        (["Accept", "", "ORIGIN"], ["Accept", "", "ORIGIN"]),
        ([" , ,", "\tAccept "], ["Accept, Origin"]),
        (['"*"'], ['"*", Origin']),
        (["Accept Origin"], ["Accept Origin, Origin"]),
        (["é"], ["é, Origin"]),
        (["Accept"] * 100, ["Accept, Origin"]),
    ],
)
def test_vary_that_was_set_oddly(lines: list[str], expected: list[str], send: Send) -> None:
    app = make_app()

    @app.after_request
    def vary(response: Response) -> Response:
        for line in lines:
            response.headers.add("Vary", line)
        return response

    for origin in (PAGE, STRANGER, None):
        assert send(app, "/x", origin=origin).headers.getlist("Vary") == expected


def test_what_was_written_changes_afterward(send: Send) -> None:
    """Changing a list, a dict or the configuration between requests allows no other origin."""
    origins = [PAGE]
    options: dict[str, Any] = {"origins": origins}
    app = make_app(resources={"/x": options}, origins=SECOND)
    origins.append(STRANGER)
    options["origins"] = "*"
    for _ in range(2):
        assert ours(send(app, "/x")) == HEADERS
        assert ours(send(app, "/x", origin=STRANGER)) == [("Vary", "Origin")]
        app.config.update(CORS_ORIGINS="*", CORS_SEND_WILDCARD="perhaps", CORS_ORGINS=1)


def test_configuration_changes_between_requests(send: Send, preflight: Send) -> None:
    """The configuration at the first request applies to all policies, even those made later."""
    app, blueprint = Flask("shop"), Blueprint("bp", "shop", url_prefix="/bp")
    app.config.update(CORS_ORIGINS=[PAGE, SECOND], CORS_METHODS="PUT")

    def view() -> str:
        return "x"

    CORS(blueprint)
    blueprint.add_url_rule("/x", "x", view)
    app.register_blueprint(blueprint)
    CORS(app, resources="/map")
    app.add_url_rule("/map", "map", view)
    app.add_url_rule("/view", "view", cross_origin(view))
    # The policy of a hidden view is made when the view runs.
    hidden = cross_origin(view)
    app.add_url_rule("/hidden", "hidden", lambda: hidden())
    urls = ("/map", "/view", "/bp/x", "/bp/none", "/hidden")
    assert ours(send(app, "/map")) == HEADERS
    for changed in ("*", [STRANGER], None, "nonsense"):
        app.config.update(CORS_ORIGINS=changed, CORS_METHODS="DELETE", CORS_RESOURCES="/*")
        for url in urls:
            assert ours(send(app, url)) == HEADERS, (url, changed)
            assert ours(send(app, url, origin=STRANGER)) == [("Vary", "Origin")], (url, changed)
        methods = preflight(app, "/map").headers["Access-Control-Allow-Methods"]
        assert methods == "PUT"
        assert ours(send(app, "/elsewhere")) == []
