"""Whether what some origins or header names stand for is covered by others, as ``diff`` asks.

Both are texts, as ``flask cors routes --json`` prints them.
"""

from __future__ import annotations

import re
import string
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from ..core.automaton import Automaton, TooManyStatesError, UnreadableError, find_text
from ..core.origins import ANY_HOST
from ..fetch.grammar import OPAQUE_ORIGINS

#: ``unknown`` where it cannot be decided.
Covered = Literal["yes", "no", "unknown"]
Kind = Literal["origin", "header"]

_REGEX = re.compile(r"""r(["'])(.*)\1""", re.DOTALL)
_PATTERN = re.compile(r"([^:/]+)://(\*\.)?(\[[^\]]*\]|[^:]+)(?::(\*|[0-9]+))?")
_LABEL = "[A-Za-z0-9_-]+"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\.|\[[0-9a-f:]+\])"
_PORT = "(?::[1-9][0-9]*)?"
_LOWER_HOST = _HOST.replace("A-Z", "")
_NO_SPECIAL_SCHEME = r"(?:[a-eg-gi-vx-z][a-z0-9]*|[a-z][a-z0-9]*[+.-][a-z0-9+.-]*)"
# What browsers send: the host is in lower case with the schemes that are special.
_ORIGINS = Automaton.of(
    rf"(?:https?|wss?|ftp)://{_LOWER_HOST}{_PORT}|{_NO_SPECIAL_SCHEME}://{_HOST}{_PORT}"
    "|null|file://"
)
_HEADER_NAMES = Automaton.of(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_CHARACTERS: dict[Kind, str] = {
    "origin": string.ascii_lowercase + string.digits + "-._:/[]+" + string.ascii_uppercase,
    "header": string.ascii_lowercase + string.digits + "-!#$%&'*+.^_`|~",
}
_GRAMMARS: dict[Kind, Automaton] = {"origin": _ORIGINS, "header": _HEADER_NAMES}


class Term(NamedTuple):
    """One origin, pattern, regex or function; or one header name or pattern of these."""

    text: str
    kind: Kind
    #: What it stands for; None if it stands for itself alone.
    regex: re.Pattern[str] | None = None
    #: Whether what it stands for isn't known: it is a function.
    is_unknown: bool = False

    @classmethod
    def of(cls, text: str, kind: Kind) -> Term:
        """Read a text of ``routes --json``."""
        return _read_header_name(text) if kind == "header" else _read_origin(text)

    @property
    def is_literal(self) -> bool:
        """Whether it stands for itself alone."""
        return self.regex is None and not self.is_unknown

    def matches(self, text: str) -> bool:
        """Return whether it is known to stand for an origin or a header name."""
        if self.regex is not None:
            return self.regex.fullmatch(text) is not None
        return self.text == text

    def automaton(self) -> Automaton | None:
        """Return what matches at least as much as the term does; None if that is not known."""
        if self.is_unknown:
            return None
        try:
            return Automaton.judging(self.regex or re.compile(re.escape(self.text)))
        except UnreadableError:
            return None

    def overlaps(self, other: Term) -> bool:
        """Return whether something may be what both stand for."""
        automata = [self.automaton(), other.automaton()]
        wanted = [automaton for automaton in automata if automaton is not None]
        try:
            return len(wanted) < 2 or _find(self.kind, wanted) is not None
        except TooManyStatesError:
            return True


@lru_cache(maxsize=4096)
def _read_origin(text: str) -> Term:
    written = _REGEX.fullmatch(text)
    if written is not None:
        return _compiled(text, "origin", written[2])
    if text == "*":
        return _compiled(text, "origin", "(?s:.*)")
    pattern = _PATTERN.fullmatch(text)
    if pattern is None and text not in OPAQUE_ORIGINS:
        return Term(text, "origin", is_unknown=True)
    if pattern is None or "*" not in text:
        return Term(text, "origin")
    scheme, below, host, port = pattern.groups()
    source = f"{re.escape(scheme)}://"
    source += rf"(?:{_LABEL}\.)+" if below else ""
    source += _HOST if host == ANY_HOST else re.escape(host)
    source += _PORT if port == "*" else f":{port}" if port else ""
    return _compiled(text, "origin", source)


@lru_cache(maxsize=4096)
def _read_header_name(text: str) -> Term:
    written = _REGEX.fullmatch(text)
    if written is not None:
        return _compiled(text, "header", written[2])
    if "*" in text:
        return _compiled(text, "header", ".*".join(map(re.escape, text.split("*"))))
    return Term(text.lower(), "header")


def _compiled(text: str, kind: Kind, source: str) -> Term:
    flags = re.IGNORECASE if kind == "header" else 0
    with warnings.catch_warnings():
        # The program itself has shown the warnings about its regexes.
        warnings.simplefilter("ignore")
        try:
            return Term(text, kind, re.compile(source, flags))
        except re.error:
            # Another version of Python wrote it.
            return Term(text, kind, is_unknown=True)


def _find(kind: Kind, wanted: list[Automaton], unwanted: Sequence[Automaton] = ()) -> str | None:
    return find_text([*wanted, _GRAMMARS[kind]], unwanted, _CHARACTERS[kind])


class Terms:
    """What is allowed: several terms, of which one is enough."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._terms = tuple(terms)
        self._texts = {term.text for term in self._terms}
        self._literals = {term.text for term in self._terms if term.is_literal}
        self._others = [term for term in self._terms if not term.is_literal]
        self._automata = [
            automaton
            for automaton in (term.automaton() for term in self._others)
            if automaton is not None
        ]
        # Those that match nothing more than the terms do.
        self._exact = [each for each in self._automata if not each.is_widened]

    def __iter__(self) -> Iterator[Term]:
        return iter(self._terms)

    def cover(self, term: Term) -> Covered:
        """Return whether everything that a term stands for is allowed."""
        if not self._texts.isdisjoint((term.text, "*")):
            return "yes"
        if term.is_literal:
            return "yes" if self._match(term.text) else self._otherwise()
        automaton = term.automaton()
        if automaton is None:
            return "unknown"
        try:
            for automata in (self._automata, self._exact):
                found = self._find_beyond(term.kind, automaton, automata)
                if found is not None and term.matches(found) and not self._match(found):
                    return self._otherwise()
        except (TooManyStatesError, UnreadableError):
            return "unknown"
        return "yes" if found is None else "unknown"

    def _match(self, text: str) -> bool:
        return text in self._literals or any(term.matches(text) for term in self._others)

    def _otherwise(self) -> Covered:
        return "unknown" if any(term.is_unknown for term in self._others) else "no"

    def _find_beyond(
        self, kind: Kind, automaton: Automaton, automata: list[Automaton]
    ) -> str | None:
        """Find what an automaton matches, and neither others nor the literal terms do."""
        found = _find(kind, [automaton], automata)
        if found not in self._literals:
            return found
        # A regex may match a few texts only, all of which are listed.
        listed = Automaton.judging(re.compile("|".join(map(re.escape, sorted(self._literals)))))
        return _find(kind, [automaton], [*automata, listed])
