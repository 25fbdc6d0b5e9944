"""Reads from the JSON of ``routes --json`` what a policy allows, and compares two policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from ..core.policy import Methods
from ..fetch.grammar import SAFE_METHODS
from .terms import Covered, Term, Terms


class Grant(NamedTuple):
    """What some origins may do."""

    origins: Terms
    methods: Methods
    allow_headers: Terms
    #: The names in lower case, for comparing, each with its original spelling.
    expose_headers: tuple[tuple[str, str], ...]
    credentials: bool

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Grant:
        """Read the JSON of a policy, or of one of its ``for_origins``."""
        return cls(
            Terms(Term.of(text, "origin") for text in facts["origins"] if text != "none"),
            Methods(frozenset(facts["methods"]), any="*" in facts["methods"]),
            Terms(Term.of(text, "header") for text in facts["allow_headers"]),
            tuple((name.lower(), name) for name in facts["expose_headers"]),
            bool(facts["credentials"]),
        )


class Record:
    """A policy, read from its JSON."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        #: The first grant that covers an origin decides, so those in ``for_origins`` come first.
        self.grants = (*map(Grant.read, facts["for_origins"]), Grant.read(facts))
        self._enforce = facts["enforce"]

    def find(self, terms: Sequence[Term]) -> tuple[Grant | None, Covered]:
        """Find the grant that decides for the origins that all of some terms allow.

        :returns: the grant and ``yes``. Without one, the origins may do nothing, and the second
            value is ``no``, or ``unknown`` if some grant might cover them.
        """
        covered: Covered = "no"
        for grant in self.grants:
            results = {grant.origins.cover(term) for term in terms}
            if "yes" in results:
                return grant, "yes"
            if "unknown" in results:
                covered = "unknown"
        return None, covered

    def refuses_others(self, method: str) -> bool:
        """Return whether ``enforce`` keeps requests of other origins from the view."""
        return self._enforce is True or (self._enforce == "unsafe" and method not in SAFE_METHODS)


class Compared(NamedTuple):
    """What an origin that is allowed now may do, before and now."""

    origin: str
    #: What it could do before; None if nothing, or if it is unknown.
    before: Grant | None
    now: Grant
    #: Whether some grant covered the origin before.
    covered: Covered


def compare(old: Record, new: Record) -> Iterator[Compared]:
    """Yield each origin that the new policy allows, with what it may do under both."""
    for terms in _subjects(old, new) if old is not new else ():
        now, _ = new.find(terms)
        if now is not None:
            before, covered = old.find(terms)
            yield Compared(" and ".join(term.text for term in terms), before, now, covered)


def _subjects(old: Record, new: Record) -> Iterator[tuple[Term, ...]]:
    """Yield the sets of origins to compare, each as terms of which an origin matches all.

    These are the terms themselves and, with ``for_origins``, pairs of terms that overlap without
    one covering the other: one may have decided before, and the other may decide now.
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
