"""Names that people write where they mean another one: slips, and the names of other libraries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from .errors import shown
from .regexes import escape_dots

#: Options that are no more, and why.
RETIRED: Final = {
    "attach_to_all": "browsers need the headers on the actual response too, so every response "
    "has them",
}

#: Names that other CORS libraries give our options, with what to write here.
FOREIGN: Final = {
    "allow_all": 'origins="*"',
    "allow_all_origins": 'origins="*"',
    "allow_any_origin": 'origins="*"',
    "allow_origin": "origins",
    "allow_origin_regex": 'origins=re.compile(r"...")',
    "allow_origin_regexes": 'origins=re.compile(r"...")',
    "allow_origins_list": "origins",
    "allow_origins_regex": 'origins=re.compile(r"...")',
    "allowed_headers": "allow_headers",
    "allowed_methods": "methods",
    "allowed_origin": "origins",
    "allowed_origin_patterns": "origins",
    "allowed_origin_regex": 'origins=re.compile(r"...")',
    "allowed_origin_regexes": 'origins=re.compile(r"...")',
    "allowed_origins": "origins",
    "allowed_origins_patterns": "origins",
    "allows_credentials": "supports_credentials",
    "credentials": "supports_credentials",
    "expose": "expose_headers",
    "exposed_headers": "expose_headers",
    "max_age_seconds": "max_age",
    "options_success_status": "preflight_status",
    "origin_allow_all": 'origins="*"',
    "origin_list": "origins",
    "origin_regex": 'origins=re.compile(r"...")',
    "origin_regex_whitelist": 'origins=re.compile(r"...")',
    "origin_whitelist": "origins",
    "origins_regex": 'origins=re.compile(r"...")',
    "origins_whitelist": "origins",
    "preflight_max_age": "max_age",
    "sources": "origins",
    "success_status": "preflight_status",
    "urls_regex": 'resources=re.compile(r"...")',
    "whitelist": "origins",
}


#: Names that people often write into the options, in lower case.
WELL_KNOWN_HEADERS: Final = frozenset(
    {
        "accept-language",
        "access-token",
        "authorization",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-range",
        "content-type",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "last-event-id",
        "last-modified",
        "location",
        "origin",
        "refresh-token",
        "retry-after",
        "server-timing",
        "traceparent",
        "tracestate",
        "user-agent",
        "www-authenticate",
        "x-access-token",
        "x-api-key",
        "x-auth-token",
        "x-correlation-id",
        "x-csrf-token",
        "x-csrftoken",
        "x-forwarded-for",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "x-request-id",
        "x-requested-with",
        "x-total-count",
        "x-xsrf-token",
    }
)


def instead_of_foreign(name: str, value: object, prefix: str = "") -> tuple[str, str]:
    """Return which of our options is meant by that of another library, and what to write.

    :param value: what was written.
    :param prefix: that of a key of the configuration.
    """
    option, equals, example = FOREIGN[name].partition("=")
    written = prefix + (option.upper() if prefix else option)
    if example == '"*"' and str(value).lower() not in ("true", "1", "yes", "on"):
        return option, f"Leave it out, and write the allowed origins as {written}."
    if "..." in example:
        example = _with_regexes(example, value)
    return option, f"Write {written}{equals}{example} instead."


def _with_regexes(example: str, value: object) -> str:
    """Return what to write for one or several regexes, with those that were written."""
    texts: Iterable[Any] = value if isinstance(value, (list, tuple)) else [value]
    try:
        regexes = [
            text if isinstance(text, re.Pattern) else re.compile(escape_dots(text))
            for text in texts
        ]
    except (re.error, TypeError):
        return example
    if not regexes:
        return example
    return shown(regexes[0] if len(regexes) == 1 else regexes)


def needs_origins(written: str) -> str:
    """Say that credentials need origins: with any origin, the default, they'd be a mistake.

    :param written: how the option is written in the same place.
    """
    example = f'{written}=["https://app.example.com"]'
    return f" Write the origins that may act for the user, too, such as {example}."


def slips(text: str, other: str, most: int) -> int | None:
    """Count the letters that were left out, added, changed or swapped with their neighbour.

    :param most: the number from which on it doesn't matter.
    :returns: None if there are more.
    """
    if abs(len(text) - len(other)) > most:
        return None
    before: list[int] = []
    last = [*range(len(other) + 1)]
    for row, letter in enumerate(text, 1):
        current = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 < column and (letter, wanted) == (other[column - 2], text[row - 2]):
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, last = last, current
    return last[-1] if last[-1] <= most else None


def nearest(text: str, names: Iterable[str], most: int) -> str | None:
    """Return the name that a text has the fewest slips in; None if it has too many in each.

    :param most: how many slips are not too many.
    """
    counts = {name: count for name in names if (count := slips(text, name, most)) is not None}
    return min(counts, key=counts.__getitem__, default=None)
