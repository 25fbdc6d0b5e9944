"""Describe scenarios in which the ``Browser`` and an engine differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .observers import Observation
    from .scenario import Scenario


def describe(scenario: Scenario, expected: Observation, actual: Observation) -> str:
    """Describe a scenario, and how the ``Browser`` differs from an engine in it."""
    lines = [f"scenario {scenario['number']}: {json.dumps(scenario, ensure_ascii=False)}"]
    for place, theirs, ours in _differences(expected, actual):
        lines += [f"  {place}", f"    engine:  {_tell(theirs)}", f"    Browser: {_tell(ours)}"]
    return "\n".join(lines)


def _tell(value: object) -> str:
    return "(nothing)" if value is None else json.dumps(value, ensure_ascii=False)


def _differences(a: object, b: object, place: str = "") -> Iterator[tuple[str, object, object]]:
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(a.keys() | b.keys()):
            yield from _differences(a.get(key), b.get(key), f"{place}.{key}".lstrip("."))
    elif isinstance(a, list) and isinstance(b, list):
        for index in range(max(len(a), len(b))):
            theirs, ours = (items[index] if index < len(items) else None for items in (a, b))
            yield from _differences(theirs, ours, f"{place}[{index}]")
    elif a != b:
        yield place, a, b
