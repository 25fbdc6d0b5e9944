"""What is said of each mistake, word for word: ``mistakes.txt`` is to be read by people."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import CORS, ConfigError

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
    assert what_is_said(written) == said


def what_is_said(written: str) -> str:
    options: dict[str, Any] = eval(f"dict({written})", dict(NAMES))
    app = Flask("shop")
    for name in [name for name in options if name.lower().startswith("cors_")]:
        app.config[name] = options.pop(name)
    with pytest.raises(ConfigError) as caught:
        CORS(app, **options)
    return "\n".join(f"    {line}" for p in caught.value.problems for line in str(p).splitlines())
