"""Ways to decorate a view: ``explain`` agrees with the browser, or says that it can't know."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from flask import Blueprint, Flask, request, url_for
from flask.views import MethodView, View

from flask_crossorigin import CORS, audit, cross_origin, explain
from flask_crossorigin.cli import cors
from flask_crossorigin.diagnostics.routes import Routes
from flask_crossorigin.testing import Browser, NetworkError

APP = "https://app.example.com"
OTHER = "https://other.example.com"
SERVER = "https://api.example.com"
METHODS = ["GET", "PUT"]

Way = Callable[[Flask], object]

SEEN: dict[str, Way] = {}
LATE: dict[str, Way] = {}


def seen(way: Way) -> Way:
    """Register a way to decorate a view that Flask can see."""
    SEEN[getattr(way, "__name__", "")] = way
    return way


def late(way: Way) -> Way:
    """Register a way to decorate a view that takes effect only when the view runs."""
    LATE[getattr(way, "__name__", "")] = way
    return way


DECORATE = cross_origin(origins=APP)


def view(*_arguments: object, **_values: object) -> str:
    return "seen"


#: A decorated function that views call by its name.
guarded = DECORATE(view)


def wraps(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*arguments: Any, **values: Any) -> Any:
        return function(*arguments, **values)

    return wrapper


def hides(function: Any) -> Any:
    def wrapper(*arguments: Any, **values: Any) -> Any:
        return function(*arguments, **values)

    wrapper.__name__ = "wrapper"
    return wrapper


def add(app: Flask, function: Any) -> None:
    app.add_url_rule("/x", "x", function, methods=METHODS)


def add_class(app: Flask, view_class: type[View]) -> None:
    app.add_url_rule("/x", view_func=view_class.as_view("x"))


class Plain(MethodView):
    def get(self) -> str:
        return "seen"

    def put(self) -> str:
        return "seen"


class Thing:
    def __call__(self) -> str:
        return "seen"

    @DECORATE
    def decorated(self) -> str:
        return "seen"

    @staticmethod
    @DECORATE
    def static() -> str:
        return "seen"


@seen
def below_the_route(app: Flask) -> None:
    add(app, DECORATE(view))


@seen
def bare(app: Flask) -> None:
    app.config["CORS_ORIGINS"] = APP
    add(app, cross_origin(view))


@seen
def above_the_route(app: Flask) -> None:
    def function() -> str:
        return "seen"

    DECORATE(app.route("/x", endpoint="x", methods=METHODS)(function))


@seen
def below_functools_wraps(app: Flask) -> None:
    add(app, wraps(wraps(DECORATE(view))))


@seen
def above_a_wrapper_without_functools(app: Flask) -> None:
    add(app, DECORATE(hides(view)))


@seen
def a_partial(app: Flask) -> None:
    add(app, DECORATE(functools.partial(view)))


@seen
def a_bound_method(app: Flask) -> None:
    add(app, Thing().decorated)


@seen
def a_decorated_bound_method(app: Flask) -> None:
    add(app, DECORATE(Thing().__call__))


@seen
def a_callable_object(app: Flask) -> None:
    add(app, DECORATE(Thing()))


@seen
def an_lru_cache(app: Flask) -> None:
    add(app, functools.lru_cache(DECORATE(view)))


@seen
def async_view(app: Flask) -> None:
    async def function() -> str:
        return "seen"

    add(app, DECORATE(function))


@seen
def decorators_of_a_class(app: Flask) -> None:
    class Items(Plain):
        decorators: ClassVar[Any] = [DECORATE, wraps]

    add_class(app, Items)


@seen
def one_method(app: Flask) -> None:
    class Items(Plain):
        @DECORATE
        def put(self) -> str:
            return "seen"

    add_class(app, Items)


@seen
def an_inherited_method(app: Flask) -> None:
    class Base(Plain):
        @DECORATE
        def get(self) -> str:
            return "seen"

    class Items(Base):
        pass

    add_class(app, Items)


@seen
def a_decorated_as_view(app: Flask) -> None:
    app.add_url_rule("/x", view_func=DECORATE(Plain.as_view("x")))


@seen
def dispatch_request(app: Flask) -> None:
    class Items(View):
        methods: ClassVar[Any] = METHODS

        @DECORATE
        def dispatch_request(self) -> str:
            return "seen"

    add_class(app, Items)


@seen
def in_a_blueprint(app: Flask) -> None:
    blueprint = Blueprint("inner", __name__)
    blueprint.add_url_rule("/x", "x", DECORATE(view), methods=METHODS)
    outer = Blueprint("outer", __name__)
    outer.register_blueprint(blueprint)
    app.register_blueprint(outer)


@seen
def the_inner_blueprint(app: Flask) -> None:
    blueprint, outer = Blueprint("inner", __name__), Blueprint("outer", __name__)
    blueprint.add_url_rule("/x", "x", view, methods=METHODS)
    CORS(blueprint, origins=APP)
    outer.register_blueprint(blueprint)
    app.register_blueprint(outer)


@seen
def the_outer_blueprint(app: Flask) -> None:
    blueprint, outer = Blueprint("inner", __name__), Blueprint("outer", __name__)
    blueprint.add_url_rule("/x", "x", view, methods=METHODS)
    CORS(outer, origins=APP)
    outer.register_blueprint(blueprint)
    app.register_blueprint(outer)


@seen
def a_view_for_each_method(app: Flask) -> None:
    app.add_url_rule("/x", "read", DECORATE(view), methods=["GET"])
    app.add_url_rule("/x", "write", view, methods=["PUT"])


@seen
def replaced(app: Flask) -> None:
    add(app, view)
    app.view_functions["x"] = DECORATE(view)


@seen
def replaced_after_the_first_request(app: Flask) -> None:
    add(app, view)
    Browser({SERVER: app}, origin=APP).navigate(f"{SERVER}/first")
    app.view_functions["x"] = DECORATE(view)


@seen
def calls_a_view_that_flask_knows(app: Flask) -> None:
    known = DECORATE(view)
    app.add_url_rule("/known", "known", known)
    add(app, lambda: known())


@seen
def a_view_of_its_own_that_calls_another(app: Flask) -> None:
    other = cross_origin(origins=OTHER)(view)
    add(app, DECORATE(lambda: other()))


@late
def below_a_wrapper_without_functools(app: Flask) -> None:
    add(app, hides(DECORATE(view)))


@late
def below_both_kinds(app: Flask) -> None:
    add(app, wraps(hides(DECORATE(view))))


@late
def a_partial_of_a_decorated_view(app: Flask) -> None:
    add(app, functools.partial(functools.partial(DECORATE(view)), 1))


@late
def a_partial_that_is_given_a_decorated_view(app: Flask) -> None:
    add(app, functools.partial(lambda function: function(), function=DECORATE(view)))


@late
def hidden_in_the_decorators_of_a_class(app: Flask) -> None:
    class Items(Plain):
        decorators: ClassVar[Any] = [DECORATE, hides]

    add_class(app, Items)


@late
def hidden_methods(app: Flask) -> None:
    class Items(Plain):
        get = hides(DECORATE(Plain.get))
        put = hides(DECORATE(Plain.put))

    add_class(app, Items)


@late
def a_hidden_dispatch_request(app: Flask) -> None:
    class Items(View):
        methods: ClassVar[Any] = METHODS
        dispatch_request = hides(DECORATE(view))

    add_class(app, Items)


@late
def a_method_of_the_base_class(app: Flask) -> None:
    class Base(Plain):
        @DECORATE
        def get(self) -> str:
            return "seen"

    class Items(Base):
        def get(self) -> str:
            return str(super().get())

    add_class(app, Items)


@late
def a_static_method(app: Flask) -> None:
    class Items(Plain):
        allowed = staticmethod(DECORATE(view))

        def get(self) -> str:
            return str(self.allowed())

    add_class(app, Items)


@late
def method_decorators(app: Flask) -> None:
    add_class(app, with_method_decorators([DECORATE]))


@late
def method_decorators_by_method(app: Flask) -> None:
    add_class(app, with_method_decorators({"get": [lambda function: DECORATE(function)]}))


def with_method_decorators(decorators: Any) -> type[View]:
    class Items(Plain):
        method_decorators: ClassVar[Any] = decorators

        def dispatch_request(self, **values: Any) -> Any:
            chosen = self.method_decorators
            function: Any = super().dispatch_request
            for decorate in chosen["get"] if isinstance(chosen, dict) else chosen:
                function = decorate(function)
            return function(**values)

    return Items


@late
def a_hidden_replacement(app: Flask) -> None:
    add(app, DECORATE(view))
    app.view_functions["x"] = hides(app.view_functions["x"])


@late
def called_from_a_closure(app: Flask) -> None:
    decorated = DECORATE(view)

    def function() -> str:
        return "".join(decorated() for _ in range(1))

    add(app, function)


@late
def called_by_its_name(app: Flask) -> None:
    add(app, lambda: guarded())


@late
def called_by_its_name_in_a_function_inside(app: Flask) -> None:
    def function() -> Any:
        def inner() -> Any:
            # This name is a proxy, which has no object outside of a request.
            return guarded() if request else None

        return inner()

    add(app, function)


@late
def decorated_at_each_request(app: Flask) -> None:
    add(app, lambda: DECORATE(lambda: "seen")())


@late
def calls_a_view_that_refuses(app: Flask) -> None:
    known = cross_origin(origins=APP, enforce=True)(view)
    app.add_url_rule("/known", "known", known)
    add(app, lambda: known())


POLICIES: list[dict[str, Any] | None] = [
    None,
    {"resources": []},
    {},
    {"origins": OTHER},
    {"origins": [APP, OTHER]},
]


def make_app(way: Way, options: dict[str, Any] | None) -> Flask:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/first", "first", view)
    if options is not None:
        CORS(app, **options)
    way(app)
    return app


def compare(app: Flask, method: str, origin: str) -> tuple[bool, list[str]]:
    """Return whether the explanation is right, and its notes."""
    explanation = explain(app, method, f"{SERVER}/x", origin=origin)
    try:
        Browser({SERVER: app}, origin=origin).fetch(f"{SERVER}/x", method=method)
        verdict = "allowed"
    except NetworkError:
        verdict = "refused"
    return explanation.verdict == verdict, [*explanation.notes]


@pytest.mark.filterwarnings("ignore:@cross_origin")
@pytest.mark.parametrize("options", POLICIES, ids=str)
@pytest.mark.parametrize("way", SEEN.values(), ids=SEEN)
def test_what_flask_sees_is_explained(way: Way, options: dict[str, Any] | None) -> None:
    for method in METHODS:
        for origin in (APP, OTHER):
            is_right, notes = compare(make_app(way, options), method, origin)
            assert is_right
            assert not [note for note in notes if "when the view runs" in note]
    assert Routes.of(make_app(way, options)).late == []
    assert "C025" not in {finding.id for finding in audit(make_app(way, options)).findings}


@pytest.mark.parametrize("options", POLICIES, ids=str)
@pytest.mark.parametrize("way", LATE.values(), ids=LATE)
def test_what_flask_does_not_see_is_noted(way: Way, options: dict[str, Any] | None) -> None:
    for method in METHODS:
        for origin in (APP, OTHER):
            _, notes = compare(make_app(way, options), method, origin)
            [note] = [note for note in notes if " takes effect only when the view runs, " in note]
            assert note.startswith("@cross_origin")
            assert ": " not in note
    [found] = Routes.of(make_app(way, options)).late
    assert found.endpoint == "x"
    [finding] = [each for each in audit(make_app(way, options)).findings if each.id == "C025"]
    assert (finding.policy, finding.place) == (found.where, found.place)
    assert finding.message == 'preflights for endpoint "x" don\'t use it'
    shown = make_app(way, options).test_cli_runner().invoke(cors, ["routes"]).output
    assert "These decorators take effect only when the view runs:" in shown


IN_FUNCTION = (
    'Use functools.wraps in the decorators above @cross_origin on view "view", or move it above '
    "them, directly below @app.route"
)
IN_CLASS = IN_FUNCTION.removesuffix(", directly below @app.route")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("way", "remedy"),
    [
        (above_the_route, "Move @cross_origin below @app.route, directly above the function"),
        (below_a_wrapper_without_functools, IN_FUNCTION),
        (a_hidden_dispatch_request, IN_CLASS),
        (method_decorators, "Write @cross_origin on the methods of the class instead"),
        (decorated_at_each_request, "Write @cross_origin on the view itself"),
    ],
)
@pytest.mark.parametrize("options", POLICIES[:2], ids=str)
def test_a_decorated_view_needs_no_decorator(
    options: dict[str, Any] | None, way: Way, remedy: str, method: str
) -> None:
    explanation = explain(make_app(way, options), method, "/x", origin=APP)
    assert explanation.verdict == "refused"
    assert explanation.remedy == remedy


def test_routes_shows_where_a_late_decorator_is_written() -> None:
    app = make_app(below_a_wrapper_without_functools, None)
    [found] = Routes.of(app).late
    assert found.place is not None
    [written] = Routes.of(app).to_dict()["late"]
    assert written["place"] == {"file": found.place.file, "line": found.place.line}
    shown = " ".join(app.test_cli_runner().invoke(cors, ["routes"]).output.split())
    assert f"! {found.place}: {found.where}, endpoint x Such a decorator takes effect" in shown


@pytest.mark.parametrize("way", LATE.values(), ids=LATE)
def test_the_notes_are_needed(way: Way) -> None:
    """Without the note, the explanation would be wrong for some of the policies."""
    app = [make_app(way, options) for options in POLICIES]
    right = [
        compare(each, method, o)[0] for each in app for method in METHODS for o in (APP, OTHER)
    ]
    assert not all(right)


@pytest.mark.parametrize(
    "function",
    [view, lambda: view(1), functools.partial(view), Thing(), lambda: url_for("x"), len],
)
def test_nothing_is_noted_where_nothing_is_decorated(function: Any) -> None:
    app = make_app(lambda app: add(app, function), {})
    assert explain(app, "GET", "/x", origin=APP).notes == []
    assert Routes.of(app).late == []


def test_a_closure_may_be_empty_still() -> None:
    def make(app: Flask) -> None:
        def function() -> str:
            return later

        add(app, function)
        if app.debug:
            later = "seen"

    assert explain(make_app(make, {}), "GET", "/x", origin=APP).notes == []


def test_a_view_may_refer_to_itself() -> None:
    def make(app: Flask) -> None:
        def function() -> Any:
            return function

        add(app, function)

    assert explain(make_app(make, {}), "GET", "/x", origin=APP).notes == []


@pytest.mark.parametrize("options", POLICIES, ids=str)
def test_a_decorated_error_handler_is_noted(options: dict[str, Any] | None) -> None:
    def make(app: Flask) -> None:
        app.register_error_handler(404, DECORATE(lambda _error: ("none", 404)))
        app.register_error_handler(410, view)

    app = make_app(make, options)
    place = '@cross_origin on view "<lambda>" takes effect if this function handles the error.'
    assert place in explain(app, "GET", "/none", origin=APP).notes
    assert place not in explain(app, "GET", "/first", origin=APP).notes


def test_decorated_after_the_first_request_without_cors_app() -> None:
    app = make_app(replaced_after_the_first_request, None)
    explanation = explain(app, "PUT", "/x", origin=APP)
    assert explanation.verdict == "refused"
    assert explanation.notes[0].startswith("There is no CORS(app), and the first @cross_origin ")
