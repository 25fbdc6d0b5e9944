"""Recognize misspelled option names, and the names that other CORS libraries use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from .errors import shown
from .lists import split
from .regexes import escape_dots

#: Options of Flask-CORS that do not exist here, with the reason.
RETIRED: Final = {
    "attach_to_all": "browsers need the headers on the actual response too, so every response "
    "has them",
}

#: The names of our options in other CORS libraries, with what to write here.
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
#: What :data:`FOREIGN` says of names that list origins.
_LISTING: Final = ("origins", 'origins=re.compile(r"...")')
_WITH_CREDENTIALS: Final = "the origins that may use credentials, such as"
_EXAMPLE: Final = '["https://app.example.com"]'
# Longer values are abbreviated in messages.
_MOST_CHARACTERS: Final = 200

#: Header names that are common in these options, in lower case.
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


def instead_of_foreign(
    name: str, written: Mapping[str, object], prefix: str = "", *, credentials: bool = False
) -> tuple[str, str]:
    """Return the option that another library's name means, and the fix.

    :param name: the other library's name, a key of :data:`FOREIGN`.
    :param written: all options that are written in the same place. The names are in lower case and
        without prefix, and the option ``origins`` has only that name.
    :param prefix: the prefix of configuration keys, empty for keyword arguments.
    :param credentials: whether one of the options turns credentials on.
    """
    option, equals, example = FOREIGN[name].partition("=")
    key = prefix + (option.upper() if prefix else option)
    value = written[name]
    named = named_origins(written)
    if allows_any(name):
        if named or not is_on(value):
            return option, f"Leave it out, and write the allowed origins as {key}."
        if credentials:
            return option, any_with_credentials(key)
    elif option == "origins" and len(named) > 1:
        combined = _combined(named)
        if combined is None:
            names = [prefix + (each.upper() if prefix else each) for each in named]
            return option, f"Write the origins of {' and '.join(names)} as one list in {key}."
        return option, f"Write {key}={combined} instead."
    elif "..." in example and (regexes := _compiled(value)):
        example = shown(regexes[0] if len(regexes) == 1 else regexes)
    return option, f"Write {key}{equals}{example} instead."


def allows_any(name: str) -> bool:
    """Return whether another library's name switches any origin on."""
    return FOREIGN.get(name) == 'origins="*"'


def is_on(value: object) -> bool:
    """Return whether a value switches something on."""
    return str(value).lower() in ("true", "1", "yes", "on")


def any_with_credentials(key: str) -> str:
    """Return the fix for a switch that allows any origin, in a program that uses credentials.

    :param key: the name of the option ``origins`` in the same place.
    """
    return f"Leave it out, and write {_WITH_CREDENTIALS} {key}={_EXAMPLE}."


def needs_origins(key: str) -> str:
    """Return what to add to a hint for credentials: with the default, any origin, they're an error.

    :param key: the name of the option ``origins`` in the same place.
    """
    return f" Also write {_WITH_CREDENTIALS} {key}={_EXAMPLE}."


def named_origins(written: Mapping[str, object]) -> dict[str, object]:
    """Return the options that list origins, except any origin.

    :param written: as for :func:`instead_of_foreign`.
    """
    names = [name for name in written if name == "origins" or FOREIGN.get(name) in _LISTING]
    return {name: written[name] for name in names if written[name] != "*"}


def _combined(named: Mapping[str, object]) -> str | None:
    """Return one list of all origins as Python source, None if that's too long or not possible."""
    items: list[object] = []
    for name, value in named.items():
        if "re.compile" in FOREIGN.get(name, ""):
            items += _compiled(value) or [None]
        elif isinstance(value, str):
            items += split(value)
        else:
            items += value if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(item, (str, re.Pattern)) for item in items):
        return None
    text = shown(items)
    return text if len(text) <= _MOST_CHARACTERS else None


def _compiled(value: object) -> list[re.Pattern[str]]:
    """Compile one or several regexes, with their dots escaped. Return [] if that's not possible."""
    texts: Iterable[Any] = value if isinstance(value, (list, tuple)) else [value]
    try:
        return [
            text if isinstance(text, re.Pattern) else re.compile(escape_dots(text))
            for text in texts
        ]
    except (re.error, TypeError):
        return []


def slips(text: str, other: str, most: int) -> int | None:
    """Count the letters that were left out, added, changed or swapped with the next one.

    :param most: the maximum to count.
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
    """Return the name that a misspelled text resembles most.

    :param most: the maximum number of slips (see :func:`slips`).
    :returns: None if every name differs by more.
    """
    counts = {name: count for name in names if (count := slips(text, name, most)) is not None}
    return min(counts, key=counts.__getitem__, default=None)
