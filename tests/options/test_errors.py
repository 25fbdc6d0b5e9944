from __future__ import annotations

import pickle

import pytest

from flask_crossorigin.options.errors import ConfigError, Problem, shown


class Unreadable:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def test_problem_says_where_what_and_what_to_write() -> None:
    problem = Problem("CORS_ORIGINS", "a.example", "it has no scheme", 'Write "https://a.example"')
    assert str(problem) == 'CORS_ORIGINS: it has no scheme\n    Write "https://a.example"'


def test_problem_without_a_hint_is_one_line() -> None:
    assert str(Problem("origins", 1, "it is none")) == "origins: it is none"


def test_error_lists_every_problem_and_holds_them_as_data() -> None:
    problems = [Problem("a", 1, "first", "do this"), Problem("b", 2, "second")]
    error = ConfigError(problems)
    assert isinstance(error, ValueError)
    assert error.problems == tuple(problems)
    assert str(error) == (
        "2 problems in the CORS configuration:\n- a: first\n    do this\n- b: second"
    )


def test_error_counts_one_problem_in_the_singular() -> None:
    assert str(ConfigError([Problem("a", 1, "first")])).startswith("1 problem in ")


def test_error_names_a_problem_once_that_was_met_twice() -> None:
    error = ConfigError(iter([Problem("a", [1], "first"), Problem("a", [1], "first")]))
    assert len(error.problems) == 1


def test_error_survives_pickling() -> None:
    error = ConfigError([Problem("a", 1, "first", "do this")])
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.problems, str(copy)) == (ConfigError, error.problems, str(error))


def test_long_texts_lose_their_middle() -> None:
    problem = Problem("x" * 9999, "", f"{'y' * 9999} has no scheme", "z" * 9999)
    assert problem.where == "x" * 250 + "..." + "x" * 250
    assert problem.message == "y" * 250 + "..." + "y" * 236 + " has no scheme"
    assert problem.hint == "z" * 250 + "..." + "z" * 250


def test_texts_of_500_characters_are_whole() -> None:
    problem = Problem("x" * 500, "", "y" * 500, "z" * 501)
    assert (problem.where, problem.message) == ("x" * 500, "y" * 500)
    assert len(problem.hint) == 503


@pytest.mark.parametrize(
    ("value", "text"),
    [("a'b", '"a\'b"'), (None, "None"), (b"a", "b'a'"), ([1, "a"], "[1, 'a']")],
)
def test_shown_is_the_repr(value: object, text: str) -> None:
    assert shown(value) == text


def test_shown_fits_on_a_line() -> None:
    assert shown("x" * 100_000) == "'" + "x" * 39 + "..." + "x" * 39 + "'"
    assert shown("x" * 79) == "'" + "x" * 39 + "..." + "x" * 39 + "'"
    assert shown("x" * 78) == repr("x" * 78)


@pytest.mark.parametrize("value", [Unreadable(), [Unreadable()], [-(10**5000)]])
def test_shown_never_raises(value: object) -> None:
    assert shown(value) == object.__repr__(value)
