"""Read the value of each option.

The functions ``read_...`` take the value, the place where it was written and a list of problems.
They add every problem to the list, and return :data:`~.lists.INVALID` if there is one. The private
functions for a single value or item raise :class:`~.errors.Mistake` instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ..core.automaton import Automaton, UnreadableError, add_flags
from ..core.origins import Origins
from ..core.patterns import Patterns, TooMuchWorkError
from ..core.policy import Enforce, HeaderNames, Methods
from ..core.reach import can_match_header_name
from ..fetch.grammar import FORBIDDEN_METHODS, is_token
from ..fetch.safelists import NO_CORS_REQUEST_HEADERS
from .errors import Mistake, Problem
from .lists import INVALID, read_each, read_one
from .origins import ALLOWED_OR_NONE, NO_ORIGIN, read_origin
from .regexes import TOO_MUCH_WORK, compiled
from .spelling import WELL_KNOWN_HEADERS, nearest

Reader = Callable[[object, str, list[Problem]], Any]

#: The methods of RFC 9110, section 9.1, except those that JavaScript cannot send, plus PATCH of
#: RFC 5789 and QUERY of RFC 10008.
STANDARD_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY"})
# Methods that a program may define, although they differ from a standard one by one letter.
_NOT_MISSPELLED = frozenset({"BATCH", "MATCH", "READ", "SET", "WATCH"})
_WORDS_FOR_ANY = frozenset({"all", "any"})
_WORDS_FOR_NOTHING = frozenset({"none", "null"})
_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_REGEX_CHARACTERS = re.compile(r"[\\()\[\]{}?]|\.[*+]")
_MEDIA_TYPE = re.compile(
    r"(?:application|audio|font|image|message|model|multipart|text|video)/[\w.+*-]+.*", re.DOTALL
)
_UNEXPOSABLE = frozenset({"set-cookie", "set-cookie2"})
# Python limits the number of digits that it converts.
_LONGEST_AGE = 10**18


def read_origins(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``origins`` into :class:`~..core.origins.Origins`."""
    rules = (
        []
        if value is None
        else read_each(
            read_origin,
            value,
            where,
            problems,
            single=re.Pattern,
            example='["https://app.example.com"]',
        )
    )
    if rules is INVALID:
        return INVALID
    if not rules:
        what = "is not an origin" if value is None else "is empty"
        what += "; the usual cause is an unset environment variable."
        mistake = Mistake("origins-empty", what, hint=ALLOWED_OR_NONE)
        problems.append(mistake.problem(where, value))
        return INVALID
    named = [rule for rule in rules if rule != NO_ORIGIN]
    if named and len(named) < len(rules):
        what = f'has "{NO_ORIGIN}", which allows no origin, next to allowed origins.'
        hint = f'Write "{NO_ORIGIN}" alone, or leave it out.'
        problems.append(Mistake("origin-none-among-others", what, hint=hint).problem(where, value))
        return INVALID
    return _bounded(lambda: Origins(named), value, where, problems)


def read_methods(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``methods`` into :class:`~..core.policy.Methods`."""
    names = read_each(
        _method, value, where, problems, example='["GET", "PUT"]', empty_code="method-invalid"
    )
    if names is INVALID:
        return INVALID
    return Methods(frozenset(names) - {"*"}, any="*" in names)


def _method(value: object) -> str:
    hint = 'Write one method per item, such as ["GET", "PUT"].'
    _check_word(value, "method-invalid", "is not an HTTP method.", r"[|;\s]+", hint)
    if not isinstance(value, str) or not is_token(value):
        raise Mistake("method-invalid", "is not an HTTP method.", hint=hint)
    if value.upper() in FORBIDDEN_METHODS:
        what = "is a method that JavaScript cannot send."
        raise Mistake("method-forbidden", what, hint="Leave it out.")
    method = value.upper()
    meant = nearest(method, STANDARD_METHODS, 1)
    if meant not in (None, method) and method not in _NOT_MISSPELLED:
        raise Mistake("method-misspelled", "is not an HTTP method.", write=meant)
    return method


def read_allow_headers(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``allow_headers`` into :class:`~..core.policy.HeaderNames`."""
    found = read_each(
        _allowed_header,
        value,
        where,
        problems,
        single=re.Pattern,
        example='["X-Token"]',
        empty_code="header-invalid",
    )
    if found is INVALID:
        return INVALID
    names = frozenset(item for item in found if isinstance(item, str))
    patterns = dict.fromkeys(item for item in found if not isinstance(item, str))
    made = _bounded(lambda: Patterns(patterns), value, where, problems)
    return INVALID if made is INVALID else HeaderNames(names - {"*"}, made, any="*" in names)


def _bounded(make: Callable[[], object], value: object, where: str, problems: list[Problem]) -> Any:
    """Call a function that combines regexes, and report regexes that take too long to match."""
    try:
        return make()
    except TooMuchWorkError:
        problems.append(TOO_MUCH_WORK.problem(where, value))
        return INVALID


def _allowed_header(value: object) -> str | Automaton | re.Pattern[str]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        return _header_pattern(add_flags(value, re.IGNORECASE))
    if isinstance(value, str) and _REGEX_CHARACTERS.search(value):
        return _header_pattern(value)
    name = _header_name(value)
    if name == "*" or "*" not in name:
        return name.lower()
    return _header_pattern(".*".join(map(re.escape, re.split(r"\*+", name))))


def _header_pattern(regex: str | re.Pattern[str]) -> Automaton | re.Pattern[str]:
    hint = 'Write a name, or a pattern such as "X-Company-*".'
    try:
        pattern = Automaton.of(regex, re.IGNORECASE) if isinstance(regex, str) else regex
    except re.error as error:
        what = f"is read as a regex, but does not compile: {error}."
        raise Mistake("header-regex-invalid", what, hint=hint) from None
    except UnreadableError as error:
        what = f"is read as a regex with {error}, which is only allowed in a compiled regex."
        write = compiled(str(regex))
        raise Mistake("header-regex-uncompiled", what, write=write, hint=hint) from None
    if not can_match_header_name(pattern):
        what = "is read as a regex, but cannot match any header name."
        raise Mistake("header-regex-impossible", what, hint=hint)
    return pattern


def _check_word(value: object, code: str, what: str, separators: str, hint: str) -> None:
    """Check that a value is not several names, and not a word such as ``all`` or ``true``.

    :param separators: a regex for the separators that people use between names.
    :raises Mistake: if it is. The other parameters are those of :class:`~.errors.Mistake`.
    """
    if not isinstance(value, str):
        return
    unquoted = value.strip("'\"")
    if unquoted and value[0] in "'\"" and value[-1] == value[0]:
        raise Mistake(code, what, write=unquoted)
    if value.lower() in _WORDS_FOR_ANY:
        raise Mistake(code, what, write="*")
    if value.lower() in _WORDS_FOR_NOTHING:
        raise Mistake(code, what, hint="Write [] for none.")
    if value.lower() in _WORDS:
        raise Mistake(code, what, hint=hint)
    several = [name for name in re.split(separators, value) if name]
    if len(several) > 1 and all(map(is_token, several)):
        raise Mistake(code, what, write=several)


def _looks_like_header(text: str) -> bool:
    """Return whether a word is a whole header name, unlike each word in ``X Token``."""
    is_known = text.lower() in WELL_KNOWN_HEADERS | NO_CORS_REQUEST_HEADERS
    return is_known or ("-" in text and is_token(text))


def _header_name(value: object) -> str:
    hint = 'Write a name such as "X-Token".'
    _check_word(value, "header-invalid", "is not a header name.", r"[|;]\s*", hint)
    if isinstance(value, str) and is_token(value):
        return value
    parts = value.split() if isinstance(value, str) else []
    if len(parts) > 1 and all(map(_looks_like_header, parts)):
        raise Mistake("header-invalid", "is not a header name.", write=parts)
    write = value.partition(":")[0].strip() if isinstance(value, str) and ":" in value else ""
    if isinstance(value, str) and _MEDIA_TYPE.fullmatch(value):
        write = "Content-Type"
    raise Mistake(
        "header-invalid",
        "is not a header name.",
        write=write if is_token(write) else None,
        hint=hint,
    )


def read_expose_headers(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``expose_headers`` into a sorted tuple of names."""
    found = read_each(_exposed_header, value, where, problems, example='["X-Token"]')
    if found is INVALID:
        return INVALID
    # If names differ only in case, the first one wins.
    names = {name.lower(): name for name in reversed(found)}
    return ("*",) if "*" in names else tuple(sorted(names.values()))


def _exposed_header(value: object) -> str:
    name = _header_name(value)
    if name.lower() in _UNEXPOSABLE:
        what = "is a header that JavaScript cannot read."
        raise Mistake("exposed-header-forbidden", what, hint="Leave it out.")
    if "*" in name and name != "*":
        what = "is not a pattern: browsers take the * as part of the name."
        hint = 'Write the names, or "*" for all.'
        raise Mistake("exposed-header-pattern", what, hint=hint)
    return name


def read_bool(value: object, where: str, problems: list[Problem]) -> Any:
    """Read a bool, a 0 or 1, or a word such as ``yes`` or ``off``."""
    return read_one(_bool, value, where, problems)


def _bool(value: object) -> bool:
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.strip().lower() in _WORDS:
        return _WORDS[value.strip().lower()]
    raise Mistake("not-a-bool", "is neither True nor False.", hint="Write True or False.")


def read_enforce(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``enforce``: a bool, or ``unsafe``."""
    return read_one(_enforce, value, where, problems)


def _enforce(value: object) -> Enforce:
    if isinstance(value, str) and value.strip().lower() == "unsafe":
        return "unsafe"
    try:
        return _bool(value)
    except Mistake:
        hint = 'Write True, False, or "unsafe" to allow GET, HEAD, OPTIONS and QUERY.'
        what = 'is not True, False or "unsafe".'
        raise Mistake("enforce-invalid", what, hint=hint) from None


def read_max_age(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``max_age`` into seconds."""
    return read_one(_max_age, value, where, problems)


def _max_age(value: object) -> int:
    seconds = _whole_number(value.total_seconds() if isinstance(value, timedelta) else value)
    hint = "Write seconds such as 600, or a timedelta. 0 disables the preflight cache."
    if isinstance(value, float) or seconds is None:
        raise Mistake("max-age-invalid", "is not a whole number of seconds.", hint=hint)
    if seconds < 0:
        raise Mistake("max-age-negative", "is negative.", hint=hint)
    if seconds >= _LONGEST_AGE:
        what = "is longer than any browser caches a preflight."
        raise Mistake("max-age-too-long", what, hint=hint)
    return seconds


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
    return read_one(_preflight_status, value, where, problems)


def _preflight_status(value: object) -> int:
    status = None if isinstance(value, float) else _whole_number(value)
    if status is None or not 200 <= status <= 299:
        what = "is not a success status, so preflights would fail."
        raise Mistake("preflight-status-invalid", what, hint="Write a number from 200 to 299.")
    return status
