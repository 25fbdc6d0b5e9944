"""Test where ``debug_page`` may be set, and which value applies if it is set twice."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask

from flask_crossorigin import CORS, ConfigError, cross_origin


def page_of(app: Flask) -> str | None:
    """Return the path of an app's debug page, among those in the tests; None without a page."""
    app.debug = True
    client = app.test_client()
    paths = ["/a", "/b", "/a/b", "/~x/$y"]
    found = [path for path in paths if client.get(path).status_code == 200]
    assert len(found) < 2
    return found[0] if found else None


@pytest.mark.parametrize(
    ("value", "page"),
    [
        ("/a", "/a"),
        ("/a/", "/a"),
        (" /a/b ", "/a/b"),
        ("/~x/$y", "/~x/$y"),
        (None, None),
        (False, None),
        ("", None),
    ],
)
@pytest.mark.parametrize("way", ["keyword", "init_app", "key", "mapping"])
def test_values(way: str, value: Any, page: str | None) -> None:
    app = Flask("shop")
    if way == "keyword":
        CORS(app, debug_page=value)
    elif way == "init_app":
        CORS(debug_page=value).init_app(app)
    else:
        app.config.update(
            {"CORS_DEBUG_PAGE": value} if way == "key" else {"CORS": {"debug_page": value}}
        )
        CORS(app)
    assert page_of(app) == page


@pytest.mark.parametrize(
    ("constructor", "init_app", "config", "page"),
    [
        ({"debug_page": "/a"}, {"debug_page": "/b"}, {}, "/b"),
        ({"debug_page": "/a"}, {}, {"CORS_DEBUG_PAGE": "/b"}, "/a"),
        ({"debug_page": "/a"}, {"debug_page": False}, {"CORS_DEBUG_PAGE": "/b"}, None),
        ({"debug_page": "/a"}, {"debug_page": None}, {"CORS_DEBUG_PAGE": "/b"}, "/a"),
        ({"debug_page": None}, {}, {"CORS_DEBUG_PAGE": "/b"}, "/b"),
    ],
)
def test_the_first_that_says_anything_decides(
    constructor: Any, init_app: Any, config: Any, page: str | None
) -> None:
    app = Flask("shop")
    app.config.update(config)
    CORS(**constructor).init_app(app, **init_app)
    assert page_of(app) == page


@pytest.mark.parametrize(("other", "agree"), [("/a", True), (None, True), ("/b", False)])
def test_two_for_one_app(other: Any, agree: bool) -> None:
    app = Flask("shop")
    CORS(app, resources="/x", debug_page="/a")
    if agree:
        CORS(app, resources="/y", debug_page=other)
    else:
        with pytest.raises(ConfigError) as caught:
            CORS(app, resources="/y", debug_page=other)
        (problem,) = caught.value.problems
        assert (problem.where, problem.value, problem.code) == (
            "debug_page",
            "/b",
            "option-conflict",
        )
    assert page_of(app) == "/a"


def test_it_is_for_an_app_alone() -> None:
    unknown: Any = {"debug_page": "/a"}
    calls: list[Any] = [
        lambda: CORS(Blueprint("api", __name__), debug_page="/a"),
        lambda: CORS(debug_page="/a").init_app(Blueprint("api", __name__)),
        lambda: cross_origin(**unknown)(lambda: ""),
        lambda: CORS(Flask("shop"), report_only={"debug_page": "/a"}),
    ]
    for call in calls:
        with pytest.raises(
            ConfigError, match=r"only CORS\(app\) has the option debug_page"
        ) as caught:
            call()
        (problem,) = caught.value.problems
        assert problem.code == "debug-page-misplaced"
        assert problem.place is not None
        assert problem.place.file.endswith("test_debug_page.py")


def test_a_mistake_that_comes_late_shows_no_page(caplog: pytest.LogCaptureFixture) -> None:
    app = Flask("shop")
    CORS(app, origins="https://app.example.com")
    app.config["CORS_DEBUG_PAGE"] = "a"
    assert page_of(app) is None
    assert 'Write "/a".' in caplog.text
    # The mistake is not in a policy, so the policies still apply.
    assert "allow no origin" not in caplog.text
    response = app.test_client().get("/", headers={"Origin": "https://app.example.com"})
    assert "Access-Control-Allow-Origin" in response.headers


@pytest.mark.parametrize("key", ["CORS_DEBUG", "CORS_PAGE", "CORS_DEBUG_MODE"])
def test_keys_of_the_programs_own(key: str) -> None:
    app = Flask("shop")
    app.config[key] = "/a"
    with pytest.warns(UserWarning, match=key):
        CORS(app)
    assert page_of(app) is None
