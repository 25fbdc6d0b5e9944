"""A preflight for one method does not allow requests to which another method's policy applies.

Browsers cache preflight responses. To show that the attacks would work, each test also attacks
controls: the same application, but its preflight responses list all methods. Where an engine caches
these responses, the attack on the control succeeds.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import pytest
from flask import Blueprint, Flask, abort, request
from flask.views import MethodView
from werkzeug.wrappers import Request, Response

from flask_crossorigin import CORS, cross_origin

from .engine import Engine
from .pages import Job, Runner
from .servers import Server

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ALL_METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY"

#: The name of the unchanged application.
UNCHANGED = "unchanged"
#: The Access-Control-Max-Age lines of each control, and the engines that cache its preflights.
CONTROLS: dict[str, tuple[list[str], set[str]]] = {
    "no Max-Age": ([], {"chromium", "firefox", "webkit"}),
    "Max-Age: 600": (["600"], {"chromium", "firefox", "webkit"}),
    "Max-Age: 0, twice": (["0", "0"], {"chromium", "webkit"}),
    "Max-Age: 0, 0": (["0, 0"], {"chromium", "webkit"}),
    "Max-Age: 0": (["0"], set()),
}

#: Engines cache a preflight response without Max-Age for five seconds. This is a bit less.
_FORGETTING_SECONDS = 4.0
_ATTEMPTS = 5

# Engines cache preflight responses by URL, so each attack needs its own URL.
_numbers = itertools.count()


class Attack(NamedTuple):
    """Two requests of one page: one that is allowed, and one that needs its own preflight."""

    path: str
    first: Job
    #: The name of the control replaces the word CONTROL in its body.
    second: Job

    @property
    def refused(self) -> str:
        """The methods that arrive if the browser also sends a preflight for the second request."""
        return f"OPTIONS {self.first.get('method')} OPTIONS"

    @property
    def succeeded(self) -> str:
        """The methods that arrive if the browser uses the first preflight for both requests."""
        return f"OPTIONS {self.first.get('method')} {self.second.get('method')}"


READ: Job = {"method": "GET", "headers": [["X-Read", "1"]]}
WRITE: Job = {"method": "DELETE", "headers": [["X-Write", "1"]]}

#: The attacks of a page that may only read.
STRANGERS_ATTACKS = {
    "another method": Attack("/x", READ, {"method": "DELETE"}),
    "another method, same header name": Attack("/x", READ, {**READ, "method": "DELETE"}),
    # POST needs no preflight, but the header name does.
    "POST, same header name": Attack("/x", READ, {**READ, "method": "POST"}),
}
#: The attacks of a page that may also write. Each policy still has its own header names.
WRITERS_ATTACKS = {
    "header name for reading only": Attack("/x", READ, {**READ, "method": "DELETE"}),
    "header name for writing only": Attack("/x", WRITE, {**WRITE, "method": "GET"}),
}


class Recorded:
    """Wraps an application, and records the methods of its requests by query string."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._arrived: dict[str, list[tuple[str, float]]] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        arrived = self._arrived.setdefault(environ["QUERY_STRING"], [])
        arrived.append((environ["REQUEST_METHOD"], time.monotonic()))
        return self._app(environ, start_response)

    def methods(self, query: str) -> str:
        return " ".join(method for method, _ in self._arrived.get(query, []))

    def is_slow(self, query: str) -> bool:
        """Return whether the cached preflight response may have expired before the last request."""
        times = [moment for _, moment in self._arrived.get(query, [])]
        return bool(times) and times[-1] - times[0] > _FORGETTING_SECONDS


def listing_all_methods(app: WSGIApplication, max_age: list[str]) -> WSGIApplication:
    """Make an application list all methods where it allows one, as the package once did."""

    @Request.application
    def listing(request: Request) -> Response:
        response = Response.from_app(app, request.environ)
        if "Access-Control-Allow-Methods" in response.headers:
            response.headers["Access-Control-Allow-Methods"] = ALL_METHODS
            response.headers.setlist("Access-Control-Max-Age", max_age)
        return response

    return listing


def attack(
    engine: Engine,
    runner: Runner,
    page: Server,
    app: WSGIApplication,
    attacks: Mapping[str, Attack],
) -> dict[str, dict[str, str]]:
    """Let a page attack an application and its controls.

    :returns: the methods that arrived, by control and attack.
    """
    apps = {UNCHANGED: Recorded(app)}
    for control, (max_age, _) in CONTROLS.items():
        apps[control] = Recorded(listing_all_methods(app, max_age))
    with ExitStack() as stack:
        servers = {control: stack.enter_context(Server(app)) for control, app in apps.items()}
        queries: dict[tuple[str, str], str] = {}
        for _ in range(_ATTEMPTS):
            jobs: list[Job] = []
            for control, name in itertools.product(servers, attacks):
                path, first, second = attacks[name]
                query = queries[control, name] = str(next(_numbers))
                url = f"{servers[control].origin()}{path}?{query}"
                asked: Job = {**second, "url": url}
                if "body" in asked:
                    asked["body"] = asked["body"].replace("CONTROL", control)
                jobs += [{**first, "url": url}, asked]
            runner.run(engine, page.origin(), jobs)
            if not any(apps[control].is_slow(query) for (control, _), query in queries.items()):
                break
    return {
        control: {name: app.methods(queries[control, name]) for name in attacks}
        for control, app in apps.items()
    }


def expected(engine: Engine, attacks: Mapping[str, Attack]) -> dict[str, dict[str, str]]:
    """Return what arrives if attacks only succeed where an engine caches a control's responses."""
    refused = {name: each.refused for name, each in attacks.items()}
    succeeded = {name: each.succeeded for name, each in attacks.items()}
    fallen = fallen_controls(engine)
    controls = {control: succeeded if control in fallen else refused for control in CONTROLS}
    return {UNCHANGED: refused, **controls}


def fallen_controls(engine: Engine) -> set[str]:
    return {control for control, (_, names) in CONTROLS.items() if engine.name in names}


@pytest.fixture
def writer(runner: Runner) -> Iterator[Server]:
    with Server(runner.pages()) as server:
        yield server


ANYBODY = cross_origin(origins="*", allow_headers="X-Read")


def view(**_arguments: Any) -> str:
    return "done"


def as_functions(app: Flask, writers: dict[str, Any]) -> None:
    CORS(app, resources=[])
    app.add_url_rule("/x", "read", ANYBODY(view), methods=["GET"])
    app.add_url_rule("/x", "write", cross_origin(**writers)(view), methods=["POST", "DELETE"])


def without_an_extension(app: Flask, writers: dict[str, Any]) -> None:
    """Use decorators without ``CORS``. They respond to preflights before the login hook does."""

    @app.before_request
    def require_login() -> None:
        if request.method == "OPTIONS":
            abort(401)

    app.add_url_rule("/x", "read", ANYBODY(view), methods=["GET"])
    app.add_url_rule("/x", "write", cross_origin(**writers)(view), methods=["POST", "DELETE"])


def as_a_class(app: Flask, writers: dict[str, Any]) -> None:
    class Item(MethodView):
        decorators: ClassVar = [cross_origin(**writers)]

        @ANYBODY
        def get(self) -> str:
            return "read"

        def post(self) -> str:
            return "written"

        def delete(self) -> str:
            return "deleted"

    CORS(app, resources=[])
    app.add_url_rule("/x", view_func=Item.as_view("x"))


def by_blueprint(app: Flask, writers: dict[str, Any]) -> None:
    CORS(app, origins="*", allow_headers="X-Read")
    blueprint = Blueprint("writers", __name__)
    CORS(blueprint, **writers)
    blueprint.add_url_rule("/x", "write", view, methods=["POST", "DELETE"])
    app.register_blueprint(blueprint)
    app.add_url_rule("/x", "read", view, methods=["GET"])


def by_converter(app: Flask, writers: dict[str, Any]) -> None:
    """Use two different URL rules that match the same URL."""
    CORS(app, resources=[])
    app.add_url_rule("/<name>", "read", ANYBODY(view), methods=["GET"])
    write = cross_origin(**writers)(view)
    app.add_url_rule("/<string(length=1):name>", "write", write, methods=["POST", "DELETE"])


def with_its_own_preflights(app: Flask, writers: dict[str, Any]) -> None:
    app.config["CORS_AUTOMATIC_OPTIONS"] = False
    as_functions(app, writers)

    @app.route("/x", methods=["OPTIONS"])
    def answer() -> tuple[str, dict[str, str]]:
        lists = {"Access-Control-Allow-Methods": ALL_METHODS, "Access-Control-Max-Age": "600"}
        return "", lists


@pytest.mark.parametrize(
    "set_up",
    [
        as_functions,
        without_an_extension,
        as_a_class,
        by_blueprint,
        by_converter,
        with_its_own_preflights,
    ],
    ids=lambda set_up: set_up.__name__,
)
def test_methods_with_different_policies(
    engine: Engine,
    runner: Runner,
    writer: Server,
    stranger: Server,
    set_up: Callable[[Flask, dict[str, Any]], None],
) -> None:
    app = Flask("shop")
    set_up(app, {"origins": writer.origin(), "allow_headers": "X-Write"})
    arrived = attack(engine, runner, stranger, app, STRANGERS_ATTACKS)
    assert arrived == expected(engine, STRANGERS_ATTACKS)
    arrived = attack(engine, runner, writer, app, WRITERS_ATTACKS)
    assert arrived == expected(engine, WRITERS_ATTACKS)


#: A read request with a Content-Type: its preflight response allows this header, which JSON needs.
READ_ITEM: Job = {"method": "GET", "headers": [["Content-Type", "application/json"]]}
WRITE_ITEM: Job = {**READ_ITEM, "body": '{"name": "CONTROL"}'}
ATTACKS_ON_THE_EXAMPLE = {
    "POST": Attack("/items", READ_ITEM, {**WRITE_ITEM, "method": "POST"}),
    "PUT": Attack("/items/1", READ_ITEM, {**WRITE_ITEM, "method": "PUT"}),
}


def test_the_example(
    engine: Engine, runner: Runner, stranger: Server, load: Callable[[str], Any]
) -> None:
    example = load("method_policies")
    before = set(example.names.values())
    arrived = attack(engine, runner, stranger, example.app, ATTACKS_ON_THE_EXAMPLE)
    assert arrived == expected(engine, ATTACKS_ON_THE_EXAMPLE)
    assert set(example.names.values()) - before == fallen_controls(engine)


def test_one_policy_for_all_methods_is_remembered(
    engine: Engine, runner: Runner, stranger: Server
) -> None:
    app = Flask("shop")
    CORS(app, origins=stranger.origin(), max_age=600)
    app.add_url_rule("/x", "read", view)
    app.add_url_rule("/x", "write", view, methods=["POST", "DELETE"])
    arrived = attack(engine, runner, stranger, app, STRANGERS_ATTACKS)
    succeeded = {name: each.succeeded for name, each in STRANGERS_ATTACKS.items()}
    assert arrived[UNCHANGED] == succeeded
