"""Decide which paths a pattern matches."""

from __future__ import annotations

import re

from . import regexes


def glob(pattern: str, text: str) -> bool:
    """Return whether a text matches a pattern in which ``*`` matches anything."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    text = text[len(first) :]
    *between, last = rest
    for part in between:
        _, found, text = text.partition(part) if part else ("", "", text)
        if part and not found:
            return False
    return text.endswith(last)


def matches(pattern: str | re.Pattern[str], path: str) -> bool:
    """Return whether a path pattern matches a whole path."""
    if isinstance(pattern, str) and not regexes.is_path_regex(pattern):
        return glob(pattern, path)
    regex = path_regex(pattern)
    return regex is not None and regex.fullmatch(path) is not None


def path_regex(pattern: str | re.Pattern[str]) -> re.Pattern[str] | None:
    """Return the regex of a path pattern, or None if it does not compile.

    A dot also matches line breaks. Otherwise, a path with ``%0a`` could evade a pattern.
    """
    if isinstance(pattern, str):
        return regexes.compiled(regexes.path_regex(pattern), re.DOTALL)
    return re.compile(pattern.pattern, pattern.flags | re.DOTALL)


def must_be_accepted(pattern: str) -> bool:
    """Return whether a path pattern is certainly not a mistake."""
    if "//" in pattern:
        return False
    return len(pattern) < 1000 and re.fullmatch(r"(/|\*)[a-z0-9/*_-]*", pattern) is not None


def has_dot_segment(path: str) -> bool:
    """Return whether a segment of a path is ``.`` or ``..``."""
    return any(segment in {".", ".."} for segment in path.split("/"))


def most_specific(patterns: list[str], path: str) -> str | None:
    """Return the pattern that decides for a path; None if no pattern matches.

    The patterns must not be regexes. A literal path comes first, then the longest literal start,
    then the first pattern in the list.
    """
    if has_dot_segment(path):
        return None
    matching = [pattern for pattern in patterns if glob(pattern, path)]
    return max(
        matching,
        key=lambda each: ("*" not in each, len(each.partition("*")[0])),
        default=None,
    )
