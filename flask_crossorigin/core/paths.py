"""Path patterns, and which of several that match is the most specific."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

from .automaton import NOTHING, Automaton, UnreadableError, add_flags, check_length
from .patterns import Patterns

T = TypeVar("T")

_DOT_SEGMENT = re.compile(r"/\.\.?(?:/|\Z)")
_ATOM = re.compile(
    # A set or an escape that the text ends in stays a regex too, so that reading it fails.
    r"(?P<regex>\\.?|\[\^?\]?(?:\\.|[^\]\\])*(?:\]|\Z|\\)|[()|^$+?]|\{[0-9]*,?[0-9]*\}"
    r"|\.(?=[*+?]|\{[0-9]))"
    r"|(?P<star>\*)|(?P<literal>.)",
    re.DOTALL,
)


class PathPattern(NamedTuple):
    """A resource pattern: which paths a policy is for.

    >>> PathPattern.of("/api/*").matches("/api/items")
    True
    >>> PathPattern.of("/api/*").matches("/apiary")
    False
    """

    #: As the user wrote it.
    written: str
    regex: Automaton | re.Pattern[str]
    #: The text with which every path that matches begins.
    start: str
    #: Whether the start is the only path that matches.
    literal: bool

    @classmethod
    def of(cls, pattern: str | re.Pattern[str]) -> PathPattern:
        """Read a pattern.

        :raises re.error: if it is a string with a regex that doesn't compile.
        :raises UnreadableError: if it is a string with a regex that has to be compiled.
        """
        # Without DOTALL, a path with a line break (%0a) would slip past a stricter pattern to a
        # wider one.
        if isinstance(pattern, str):
            check_length(pattern)
            automaton = Automaton.of(as_regex(pattern), re.DOTALL)
            return cls(pattern, automaton, *automaton.literal_start())
        regex = add_flags(pattern, re.DOTALL)
        try:
            start, is_complete = Automaton.judging(regex).literal_start()
        except UnreadableError:
            start, is_complete = "", False
        return cls(pattern.pattern, regex, start, is_complete)

    def __str__(self) -> str:
        return self.written

    def matches(self, path: str) -> bool:
        """Return whether the pattern matches the whole of a decoded path."""
        return bool(self.regex.fullmatch(path))


def as_regex(text: str) -> str:
    r"""Write a string pattern as a regex: a ``*`` after a literal stands for anything.

    >>> as_regex("/api/v1.0/*")
    '/api/v1\\.0/.*'
    >>> as_regex(r"/\w*/x")
    '/\\w*/x'
    """
    parts: list[str] = []
    after_literal = True
    for match in _ATOM.finditer(text):
        if match["regex"]:
            parts.append(match["regex"])
            after_literal = False
        elif match["star"]:
            if not after_literal:
                parts.append("*")
            elif parts[-1:] != [".*"]:
                parts.append(".*")
        else:
            parts.append(re.escape(match["literal"]))
            after_literal = True
    return "".join(parts)


class ResourceMap(Generic[T]):
    """What belongs to which paths. The most specific pattern that matches a path decides.

    That is a literal path, else the pattern with the longest literal start, else the one that
    was declared first.

    :param entries: the patterns with what belongs to them, in the order of their declaration.
    :param unjudged: what belongs to paths that match no pattern because they aren't judged: those
        with a ``.`` or ``..`` segment, which a proxy in front of the application may have read as
        other paths, and those of which too much would have to be read.
    :raises TooMuchWorkError: if the patterns are too many, or too long.
    """

    def __init__(self, entries: Iterable[tuple[PathPattern, T]], unjudged: T | None = None) -> None:
        self.entries = tuple(entries)
        self._unjudged = unjudged
        self._literals: dict[str, T] = {}
        for pattern, value in self.entries:
            if pattern.literal:
                self._literals.setdefault(pattern.start, value)
        others = [entry for entry in self.entries if not entry[0].literal]
        self._patterns = Patterns(pattern.regex for pattern, _ in others)
        self._values = [value for _, value in others]
        # A preflight asks about the same path for each method.
        self._last: tuple[str | None, T | None] = (None, None)
        #: What belongs to every path without a dot segment, if there is nothing else.
        self.everywhere: T | None = None
        if len(self.entries) == 1:
            pattern, value = self.entries[0]
            if pattern.regex.pattern == ".*":
                self.everywhere = value

    def find(self, path: str) -> T | None:
        """Find what belongs to a path.

        :param path: decoded once, with its leading slash.
        """
        if "/." in path and _DOT_SEGMENT.search(path):
            return self._unjudged
        if path in self._literals:
            return self._literals[path]
        last, value = self._last
        if last != path:
            value = self._find(path)
            self._last = path, value
        return value

    def _find(self, path: str) -> T | None:
        found = self._patterns.find(path)
        if found >= 0:
            return self._values[found]
        return None if found == NOTHING else self._unjudged
