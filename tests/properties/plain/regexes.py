"""Decide whether a string is a regex or a pattern, and convert patterns to regexes.

The package accepts regexes that can be slow with ``re``. The tests leave them out.
"""

from __future__ import annotations

import re
import warnings
from string import digits

_QUANTIFIER = re.compile(r"[*+?{]")


def compiled(text: str, flags: int = 0) -> re.Pattern[str] | None:
    """Compile a regex. Return None if it is invalid, or if Python warns about its syntax."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return re.compile(text, flags)
        except (re.error, OverflowError, RecursionError, Warning):
            return None


def is_slow(rule: str | re.Pattern[str]) -> bool:
    """Return whether ``re`` may take long to match a regex."""
    pattern = rule.pattern if isinstance(rule, re.Pattern) else rule
    return len(_QUANTIFIER.findall(pattern)) > 3 or bool(re.search(r"\)[*+?{]", pattern))


def is_path_regex(pattern: str) -> bool:
    """Return whether a path pattern is more than literal characters and ``*``."""
    return bool(re.search(r"[\\\[()|^$+?{]|\.[*+?{]", pattern))


def is_header_regex(rule: str) -> bool:
    """Return whether a string in ``allow_headers`` is a regex."""
    return bool(re.search(r"[\\()\[\]{}?]|\.[*+]", rule))


def path_regex(pattern: str) -> str:
    """Return the regex of a path pattern: ``*`` after a literal matches anything."""
    written, is_literal, index = "", True, 0
    while index < len(pattern):
        length = regex_length(pattern[index:])
        part = pattern[index : index + max(length, 1)]
        index += len(part)
        if length:
            written += part
        elif part == "*":
            written += ".*" if is_literal else part
            continue
        else:
            written += re.escape(part)
        is_literal = length == 0
    return written


def regex_length(text: str) -> int:
    """Return the length of the regex syntax that a text starts with; 0 for a literal character."""
    if text[0] == "\\":
        return min(2, len(text))
    if text[0] == "[":
        index = 2 if text[1:2] == "^" else 1
        index += text[index : index + 1] == "]"
        while index < len(text) and text[index] != "]":
            index += 2 if text[index] == "\\" else 1
        return min(index + 1, len(text))
    if text[0] == "{":
        inner, end, _ = text[1:].partition("}")
        least, _, most = inner.partition(",")
        return len(inner) + 2 if end and not (least + most).strip(digits) else 0
    if text[0] == ".":
        return int(text[1:2] in set("*+?") or (text[1:2] == "{" and text[2:3] in set(digits)))
    return 1 if text[0] in "()|^$+?" else 0


def has_lone_dot(regex: str) -> bool:
    """Return whether a dot certainly matches exactly one character, which is a mistake."""
    index = 0
    while index < len(regex) and "(?" not in regex:
        if regex[index] == "." and regex[index + 1 : index + 2] not in set("*+?{)|"):
            return True
        index += max(regex_length(regex[index:]), 1)
    return False
