"""The client's half of the Fetch standard's words: what script may send and see.

Safelists with their value rules, forbidden names, and the small grammars these need. All of it
is pure: strings in, answers out. A header value is a string of Latin-1 characters, one for each
byte, as in WSGI.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .grammar import FORBIDDEN_METHODS, is_token

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The methods that are upper-cased whatever way they were written (Fetch, "normalize").
NORMALIZED_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})

#: The names that script may not set (Fetch, "forbidden request-header"), in lower case.
#: :data:`FORBIDDEN_REQUEST_HEADER_PREFIXES` and :func:`is_forbidden_request_header` know the rest.
FORBIDDEN_REQUEST_HEADERS = frozenset(
    {
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)

#: The names with which a POST stands for another method, in lower case. Pages may set them, unless
#: the value has a forbidden method (Fetch, "forbidden request-header").
METHOD_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})

#: How the other names begin that script may not set, in lower case.
FORBIDDEN_REQUEST_HEADER_PREFIXES = ("proxy-", "sec-")

#: The names that a ``no-cors`` request may carry (Fetch, "no-CORS-safelisted request-header name").
NO_CORS_REQUEST_HEADERS = frozenset(
    {"accept", "accept-language", "content-language", "content-type"}
)

#: The names that ``*`` in ``Access-Control-Allow-Headers`` never covers
#: (Fetch, "CORS non-wildcard request-header name").
NON_WILDCARD_REQUEST_HEADERS = frozenset({"authorization"})

#: What script sees of a cross-origin response without being told
#: (Fetch, "CORS-safelisted response-header name"), in lower case.
SAFELISTED_RESPONSE_HEADERS = frozenset(
    {
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    }
)

#: What script never sees of any response (Fetch, "forbidden response-header name").
FORBIDDEN_RESPONSE_HEADERS = frozenset({"set-cookie", "set-cookie2"})

#: The most bytes that one safelisted value may have, and all of them together.
MAX_SAFELISTED_VALUE = 128
MAX_SAFELISTED_VALUES = 1024

_SAFELISTED_ESSENCES = frozenset(
    {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
)
_UNSAFE_BYTE = re.compile(r'[\x00-\x08\x0a-\x1f"():<>?@\[\\\]{}\x7f]')
_LANGUAGES = re.compile(r"[0-9A-Za-z *,\-.;=]*")
_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]*)")
#: An element of a list: whatever is no comma, or a quoted string, whose end may be missing.
_ELEMENT = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*(?:"|\\?\Z))+', re.DOTALL)
#: One more digit than 2**63 - 1 has.
_MAX_RANGE_DIGITS = 20


def normalize_method(method: str) -> str:
    """Upper-case the six methods that Fetch upper-cases, and leave all others as written.

    >>> normalize_method("put"), normalize_method("patch")
    ('PUT', 'patch')
    """
    upper = method.upper()
    return upper if upper in NORMALIZED_METHODS else method


def is_forbidden_method(method: str) -> bool:
    """Tell whether no script may send this method, in whatever case (Fetch, "forbidden method")."""
    return method.upper() in FORBIDDEN_METHODS


def is_forbidden_request_header(name: str, value: str) -> bool:
    """Tell whether a browser drops this header of a script's (Fetch, "forbidden request-header").

    >>> is_forbidden_request_header("Sec-Fetch-Site", "none")
    True
    >>> is_forbidden_request_header("X-HTTP-Method-Override", "PUT, track")
    True
    """
    name = name.lower()
    if name in FORBIDDEN_REQUEST_HEADERS or name.startswith(FORBIDDEN_REQUEST_HEADER_PREFIXES):
        return True
    return name in METHOD_OVERRIDES and any(map(is_forbidden_method, split_list(value)))


def split_list(value: str) -> list[str]:
    """Split a header value at its commas (Fetch, "get, decode, and split"), but not within quotes.

    >>> split_list('a , "b, c",d')
    ['a', '"b, c"', 'd']
    """
    return [element.strip(" \t") for element in _ELEMENT.findall(value)]


def is_safelisted_request_header(name: str, value: str) -> bool:
    """Tell whether a header needs no preflight (Fetch, "CORS-safelisted request-header").

    >>> is_safelisted_request_header("Content-Type", "text/plain;charset=UTF-8")
    True
    >>> is_safelisted_request_header("Content-Type", "application/json")
    False
    """
    if len(value) > MAX_SAFELISTED_VALUE:
        return False
    match name.lower():
        case "accept":
            return _UNSAFE_BYTE.search(value) is None
        case "accept-language" | "content-language":
            return _LANGUAGES.fullmatch(value) is not None
        case "content-type":
            essence = mime_essence(value)
            return _UNSAFE_BYTE.search(value) is None and essence in _SAFELISTED_ESSENCES
        case "range":
            return is_safelisted_range(value)
    return False


def mime_essence(value: str) -> str | None:
    """Read the essence of a MIME type, in lower case (MIME Sniffing, "parse a MIME type").

    :returns: None for what is no MIME type. The parameters play no part.

    >>> mime_essence(" Text/HTML ; charset=utf-8")
    'text/html'
    >>> mime_essence("text / html") is None
    True
    """
    main, _, rest = value.strip("\t\n\r ").partition("/")
    subtype = rest.partition(";")[0].rstrip("\t\n\r ")
    return f"{main}/{subtype}".lower() if is_token(main) and is_token(subtype) else None


def is_safelisted_range(value: str) -> bool:
    """Tell whether a ``Range`` is the simple one that needs no preflight.

    That is one range with a start and perhaps an end, written without a blank (Fetch, "parse a
    single range header value"). Numbers go up to 2**63 - 1: the standard sets no bound, engines do.
    """
    match = _RANGE.fullmatch(value)
    if match is None:
        return False
    first, last = (_bounded_number(digits) for digits in match.groups())
    return first is not None and last is not None and (match[2] == "" or first <= last)


def _bounded_number(digits: str) -> int | None:
    digits = digits.lstrip("0")[:_MAX_RANGE_DIGITS]
    number = int(digits or "0")
    return number if number < 2**63 else None


def unsafe_request_header_names(headers: Iterable[tuple[str, str]]) -> list[str]:
    """List the names that a preflight has to ask for (Fetch, "CORS-unsafe request-header names").

    :param headers: what script set, each line by itself.
    :returns: the names in lower case, each once, sorted.
    """
    unsafe: set[str] = set()
    safelisted: set[str] = set()
    size = 0
    for name, value in headers:
        if is_safelisted_request_header(name, value):
            safelisted.add(name.lower())
            size += len(value)
        else:
            unsafe.add(name.lower())
    return sorted(unsafe | safelisted if size > MAX_SAFELISTED_VALUES else unsafe)
