"""Read option values: a single value, a list or a mapping."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final

from .errors import Mistake, Problem

#: What a reader returns for an invalid value.
INVALID: Final = object()

_QUOTED_LIST = re.compile(r"\s*\[\s*[\"']")
_QUOTED_ITEM = re.compile(r"""'([^'"]+)'|"([^'"]+)\"""")
# A longer list would not fit in a message.
_MOST_SUGGESTED = 20
_SPLITTING = re.compile(r"\\.|[,()\[\]{}]", re.DOTALL)
# A value with more mistakes was not meant as a list: a megabyte of commas, for example.
_MOST_MISTAKES = 1000


def read_one(read: Callable[[Any], Any], value: object, where: str, problems: list[Problem]) -> Any:
    """Read one value.

    :param read: a function that returns the result, or raises :class:`~.errors.Mistake`.
    :param problems: a mistake is added here.
    :returns: the result, or :data:`INVALID`.
    """
    try:
        return read(plain(value))
    except Mistake as mistake:
        problems.append(mistake.problem(where, value))
        return INVALID


def read_each(
    read: Callable[[Any], Any],
    value: object,
    where: str,
    problems: list[Problem],
    *,
    single: type | tuple[()] = (),
    example: str = '["..."]',
    empty_code: str = "",
) -> Any:
    """Read each item of a list option.

    :param read: a function that returns the result for one item, or raises
        :class:`~.errors.Mistake`.
    :param problems: each mistake is added here.
    :param single: a type whose values may be written without a list around them.
    :param example: an example of such a list for error messages.
    :param empty_code: the code of the problem if the value is an empty string. Without it, an empty
        string is an empty list.
    :returns: a list of the results, or :data:`INVALID`.
    """
    try:
        if empty_code and isinstance(value, str) and not value.strip(" \t\r\n,"):
            what = "is empty; the usual cause is an unset environment variable."
            hint = f"Write a list such as {example}, or [] for none."
            raise Mistake(empty_code, what, hint=hint)
        items = list_items(plain(value), where, single, example)
    except Mistake as mistake:
        problems.append(_with_valid_items(mistake, read).problem(where, value))
        return INVALID
    found = []
    before = len(problems)
    for item, place in items:
        if len(problems) - before == _MOST_MISTAKES:
            what = f"has {_MOST_MISTAKES} mistakes; the items after them were not checked."
            problems.append(Mistake("too-many-mistakes", what).problem(where, value))
            break
        found.append(read_one(read, item, place, problems))
    return found if len(problems) == before else INVALID


def _with_valid_items(mistake: Mistake, read: Callable[[Any], Any]) -> Mistake:
    """Correct the items that a mistake suggests, or drop the suggestion if that's not possible."""
    if isinstance(mistake.write, list):
        mistake.write = [_corrected(item, read) for item in mistake.write]
        if None in mistake.write:
            mistake.write = None
    return mistake


def _corrected(item: object, read: Callable[[Any], Any]) -> object:
    try:
        read(item)
    except Mistake as mistake:
        return None if isinstance(mistake.write, list) else mistake.write
    return item


def plain(value: object) -> object:
    """Return the value of an Enum member, or any other value unchanged."""
    return value.value if isinstance(value, Enum) else value


def list_items(
    value: object, where: str, single: type | tuple[()] = (), example: str = '["..."]'
) -> list[tuple[object, str]]:
    """Return the items of a list option, each with its place, such as ``origins[1]``.

    :param value: one value, a comma-separated string, a JSON array in a string, or an iterable.
    :param single: a type whose values may be written without a list around them.
    :param example: an example of such a list for error messages.
    :raises Mistake: if the value is not a list.
    """
    if isinstance(value, str):
        items = read_json(value, "[", example)
        if items is None:
            items = split(value)
            if len(items) == 1:
                return [(items[0], where)]
    elif isinstance(value, single) or (callable(value) and not _is_iterable_class(value)):
        return [(value, where)]
    elif isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray, Mapping)):
        items = _iterated(value)
    else:
        raise Mistake(
            "not-a-list",
            "is neither a string nor a list.",
            hint=f"Write a list such as {example}, or a comma-separated string.",
        )
    entries = [(item, f"{where}[{index}]") for index, item in enumerate(items)]
    stripped = [(item.strip() if isinstance(item, str) else item, place) for item, place in entries]
    # A string that a program has split often ends in an empty item.
    filled = [
        (item, place) for item, place in stripped if not (isinstance(item, str) and item == "")
    ]
    return filled or entries


def _is_iterable_class(value: object) -> bool:
    # An Enum class is callable, but means the list of its members.
    return isinstance(value, type) and isinstance(value, Iterable)


def _iterated(value: Iterable[object]) -> list[object]:
    try:
        return list(value)
    except Exception as error:
        what = f"raised {type(error).__name__} when it was iterated over."
        raise Mistake("list-unreadable", what, hint="Write a list.") from error


def read_json(text: str, start: str, example: str) -> Any:
    """Parse a string that contains a JSON array or object.

    :param start: the first character of the JSON: ``[`` or ``{``.
    :param example: an example of such JSON for error messages.
    :returns: None if the string doesn't look like JSON: a regex may start with ``[`` too.
    :raises Mistake: if it looks like JSON, but is not valid.
    """
    if not text.lstrip().startswith(start):
        return None
    try:
        return json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        if start == "[" and not _QUOTED_LIST.match(text):
            return None
        what = f"is not valid JSON: {error}."
        items: list[str] = []
        hint = f"Write JSON such as {example}."
        if start == "[":
            hint = f"Write JSON such as {example}, or a comma-separated string."
            # A Python list, with single quotes.
            if not _QUOTED_ITEM.sub("", text).strip(" \t\r\n[],"):
                items = [item[0] or item[1] for item in _QUOTED_ITEM.findall(text)]
        write = items if 0 < len(items) <= _MOST_SUGGESTED else None
        raise Mistake("json-invalid", what, write=write, hint=hint) from None


def read_mapping(
    value: object, where: str, problems: list[Problem], hint: str, example: str
) -> Any:
    """Read a mapping, or a JSON object in a string.

    :param problems: a mistake is added here.
    :param hint: the fix if the value is neither.
    :param example: an example of such a JSON object for error messages.
    :returns: the mapping, or :data:`INVALID`.
    """

    def read(written: object) -> object:
        if isinstance(written, str):
            found = read_json(written, "{", example)
            written = written if found is None else found
        if not isinstance(written, Mapping):
            raise Mistake("not-a-mapping", "is not a mapping.", hint=hint)
        return written

    return read_one(read, value, where, problems)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object as a dict.

    :raises Mistake: if a key appears twice. Python would silently use the last value.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        raise Mistake("json-key-twice", f'has the key "{twice}" twice.', hint="Keep one of them.")
    return found


def split(text: str) -> list[str]:
    """Split a string at its commas, except those inside brackets or braces."""
    parts = []
    start = depth = 0
    for match in _SPLITTING.finditer(text):
        character = match[0]
        if character in ("(", "[", "{"):
            depth += 1
        elif character in (")", "]", "}"):
            depth = max(depth - 1, 0)
        elif character == "," and depth == 0:
            parts.append(text[start : match.start()])
            start = match.end()
    parts.append(text[start:])
    return [stripped for part in parts if (stripped := part.strip())]
