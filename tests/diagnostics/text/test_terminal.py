"""The layout of the commands' output: widths, wrapped text and tables."""

from __future__ import annotations

import click
import pytest

from flask_crossorigin.diagnostics.text import terminal as styles
from flask_crossorigin.diagnostics.text.terminal import (
    BAD,
    HEADER,
    TITLE,
    Style,
    Terminal,
    printable,
)

STYLES = [value for value in vars(styles).values() if isinstance(value, Style)]


@pytest.mark.parametrize(
    ("columns", "width"),
    [("39", 40), ("40", 40), ("41", 41), ("120", 120), ("200", 120), ("", 80), ("0", 80)],
)
def test_the_width_is_that_of_the_terminal(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert Terminal.current().width == width


@pytest.mark.parametrize(
    ("text", "width", "indent", "later", "expected"),
    [
        ("one two three", 9, "", None, "one two\nthree"),
        ("one two three", 9, "  ", None, "  one two\n  three"),
        ("one two three", 9, "- ", "    ", "- one two\n    three"),
        ("one two three", 9, "- ", "", "- one two\nthree"),
        ("a twelve-words-long b", 6, "", None, "a\ntwelve-words-long\nb"),
        ("https://app.example.com", 6, "  ", None, "  https://app.example.com"),
    ],
)
def test_texts_wrap_between_words(
    text: str, width: int, indent: str, later: str | None, expected: str
) -> None:
    assert Terminal(width).fill(text, indent, later) == expected


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
    assert Terminal(width).table(["A", "B", "C"], rows, flexible=1) == expected


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
    assert Terminal(width).table(["A", "B", "C"], rows, flexible=2) == expected


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (32, ["A" + " " * 20 + "B", "-" * 19 + "  ---------", "a name that is long  two three"]),
        (24, ["A  B", "-  ---------", "a name that is long", "   two three", "x  four"]),
    ],
)
def test_a_long_first_cell_has_a_line_to_itself(width: int, expected: list[str]) -> None:
    rows = [["a name that is long", "two three"], ["x", "four"]]
    lines = Terminal(width).table(["A", "B"], rows, flexible=1)
    assert lines[: len(expected)] == expected


def test_a_table_breaks_no_word_at_its_hyphen() -> None:
    lines = ["A    B", "---  ---------", "one  x", "     two-three"]
    assert Terminal(1).table(["A", "B"], [["one", "x two-three"]], flexible=1) == lines


COLORED = Terminal(12, color=True)


@pytest.mark.parametrize(
    "lines",
    [
        [COLORED.fill("REFUSED: one two", "", "  ", {"REFUSED": BAD})],
        [COLORED.title("Notes")],
        [COLORED.header("<", "Vary", "Origin")],
        COLORED.table(["A", "B"], [["one", "x two-three"]], flexible=1, styles={"one": BAD}),
    ],
)
def test_colors_change_nothing_of_the_text(lines: list[str]) -> None:
    plain = Terminal(12)
    assert "\x1b[" in "".join(lines)
    assert [click.unstyle(line) for line in lines] in [
        [plain.fill("REFUSED: one two", "", "  ")],
        [plain.title("Notes")],
        [plain.header("<", "Vary", "Origin")],
        plain.table(["A", "B"], [["one", "x two-three"]], flexible=1),
    ]


def test_only_the_words_that_are_named_are_styled() -> None:
    assert COLORED.fill("FAULT a FAULT", styles={"FAULT": BAD}).endswith(" a\nFAULT")
    assert COLORED.header("<", "Vary", "Origin").endswith(" Origin")
    head, rule, row = COLORED.table(["A"], [["one"]], flexible=1)
    assert (head, rule, row) == (COLORED.paint("A", TITLE), "---", "one")
    assert COLORED.paint("Vary:", HEADER) == click.style("Vary:", fg=31)


@pytest.mark.parametrize(
    ("environment", "on_terminal", "in_pipe"),
    [
        ({}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ({"FORCE_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_colors_are_for_terminals(
    environment: dict[str, str],
    on_terminal: bool,
    in_pipe: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for is_terminal, expected in ((True, on_terminal), (False, in_pipe)):
        monkeypatch.setattr("sys.stdout.isatty", lambda answer=is_terminal: answer)
        assert Terminal.current().color is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b~\u00e9\u4e2d", "a b~\u00e9\u4e2d"),
        ("\x1b[2J\x9b\x07", "\\x1b[2J\\x9b\\x07"),
        ("a\tb\nc", "a\\tb\\nc"),
        ("\u202e\u00a0\ud800", "\\u202e\\xa0\\ud800"),
    ],
)
def test_what_could_control_the_terminal_is_escaped(text: str, expected: str) -> None:
    assert printable(text) == expected


def luminance(color: int) -> float:
    """Return the relative luminance of one of the 256 colors (WCAG 2.1)."""
    levels = [0, 95, 135, 175, 215, 255]
    cube = color - 16
    parts = [levels[cube // 36] / 255, levels[cube // 6 % 6] / 255, levels[cube % 6] / 255]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("style", STYLES)
def test_colors_are_readable_on_black_and_on_white(style: Style) -> None:
    if style.color is not None:
        own = luminance(style.color)
        assert (own + 0.05) / 0.05 >= 3.8
        assert 1.05 / (own + 0.05) >= 3.8
