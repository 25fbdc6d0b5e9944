"""Decides for ``diff`` whether some origins or header names cover another one.

All of them are texts as ``flask cors routes --json`` prints them: a literal, a pattern, a regex or
the name of a function.
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

#: ``unknown`` if it can't be decided.
Covered = Literal["yes", "no", "unknown"]
Kind = Literal["origin", "header"]

_REGEX = re.compile(r"""r(["'])(.*)\1""", re.DOTALL)
_PATTERN = re.compile(r"([^:/]+)://(\*\.)?(\[[^\]]*\]|[^:]+)(?::(\*|[0-9]+))?")
_LABEL = "[A-Za-z0-9_-]+"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\.|\[[0-9a-f:]+\])"
_PORT = "(?::[1-9][0-9]*)?"
_LOWER_HOST = _HOST.replace("A-Z", "")
_NO_SPECIAL_SCHEME = r"(?:[a-eg-gi-vx-z][a-z0-9]*|[a-z][a-z0-9]*[+.-][a-z0-9+.-]*)"
# The origins that browsers send. With special schemes, such as https, the host is in lower case.
# https://url.spec.whatwg.org/#special-scheme
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
    """One entry in a list of allowed origins or header names."""

    text: str
    kind: Kind
    #: Matches what the term allows; None if it allows only its own text.
    regex: re.Pattern[str] | None = None
    #: Whether it is unknown what the term allows, as with a function.
    is_unknown: bool = False

    @classmethod
    def of(cls, text: str, kind: Kind) -> Term:
        """Read a text from ``routes --json``."""
        return _read_header_name(text) if kind == "header" else _read_origin(text)

    @property
    def is_literal(self) -> bool:
        """Whether the term allows only its own text."""
        return self.regex is None and not self.is_unknown

    def matches(self, text: str) -> bool:
        """Return whether the term is known to allow an origin or a header name."""
        if self.regex is not None:
            return self.regex.fullmatch(text) is not None
        return self.text == text

    def automaton(self) -> Automaton | None:
        """Return an automaton that matches everything that the term allows, and maybe more.

        :returns: None if it is unknown what the term allows.
        """
        if self.is_unknown:
            return None
        try:
            return Automaton.judging(self.regex or re.compile(re.escape(self.text)))
        except UnreadableError:
            return None

    def overlaps(self, other: Term) -> bool:
        """Return whether both terms might allow the same text."""
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
        # Python has already shown these warnings when the program compiled its regexes.
        warnings.simplefilter("ignore")
        try:
            return Term(text, kind, re.compile(source, flags))
        except re.error:
            # Another version of Python may have accepted it.
            return Term(text, kind, is_unknown=True)


def _find(kind: Kind, wanted: list[Automaton], unwanted: Sequence[Automaton] = ()) -> str | None:
    return find_text([*wanted, _GRAMMARS[kind]], unwanted, _CHARACTERS[kind])


class Terms:
    """A list of terms, which together allow what any of them allows."""

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
        # The automata that match exactly what their terms allow.
        self._exact = [each for each in self._automata if not each.is_widened]

    def __iter__(self) -> Iterator[Term]:
        return iter(self._terms)

    def cover(self, term: Term) -> Covered:
        """Return whether these terms allow everything that another term allows."""
        if not self._texts.isdisjoint((term.text, "*")):
            return "yes"
        if term.is_literal:
            return "yes" if self._match(term.text) else self._not_matched()
        automaton = term.automaton()
        if automaton is None:
            return "unknown"
        try:
            for automata in (self._automata, self._exact):
                found = self._find_beyond(term.kind, automaton, automata)
                if found is not None and term.matches(found) and not self._match(found):
                    return self._not_matched()
        except (TooManyStatesError, UnreadableError):
            return "unknown"
        return "yes" if found is None else "unknown"

    def _match(self, text: str) -> bool:
        return text in self._literals or any(term.matches(text) for term in self._others)

    def _not_matched(self) -> Covered:
        return "unknown" if any(term.is_unknown for term in self._others) else "no"

    def _find_beyond(
        self, kind: Kind, automaton: Automaton, automata: list[Automaton]
    ) -> str | None:
        """Find a text that an automaton matches, but no other automaton and no literal term.

        :param automata: the other automata.
        """
        found = _find(kind, [automaton], automata)
        if found not in self._literals:
            return found
        # Every text that the regex matches may be among the literals, so exclude all of them.
        listed = Automaton.judging(re.compile("|".join(map(re.escape, sorted(self._literals)))))
        return _find(kind, [automaton], [*automata, listed])
