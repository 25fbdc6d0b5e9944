"""What the facts of ``routes --json`` allow, and how those of two policies differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from ..core.policy import Methods
from ..fetch.grammar import SAFE_METHODS
from .coverage import Covered, Term, Terms


class Grant(NamedTuple):
    """What some origins may do."""

    origins: Terms
    methods: Methods
    allow_headers: Terms
    #: In lower case, by which they are compared, and as they were written.
    expose_headers: tuple[tuple[str, str], ...]
    credentials: bool

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Grant:
        """Read the facts of a policy, or of a part of it."""
        return cls(
            Terms(Term.of(text, "origin") for text in facts["origins"] if text != "none"),
            Methods(frozenset(facts["methods"]), any="*" in facts["methods"]),
            Terms(Term.of(text, "header") for text in facts["allow_headers"]),
            tuple((name.lower(), name) for name in facts["expose_headers"]),
            bool(facts["credentials"]),
        )


class Record:
    """What a policy says, read from its facts."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        #: The first that has an origin decides about it: those of ``for_origins`` come first.
        self.grants = (*map(Grant.read, facts["for_origins"]), Grant.read(facts))
        self._enforce = facts["enforce"]

    def find(self, terms: Sequence[Term]) -> tuple[Grant | None, Covered]:
        """Find what decides about the origins for which all of some terms stand.

        :returns: what decides, and whether that is known. If nothing does, they may do nothing.
        """
        covered: Covered = "no"
        for grant in self.grants:
            answers = {grant.origins.cover(term) for term in terms}
            if "yes" in answers:
                return grant, "yes"
            if "unknown" in answers:
                covered = "unknown"
        return None, covered

    def refuses_others(self, method: str) -> bool:
        """Return whether a request of another origin does not reach the view."""
        return self._enforce is True or (self._enforce == "unsafe" and method not in SAFE_METHODS)


class Compared(NamedTuple):
    """An origin that is allowed now."""

    origin: str
    #: What it could do before; None if it could do nothing, unless it is not known.
    before: Grant | None
    now: Grant
    #: Whether it is known that something decided about it before.
    covered: Covered


def compare(old: Record, new: Record) -> Iterator[Compared]:
    """Give each origin that is allowed now, with what decided before and what decides now."""
    for terms in _subjects(old, new) if old is not new else ():
        now, _ = new.find(terms)
        if now is not None:
            before, covered = old.find(terms)
            yield Compared(" and ".join(term.text for term in terms), before, now, covered)


def _subjects(old: Record, new: Record) -> Iterator[tuple[Term, ...]]:
    """Give origins that stand for all others: what decides about each also decides about these.

    Where two patterns overlap, and neither covers the other, one may have decided before and the
    other now. Without ``for_origins``, it makes no difference which of them does.
    """
    grants = (*old.grants, *new.grants)
    terms = list(dict.fromkeys(term for grant in grants for term in grant.origins))
    yield from ((term,) for term in terms)
    if len(old.grants) == len(new.grants) == 1:
        return
    for one, other in combinations(terms, 2):
        if (
            not (one.is_literal and other.is_literal)
            and Terms([one]).cover(other) != "yes"
            and Terms([other]).cover(one) != "yes"
            and one.overlaps(other)
        ):
            yield one, other
