"""Read the option ``resources``: path patterns, and the options for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

from ..core.automaton import Automaton, UnreadableError
from ..core.paths import PathPattern, as_regex
from ..core.patterns import TooMuchWorkError, check_work
from ..core.places import Place
from ..core.reach import can_match_path
from .branches import dead_branches
from .errors import Mistake, Problem, shown
from .lists import INVALID, plain, read_each, read_json, read_one, split
from .origins import NO_ORIGIN
from .regexes import TOO_MUCH_WORK, compiled
from .table import Layer, find_option, inner, read_options
from .values import read_origins

_PATTERN_HINT = 'Write a path pattern such as "/api/*".'


class Resource(NamedTuple):
    """One entry of a resource map: a pattern and its options."""

    pattern: PathPattern
    where: str
    layer: Layer = Layer()


def read_resources(
    value: object, where: str, problems: list[Problem], place: Place | None = None
) -> list[Resource]:
    """Read the option ``resources``.

    :param value: a mapping of patterns to options, such a mapping as JSON in a string, one pattern,
        or an iterable of patterns.
    :param where: the name of the option, for error messages.
    :param problems: every problem is added here.
    :param place: the line of the call that contains the option.
    :returns: the valid entries.
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
        empty_code="resource-impossible",
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
    """Read a pattern, and add it to the known ones.

    :raises Mistake: if it is not valid, or already known.
    """
    pattern = read_pattern(value)
    if known.setdefault(pattern.regex.pattern, pattern) is not pattern:
        raise Mistake("resource-twice", "appears twice.", hint="Keep one of them.")
    return pattern


def read_pattern(value: object) -> PathPattern:
    """Read one resource pattern.

    :param value: a string or a compiled regex.
    :raises Mistake: if it is not valid, or cannot match any path.
    """
    if isinstance(value, Mapping):
        what = "is a resource map inside a list."
        raise Mistake("resource-map-in-list", what, hint="Write the map without the list.")
    text = value.pattern if isinstance(value, re.Pattern) else value
    if not isinstance(value, (str, re.Pattern)) or not isinstance(text, str):
        what = "is neither a string nor a compiled regex."
        raise Mistake("resource-wrong-type", what, hint=_PATTERN_HINT)
    if isinstance(value, str):
        _check_syntax(value)
    try:
        pattern = PathPattern.of(value)
    except (re.error, RecursionError) as error:
        what = f"is read as a regex, but does not compile: {error}."
        raise Mistake("resource-regex-invalid", what, hint=_PATTERN_HINT) from None
    except UnreadableError as error:
        what = f"is read as a regex with {error}, which is only allowed in a compiled regex."
        write = compiled(as_regex(text))
        raise Mistake("resource-regex-uncompiled", what, write=write, hint=_PATTERN_HINT) from None
    if not (_PLAIN.fullmatch(text) or can_match_path(pattern.regex)):
        what = "cannot match any path, because paths start with a slash."
        raise Mistake("resource-impossible", what, write=_with_slash(text), hint=_PATTERN_HINT)
    if isinstance(pattern.regex, Automaton):
        _check_branches(pattern.written)
    return pattern


def _check_branches(text: str) -> None:
    """Check that each alternative of a pattern can match a path.

    :raises Mistake: if one of them cannot.
    """
    branches = dead_branches(text, lambda each: can_match_path(PathPattern.of(each).regex))
    if branches is None:
        return
    write = None
    if not branches.before and len({each[-2:] == "/*" for each in branches.texts}) == 1:
        write = "|".join(f"/{each.removeprefix('/')}" for each in branches.texts)
    what = f"cannot match any path with the alternative {shown(branches.dead[0])}."
    hint = "Start each alternative with a slash, or put the part that differs in parentheses, "
    hint += 'as in "/(api|admin)/*".'
    raise Mistake("resource-impossible", what, write=write, hint=hint)


# Most patterns are a path, or everything below a path. They can match a path, and finding that out
# with an automaton would take longer than everything else at startup.
_PLAIN = re.compile(r"(?:/[A-Za-z0-9_-]+)+(?:/\*?)?")

# The variable parts of routes in Flask, FastAPI, Express and Next.js. Named groups, lookbehinds and
# short character classes look similar, but do not match.
_VARIABLE = re.compile(
    r"(?<![?\\])(?<!\?P)<[^<>]*>"
    r"|(?<!\\)\{(?:[^\W\d][^{}]*)?\}"
    r"|(?<=/):[^\W\d]\w*[?*+]?"
    r"|(?<=/)\[(?:\.\.\.\w+|id|[^\W\d]\w{3,})\](?=/|\Z)"
)
# The double slash of a URL, and an optional second slash, are no mistakes.
_DOUBLE_SLASH = re.compile(r"(?<!:)/{2,}(?!\?)")


def _check_syntax(text: str) -> None:
    """Check that a string is one pattern: no list, no route and no word such as ``all``.

    :raises Mistake: if it is not.
    """
    if text.lower() in ("all", "any"):
        raise Mistake("resource-impossible", "is not a path pattern.", write="/*")
    if text.lower() in ("none", "null"):
        hint = "Write [] for decorated views only."
        raise Mistake("resource-impossible", "is not a path pattern.", hint=hint)
    if _VARIABLE.search(text):
        what = "has a variable part as in a route, but path patterns use another syntax."
        raise Mistake("resource-route-syntax", what, write=_VARIABLE.sub(_segment, text))
    parts = [part for each in split(text) for part in re.split(r"\s+|;\s*(?=/)", each) if part]
    if parts and parts != [text]:
        if len(parts) > 1 and all(part.startswith("/") for part in parts):
            raise Mistake("resource-is-list", "contains several patterns.", write=parts)
        if len(parts) == 1 and parts[0].startswith("/"):
            what = "has a space or a separator before or after the pattern."
            raise Mistake("resource-is-list", what, write=parts[0])
        raise Mistake(
            "resource-has-blank",
            "has a space or a comma, which a path pattern cannot have.",
            hint=r"Write one pattern per item. To match a space or a comma, write \s or [,].",
        )
    if _DOUBLE_SLASH.search(text):
        what = "has two slashes in a row, but Flask merges them into one."
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
    """Check that all patterns together do not take too long to match.

    :param where: the name of the option, for error messages.
    :param problems: the problem is added here.
    :param place: the line of the call that contains the patterns.
    :returns: whether there is no problem.
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
        # An empty mapping would use the origins of the application, which may be any origin.
        origins = NO_ORIGIN
    elif isinstance(value, (str, list)) and read_origins(value, "", []) is not INVALID:
        origins = value
    example = {pattern: {"origins": "https://app.example.com"}}
    raise Mistake(
        "resource-options-wrong-type",
        "is not a mapping of options.",
        write=None if origins is None else {pattern: {"origins": origins}},
        hint=f"Write the options for this path, such as {shown(example)}.",
    )
