"""Each problem and each policy knows the line where it was written."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import CORS, ConfigError
from flask_crossorigin.state import State

START = """\
from flask import Blueprint, Flask
from flask.views import MethodView, View
from flask_crossorigin import CORS, cross_origin
app = Flask("shop")
bp = Blueprint("bp", "shop")
"""
#: The line number of the first line after ``START``.
FIRST = START.count("\n") + 1


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Return a function that runs a program from ``app.py`` and returns its names."""
    monkeypatch.chdir(tmp_path)

    def run(program: str) -> dict[str, Any]:
        path = tmp_path / "app.py"
        path.write_text(START + program)
        names: dict[str, Any] = {"__name__": "app"}
        exec(compile(path.read_text(), str(path), "exec"), names)
        return names

    return run


Run = Callable[[str], dict[str, Any]]

#: Programs that raise an error, and the line of the call with the mistake. Their decorators have
#: parentheses, because without them, Python 3.10 reports the line of the function.
MISTAKEN = {
    "CORS": ('CORS(app, origins="a.example")', 1),
    "CORS alone": ('CORS(origins="a.example")', 1),
    "CORS over lines": ('CORS(\n    app,\n    origins="a.example",\n)', 1),
    "resources": ('CORS(app, resources={"/api/*": {"max_age": -1}})', 1),
    "a pattern": ('CORS(app, resources=["/api/*", "api"])', 1),
    "an unknown name": ("CORS(app, orgins=[])", 1),
    "inside report_only": (
        'CORS(app, origins="https://a.example", report_only={"max_age": -1})',
        1,
    ),
    "in two options": ('CORS(app,\n  origins="*", supports_credentials=True)', 1),
    "without origins": ("CORS(app, supports_credentials=True)", 1),
    "enforce": ('CORS(app, origins="*", enforce=True)', 1),
    "for_origins": (
        'CORS(app, supports_credentials=True, origins="https://a.example", '
        'for_origins={"null": {}})',
        1,
    ),
    "report_only together": (
        'CORS(app, supports_credentials=True, origins="https://a.example",'
        ' report_only={"origins": "null"})',
        1,
    ),
    "the constructor's, with those of the app": (
        'cors = CORS(origins="*")\napp.config["CORS_SUPPORTS_CREDENTIALS"] = True\n'
        "cors.init_app(app)",
        1,
    ),
    "init_app": ('cors = CORS()\ncors.init_app(app, origins="a.example")', 2),
    "a helper": ('def set_up():\n    CORS(app, origins="a.example")\n\nset_up()', 2),
    "a subclass": (
        "class Mine(CORS):\n    def __init__(self, app):\n"
        '        super().__init__(app, origins="a.example")\nMine(app)',
        3,
    ),
    "two policies": ('CORS(app, origins="null")\nCORS(app)', 2),
    "a blueprint": ('CORS(bp, origins="a.example")', 1),
    "a blueprint twice": ("CORS(bp)\nCORS(bp)", 2),
    "a blueprint twice by init_app": ("CORS(bp)\ncors = CORS()\ncors.init_app(bp)", 3),
    "a registered blueprint": ("app.register_blueprint(bp)\nCORS(bp)", 2),
    "a blueprint with the app's": (
        "CORS(bp, supports_credentials=True)\napp.register_blueprint(bp)",
        1,
    ),
    "too much work": (
        """CORS(app, resources=[f"{'/a' * n}/*/b" for n in range(80)])""",
        1,
    ),
    "too much work for a blueprint": (
        """CORS(bp, resources=[f"{'/a' * n}/*/b" for n in range(80)])\n"""
        "app.register_blueprint(bp)",
        1,
    ),
    "a decorator": ('@app.get("/")\n@cross_origin(origins="a.example")\ndef view(): ...', 2),
    "a decorated class": ("@cross_origin()\nclass Shop(View): ...", 1),
    "a view decorated twice": (
        "@cross_origin()\n@cross_origin(max_age=5)\ndef view(): ...",
        1,
    ),
    "a decorated view with the app's": (
        '@app.get("/")\n@cross_origin(supports_credentials=True)\ndef view(): ...\n'
        'CORS(app, origins="null")',
        2,
    ),
    "a class that decorates twice": (
        "class Shop(View):\n    decorators = [cross_origin, cross_origin]\n\n"
        'app.add_url_rule("/", view_func=Shop.as_view("shop"))',
        4,
    ),
}


@pytest.mark.parametrize(("program", "line"), MISTAKEN.values(), ids=MISTAKEN)
def test_each_problem_has_the_line_of_the_call_that_wrote_it(
    program: str, line: int, run: Run
) -> None:
    with pytest.raises(ConfigError) as caught:
        run(program)
    expected = FIRST - 1 + line
    assert [(p.place and str(p.place)) for p in caught.value.problems] == [f"app.py:{expected}"]
    assert f"\n- app.py:{expected}: " in str(caught.value)
    copy = pickle.loads(pickle.dumps(caught.value.problems[0].place))
    assert copy == caught.value.problems[0].place


@pytest.mark.parametrize(
    "config",
    [
        {"CORS_ORIGINS": "a.example"},
        {"CORS": {"max_age": -1}},
        {"CORS_RESOURCES": {"api": {}}},
        {"CORS_RESOURCES": {"/api": {"max_age": -1}}},
        {"CORS_ORIGINS": "*", "CORS_SUPPORTS_CREDENTIALS": True},
    ],
    ids=str,
)
def test_options_from_the_configuration_are_named_by_their_key(
    config: dict[str, Any], run: Run
) -> None:
    app = Flask("shop")
    app.config.update(config)
    with pytest.raises(ConfigError) as caught:
        CORS(app)
    (problem,) = caught.value.problems
    assert problem.place is None
    assert f"\n- {next(iter(config))}" in str(caught.value)


#: Programs, and the line of each of their policies.
POLICIES = {
    "CORS": ('CORS(app, origins="https://a.example")', {"CORS(app)": 1}),
    "from the configuration": (
        'app.config["CORS_ORIGINS"] = "https://a.example"\nCORS(app)',
        {"CORS(app)": 2},
    ),
    "a factory": (
        'cors = CORS(origins="https://a.example")\ncors.init_app(app)',
        {"CORS(app)": 1},
    ),
    "a factory with options of its own": (
        'cors = CORS(origins="https://a.example")\ncors.init_app(app, max_age=5)',
        {"CORS(app)": 2},
    ),
    "resources": (
        'CORS(app,\n  resources={"/a": {"max_age": 5}, "/b": {}})',
        {'resources["/a"]': 1, 'resources["/b"]': 1},
    ),
    "patterns": ('CORS(app, resources=["/a"])', {'resources["/a"]': 1}),
    "resources in the configuration": (
        'app.config["CORS_RESOURCES"] = {"/a": {"max_age": 5}}\nCORS(app)',
        {'resources["/a"]': None},
    ),
    "a blueprint": ("CORS(bp)\napp.register_blueprint(bp)", {'blueprint "bp"': 1}),
    "parts and what is only reported": (
        'CORS(app, origins="null", for_origins={"https://a.example": {}},\n'
        '  report_only={"max_age": 5})',
        {"CORS(app)": 1},
    ),
    "decorators": (
        '@app.get("/")\n@cross_origin()\ndef a(): ...\n'
        '@app.post("/")\n@cross_origin(\n  max_age=5,\n)\ndef b(): ...',
        {'@cross_origin on view "a"': 2, '@cross_origin on view "b"': 5},
    ),
    "a class and its method": (
        "class Shop(MethodView):\n  decorators = [cross_origin]\n  @cross_origin(max_age=5)\n"
        "  def get(self): ...\n  def put(self): ...\n"
        'app.add_url_rule("/", view_func=Shop.as_view("shop"))',
        {'@cross_origin on view "Shop.get"': 3, '@cross_origin on view "shop"': 6},
    ),
    "mistakes that show late": (
        'CORS(app, origins="*")\napp.config["CORS_SUPPORTS_CREDENTIALS"] = True',
        {"CORS(app)": 1},
    ),
}


@pytest.mark.parametrize(("program", "lines"), POLICIES.values(), ids=POLICIES)
def test_each_policy_has_the_line_of_the_call_that_wrote_it(
    program: str, lines: dict[str, int | None], run: Run
) -> None:
    policies = list(State.of(run(program)["app"]).survey()[0].all())
    assert {policy.where: policy.place and policy.place.line for policy in policies} == {
        where: line and FIRST - 1 + line for where, line in lines.items()
    }
    for policy in policies:
        inside = (*policy.for_origins.policies, policy.report_only)
        assert all(each is None or each.place == policy.place for each in inside)


def test_what_shows_late_is_logged_with_its_line(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    program = 'CORS(app, origins="*")\napp.config["CORS_SUPPORTS_CREDENTIALS"] = True'
    run(program)["app"].test_client().get("/")
    assert f"- app.py:{FIRST}: origins: " in caplog.text


def test_a_decorator_that_is_hidden_is_logged_with_its_line(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    program = """\
def hide(view):
    return lambda: view()

@app.get("/")
@hide
@cross_origin(origins="https://a.example")
def index():
    return ""
"""
    run(program)["app"].test_client().get("/")
    assert f'app.py:{FIRST + 5}: @cross_origin on view "index" is hidden from Flask' in caplog.text


def test_what_was_written_in_no_file_has_no_place() -> None:
    names: dict[str, Any] = {}
    with pytest.raises(ConfigError) as caught:
        exec('import flask_crossorigin\nflask_crossorigin.CORS(origins="a.example")', names)
    assert caught.value.problems[0].place is None
    assert str(caught.value).splitlines()[1].startswith("- origins: ")
