"""What users write for an option, read into what a policy holds, or explained.

Each reader takes the value, where it was written and the list to which it adds what is wrong;
it gives :data:`INVALID` when something is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from ..core.ambiguity import find_slow_part
from ..core.origins import OriginRule, Origins
from ..core.policy import HeaderNames, Methods
from ..core.regexes import add_flags, can_match, compile_regex, glob_regex
from ..fetch.grammar import FORBIDDEN_METHODS, is_token
from .errors import Problem, shown
from .origins import read_origin

#: What a reader gives for a value that has something wrong with it.
INVALID: Final = object()

Reader = Callable[[object, str, list[Problem]], Any]

# RFC 9110, 9.1, but for those that no script may send, and PATCH of RFC 5789.
_STANDARD_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_REGEX_CHARACTERS = re.compile(r"[\\()\[\]{}?]|\.[*+]")
_UNEXPOSABLE = frozenset({"set-cookie", "set-cookie2"})
_QUOTED_LIST = re.compile(r"\s*\[\s*[\"']")
# So that a number of seconds can be written in decimal, which Python bounds.
_LONGEST_AGE = 10**18


def read_items(
    value: object, where: str, problems: list[Problem], *, single: tuple[type, ...] = ()
) -> list[tuple[object, str]] | None:
    """Read a list option: one value, a comma-separated string, a JSON array or an iterable.

    :param single: types of which one value stands for a list of one, though it be iterable.
    :returns: each item with where it stands; None when the value is no list at all.
    """
    if isinstance(value, str):
        listed = _json_array(value)
        if listed is None and _QUOTED_LIST.match(value):
            message = f"{shown(value)} looks like a JSON array, and is none"
            hint = """Write JSON, as in '["a", "b"]', or a comma-separated string"""
            problems.append(Problem(where, value, message, hint))
            return None
        items = _split(value) if listed is None else listed
        if listed is None and len(items) == 1:
            return [(items[0], where)]
    elif isinstance(value, single) or (callable(value) and not _is_listing_class(value)):
        return [(value, where)]
    elif isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray, Mapping)):
        try:
            items = list(value)
        except Exception as error:
            message = f"{shown(value)} failed when its items were asked for: {error!r}"
            problems.append(Problem(where, value, message, "Write a list"))
            return None
    else:
        problems.append(
            Problem(
                where,
                value,
                f"{shown(value)} is neither a string nor a list",
                'Write a list, as in ["..."], or one comma-separated string',
            )
        )
        return None
    # A member of an Enum may be a string, and goes by another name in a message or a header.
    return [
        (str.__str__(item) if isinstance(item, str) else item, f"{where}[{index}]")
        for index, item in enumerate(items)
    ]


def _is_listing_class(value: object) -> bool:
    # An Enum can be called, but is written for its members.
    return isinstance(value, type) and isinstance(value, Iterable)


def _json_array(text: str) -> list[object] | None:
    if not text.lstrip().startswith("["):
        return None
    try:
        return list(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _split(text: str) -> list[object]:
    """Split a string at its commas, but not at those inside brackets or braces."""
    parts = [""]
    depth = 0
    for character in re.findall(r"\\.|.", text, flags=re.DOTALL):
        depth = max(depth + (character in "([{") - (character in ")]}"), 0)
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def read_origins(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``origins`` into :class:`~.origins.Origins`."""
    if value is None:
        problems.append(
            Problem(
                where,
                value,
                "None is no origin, and is mostly a variable that was not set",
                'Write the origins, or "*" for any',
            )
        )
        return INVALID
    items = read_items(value, where, problems, single=(re.Pattern,))
    if items is None:
        return INVALID
    if not items:
        problems.append(
            Problem(
                where,
                value,
                f"{shown(value)} names no origin, and is mostly a variable that was not set",
                'Write the origins, or "*" for any',
            )
        )
        return INVALID
    rules: list[OriginRule] = []
    before = len(problems)
    for item, place in items:
        rule = read_origin(item, place, problems)
        if rule is not None:
            rules.append(rule)
    return Origins(rules) if len(problems) == before else INVALID


def read_methods(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``methods`` into :class:`~.policy.Methods`."""
    items = read_items(value, where, problems)
    if items is None:
        return INVALID
    names: set[str] = set()
    before = len(problems)
    for item, place in items:
        if not isinstance(item, str) or not is_token(item):
            message = f"{shown(item)} is no HTTP method"
            hint = 'Write one method for each item, as in ["GET", "PUT"]'
            problems.append(Problem(place, item, message, hint))
        elif item.upper() in FORBIDDEN_METHODS:
            message = f"{item!r} is a method that browsers let no script send"
            problems.append(Problem(place, item, message, "Leave it out"))
        else:
            names.add(item.upper() if item.upper() in _STANDARD_METHODS else item)
    if len(problems) > before:
        return INVALID
    return Methods(frozenset(names - {"*"}), any="*" in names)


def read_allow_headers(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``allow_headers`` into :class:`~.policy.HeaderNames`."""
    items = read_items(value, where, problems, single=(re.Pattern,))
    if items is None:
        return INVALID
    names: set[str] = set()
    patterns: dict[re.Pattern[str], None] = {}
    before = len(problems)
    for item, place in items:
        if (isinstance(item, re.Pattern) and isinstance(item.pattern, str)) or (
            isinstance(item, str) and _REGEX_CHARACTERS.search(item)
        ):
            pattern = _read_header_regex(item, place, problems)
            if pattern is not None:
                patterns[pattern] = None
        elif not isinstance(item, str) or not is_token(item):
            problems.append(_no_header(item, place))
        elif item == "*" or "*" not in item:
            names.add(item.lower())
        else:
            patterns[re.compile(glob_regex(item), re.IGNORECASE)] = None
    if len(problems) > before:
        return INVALID
    return HeaderNames(frozenset(names - {"*"}), tuple(patterns), any="*" in names)


def _read_header_regex(
    item: str | re.Pattern[str], place: str, problems: list[Problem]
) -> re.Pattern[str] | None:
    text = item if isinstance(item, str) else item.pattern
    try:
        if isinstance(item, str):
            pattern = compile_regex(item, re.IGNORECASE)
        else:
            pattern = add_flags(item, re.IGNORECASE)
        if not can_match(pattern, _token_step, frozenset({1})):
            message = f"{text!r} is read as a regex, and it can match no header name"
        elif isinstance(item, str) and (slow := find_slow_part(pattern)):
            message = f"{text!r} has {slow}, which can take very long to match"
        else:
            return pattern
    except (re.error, RecursionError) as error:
        message = f"{text!r} is read as a regex, and it does not compile: {error}"
    hint = 'Write a name, or a pattern such as "X-Company-*"'
    problems.append(Problem(place, item, message, hint))
    return None


def _token_step(_: int, character: str) -> int | None:
    return 1 if is_token(character) else None


def _no_header(item: object, place: str) -> Problem:
    hint = 'Write a name such as "X-Token"'
    if isinstance(item, str) and ":" in item:
        hint = f"Write the name alone: {item.partition(':')[0].strip()!r}"
    return Problem(place, item, f"{shown(item)} is no header name", hint)


def read_expose_headers(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``expose_headers`` into a sorted tuple of names."""
    items = read_items(value, where, problems)
    if items is None:
        return INVALID
    names: dict[str, str] = {}
    before = len(problems)
    for item, place in items:
        if not isinstance(item, str) or not is_token(item):
            problems.append(_no_header(item, place))
        elif item.lower() in _UNEXPOSABLE:
            message = f"{item!r} can be read by no script, whatever a server says"
            problems.append(Problem(place, item, message, "Leave it out"))
        elif "*" in item and item != "*":
            message = f"{item!r} is no pattern here: browsers read it as a name"
            problems.append(Problem(place, item, message, 'Write the names, or "*" for all'))
        else:
            names.setdefault(item.lower(), item)
    if len(problems) > before:
        return INVALID
    return ("*",) if "*" in names else tuple(sorted(names.values()))


def read_bool(value: object, where: str, problems: list[Problem]) -> Any:
    """Read a bool, also from the numbers 0 and 1, or a word."""
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.strip().lower() in _WORDS:
        return _WORDS[value.strip().lower()]
    message = f"{shown(value)} is neither True nor False"
    problems.append(Problem(where, value, message, "Write True or False"))
    return INVALID


def read_max_age(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``max_age`` into seconds."""
    seconds = _whole_number(value.total_seconds() if isinstance(value, timedelta) else value)
    if isinstance(value, float) or seconds is None:
        message = f"{shown(value)} is no whole number of seconds"
    elif seconds < 0:
        message = f"{shown(value)} is negative"
    elif seconds >= _LONGEST_AGE:
        message = f"{shown(value)} is longer than any browser remembers"
    else:
        return seconds
    hint = "Write seconds, as in 600, or a timedelta; 0 turns the browser's memory off"
    problems.append(Problem(where, value, message, hint))
    return INVALID


def _whole_number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return int(value) if value % 1 == 0 else None
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value.strip()):
        return int(value)
    return None


def read_preflight_status(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``preflight_status`` into a number from 200 to 299."""
    status = None if isinstance(value, float) else _whole_number(value)
    if status is not None and 200 <= status <= 299:
        return status
    message = f"{shown(value)} is no status that lets a preflight pass"
    problems.append(Problem(where, value, message, "Write a number from 200 to 299"))
    return INVALID
