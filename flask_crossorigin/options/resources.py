"""The option ``resources``: path patterns, and the options written for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

from ..core.automaton import UnreadableError
from ..core.paths import PathPattern, as_regex
from ..core.patterns import TooMuchWorkError, check_work
from ..core.places import Place
from ..core.reach import can_match_path
from .errors import Mistake, Problem, shown
from .lists import INVALID, plain, read_each, read_json, read_one, split
from .origins import NOBODY
from .regexes import TOO_MUCH_WORK, compiled
from .table import Layer, find_option, inner, read_options
from .values import read_origins

_A_PATTERN = 'Write a path pattern such as "/api/*".'


class Resource(NamedTuple):
    """One entry of a resource map: a pattern, and the options written for it."""

    pattern: PathPattern
    where: str
    layer: Layer = Layer()


def read_resources(
    value: object, where: str, problems: list[Problem], place: Place | None = None
) -> list[Resource]:
    """Read a resource map, or patterns without options of their own.

    :param value: a mapping of patterns to options, also as JSON in a string; one pattern; or an
        iterable of patterns.
    :param where: where it was written.
    :param problems: what is wrong is added here.
    :param place: the line of the call that wrote it.
    """
    if isinstance(value, str):
        example = '{"/api/*": {"origins": "https://app.example.com"}}'
        read = partial(read_json, start="{", example=example)
        json_object = read_one(read, value, where, problems)
        if json_object is INVALID:
            return []
        value = value if json_object is None else json_object
    if isinstance(value, Mapping):
        return _read_map(value, where, problems, place)
    patterns: dict[str, PathPattern] = {}
    read_each(
        partial(_read_new, patterns),
        value,
        where,
        problems,
        single=re.Pattern,
        example='["/api/*"]',
    )
    layer = Layer(place=place)
    return [Resource(each, f'resources["{each}"]', layer) for each in patterns.values()]


def _read_map(
    value: Mapping[object, object], where: str, problems: list[Problem], place: Place | None
) -> list[Resource]:
    patterns: dict[str, PathPattern] = {}
    resources = []
    for key, options in value.items():
        written = plain(key)
        key_where = f'{where}["{written.pattern if isinstance(written, re.Pattern) else written}"]'
        if isinstance(written, str) and find_option(written) is not None:
            hint = f"Write it next to resources: CORS(app, {written}=..., resources=...)."
            mistake = Mistake("resource-is-option", "is an option, not a path pattern.", hint=hint)
            problems.append(mistake.problem(key_where, written))
            continue
        pattern = read_one(partial(_read_new, patterns), written, key_where, problems)
        layer = read_one(partial(_check_options, written), options, key_where, problems)
        if layer is not INVALID:
            layer = inner(read_options(layer, f"{key_where}.", problems, place))
        if pattern is not INVALID and layer is not INVALID:
            resources.append(Resource(pattern, f'resources["{pattern}"]', layer))
    return resources


def _read_new(known: dict[str, PathPattern], value: object) -> PathPattern:
    """Read a pattern, and add it to those that are known.

    :raises Mistake: if it is not one, or known already.
    """
    pattern = read_pattern(value)
    if known.setdefault(pattern.regex.pattern, pattern) is not pattern:
        raise Mistake("resource-twice", "appears twice.", hint="Keep one of them.")
    return pattern


def read_pattern(value: object) -> PathPattern:
    """Read one resource pattern.

    :param value: a string or a compiled regex.
    :raises Mistake: if it is not one, or can match no path.
    """
    if isinstance(value, Mapping):
        what = "is a resource map inside a list."
        raise Mistake("resource-map-in-list", what, hint="Write the map without the list.")
    text = value.pattern if isinstance(value, re.Pattern) else value
    if not isinstance(value, (str, re.Pattern)) or not isinstance(text, str):
        what = "is neither a string nor a compiled regex."
        raise Mistake("resource-wrong-type", what, hint=_A_PATTERN)
    if isinstance(value, str):
        _check_syntax(value)
    try:
        pattern = PathPattern.of(value)
    except (re.error, RecursionError) as error:
        what = f"is read as a regex, but does not compile: {error}."
        raise Mistake("resource-regex-invalid", what, hint=_A_PATTERN) from None
    except UnreadableError as error:
        what = f"is read as a regex with {error}, which only a compiled regex can have."
        write = compiled(as_regex(text))
        raise Mistake("resource-regex-uncompiled", what, write=write, hint=_A_PATTERN) from None
    if not can_match_path(pattern.regex):
        what = "cannot match any path: every path starts with a slash."
        raise Mistake("resource-impossible", what, write=_with_slash(text), hint=_A_PATTERN)
    return pattern


# A variable part as in Flask, FastAPI, Express or Next.js; a named group and a lookbehind look like
# the first, and a class of three characters like the last.
_VARIABLE = re.compile(
    r"(?<![?\\])(?<!\?P)<[^<>]*>"
    r"|(?<!\\)\{(?:[^\W\d][^{}]*)?\}"
    r"|(?<=/):[^\W\d]\w*[?*+]?"
    r"|(?<=/)\[(?:\.\.\.\w+|id|[^\W\d]\w{3,})\](?=/|\Z)"
)
# The second slash of a URL and an optional one are meant.
_DOUBLE_SLASH = re.compile(r"(?<!:)/{2,}(?!\?)")


def _check_syntax(text: str) -> None:
    """Check that a string is not written for something else than one pattern.

    :raises Mistake: if it is.
    """
    if text.lower() in ("all", "any"):
        raise Mistake("resource-impossible", "is not a path pattern.", write="/*")
    if text.lower() in ("none", "null"):
        hint = "Write [] for decorated views alone."
        raise Mistake("resource-impossible", "is not a path pattern.", hint=hint)
    if _VARIABLE.search(text):
        what = "has a variable part as in a route, which is not part of a pattern."
        raise Mistake("resource-route-syntax", what, write=_VARIABLE.sub(_segment, text))
    parts = [part for each in split(text) for part in re.split(r"\s+|;\s*(?=/)", each) if part]
    if parts and parts != [text]:
        if parts and all(part.startswith("/") for part in parts):
            write = parts if len(parts) > 1 else parts[0]
            raise Mistake("resource-is-list", "is not one pattern alone.", write=write)
        raise Mistake(
            "resource-has-blank",
            "has a blank or a comma, which no path pattern has.",
            hint=r"Write one pattern per item. For a blank or a comma in a path, write \s or [,].",
        )
    if _DOUBLE_SLASH.search(text):
        what = "has two slashes in a row, but Flask routes each path with one."
        raise Mistake("resource-double-slash", what, write=_DOUBLE_SLASH.sub("/", text))


def _segment(variable: re.Match[str]) -> str:
    if variable[0].endswith("?"):
        return "[^/]*"
    if variable[0].endswith("*"):
        return ".*"
    is_path = variable[0].endswith("+") or "..." in variable[0] or "path:" in variable[0]
    return ".+" if is_path or ":path" in variable[0] else "[^/]+"


def check_together(
    patterns: Iterable[PathPattern],
    where: str,
    problems: list[Problem],
    place: Place | None = None,
) -> bool:
    """Check that patterns can be matched together in bounded time.

    :param where: where they were written.
    :param problems: what is wrong is added here.
    :param place: the line of the call that wrote them.
    :returns: whether nothing is wrong.
    """
    patterns = list(patterns)
    try:
        check_work(pattern.regex for pattern in patterns if not pattern.literal)
    except TooMuchWorkError:
        written = [str(pattern) for pattern in patterns]
        problems.append(TOO_MUCH_WORK.problem(where, written, place))
        return False
    return True


def _with_slash(text: str) -> str | None:
    url = re.fullmatch(r"[a-z][a-z0-9+.?*\-]*://[^/]*(?P<path>/.*)?", text, re.IGNORECASE)
    if url:
        return url["path"] or "/*"
    bare = text.strip("\"'").removeprefix("^")
    if bare == text and bare.startswith("/"):
        return None
    return f"/{bare.removeprefix('/')}" if bare else None


def _check_options(pattern: object, value: object) -> Mapping[str, object]:
    """Return the options of a resource.

    :raises Mistake: if they are not a mapping.
    """
    if isinstance(value, Mapping):
        return value
    origins: object = None
    if value is None or value is False or (isinstance(value, (str, list)) and not value):
        # No options would allow whoever is allowed elsewhere, which may be anybody.
        origins = NOBODY
    elif isinstance(value, (str, list)) and read_origins(value, "", []) is not INVALID:
        origins = value
    example = {pattern: {"origins": "https://app.example.com"}}
    raise Mistake(
        "resource-options-wrong-type",
        "is not a mapping of options.",
        write=None if origins is None else {pattern: {"origins": origins}},
        hint=f"Write the options of this path, such as {shown(example)}.",
    )
