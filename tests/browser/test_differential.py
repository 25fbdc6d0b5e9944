"""The ``Browser`` and the engines behave the same with the same requests and servers.

``CROSSORIGIN_SEED`` chooses other random scenarios (``1,2,3`` chooses several lists of them),
``CROSSORIGIN_SCENARIOS`` sets how many, and ``CROSSORIGIN_ONLY`` chooses some by their numbers.
``CROSSORIGIN_RECORDINGS`` names a directory for recordings of what the engines did. The tests then
run an engine only for what is not recorded yet.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

import pytest

from .differences import DIFFERENCES, comparable, exempts
from .examples import EXAMPLES
from .observers import Observation, observe_browser, observe_engine
from .report import describe
from .scenario import Scenario
from .scenarios import make_scenario

if TYPE_CHECKING:
    from .engine import Engine
    from .pages import Runner

_Observe: TypeAlias = Callable[[Sequence[Scenario]], list[Observation]]

SEEDS = os.environ.get("CROSSORIGIN_SEED", "1").split(",")
COUNT = int(os.environ.get("CROSSORIGIN_SCENARIOS", "1300"))
ONLY = [int(number) for number in os.environ.get("CROSSORIGIN_ONLY", "").split(",") if number]

#: How many of the scenarios that differ are described in full.
_TOLD = 5


@pytest.fixture
def observe(request: pytest.FixtureRequest, engine_name: str, runner: Runner) -> _Observe:
    """Return a function that runs scenarios in an engine, or reads what it recorded earlier."""
    directory = os.environ.get("CROSSORIGIN_RECORDINGS")

    def run(scenarios: Sequence[Scenario]) -> list[Observation]:
        engine: Engine = request.getfixturevalue("engine")
        return observe_engine(engine, runner, scenarios)

    def remember(scenarios: Sequence[Scenario]) -> list[Observation]:
        digest = hashlib.sha256(json.dumps(scenarios).encode()).hexdigest()[:16]
        path = Path(str(directory), f"{engine_name}-{digest}.json")
        if not path.exists():
            path.write_text(json.dumps(run(scenarios)), encoding="utf-8")
        return cast("list[Observation]", json.loads(path.read_text(encoding="utf-8")))

    return remember if directory else run


@pytest.mark.parametrize("seed", SEEDS)
def test_browser_agrees_with_engines(
    seed: str, engine_name: str, observe: _Observe, record_property: Callable[[str, object], None]
) -> None:
    scenarios = [make_scenario(seed, number) for number in ONLY or range(COUNT)]
    compared = 0
    told: list[str] = []
    for scenario, expected in zip(scenarios, observe(scenarios), strict=True):
        if expected["slow"] or exempts(engine_name, scenario, expected):
            continue
        compared += 1
        seen = (expected, observe_browser(scenario))
        theirs, ours = (comparable(engine_name, scenario, expected, one) for one in seen)
        if theirs != ours:
            told.append(describe(scenario, theirs, ours))
    summary = f"seed {seed}: {engine_name} and the Browser were compared in {compared} scenarios"
    record_property("differential", summary)
    numbers = ",".join(text.partition(":")[0].removeprefix("scenario ") for text in told)
    again = f"CROSSORIGIN_SEED={seed} CROSSORIGIN_ONLY={numbers}"
    assert not told, "\n\n".join([f"{summary} and differ in {len(told)}: {again}", *told[:_TOLD]])
    # The known differences must leave more than a quarter of the scenarios to compare.
    assert ONLY or compared * 4 > COUNT, summary


def test_differences_of_engines_are_still_there(engine_name: str, observe: _Observe) -> None:
    scenarios = list(EXAMPLES.values())
    by_name = {difference.name: difference for difference in DIFFERENCES}
    wrong: list[str] = []
    for name, scenario, expected in zip(EXAMPLES, scenarios, observe(scenarios), strict=True):
        actual = observe_browser(scenario)
        differs = actual != expected
        is_declared = engine_name in by_name[name].engines
        # If another known difference affects the scenario, its outcome shows nothing.
        is_excused = exempts(engine_name, scenario, expected) or (
            comparable(engine_name, scenario, expected, actual)
            == comparable(engine_name, scenario, expected, expected)
        )
        if differs != is_declared and (is_declared or not is_excused):
            wrong.append(f"{name}: {engine_name} {'differs' if differs else 'is as the standard'}")
    assert not wrong


def test_differences_are_documented() -> None:
    docs = Path(__file__).parents[2] / "docs" / "engines.rst"
    rows = docs.read_text(encoding="utf-8").split("* - ")[1:]
    documented = {row.partition("\n")[0].replace("``", ""): row for row in rows}
    assert set(EXAMPLES) == {difference.name for difference in DIFFERENCES}
    for difference in DIFFERENCES:
        cells = documented[difference.name].split("\n     - ")
        assert {name.lower() for name in cells[1].split(", ")} == set(difference.engines)
