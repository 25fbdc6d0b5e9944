"""The option ``resources``: path patterns, and the options written for each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from .errors import Problem, shown
from .option_values import read_items
from .options import Layer, find_option, read_options
from .resources import PathPattern, read_pattern


class Resource(NamedTuple):
    """One entry of a resource map: a pattern, and the options written for it."""

    pattern: PathPattern
    where: str
    layer: Layer = Layer()


def read_resources(value: object, where: str, problems: list[Problem]) -> list[Resource]:
    """Read a resource map, or patterns without options of their own.

    :param value: a mapping of patterns to options, one pattern, or an iterable of patterns.
    :param where: where it was written.
    :param problems: what is wrong is added here.
    """
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            message = f"{shown(value)} looks like a JSON object, and is none: {error}"
            problems.append(Problem(where, value, message, "Write JSON, or one path pattern"))
            return []
    if isinstance(value, Mapping):
        entries: list[tuple[object, object, str]] = [
            (pattern, options, f'{where}["{_shown(pattern)}"]')
            for pattern, options in value.items()
        ]
    else:
        items = read_items(value, where, problems, single=(re.Pattern,)) or []
        entries = [(pattern, {}, place) for pattern, place in items]
    resources: dict[str, Resource] = {}
    for pattern, options, place in entries:
        resource = _read_resource(pattern, options, place, problems)
        if resource is None:
            continue
        known = resources.setdefault(resource.pattern.regex.pattern, resource)
        if known is not resource:
            message = f"the pattern {resource.pattern} is there twice"
            problems.append(Problem(place, pattern, message, "Keep one of them"))
    return list(resources.values())


def _shown(pattern: object) -> object:
    return pattern.pattern if isinstance(pattern, re.Pattern) else pattern


def _read_resource(
    value: object, options: object, where: str, problems: list[Problem]
) -> Resource | None:
    if isinstance(value, str) and find_option(value) is not None:
        message = f"{value!r} is an option, and stands where a path pattern does"
        hint = f"Write it beside resources: CORS(app, {value}=..., resources=...)"
        problems.append(Problem(where, options, message, hint))
        return None
    if isinstance(value, Mapping):
        message = f"{value!r:.80} is a map of resources, and stands in a list"
        problems.append(Problem(where, value, message, "Write the map without the list"))
        return None
    pattern = read_pattern(value, where, problems)
    if options is None:
        message = "None is no mapping of options"
        problems.append(Problem(where, options, message, "Write {} for no options of its own"))
        return None
    if not isinstance(options, Mapping):
        message = f"{shown(options)} is no mapping of options"
        hint = f'Write {{"{_shown(value)}": {{"origins": {shown(options)}}}}}'
        problems.append(Problem(where, options, message, hint))
        return None
    layer = read_options(options, f"{where}.", problems)
    return None if pattern is None else Resource(pattern, f'resources["{pattern}"]', layer)
