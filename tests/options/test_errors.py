from __future__ import annotations

import pickle
import re

import pytest

from flask_crossorigin.options.errors import Mistake, OptionsError, Problem, shown


class Unreadable:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def problem(
    where: str = "a", value: object = 1, message: str = "first.", hint: str = ""
) -> Problem:
    return Problem(where, value, message, hint, code="some-code")


def test_a_problem_as_text() -> None:
    said = problem("CORS_ORIGINS", "a.example", "it has no scheme.", 'Write "https://a.example".')
    assert str(said) == 'CORS_ORIGINS: it has no scheme.\n    Write "https://a.example".'
    assert said.code == "some-code"
    assert repr(said) == "<Problem some-code at CORS_ORIGINS>"


def test_a_problem_without_a_hint_is_one_line() -> None:
    assert str(problem("origins", 1, "is wrong.")) == "origins: is wrong."


@pytest.mark.parametrize(
    "other",
    [
        problem("b"),
        problem(value=2),
        problem(message="second."),
        problem(hint="Leave it out."),
        Problem("a", 1, "first.", code="another-code"),
        "a: first.",
    ],
    ids=repr,
)
def test_problems_are_equal_if_all_attributes_are(other: object) -> None:
    assert problem() == problem()
    assert problem() != other


def test_problems_with_unhashable_values_are_hashable() -> None:
    assert len({problem(value=[1]), problem(value=[1]), problem(value=[2])}) == 2


def test_problem_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(problem(value=["x"]))) == problem(value=["x"])


def test_an_error_lists_every_problem() -> None:
    problems = [problem("a", 1, "first.", "Do this."), problem("b", 2, "second.")]
    error = OptionsError(problems)
    assert isinstance(error, ValueError)
    assert error.problems == tuple(problems)
    assert str(error) == (
        "2 problems in the CORS configuration:\n- a: first.\n    Do this.\n- b: second."
    )


def test_an_error_with_one_problem() -> None:
    assert str(OptionsError([problem()])).startswith("1 problem in ")


def test_an_error_lists_equal_problems_once() -> None:
    error = OptionsError(iter([problem(value=[1]), problem(value=[1])]))
    assert len(error.problems) == 1


def test_error_survives_pickling() -> None:
    error = OptionsError([problem(hint="Do this.")])
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.problems, str(copy)) == (OptionsError, error.problems, str(error))


def test_long_texts_are_cut_in_the_middle() -> None:
    long = problem("x" * 9999, "", f"{'y' * 9999} has no scheme", "z" * 9999)
    assert long.where == "x" * 250 + "..." + "x" * 250
    assert long.message == "y" * 250 + "..." + "y" * 236 + " has no scheme"
    assert long.hint == "z" * 250 + "..." + "z" * 250


def test_texts_of_500_characters_are_not_cut() -> None:
    long = problem("x" * 500, "", "y" * 500, "z" * 501)
    assert (long.where, long.message) == ("x" * 500, "y" * 500)
    assert len(long.hint) == 503


@pytest.mark.parametrize(
    ("write", "hint"),
    [
        (None, "Leave it out."),
        ("https://a.example", 'Write "https://a.example".'),
        (r"https://a\.example", r'Write r"https://a\.example".'),
        (re.compile(r"https://[a-z]+\.a"), r'Write re.compile(r"https://[a-z]+\.a").'),
        (re.compile('https://[^"]'), "Write re.compile('https://[^\"]')."),
        (["a", r"b\.c"], r'Write separate items: "a", r"b\.c".'),
        ({"/a": {"origins": ["b", 5]}}, 'Write {"/a": {"origins": ["b", 5]}}.'),
    ],
    ids=repr,
)
def test_a_mistake_suggests_python_source_or_its_hint(write: object, hint: str) -> None:
    mistake = Mistake("origin-no-scheme", "has no scheme.", write=write, hint="Leave it out.")
    assert mistake.problem("origins[0]", "a") == Problem(
        "origins[0]", "a", '"a" has no scheme.', hint, code="origin-no-scheme"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'),
        ("a'b", '"a\'b"'),
        ('a"b', "'a\"b'"),
        ("""a"b'c""", '''"a"b'c"'''),
        (r"a\.b", r'"a\.b"'),
        ("a\n\0\xa0\ud800ü", r'"a\n\x00\xa0\ud800ü"'),
        (None, "None"),
        (1.5, "1.5"),
        (b"a", "b'a'"),
        ([1, "a"], '[1, "a"]'),
        ({"a": [{}]}, '{"a": [{}]}'),
        (re.compile(r"a\.b"), r're.compile(r"a\.b")'),
        (re.compile(b"a"), "re.compile(b'a')"),
        (len, "len()"),
        (lambda: 1, "<lambda>()"),
    ],
    ids=lambda value: ascii(value)[:20] if isinstance(value, (str, list)) else None,
)
def test_values_are_shown_as_source(value: object, text: str) -> None:
    assert shown(value) == text


def test_shown_values_are_short() -> None:
    assert shown("x" * 100_000) == '"' + "x" * 99 + "..." + "x" * 99 + '"'
    assert shown("x" * 199) == '"' + "x" * 99 + "..." + "x" * 99 + '"'
    assert shown("x" * 198) == '"' + "x" * 198 + '"'
    assert len(shown(["x"] * 100_000)) == len(shown("\0" * 100_000)) == 203


def endless() -> list[object]:
    items: list[object] = []
    items.append(items)
    return items


@pytest.mark.parametrize(
    "value", [Unreadable(), [Unreadable()], [-(10**5000)], endless()], ids=["a", "b", "c", "d"]
)
def test_showing_a_value_never_raises(value: object) -> None:
    assert shown(value) == object.__repr__(value)
