"""Header lists, as Fetch keeps them and as script reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, cast

from ..fetch.grammar import is_token, parse_token_list

Pairs: TypeAlias = Iterable[tuple[str, str]]
#: What a header list can be made of.
HeadersInit: TypeAlias = Mapping[str, str] | Pairs

#: What surrounds a value without belonging to it (Fetch, "HTTP whitespace byte"). ``str.strip()``
#: without an argument would also take a vertical tab or a form feed.
WHITESPACE = "\t\n\r "

_NO_HEADER_VALUE = re.compile(r"[\x00\n\r]|[^\x00-\xff]")


class HeaderList(Mapping[str, str]):
    """An immutable list of headers, in the order and case in which they went over the wire.

    It reads as ``Headers`` does in script: names in any case, repeated headers as one value
    joined with ``", "``, iteration over the lower-cased names in sorted order.

    >>> headers = HeaderList([("X-Part", "a"), ("Date", "now"), ("x-part", "b")])
    >>> headers["X-PART"]
    'a, b'
    >>> list(headers)
    ['date', 'x-part']
    """

    def __init__(self, lines: Iterable[tuple[str, str]] = ()) -> None:
        #: The header lines as they are, repeats included.
        self.lines = tuple(lines)

    def getlist(self, name: str) -> list[str]:
        """Give the value of each line that has this name, blanks around it removed."""
        name = name.lower()
        return [value.strip(WHITESPACE) for key, value in self.lines if key.lower() == name]

    def tokens(self, name: str) -> list[str] | None:
        """Read all lines of this name as one list of tokens (Fetch, "extract header list values").

        :returns: an empty list if there is no such line, None if one element is no token.
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
    """Read what script passes as ``headers`` (Fetch, "fill" and "validate").

    :returns: the headers, their values stripped of the blanks around them.
    :raises TypeError: a name is no token, or a value has a NUL, a line break or a character
        beyond Latin-1, or one of them is no string.
    """
    pairs = cast("Pairs", init.items() if isinstance(init, Mapping) else init)
    try:
        lines = [(name, value) for name, value in pairs]
    except ValueError as error:
        raise TypeError(f"headers must be a mapping or pairs: {init!r}") from error
    return [_parse_header(name, value) for name, value in lines]


def _parse_header(name: str, value: str) -> tuple[str, str]:
    if not isinstance(name, str) or not is_token(name):
        raise TypeError(f"{name!r} is no header name")
    if not isinstance(value, str):
        raise TypeError(f"the value of the header {name!r} must be a string: {value!r}")
    value = value.strip(WHITESPACE)
    if not is_header_value(value):
        raise TypeError(f"{value!r} is no value for the header {name!r}")
    return name, value


def is_header_value(value: str) -> bool:
    """Tell whether a value can stand in a header: no NUL, no line break, Latin-1 only."""
    return _NO_HEADER_VALUE.search(value) is None
