"""Header lists, as Fetch stores them and as JavaScript reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, cast

from ..fetch.grammar import is_token, parse_token_list

Pairs: TypeAlias = Iterable[tuple[str, str]]
#: What headers can be passed as.
HeadersInit: TypeAlias = Mapping[str, str] | Pairs

#: The characters around a value that are not part of it (Fetch, "HTTP whitespace byte"). It is
#: tempting to call ``str.strip()`` without an argument, but that also strips a vertical tab or
#: a form feed.
WHITESPACE = "\t\n\r "

_INVALID_VALUE = re.compile(r"[\x00\n\r]|[^\x00-\xff]")
#: A number of seconds with more digits than this is replaced by this power of ten.
_FOREVER_DIGITS = 12


class HeaderList(Mapping[str, str]):
    """An immutable list of headers, in the order and case in which they went over the wire.

    It reads like ``Headers`` in JavaScript: names in any case, repeated headers as one value
    joined with ``", "``, iteration over the lower-case names in sorted order.

    >>> headers = HeaderList([("X-Part", "a"), ("Date", "now"), ("x-part", "b")])
    >>> headers["X-PART"]
    'a, b'
    >>> list(headers)
    ['date', 'x-part']
    """

    def __init__(self, lines: Iterable[tuple[str, str]] = ()) -> None:
        #: The unchanged header lines as ``(name, value)`` pairs, including repeated ones.
        self.lines = tuple(lines)

    def getlist(self, name: str) -> list[str]:
        """Return the value of each line with this name, without surrounding whitespace."""
        name = name.lower()
        return [value.strip(WHITESPACE) for key, value in self.lines if key.lower() == name]

    def tokens(self, name: str) -> list[str] | None:
        """Parse all lines with this name as one list (Fetch, "extract header list values").

        https://fetch.spec.whatwg.org/#extract-header-list-values

        :returns: an empty list if there is no such line, None if an element is not a token.
        """
        return parse_token_list(self.get(name, ""))

    def __getitem__(self, name: str) -> str:
        values = self.getlist(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({name.lower() for name, _ in self.lines}))

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self.lines})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self.lines)!r})"


def parse_headers(init: HeadersInit) -> list[tuple[str, str]]:
    """Read the ``headers`` argument of ``fetch()`` (Fetch, "fill" and "validate").

    https://fetch.spec.whatwg.org/#concept-headers-fill

    :returns: the headers, without whitespace around the values.
    :raises TypeError: a name is not a token; a value has a NUL, a line break or a character
        outside Latin-1; or one of them is not a string.
    """
    pairs = cast("Pairs", init.items() if isinstance(init, Mapping) else init)
    try:
        lines = [(name, value) for name, value in pairs]
    except ValueError as error:
        raise TypeError(f"headers must be a mapping or pairs, not {init!r}") from error
    return [_parse_header(name, value) for name, value in lines]


def _parse_header(name: str, value: str) -> tuple[str, str]:
    if not isinstance(name, str) or not is_token(name):
        raise TypeError(f"{name!r} is not a valid header name")
    if not isinstance(value, str):
        raise TypeError(f"the value of the header {name!r} must be a string, not {value!r}")
    value = value.strip(WHITESPACE)
    if not is_header_value(value):
        raise TypeError(f"{value!r} is not a valid value for the header {name!r}")
    return name, value


def is_header_value(value: str) -> bool:
    """Return whether HTTP can carry a value: no NUL, no line break, only Latin-1."""
    return _INVALID_VALUE.search(value) is None


def parse_seconds(digits: str) -> int:
    """Parse the value of a ``Max-Age``, which may be of any length.

    :param digits: ASCII digits, with or without a minus sign in front.

    :returns: the number of seconds, at most 10**12.
    """
    number = digits.lstrip("-0")
    seconds = int(number or "0") if len(number) <= _FOREVER_DIGITS else 10**_FOREVER_DIGITS
    return -seconds if digits[0] == "-" else seconds
