"""Test the message of each mistake in ``mistakes.txt``, a file that people can review."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import CORS, ConfigError
from flask_crossorigin.options.errors import Problem

# The arguments of CORS, or keys of app.config that start with CORS_, followed by the code of each
# problem and its printed text.
BLOCKS = [
    block.partition("\n")
    for block in Path(__file__).with_name("mistakes.txt").read_text("utf-8").strip().split("\n\n")
]
IMPORTED = {"re": re, "timedelta": timedelta}


def options_of(written: str) -> dict[str, Any]:
    options: dict[str, Any] = eval(f"dict({written})", dict(IMPORTED))
    return options


def problems_with(options: dict[str, Any]) -> tuple[Problem, ...]:
    config = {name: options[name] for name in options if name.lower().startswith("cors_")}
    app = Flask("shop")
    app.config.update(config)
    with pytest.raises(ConfigError) as caught:
        CORS(app, **{name: options[name] for name in options if name not in config})
    for problem in caught.value.problems:
        # Leave out the place, which is always the call above.
        problem.place = None
        problem.hint = re.sub(r" at \S+\.py:[0-9]+", "", problem.hint)
    return caught.value.problems


@pytest.mark.parametrize(
    ("written", "said"),
    [(written, said) for written, _, said in BLOCKS],
    ids=lambda text: text[:60],
)
def test_each_mistake_has_its_message(written: str, said: str) -> None:
    problems = problems_with(options_of(written))
    lines = [line for problem in problems for line in (problem.code, *str(problem).splitlines())]
    assert "\n".join(f"    {line}" for line in lines) == said


@pytest.mark.parametrize(
    "written", [written for written, _, _ in BLOCKS], ids=lambda text: text[:60]
)
def test_each_problem_has_the_wrong_value(written: str) -> None:
    options = options_of(written)
    for problem in problems_with(options):
        # With credentials but no origins, the problem is about the default origins.
        if problem.value is None and problem.where.lower().endswith("supports_credentials"):
            assert "origins" not in options
        else:
            assert any(is_same(problem.value, part) for part in parts_of(options)), problem


def parts_of(value: object) -> Iterator[object]:
    """Yield a value and everything in it."""
    yield value
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple, set)):
        for item in value:
            yield from parts_of(item)


def is_same(one: object, other: object) -> bool:
    """Return whether two values are equal and of the same type, unlike 1 and True."""
    return type(one) is type(other) and one == other
