"""Path patterns, and which one decides if several match."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

from .automaton import NOTHING, Automaton, Plain, UnreadableError, add_flags, check_length
from .patterns import Patterns

T = TypeVar("T")

_DOT_SEGMENT = re.compile(r"/\.\.?(?:/|\Z)")
_ATOM = re.compile(
    # An unfinished set or escape at the end counts as a regex too, so that compiling it fails.
    r"(?P<regex>\\.?|\[\^?\]?(?:\\.|[^\]\\])*(?:\]|\Z|\\)|[()|^$+?]|\{[0-9]*,?[0-9]*\}"
    r"|\.(?=[*+?]|\{[0-9]))"
    r"|(?P<star>\*)|(?P<literal>.)",
    re.DOTALL,
)


class PathPattern(NamedTuple):
    """A pattern of ``resources``, which says which paths a policy covers.

    >>> PathPattern.of("/api/*").matches("/api/items")
    True
    >>> PathPattern.of("/api/*").matches("/apiary")
    False
    """

    #: As the user wrote it.
    written: str
    regex: Plain | Automaton | re.Pattern[str]
    #: The text that every matching path begins with.
    start: str
    #: Whether ``start`` is the only path that matches.
    literal: bool

    @classmethod
    def of(cls, pattern: str | re.Pattern[str]) -> PathPattern:
        """Read a pattern.

        :raises re.error: it is a string that is not a valid regex.
        :raises UnreadableError: it is a string with a regex that no automaton can match.
        """
        # Without DOTALL, a path with a line break (%0a) would not match a strict pattern and fall
        # through to a more permissive one.
        if isinstance(pattern, str):
            check_length(pattern)
            start = pattern.rstrip("*")
            atoms = {match.lastgroup for match in _ATOM.finditer(pattern)}
            if "regex" not in atoms and "*" not in start:
                plain = Plain(start, has_rest=start != pattern)
                return cls(pattern, plain, start, literal=not plain.has_rest)
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
        """Return whether the pattern matches the whole of a path, which is decoded once."""
        return bool(self.regex.fullmatch(path))


def as_regex(text: str) -> str:
    r"""Convert a string pattern to a regex: a ``*`` after a literal character matches anything.

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
    """A map from path patterns to values, such as policies.

    If several patterns match a path, the most specific one decides: a literal path first, then the
    pattern with the longest literal start, then the one that was declared first.

    :param entries: the patterns and their values, in the order in which they were declared.
    :param unjudged: the value of paths that aren't compared with the patterns: those with a ``.``
        or ``..`` segment, which a proxy in front of the application may resolve differently, and
        those that are too long to be matched in bounded time.
    :raises TooMuchWorkError: there are too many patterns, or they are too long.
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
        # The path of the last look-up and its value. A preflight looks up one path several times.
        self._last: tuple[str | None, T | None] = (None, None)
        #: The value of all paths, if the only pattern matches every path. The exceptions are paths
        #: with a dot segment: see ``unjudged``.
        self.everywhere: T | None = None
        if len(self.entries) == 1:
            pattern, value = self.entries[0]
            if pattern.regex.pattern == ".*":
                self.everywhere = value

    def find(self, path: str) -> T | None:
        """Find the value of a path.

        :param path: the path, decoded once, with its leading slash.
        :returns: None if no pattern matches.
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
