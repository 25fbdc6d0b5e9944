"""What holds for every problem that is told, and for every answer."""

from __future__ import annotations

from flask_crossorigin import ConfigError
from flask_crossorigin.core.policy import Decision
from flask_crossorigin.options.errors import Problem

PAGE = "https://page.test"
#: Origins of which no rule should let in all, and what almost is one.
ASKING = [
    PAGE,
    "null",
    "https://evil.test",
    "http://evil.example:81",
    "https://a.example.com",
    "nonsense",
]


def check_problems(problems: list[Problem]) -> None:
    """Hold that each problem says where it is and what is wrong, and that all can be shown."""
    for problem in problems:
        assert problem.where
        assert problem.message
        assert all(isinstance(each, str) for each in (problem.where, problem.hint))
    assert not problems or str(ConfigError(problems)).count("\n- ") >= 1


def check_sent(decision: Decision) -> None:
    """Hold that the headers of a decision can be sent, each of them once."""
    for name, value in decision.headers:
        assert name.startswith("Access-Control-")
        assert value.isascii(), (name, value)
        assert value.isprintable(), (name, value)
    assert len(dict(decision.headers)) == len(decision.headers)
