"""``CORS``: how to set it up, which options take precedence, and mistakes."""

from __future__ import annotations

import gc
import warnings
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Blueprint, Flask, current_app
from werkzeug.test import TestResponse

from flask_crossorigin import CORS, ConfigError, cross_origin

Send = Callable[..., TestResponse]
Owner = Callable[..., str | None]


def make_app(**config: Any) -> Flask:
    app = Flask("shop")
    app.config.update(config)
    app.add_url_rule("/x", "x", lambda: "x")
    return app


def max_age(app: Flask, preflight: Send, url: str = "/x") -> str | None:
    return preflight(app, url).headers.get("Access-Control-Max-Age")


def test_the_defaults(send: Send, preflight: Send) -> None:
    app = make_app()
    CORS(app)
    sent = {name: value for name, value in send(app, "/x").headers if name.startswith("Access")}
    assert sent == {"Access-Control-Allow-Origin": "*"}
    assert dict(preflight(app, "/x", names="X-A").headers) == {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY",
        "Access-Control-Allow-Headers": "X-A",
    }


PRECEDENCE = ["resource", "init_app", "constructor", "config"]


@pytest.mark.parametrize("mapped", [True, False])
@pytest.mark.parametrize("of_blueprint", [False, True])
@pytest.mark.parametrize("given", range(len(PRECEDENCE) + 1))
def test_precedence(given: int, of_blueprint: bool, mapped: bool, preflight: Send) -> None:
    """Each place of ``PRECEDENCE`` takes precedence over the places after it."""
    places: dict[str, dict[str, Any]] = {
        name: {"max_age": index} for index, name in enumerate(PRECEDENCE) if index >= given
    }
    cors = CORS(**places.get("constructor", {}))
    app = make_app(**({"CORS_MAX_AGE": 3} if "config" in places else {}))
    blueprint = Blueprint("sales", __name__)
    blueprint.add_url_rule("/y", "y", lambda: "y")
    url = "/y" if of_blueprint else "/x"
    resources = {url: places.get("resource", {})} if mapped else None
    options = {"resources": resources, **places.get("init_app", {})}
    cors.init_app(blueprint if of_blueprint else app, **options)
    app.register_blueprint(blueprint)
    first = given if mapped else max(given, 1)
    assert max_age(app, preflight, url) == (str(first) if first < len(PRECEDENCE) else None)


def test_a_decorator_has_nothing_from_the_keywords(send: Send, preflight: Send) -> None:
    app = make_app(CORS_EXPOSE_HEADERS="X-A")
    CORS(app, origins="https://map.test", max_age=5)
    app.add_url_rule("/y", "y", cross_origin(lambda: "y"))
    response = send(app, "/y", origin=None)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Expose-Headers"] == "X-A"
    assert [max_age(app, preflight, url) for url in ("/x", "/y")] == [None, None]
    assert preflight(app, "/x", origin="https://map.test").headers["Access-Control-Max-Age"] == "5"


def test_none_inherits_the_option(preflight: Send) -> None:
    app = make_app(CORS_MAX_AGE=3)
    CORS(app, max_age=None, resources={"/x": {"max_age": None}})
    assert max_age(app, preflight) == "3"


def test_resources_of_init_app_go_before_the_constructors(owner: Owner) -> None:
    cors = CORS(resources=["/a"], origins="https://map.test")
    first, second = make_app(), make_app()
    cors.init_app(first)
    cors.init_app(second, resources=["/b"])
    assert [owner(first, "/a"), owner(first, "/b")] == ["map", None]
    assert [owner(second, "/a"), owner(second, "/b")] == [None, "map"]


def test_one_object_for_two_applications(owner: Owner) -> None:
    cors = CORS(origins="https://map.test")
    first, second = make_app(), make_app(CORS_ORIGINS="https://other.test")
    cors.init_app(first)
    cors.init_app(second, origins="https://view.test")
    assert [owner(first, "/x"), owner(second, "/x")] == ["map", "view"]


def test_iterators_are_read_once(owner: Owner) -> None:
    cors = CORS(origins=iter(["https://map.test"]), resources=iter(["/x"]))
    for _ in range(2):
        app = make_app()
        cors.init_app(app)
        assert owner(app, "/x") == "map"
    app = make_app(CORS_ORIGINS=iter(["https://map.test"]))
    CORS(app)
    assert owner(app, "/x") == "map"


def test_mistakes_of_keywords_and_configuration_together() -> None:
    app = make_app(CORS_MAX_AGE="soon", CORS_EXPOSED_HEADERS="*", CORS_RESOURCES="y")
    options: dict[str, Any] = {
        "origins": ["a.test", "https://b.test/path"],
        "supports_credential": True,
        "resources": {"x": {}, "/y": {"methods": "G T"}, "/z": "*"},
    }
    with pytest.raises(ConfigError) as caught:
        CORS(app, **options)
    assert {problem.where for problem in caught.value.problems} == {
        "origins[0]",
        "origins[1]",
        "supports_credential",
        'resources["x"]',
        'resources["/y"].methods',
        'resources["/z"]',
        "CORS_MAX_AGE",
        "CORS_EXPOSED_HEADERS",
    }
    text = str(caught.value)
    assert all(problem.hint in text and problem.hint for problem in caught.value.problems)


def test_an_application_is_as_before_after_a_mistake(owner: Owner) -> None:
    app = make_app()
    with pytest.raises(ConfigError):
        CORS(app, origins="a.test")
    CORS(app, origins="https://map.test")
    assert owner(app, "/x") == "map"


def test_mistakes_of_a_constructor_without_application() -> None:
    with pytest.raises(ConfigError, match="max_age: -1 is negative"):
        CORS(max_age=-1)
    with pytest.raises(ConfigError, match=r"resources\[0\]: \"x\" cannot match any path"):
        CORS(resources=["x", "/y"])


def test_maps_compose(owner: Owner) -> None:
    app = make_app()
    CORS(app, resources=["/a*"], origins="https://map.test")
    CORS(app, resources=["/ab*"], origins="https://other.test")
    assert [owner(app, url) for url in ("/a", "/abc", "/x")] == ["map", "other", None]


@pytest.mark.parametrize("resources", [None, ["/a*"], {"/a*": {}}])
def test_one_pattern_twice(resources: Any, owner: Owner) -> None:
    app = make_app()
    CORS(app, origins="https://map.test", resources=resources)
    with pytest.raises(ConfigError, match="two policies for the paths"):
        CORS(app, origins="https://other.test", resources=resources)
    assert owner(app, "/a") == "map"


def test_after_the_first_request(owner: Owner) -> None:
    """``CORS(app)`` takes effect even if the policies of the application are already in use."""
    app = make_app()
    app.add_url_rule("/y", "y", cross_origin(origins="https://view.test")(lambda: "y"))
    assert [owner(app, "/x"), owner(app, "/y")] == [None, "view"]
    CORS(app, origins="https://map.test", enforce=True)
    stranger = {"Origin": "https://stranger.test"}
    assert app.test_client().get("/x", headers=stranger).status_code == 403
    assert [owner(app, "/x"), owner(app, "/y")] == ["map", "view"]


def test_current_app_is_accepted(caplog: pytest.LogCaptureFixture) -> None:
    app = Flask("shop")
    app.debug = True
    with app.app_context():
        CORS(current_app)

    @app.route("/x")
    def fail() -> str:
        raise RuntimeError

    # The sender of Flask's signal for crashes is the application itself, not current_app.
    with pytest.raises(RuntimeError):
        app.test_client().get("/x", headers={"Origin": "https://app.test"})
    assert "The cause is the exception: RuntimeError" in caplog.text


@pytest.mark.parametrize("wrong", [object(), "shop", Flask, Blueprint, lambda: None])
def test_what_is_no_application(wrong: Any) -> None:
    with pytest.raises(TypeError, match="takes a Flask application or a blueprint"):
        CORS(wrong)
    with pytest.raises(TypeError, match="takes a Flask application or a blueprint"):
        CORS().init_app(wrong)


def test_options_are_keywords() -> None:
    with pytest.raises(TypeError):
        CORS(Flask("shop"), "*")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


RETIRED: dict[str, Any] = {"intercept_exceptions": False}
RESOURCES: dict[str, Any] = {"resources": {"/x": RETIRED}}
CONFIG = {"CORS_INTERCEPT_EXCEPTIONS": "no"}

# Each call is on its own line, because the warning must name that line.
WARNED: list[tuple[str, Callable[[], object]]] = [
    ("intercept_exceptions", lambda: CORS(**RETIRED)),
    ("intercept_exceptions", lambda: CORS(make_app(), intercept_exceptions=0)),
    ("intercept_exceptions", lambda: CORS(**RETIRED).init_app(make_app())),
    ("intercept_exceptions", lambda: CORS().init_app(make_app(), **RETIRED)),
    ('resources["/x"].intercept_exceptions', lambda: CORS(make_app(), **RESOURCES)),
    ('resources["/x"].intercept_exceptions', lambda: CORS(**RESOURCES).init_app(make_app())),
    ('resources["/x"].intercept_exceptions', lambda: CORS().init_app(make_app(), **RESOURCES)),
    ("CORS_INTERCEPT_EXCEPTIONS", lambda: CORS(make_app(**CONFIG))),
    ("CORS_INTERCEPT_EXCEPTIONS", lambda: CORS().init_app(make_app(**CONFIG))),
    ("@cross_origin intercept_exceptions", lambda: cross_origin(**RETIRED)),
]


@pytest.mark.parametrize(("where", "write"), WARNED)
def test_a_retired_option_warns_where_it_is_written(
    where: str, write: Callable[[], object]
) -> None:
    with pytest.warns(DeprecationWarning, match="has no effect") as caught:
        write()
    [warning] = caught
    assert str(warning.message) == f"{where} has no effect: error responses always have the headers"
    assert (warning.filename, warning.lineno) == (__file__, write.__code__.co_firstlineno)


def test_a_retired_option_that_changes_nothing_warns_of_nothing() -> None:
    with warnings.catch_warnings(record=True) as caught:
        CORS(make_app(), intercept_exceptions=True)
    assert caught == []


def test_an_application_can_be_let_go(send: Send) -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=False)
    CORS(app)
    assert send(app, "/x").status_code == 200
    reference = weakref.ref(app)
    del app
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize("mistaken", [True, False])
def test_the_first_requests_at_once(
    installed: bool, mistaken: bool, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()
    if installed:
        CORS(app, resources=[])
    for number in range(32):
        origins = f"https://page{number}.test"
        app.add_url_rule(f"/{number}", str(number), cross_origin(origins=origins)(lambda: "x"))
    barrier = Barrier(32)
    app.config["CORS_MAX_AGE"] = -1 if mistaken else 1

    def ask(number: int) -> tuple[int, str | None]:
        barrier.wait(timeout=30)
        response = send(app, f"/{number}", origin=None)
        return response.status_code, response.headers.get("Access-Control-Allow-Origin")

    with ThreadPoolExecutor(32) as threads:
        assert list(threads.map(ask, range(32))) == [
            (200, None if mistaken else f"https://page{number}.test") for number in range(32)
        ]
    assert len(caplog.records) == mistaken
