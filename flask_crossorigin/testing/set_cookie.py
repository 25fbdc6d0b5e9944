"""The syntax of ``Set-Cookie`` (RFC 6265bis, 5.6) and of its dates (5.1.1).

https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis
"""

from __future__ import annotations

import re
from calendar import timegm
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from .headers import parse_seconds

#: The ``SameSite`` of a cookie. ``"Default"`` means that it is missing or unknown.
Enforcement: TypeAlias = Literal["Strict", "Lax", "None", "Default"]

#: The maximum length of a name and its value together, and of an attribute's value, in bytes.
MAX_NAME_AND_VALUE = 4096
MAX_ATTRIBUTE_VALUE = 1024

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_MAX_AGE = re.compile(r"-?[0-9]+")
_DELIMITER = re.compile(r"[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[^0-9].*)?")
_DAY = re.compile(r"([0-9]{1,2})(?:[^0-9].*)?")
_YEAR = re.compile(r"([0-9]{2,4})(?:[^0-9].*)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENFORCEMENTS: dict[str, Enforcement] = {"strict": "Strict", "lax": "Lax", "none": "None"}


@dataclass(frozen=True)
class SetCookie:
    """A parsed ``Set-Cookie`` header, before the cookie jar decides whether to store it."""

    name: str
    value: str
    #: In lower case, without a leading dot; empty if there is no ``Domain``.
    domain: str = ""
    #: Empty if there is no valid ``Path``.
    path: str = ""
    secure: bool = False
    http_only: bool = False
    same_site: Enforcement = "Default"
    partitioned: bool = False
    #: Seconds from now; 0 or less deletes the cookie. It takes precedence over :attr:`expires`.
    max_age: int | None = None
    #: Seconds since the epoch.
    expires: int | None = None


def parse_set_cookie(line: str) -> SetCookie | None:
    """Parse the value of a ``Set-Cookie`` header.

    :returns: None if a browser ignores the whole header: it has control characters, is too long,
        or has neither a name nor a value.

    >>> cookie = parse_set_cookie("id=1; Path=/app; samesite=none; Secure")
    >>> (cookie.name, cookie.value, cookie.path, cookie.same_site, cookie.secure)
    ('id', '1', '/app', 'None', True)
    """
    if _CONTROL.search(line):
        return None
    pair, *attributes = line.split(";")
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    name, value = name.strip("\t "), value.strip("\t ")
    if not name + value or len(name) + len(value) > MAX_NAME_AND_VALUE:
        return None
    cookie = SetCookie(name, value)
    for attribute in attributes:
        cookie = _apply(cookie, attribute)
    return cookie


def _apply(cookie: SetCookie, attribute: str) -> SetCookie:
    """Add an attribute. An invalid one is ignored, and a repeated one replaces the earlier."""
    key, _, value = attribute.partition("=")
    value = value.strip("\t ")
    if len(value) > MAX_ATTRIBUTE_VALUE:
        return cookie
    match key.strip("\t ").lower():
        case "domain":
            return replace(cookie, domain=value.removeprefix(".").lower())
        case "path":
            return replace(cookie, path=value if value.startswith("/") else "")
        case "secure":
            return replace(cookie, secure=True)
        case "partitioned":
            return replace(cookie, partitioned=True)
        case "httponly":
            return replace(cookie, http_only=True)
        case "samesite":
            return replace(cookie, same_site=_ENFORCEMENTS.get(value.lower(), "Default"))
        case "max-age" if _MAX_AGE.fullmatch(value):
            return replace(cookie, max_age=parse_seconds(value))
        case "expires" if (expires := parse_date(value)) is not None:
            return replace(cookie, expires=expires)
    return cookie


def parse_date(text: str) -> int | None:
    """Parse the date of a cookie, whose parts can be in any order.

    :returns: seconds since the epoch, or None if a part is missing or out of range.

    >>> parse_date("Thu, 01-Jan-70 00:01:00 GMT")
    60
    """
    time = day = month = year = None
    for token in _DELIMITER.split(text):
        if time is None and (match := _TIME.fullmatch(token)):
            time = match.groups()
        elif day is None and (match := _DAY.fullmatch(token)):
            day = int(match[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (match := _YEAR.fullmatch(token)):
            year = _four_digits(int(match[1]))
    if time is None or day is None or month is None or year is None or year < 1601:
        return None
    hour, minute, second = map(int, time)
    try:
        return timegm(datetime(year, month, day, hour, minute, second).timetuple())
    except ValueError:
        return None


def _four_digits(year: int) -> int:
    if 70 <= year <= 99:
        return year + 1900
    return year + 2000 if year <= 69 else year
