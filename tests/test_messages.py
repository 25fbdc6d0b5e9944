"""What is said of each mistake, word for word: ``mistakes.txt`` is to be read by people."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import CORS, ConfigError
from flask_crossorigin.errors import Problem

# What is written for CORS, or with CORS_ in app.config; and below it what is said of it.
BLOCKS = [
    block.partition("\n")
    for block in Path(__file__).with_name("mistakes.txt").read_text("utf-8").strip().split("\n\n")
]
NAMES = {"re": re, "timedelta": timedelta}


@pytest.mark.parametrize(
    ("written", "said"),
    [(written, said) for written, _, said in BLOCKS],
    ids=lambda text: text[:60],
)
def test_what_is_said_of_a_mistake(written: str, said: str) -> None:
    problems = problems_with(written)
    lines = [line for problem in problems for line in str(problem).splitlines()]
    assert "\n".join(f"    {line}" for line in lines) == said
    # Where credentials alone are written, the origins are the default.
    if "None" not in written and not problems[0].where.lower().endswith("supports_credentials"):
        assert None not in [problem.value for problem in problems]


def problems_with(written: str) -> tuple[Problem, ...]:
    options: dict[str, Any] = eval(f"dict({written})", dict(NAMES))
    app = Flask("shop")
    for name in [name for name in options if name.lower().startswith("cors_")]:
        app.config[name] = options.pop(name)
    with pytest.raises(ConfigError) as caught:
        CORS(app, **options)
    return caught.value.problems
