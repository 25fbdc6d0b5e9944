"""The chart of the documentation: what each way adds to a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

BASE = "bare Flask"

# Colours that are told apart on a light and on a dark page, and by those who see few of them.
_COLOURS = {"this": "#0072b2", "Flask-CORS": "#d55e00"}
_OTHER = "#8a8a8a"
_WIDTH, _LABEL, _LINE, _GAP = 720, 210, 22, 34
_FULL = _WIDTH - _LABEL - 70


def chart(results: Mapping[str, Mapping[str, float]]) -> str:
    """Draw bars, each case by itself, in which the longest bar is as long as the line.

    :param results: the microseconds of each application, by case.
    """
    rows = list(_rows(results))
    height = rows[-1][0] + _GAP
    body = "\n".join(row for _, row in rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" font-family="sans-serif" font-size="13">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _rows(results: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[int, str]]:
    top = 8
    for case, taken in results.items():
        # A preflight may cost less than Flask's own answer, so that nothing is added.
        whole = min(taken.values()) < taken[BASE]
        shown = {
            name: time if whole else time - taken[BASE]
            for name, time in taken.items()
            if whole or name != BASE
        }
        top += _GAP
        title = f"{case}: the {'whole request' if whole else 'time added to bare Flask'}"
        yield top, _text(10, top - 10, title, bold=True)
        longest = max(shown.values())
        for name, time in shown.items():
            length = round(time / longest * _FULL)
            bar = (
                f'<rect x="{_LABEL}" y="{top}" width="{length}" height="{_LINE - 6}" '
                f'fill="{_COLOURS.get(name.partition(",")[0], _OTHER)}"/>'
            )
            share = _text(_LABEL + length + 6, top + 13, f"{time / longest:.2f}")
            yield top, f"{_text(24, top + 13, name)}\n{bar}\n{share}"
            top += _LINE
    yield top, ""


def _text(x: int, y: int, text: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" fill="#222222"{weight}>{escape(text)}</text>'
