"""Which headers JavaScript can send and read, as the Fetch standard defines it.

These are its safelists, its forbidden names, and the grammars for their values. A header value is a
string of Latin-1 characters, one for each byte, as in WSGI. Names in quotation marks are terms of
the standard: https://fetch.spec.whatwg.org/#terminology-headers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .grammar import FORBIDDEN_METHODS, is_token

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The methods that browsers convert to upper case (Fetch, "normalize":
#: https://fetch.spec.whatwg.org/#concept-method-normalize).
NORMALIZED_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})

#: The headers that JavaScript can't set, in lower case (Fetch, "forbidden request-header":
#: https://fetch.spec.whatwg.org/#forbidden-request-header). There are more of them: see
#: :func:`is_forbidden_request_header`.
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

#: The headers with which a POST asks the server to treat it as another method, in lower case.
#: JavaScript can set them unless the value has a forbidden method.
METHOD_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})

#: The prefixes of other headers that JavaScript can't set, in lower case.
FORBIDDEN_REQUEST_HEADER_PREFIXES = ("proxy-", "sec-")

#: The headers of a ``no-cors`` request (Fetch, "no-CORS-safelisted request-header name").
NO_CORS_REQUEST_HEADERS = frozenset(
    {"accept", "accept-language", "content-language", "content-type"}
)

#: The headers that ``*`` in ``Access-Control-Allow-Headers`` never covers
#: (Fetch, "CORS non-wildcard request-header name").
NON_WILDCARD_REQUEST_HEADERS = frozenset({"authorization"})

#: The headers of a cross-origin response that JavaScript can always read, in lower case
#: (Fetch, "CORS-safelisted response-header name").
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

#: The headers that JavaScript can never read (Fetch, "forbidden response-header name").
FORBIDDEN_RESPONSE_HEADERS = frozenset({"set-cookie", "set-cookie2"})

#: The longest safelisted value, and the most that all of them together may have, in bytes.
MAX_SAFELISTED_VALUE = 128
MAX_SAFELISTED_VALUES = 1024

_SAFELISTED_ESSENCES = frozenset(
    {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
)
_UNSAFE_BYTE = re.compile(r'[\x00-\x08\x0a-\x1f"():<>?@\[\\\]{}\x7f]')
_LANGUAGES = re.compile(r"[0-9A-Za-z *,\-.;=]*")
_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]*)")
#: An element of a list: anything except a comma, and quoted strings, even if the end is missing.
_ELEMENT = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*(?:"|\\?\Z))+', re.DOTALL)
#: One more digit than 2**63 - 1 has.
_MAX_RANGE_DIGITS = 20


def normalize_method(method: str) -> str:
    """Convert a method to upper case if it is one of six; leave others unchanged.

    https://fetch.spec.whatwg.org/#concept-method-normalize

    >>> normalize_method("put"), normalize_method("patch")
    ('PUT', 'patch')
    """
    upper = method.upper()
    return upper if upper in NORMALIZED_METHODS else method


def is_forbidden_method(method: str) -> bool:
    """Return whether JavaScript can't send a method, in any case (Fetch, "forbidden method").

    https://fetch.spec.whatwg.org/#forbidden-method
    """
    return method.upper() in FORBIDDEN_METHODS


def is_forbidden_request_header(name: str, value: str) -> bool:
    """Return whether JavaScript can't set a header (Fetch, "forbidden request-header").

    https://fetch.spec.whatwg.org/#forbidden-request-header

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
    """Split a header value at commas outside quotes (Fetch, "get, decode, and split").

    https://fetch.spec.whatwg.org/#header-value-get-decode-and-split

    >>> split_list('a , "b, c",d')
    ['a', '"b, c"', 'd']
    """
    return [element.strip(" \t") for element in _ELEMENT.findall(value)]


def is_safelisted_request_header(name: str, value: str) -> bool:
    """Return whether a header needs no preflight (Fetch, "CORS-safelisted request-header").

    https://fetch.spec.whatwg.org/#cors-safelisted-request-header

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
    """Parse the essence of a MIME type (MIME Sniffing, "parse a MIME type").

    https://mimesniff.spec.whatwg.org/#parse-a-mime-type

    :returns: the type and subtype, in lower case, without parameters; None if it is not valid.

    >>> mime_essence(" Text/HTML ; charset=utf-8")
    'text/html'
    >>> mime_essence("text / html") is None
    True
    """
    main, _, rest = value.strip("\t\n\r ").partition("/")
    subtype = rest.partition(";")[0].rstrip("\t\n\r ")
    return f"{main}/{subtype}".lower() if is_token(main) and is_token(subtype) else None


def is_safelisted_range(value: str) -> bool:
    """Return whether a ``Range`` needs no preflight (Fetch, "parse a single range header value").

    It must be a single range of bytes with a start, written without whitespace:
    https://fetch.spec.whatwg.org/#simple-range-header-value. The standard does not limit the
    numbers. Browsers do, so the highest one is 2**63 - 1.
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
    """List the headers that a preflight must ask for (Fetch, "CORS-unsafe request-header names").

    https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names

    :param headers: the headers that JavaScript set. Repeated headers are separate lines.
    :returns: the names in lower case, sorted, without duplicates.
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
