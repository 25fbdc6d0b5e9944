"""Draw the chart in the documentation: the microseconds that CORS adds to a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

BASE = "bare Flask"

#: The cases of the chart, with the titles that readers see.
SHOWN = {
    "any origin": "Any origin is allowed",
    "one origin, allowed": "One origin is allowed, and the request is from it",
    "one origin, refused": "One origin is allowed, and the request is from another",
    "decorated view": "View with @cross_origin",
}
#: The bars of a case: the application's name in the benchmark, what readers see, and its color.
#: The colors differ in lightness, too, for people who see few colors.
_BARS = (
    ("this", "flask_crossorigin", "#0072b2"),
    ("Flask-CORS", "Flask-CORS", "#d55e00"),
    ("constant hook", "written by hand", "#8a8a8a"),
    ("Vary hook", "written by hand", "#8a8a8a"),
)
_TITLE = "Time added to a request, in microseconds (lower is better)"
_WIDTH, _LABEL, _LINE, _GAP = 720, 160, 22, 34
_FULL = _WIDTH - _LABEL - 60


def chart(results: Mapping[str, Mapping[str, float]]) -> str:
    """Draw a bar for each application in each case, all on the same scale.

    :param results: the microseconds of each application, by case.
    :returns: an SVG.
    """
    rows = list(_rows(results))
    height = rows[-1][0] + 10
    body = "\n".join(row for _, row in rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" font-family="sans-serif" font-size="13">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _rows(results: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[int, str]]:
    added = {
        case: {name: time - taken[BASE] for name, time in taken.items() if name != BASE}
        for case, taken in results.items()
        if case in SHOWN
    }
    longest = max((max(times.values()) for times in added.values()), default=1.0)
    top = 30
    yield top, _text(10, 22, _TITLE, bold=True)
    for case, times in added.items():
        top += _GAP
        yield top, _text(10, top - 10, SHOWN[case])
        for name, label, color in _BARS:
            if name in times:
                yield top, _bar(top, label, times[name], times[name] / longest, color)
                top += _LINE
    yield top, ""


def _bar(top: int, label: str, time: float, share: float, color: str) -> str:
    length = round(share * _FULL)
    bar = f'<rect x="{_LABEL}" y="{top}" width="{length}" height="{_LINE - 6}" fill="{color}"/>'
    value = _text(_LABEL + length + 6, top + 13, f"{time:.1f}")
    return f"{_text(24, top + 13, label)}\n{bar}\n{value}"


def _text(x: int, y: int, text: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" fill="#222222"{weight}>{escape(text)}</text>'
