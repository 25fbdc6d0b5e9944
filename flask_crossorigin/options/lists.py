"""How values are written: one by itself, or several as a list."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final

from .errors import Mistake, Problem

#: What a reader returns for a value that has something wrong with it.
INVALID: Final = object()

_QUOTED_LIST = re.compile(r"\s*\[\s*[\"']")
_QUOTED_ITEM = re.compile(r"""'([^'"]+)'|"([^'"]+)\"""")
# More would not fit into a message.
_MOST_SUGGESTED = 20
_SPLITTING = re.compile(r"\\.|[,()\[\]{}]", re.DOTALL)
# What has more was not meant as a list: a megabyte of commas, say.
_MOST_MISTAKES = 1000


def read_one(read: Callable[[Any], Any], value: object, where: str, problems: list[Problem]) -> Any:
    """Read a value with what raises a :class:`~.errors.Mistake`.

    :returns: what was read, or :data:`INVALID` after adding what is wrong to the problems.
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
) -> Any:
    """Read each item of a list option with what raises a :class:`~.errors.Mistake`.

    :param single: a type of which one value may be written without a list around it.
    :param example: such a list, to be shown to who wrote none.
    :returns: a list of what was read, or :data:`INVALID` after adding what is wrong.
    """
    try:
        items = list_items(plain(value), where, single, example)
    except Mistake as mistake:
        problems.append(_followed(mistake, read).problem(where, value))
        return INVALID
    found = []
    before = len(problems)
    for item, place in items:
        if len(problems) - before == _MOST_MISTAKES:
            what = f"has {_MOST_MISTAKES} mistakes; what follows them was not read."
            problems.append(Mistake("too-many-mistakes", what).problem(where, value))
            break
        found.append(read_one(read, item, place, problems))
    return found if len(problems) == before else INVALID


def _followed(mistake: Mistake, read: Callable[[Any], Any]) -> Mistake:
    """Suggest of several items only what is read without a mistake."""
    if isinstance(mistake.write, list):
        mistake.write = [_put_right(item, read) for item in mistake.write]
        if None in mistake.write:
            mistake.write = None
    return mistake


def _put_right(item: object, read: Callable[[Any], Any]) -> object:
    try:
        read(item)
    except Mistake as mistake:
        return None if isinstance(mistake.write, list) else mistake.write
    return item


def plain(value: object) -> object:
    """Return the value of a member of an Enum, and any other value as it is."""
    return value.value if isinstance(value, Enum) else value


def list_items(
    value: object, where: str, single: type | tuple[()] = (), example: str = '["..."]'
) -> list[tuple[object, str]]:
    """Return the items of a list option, each with where it was written.

    :param value: one value, a comma-separated string, a JSON array in a string, or an iterable.
    :param single: a type of which one value may be written without a list around it.
    :param example: such a list, to be shown to who wrote none.
    :raises Mistake: if the value is no list at all.
    """
    if isinstance(value, str):
        items = read_json(value, "[", example)
        if items is None:
            items = split(value)
            if len(items) == 1:
                return [(items[0], where)]
    elif isinstance(value, single) or (callable(value) and not _is_listing_class(value)):
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
    # A split string often ends in an empty item.
    filled = [
        (item, place) for item, place in stripped if not (isinstance(item, str) and item == "")
    ]
    return filled or entries


def _is_listing_class(value: object) -> bool:
    # An Enum can be called, but is written for its members.
    return isinstance(value, type) and isinstance(value, Iterable)


def _iterated(value: Iterable[object]) -> list[object]:
    try:
        return list(value)
    except Exception as error:
        what = f"raised {type(error).__name__} when it was read as a list."
        raise Mistake("list-unreadable", what, hint="Write a list.") from error


def read_json(text: str, start: str, example: str) -> Any:
    """Return the JSON array or object that a string holds.

    :param start: ``[`` or ``{``, with which it has to start.
    :param example: such JSON, to be shown where it is not valid.
    :returns: None for a string that does not look like JSON: a regex may start with ``[`` too.
    :raises Mistake: if it looks like JSON, but is not valid.
    """
    if not text.lstrip().startswith(start):
        return None
    try:
        return json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        if start == "[" and not _QUOTED_LIST.match(text):
            return None
        what = f"looks like JSON, but is not valid: {error}."
        items: list[str] = []
        hint = f"Write JSON such as {example}."
        if start == "[":
            hint = f"Write JSON such as {example}, or a comma-separated string."
            # As Python writes a list.
            if not _QUOTED_ITEM.sub("", text).strip(" \t\r\n[],"):
                items = [item[0] or item[1] for item in _QUOTED_ITEM.findall(text)]
        write = items if 0 < len(items) <= _MOST_SUGGESTED else None
        raise Mistake("json-invalid", what, write=write, hint=hint) from None


def read_mapping(
    value: object, where: str, problems: list[Problem], hint: str, example: str
) -> Any:
    """Read a mapping, also from a JSON object in a string.

    :param hint: the fix if it is neither.
    :param example: such a JSON object.
    :returns: the mapping, or :data:`INVALID` after adding what is wrong to the problems.
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
    """Make a JSON object.

    :raises Mistake: if a key appears twice, of which Python would take the last.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        raise Mistake("json-key-twice", f'has the key "{twice}" twice.', hint="Keep one of them.")
    return found


def split(text: str) -> list[str]:
    """Split a string at its commas, but not at those inside brackets or braces."""
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
