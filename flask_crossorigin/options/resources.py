"""The option ``resources``: path patterns, and the options written for each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from ..core.paths import PathPattern
from ..core.regexes import can_match
from .errors import Problem, shown
from .table import Layer, find_option, read_options
from .values import read_items


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


def read_pattern(value: object, where: str, problems: list[Problem]) -> PathPattern | None:
    """Read one resource pattern.

    :param value: a string or a compiled regex.
    :param where: where it was written.
    :param problems: what is wrong is added here.
    :returns: None when something is wrong.
    """
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        text = value.pattern
    elif isinstance(value, str):
        text = value = str.__str__(value)
    else:
        message = f"{shown(value)} is neither a string nor a compiled regex"
        problems.append(Problem(where, value, message, 'Write a path pattern such as "/api/*"'))
        return None
    try:
        pattern = PathPattern.of(value)
    except (re.error, RecursionError) as error:
        message = f"{text!r} is read as a regex, and it does not compile: {error}"
        problems.append(Problem(where, value, message, 'Write a path pattern such as "/api/*"'))
        return None
    if not can_match(pattern.regex, _path_step, frozenset({1})):
        message = f"{text!r} can match no path: every path begins with a slash"
        problems.append(Problem(where, value, message, _path_hint(text)))
        return None
    return pattern


def _path_step(state: int, character: str) -> int | None:
    return 1 if state == 1 or character == "/" else None


def _path_hint(text: str) -> str:
    url = re.fullmatch(r"[a-z][a-z0-9+.?*\-]*://[^/]*(?P<path>/.*)?", text, re.IGNORECASE)
    if url:
        return f'Write the path alone: "{url["path"] or "/*"}"'
    return f'Write "/{text.removeprefix("^")}"' if text else 'Write "*" for every path'
