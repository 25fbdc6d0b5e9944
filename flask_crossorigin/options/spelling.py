"""Names that people write where they mean another one: slips, and the names of other libraries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

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
    "allow_origin_regexes": 'origins=[re.compile(r"...")]',
    "allow_origins_list": "origins",
    "allow_origins_regex": 'origins=re.compile(r"...")',
    "allowed_headers": "allow_headers",
    "allowed_methods": "methods",
    "allowed_origin": "origins",
    "allowed_origin_patterns": "origins",
    "allowed_origin_regex": 'origins=re.compile(r"...")',
    "allowed_origin_regexes": 'origins=[re.compile(r"...")]',
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
    "origin_regex_whitelist": 'origins=[re.compile(r"...")]',
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
