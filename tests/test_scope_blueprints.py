"""The policy of a blueprint applies to its views and to all other URLs below its prefix."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, abort
from werkzeug.routing import BaseConverter, Map

from flask_crossorigin import CORS, ConfigError, cross_origin

Owner = Callable[..., str | None]


def make_blueprint(name: str = "sales", prefix: str | None = "/sales", **options: Any) -> Blueprint:
    blueprint = Blueprint(name, __name__, url_prefix=prefix, **options)
    blueprint.add_url_rule("/x", "x", lambda **_: "x")
    return blueprint


def make_app(*blueprints: Blueprint, first: bool = True, **options: Any) -> Flask:
    app = Flask("shop")
    app.add_url_rule("/own", "own", lambda: "own")
    if first:
        CORS(app, origins="https://map.test", **options)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    if not first:
        CORS(app, origins="https://map.test", **options)
    return app


@pytest.mark.parametrize("first", [True, False])
def test_before_and_after_the_application(
    first: bool, owner: Owner, preflight_owner: Owner
) -> None:
    blueprint = make_blueprint()
    CORS(blueprint, origins="https://blueprint.test")
    app = make_app(blueprint, first=first)
    assert [owner(app, "/own"), owner(app, "/sales/x")] == ["map", "blueprint"]
    assert preflight_owner(app, "/own", "GET") == "map"
    assert preflight_owner(app, "/sales/x", "GET") == "blueprint"


def test_without_a_policy_for_the_application(owner: Owner, preflight_owner: Owner) -> None:
    blueprint = make_blueprint()
    CORS(blueprint, origins="https://blueprint.test")
    app = Flask("shop")
    app.add_url_rule("/x", "x", lambda: "x")
    app.register_blueprint(blueprint)
    assert [owner(app, "/x"), owner(app, "/sales/x")] == [None, "blueprint"]
    assert [preflight_owner(app, "/x", "GET"), preflight_owner(app, "/nowhere")] == [None, None]


def test_a_view_decides_before_its_blueprint(owner: Owner, preflight_owner: Owner) -> None:
    blueprint = make_blueprint()
    CORS(blueprint, origins="https://blueprint.test")
    view = cross_origin(origins="https://view.test")(lambda: "y")
    blueprint.add_url_rule("/y", "y", view)
    app = make_app(blueprint)
    assert owner(app, "/sales/y") == "view"
    assert preflight_owner(app, "/sales/y", "GET") == "view"


@pytest.mark.parametrize(
    ("prefix", "url", "expected"),
    [
        ("/sales", "/sales/nowhere", "blueprint"),
        ("/sales", "/sales", "blueprint"),
        ("/sales", "/sales/", "blueprint"),
        ("/sales", "/salesman", "map"),
        ("/sales", "/Sales/nowhere", "map"),
        ("/sales", "/a/sales/nowhere", "map"),
        ("/sales", "/%73ales/nowhere", "blueprint"),
        ("/sales", "/sales%0a/nowhere", "map"),
        ("/sales/", "/sales/nowhere", "blueprint"),
        ("/s.les", "/sales/nowhere", "map"),
        ("/<int:shop>/sales", "/7/sales/nowhere", "blueprint"),
        ("/<int:shop>/sales", "/7/8/sales/nowhere", "map"),
        ("/<shop>", "/sales/nowhere", "blueprint"),
        ("/<shop>", "/", "map"),
        ("/v<int:version>", "/v2/nowhere", "blueprint"),
        ("/v<int:version>", "/w2/nowhere", "map"),
        ("/", "/nowhere", "map"),
        (None, "/nowhere", "map"),
        (None, "/x/nowhere", "map"),
    ],
)
def test_unknown_urls_below_the_prefix(
    prefix: str | None, url: str, expected: str, owner: Owner, preflight_owner: Owner
) -> None:
    blueprint = make_blueprint(prefix=prefix)
    CORS(blueprint, origins="https://blueprint.test")
    app = make_app(blueprint)
    assert owner(app, url) == expected
    assert preflight_owner(app, url) == expected


def test_a_url_that_begins_with_two_slashes(owner: Owner, preflight_owner: Owner) -> None:
    blueprint = make_blueprint()
    CORS(blueprint, origins="https://blueprint.test")
    path = {"environ_overrides": {"PATH_INFO": "//sales/nowhere"}}
    assert owner(make_app(blueprint), "/", **path) == "blueprint"
    assert preflight_owner(make_app(blueprint), "/", **path) == "blueprint"


def test_methods_that_no_view_serves(owner: Owner, preflight_owner: Owner) -> None:
    blueprint = make_blueprint()
    CORS(blueprint, origins="https://blueprint.test")
    app = make_app(blueprint)
    assert owner(app, "/sales/x", "DELETE") == "blueprint"
    assert preflight_owner(app, "/sales/x", "DELETE") == "blueprint"


def test_a_method_that_views_with_two_policies_leave_out(
    owner: Owner, preflight_owner: Owner
) -> None:
    blueprint = make_blueprint()
    CORS(blueprint, origins="https://blueprint.test")
    view = cross_origin(origins="https://view.test")(lambda: "x")
    blueprint.add_url_rule("/x", "put", view, methods=["PUT"])
    app = make_app(blueprint)
    assert [owner(app, "/sales/x", name) for name in ("PUT", "DELETE")] == ["view", "blueprint"]
    assert preflight_owner(app, "/sales/x", "DELETE") == "blueprint"


def test_a_blueprint_without_prefix_owns_its_views(owner: Owner, preflight_owner: Owner) -> None:
    blueprint = Blueprint("sales", __name__)
    blueprint.add_url_rule("/y", "y", lambda: abort(404))
    blueprint.add_url_rule("/z/", "z", lambda: "z")
    CORS(blueprint, origins="https://blueprint.test")
    app = make_app(blueprint)
    assert [owner(app, url) for url in ("/y", "/z", "/own", "/n")] == [
        *("blueprint", "blueprint"),
        *("map", "map"),
    ]
    assert owner(app, "/y", "DELETE") == "blueprint"
    assert preflight_owner(app, "/y", "DELETE") == "blueprint"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/sales/x", "blueprint"),
        ("/sales/open/nowhere", "blueprint"),
        ("/sales/y", "map"),
        ("/sales/nowhere", "map"),
        ("/own", "map"),
    ],
)
def test_resources_of_a_blueprint_are_whole_paths(
    url: str, expected: str, owner: Owner, preflight_owner: Owner
) -> None:
    blueprint = make_blueprint()
    blueprint.add_url_rule("/y", "y", lambda: "y")
    patterns: list[str | re.Pattern[str]] = ["/sales/x", re.compile("/sales/open/.*"), "/own"]
    CORS(blueprint, origins="https://blueprint.test", resources=patterns)
    app = make_app(blueprint)
    assert owner(app, url) == expected
    assert preflight_owner(app, url, "GET") == expected


def nest(inner_prefix: str | None, **options: Any) -> Flask:
    """Make an application with a blueprint inside another. Each has a policy and a view."""
    inner = make_blueprint("inner", inner_prefix)
    outer = Blueprint("outer", __name__, url_prefix="/outer")
    outer.add_url_rule("/y", "y", lambda: "y")
    CORS(inner, origins="https://blueprint.test")
    CORS(outer, origins="https://outer.test")
    outer.register_blueprint(inner, **options)
    return make_app(outer)


@pytest.mark.parametrize(
    ("inner", "options", "url", "expected"),
    [
        ("/inner", {}, "/outer/inner/x", "blueprint"),
        ("/inner", {}, "/outer/inner/nowhere", "blueprint"),
        ("/inner", {}, "/outer/nowhere", "outer"),
        ("/inner", {}, "/outer/y", "outer"),
        (None, {"url_prefix": "/given"}, "/outer/given/nowhere", "blueprint"),
        ("/inner", {"url_prefix": "/given"}, "/outer/inner/nowhere", "outer"),
        ("/inner", {"url_prefix": ""}, "/outer/nowhere", "outer"),
        (None, {}, "/outer/nowhere", "outer"),
        ("/", {}, "/outer/nowhere", "outer"),
    ],
)
def test_the_innermost_blueprint_decides_first(
    inner: str | None,
    options: dict[str, Any],
    url: str,
    expected: str,
    owner: Owner,
    preflight_owner: Owner,
) -> None:
    app = nest(inner, **options)
    assert owner(app, url) == expected
    assert preflight_owner(app, url, "GET") == expected


def test_an_outer_blueprint_decides_for_its_children(owner: Owner) -> None:
    inner, outer = make_blueprint("inner", "/inner"), make_blueprint("outer", "/outer")
    CORS(outer, origins="https://outer.test")
    outer.register_blueprint(inner)
    app = make_app(outer)
    assert [owner(app, f"/outer/inner/{name}") for name in ("x", "nowhere")] == ["outer"] * 2


def test_a_child_that_is_registered_twice(owner: Owner) -> None:
    inner, outer = make_blueprint("inner", None), Blueprint("outer", __name__, url_prefix="/outer")
    CORS(inner, origins="https://blueprint.test")
    outer.register_blueprint(inner, name="given", url_prefix="/given")
    outer.register_blueprint(inner)
    app = make_app(outer)
    assert owner(app, "/outer/given/nowhere") == "blueprint"
    assert owner(app, "/outer/nowhere") == "map"


def test_a_blueprint_under_two_prefixes(owner: Owner, preflight_owner: Owner) -> None:
    blueprint = make_blueprint()
    CORS(blueprint, origins="https://blueprint.test")
    app = make_app(blueprint)
    app.register_blueprint(blueprint, name="again", url_prefix="/again")
    for prefix in ("/sales", "/again"):
        for url in (f"{prefix}/x", f"{prefix}/nowhere"):
            assert owner(app, url) == "blueprint"
            assert preflight_owner(app, url) == "blueprint"


def test_a_blueprint_of_two_applications(owner: Owner) -> None:
    blueprint = make_blueprint()
    CORS(blueprint, origins="https://blueprint.test")
    assert [owner(make_app(blueprint), "/sales/x") for _ in range(2)] == ["blueprint"] * 2


@pytest.mark.parametrize("reverse", [False, True])
def test_the_most_specific_prefix_owns_a_url(reverse: bool, owner: Owner) -> None:
    blueprints = [
        make_blueprint("any", "/<shop>"),
        make_blueprint("sales", "/sales"),
        make_blueprint("deep", "/sales/<shop>"),
    ]
    names = ["blueprint", "view", "outer"]
    for blueprint, name in zip(blueprints, names, strict=True):
        CORS(blueprint, origins=f"https://{name}.test")
    app = make_app(*(reversed(blueprints) if reverse else blueprints))
    urls = ["/other/nowhere", "/sales", "/sales/7/nowhere"]
    assert [owner(app, url) for url in urls] == names


def test_a_blueprint_can_have_one_policy() -> None:
    blueprint = make_blueprint()
    CORS(blueprint, origins="https://a.test")
    with pytest.raises(ConfigError, match='blueprint "sales" already has a CORS'):
        CORS(blueprint, origins="https://b.test")


def test_too_late_for_a_blueprint(owner: Owner) -> None:
    blueprint = make_blueprint()
    app = make_app(blueprint)
    with pytest.raises(ConfigError, match="already registered") as caught:
        CORS(blueprint, origins="https://blueprint.test")
    assert "above app.register_blueprint" in caught.value.problems[0].hint
    assert owner(app, "/sales/x") == "map"


def test_options_fall_back_to_the_configuration_not_to_the_application(owner: Owner) -> None:
    blueprint = make_blueprint()
    CORS(blueprint)
    app = make_app(blueprint)
    app.config["CORS_ORIGINS"] = "https://blueprint.test"
    assert [owner(app, "/sales/x"), owner(app, "/own")] == ["blueprint", "map"]


def test_mistakes_that_only_the_configuration_shows() -> None:
    blueprint = make_blueprint()
    CORS(blueprint, supports_credentials=True)
    app = Flask("shop")
    with pytest.raises(ConfigError, match="credentials with any origin"):
        app.register_blueprint(blueprint)


@pytest.mark.parametrize(
    "options",
    [
        {"origins": "*"},
        {"origins": "*", "resources": ["/sales/*"]},
        {"origins": "*", "resources": {"/sales/*": {"origins": "*"}}},
        {"resources": {"/sales/*": {"origins": "*"}}},
    ],
)
def test_mistakes_are_found_where_they_are_written(options: dict[str, Any]) -> None:
    blueprint = make_blueprint()
    with pytest.raises(ConfigError, match="credentials with any origin"):
        CORS(blueprint, supports_credentials=True, **options)


# The X shows that only slashes are stripped from a prefix, not letters.
@pytest.mark.parametrize("prefix", ["/api", "/X/api/X", "/X/"])
def test_what_leads_nowhere_belongs_to_the_blueprint_of_its_prefix(
    prefix: str, owner: Owner
) -> None:
    blueprint = Blueprint("api", __name__, url_prefix=prefix)
    CORS(blueprint, origins="https://blueprint.test")
    app = Flask("shop")
    CORS(app, origins="https://map.test")
    app.register_blueprint(blueprint)
    assert owner(app, f"{prefix.rstrip('/')}/missing") == "blueprint"
    assert owner(app, "/missing") == "map"


@pytest.mark.parametrize("prefix", [None, "", "/"])
# The X shows that only dots are stripped from a name, not letters.
@pytest.mark.parametrize("name", ["inner", "X"])
def test_a_nested_blueprint_without_a_prefix_owns_its_views_only(
    prefix: str | None, name: str, owner: Owner
) -> None:
    outer = Blueprint("outer", __name__, url_prefix="/api")
    inner = Blueprint(name, __name__, url_prefix=prefix)
    CORS(inner, origins="https://blueprint.test")
    inner.add_url_rule("/x", "x", lambda: "x")
    outer.register_blueprint(inner)
    app = Flask("shop")
    app.register_blueprint(outer)
    CORS(app, origins="https://map.test")
    assert owner(app, "/api/x") == "blueprint"
    assert owner(app, "/api/missing") == "map"


def test_a_nested_blueprint_with_a_prefix_owns_what_is_below_it(owner: Owner) -> None:
    # As above, the X shows that no letters are stripped from names and prefixes.
    outer = Blueprint("X", __name__, url_prefix="/api")
    inner = Blueprint("inner", __name__, url_prefix="/X")
    CORS(inner, origins="https://blueprint.test")
    CORS(outer, origins="https://outer.test")
    outer.add_url_rule("/x", "x", lambda: "x")
    outer.register_blueprint(inner)
    app = Flask("shop")
    app.register_blueprint(outer)
    assert owner(app, "/api/X/missing") == "blueprint"
    assert (owner(app, "/api/x"), owner(app, "/api/missing")) == ("outer", "outer")


def test_a_refusal_names_the_blueprint(caplog: pytest.LogCaptureFixture) -> None:
    blueprint = Blueprint("api", __name__, url_prefix="/api")
    CORS(blueprint, origins="https://blueprint.test")
    app = Flask("shop")
    app.register_blueprint(blueprint)
    CORS(app, resources=[])
    with caplog.at_level("INFO", "flask_crossorigin"):
        app.test_client().get("/api/x", headers={"Origin": "https://stranger.example"})
    assert caplog.messages == [
        'GET \'/api/x\': origin "https://stranger.example" is not allowed by blueprint "api"'
    ]


@pytest.mark.parametrize("static_url_path", ["", "/static"])
def test_unknown_urls_where_files_are_served_from_the_root(
    static_url_path: str, tmp_path: Path, owner: Owner, preflight_owner: Owner
) -> None:
    app = Flask("shop", static_folder=str(tmp_path), static_url_path=static_url_path)
    CORS(app, origins="https://map.test")
    blueprint = Blueprint("api", __name__, url_prefix="/api")
    CORS(blueprint, origins="https://blueprint.test")
    blueprint.add_url_rule("/x", "x", lambda: "x")
    app.register_blueprint(blueprint)
    (tmp_path / "logo.txt").write_text("logo", "utf-8")
    for url, expected in (("/api/missing", "blueprint"), ("/missing", "map"), ("/logo.txt", "map")):
        for method in ("GET", "POST", "DELETE"):
            # Buffer the response, so that the file is closed.
            assert owner(app, url, method, buffered=True) == expected
            assert preflight_owner(app, url, method) == expected
    assert owner(app, "/api/x") == preflight_owner(app, "/api/x", "GET") == "blueprint"


def test_unknown_urls_of_another_host(owner: Owner, preflight_owner: Owner) -> None:
    app = Flask("shop", host_matching=True, static_host="static.test")
    CORS(app, origins="https://map.test")
    blueprint = Blueprint("api", __name__, url_prefix="/v1")
    CORS(blueprint, origins="https://blueprint.test")
    blueprint.add_url_rule("/x", "x", lambda: "x", host="api.test")
    blueprint.add_url_rule("/y", "y", lambda tenant: "y", host="<tenant>.tenants.test")
    app.register_blueprint(blueprint)
    app.add_url_rule("/v1/x", "other", lambda: "x", host="www.test")
    for host, expected in (
        ("api.test", "blueprint"),
        ("a.tenants.test", "blueprint"),
        ("a.b.tenants.test", "map"),
        ("www.test", "map"),
        ("elsewhere.test", "map"),
    ):
        base_url = f"http://{host}"
        assert owner(app, "/v1/missing", base_url=base_url) == expected
        assert preflight_owner(app, "/v1/missing", "GET", base_url=base_url) == expected
        assert owner(app, "/missing", base_url=base_url) == "map"


class AnyOf(BaseConverter):
    def __init__(self, url_map: Map, *names: str) -> None:
        super().__init__(url_map)
        self.regex = "|".join(map(re.escape, names))


@pytest.mark.parametrize("variable", ['<names("a>b", "c"):name>', '<names("c", ">"):name>'])
def test_a_prefix_whose_converter_has_a_bracket_in_its_arguments(
    variable: str, owner: Owner
) -> None:
    app = Flask("shop")
    app.url_map.converters["names"] = AnyOf
    CORS(app, origins="https://map.test")
    blueprint = Blueprint("api", __name__, url_prefix=f"/{variable}/api")
    CORS(blueprint, origins="https://blueprint.test")
    blueprint.add_url_rule("/x", "x", lambda name: name)
    app.register_blueprint(blueprint)
    assert owner(app, "/c/api/x") == "blueprint"
    assert owner(app, "/c/api/missing") == "blueprint"
    assert owner(app, "/c/other") == "map"
