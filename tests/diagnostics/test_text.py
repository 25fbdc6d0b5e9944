"""How the commands write: widths, wrapped texts and tables."""

from __future__ import annotations

import pytest

from flask_crossorigin.diagnostics.text import console_width, fill, format_table


@pytest.mark.parametrize(
    ("columns", "width"), [("39", 40), ("40", 40), ("41", 41), ("200", 200), ("", 80), ("0", 80)]
)
def test_the_width_is_that_of_the_terminal(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert console_width() == width


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        ("one two three", (9,), "one two\nthree"),
        ("one two three", (9, "  "), "  one two\n  three"),
        ("one two three", (9, "- ", "    "), "- one two\n    three"),
        ("one two three", (9, "- ", ""), "- one two\nthree"),
        ("a twelve-words-long b", (6,), "a\ntwelve-words-long\nb"),
        ("https://app.example.com", (6, "  "), "  https://app.example.com"),
    ],
)
def test_texts_wrap_between_words(
    text: str, arguments: tuple[int, str, str | None], expected: str
) -> None:
    assert fill(text, *arguments) == expected


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (22, ["A    B    C", "---  ---  -----------", "one  two  three, four", "x    y"]),
        (21, ["A    B    C", "---  ---  -----------", "one  two  three, four", "x    y"]),
        (20, ["A    B    C", "---  ---  ------", "one  two  three,", "          four", "x    y"]),
        (5, ["A    B    C", "---  ---  ------", "one  two  three,", "          four", "x    y"]),
    ],
)
def test_tables_wrap_between_words(width: int, expected: list[str]) -> None:
    rows = [["one", "two", "three, four"], ["x", "y", ""]]
    assert format_table(["A", "B", "C"], rows, width, flexible=1) == expected


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (31, ["A      B        C", "-----  -------  -------", "one 1  two-a b  three c"]),
        (
            22,
            ["A      B        C", "-----  -------  -----", "one 1  two-a b  three", " " * 16 + "c"],
        ),
        (20, ["A      B      C", "-----  -----  -----", "one 1  two-a  three", "       b      c"]),
        (1, ["A      B      C", "-----  -----  -----", "one 1  two-a  three", "       b      c"]),
    ],
)
def test_the_last_columns_give_way_together(width: int, expected: list[str]) -> None:
    rows = [["one 1", "two-a b", "three c"]]
    assert format_table(["A", "B", "C"], rows, width, flexible=2) == expected


def test_a_table_breaks_no_word_at_its_hyphen() -> None:
    lines = ["A    B", "---  ---------", "one  x", "     two-three"]
    assert format_table(["A", "B"], [["one", "x two-three"]], 1, flexible=1) == lines
