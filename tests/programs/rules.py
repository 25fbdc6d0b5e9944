"""The differences from Flask-CORS that are meant, whatever the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .exchanges import Exchange

Facts = Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """Parts of responses that differ, and why."""

    parts: tuple[str, ...]
    reason: str
    #: Whether it is why two responses to an exchange differ in these parts.
    holds: Callable[[Exchange, Facts, Facts], bool]


def _any_origin(after: Facts) -> bool:
    return after.get("Allow-Origin") == "*"


def _refused_preflight(exchange: Exchange, after: Facts) -> bool:
    return exchange.preflight and after["status"] == "403"


RULES = [
    Rule(
        ("status",),
        "A preflight that is answered has no body.",
        lambda exchange, before, after: (
            exchange.preflight and before["status"] == "200" and after["status"] == "204"
        ),
    ),
    Rule(
        ("status",),
        "A preflight whose origin is refused is refused itself.",
        lambda exchange, before, after: (
            _refused_preflight(exchange, after) and "Allow-Origin" not in before
        ),
    ),
    Rule(
        ("status",),
        "A preflight is answered where no view serves the URL, so that the page can read the 404.",
        lambda exchange, before, after: (
            exchange.preflight and before["status"] == "404" and after["status"] == "204"
        ),
    ),
    Rule(
        ("Allow-Origin", "Allow-Credentials"),
        "A 405 belongs to the policy of the URL's views, also those of a blueprint.",
        lambda exchange, before, after: after["status"] == "405" and "Allow-Origin" in after,
    ),
    Rule(
        ("Allow-Origin",),
        "Any origin is a star, so that one response serves all.",
        lambda exchange, before, after: (
            before.get("Allow-Origin") == exchange.origin and _any_origin(after)
        ),
    ),
    Rule(
        ("Vary",),
        "A star does not depend on the origin.",
        lambda exchange, before, after: "Vary" in before and _any_origin(after),
    ),
    Rule(
        ("Vary",),
        "What depends on the origin says so, also where it is refused.",
        lambda exchange, before, after: "Vary" in after,
    ),
    Rule(
        ("Allow-Origin", "Allow-Credentials"),
        "Several origins: a request without Origin gets none of them.",
        lambda exchange, before, after: exchange.origin is None and "Allow-Origin" not in after,
    ),
    Rule(
        ("Allow-Methods",),
        "QUERY is a method by default.",
        lambda exchange, before, after: (
            {*after.get("Allow-Methods", "").split(", ")}
            - {*before.get("Allow-Methods", "").split(", ")}
            == {"query"}
        ),
    ),
]


def reason(part: str, exchange: Exchange, before: Facts, after: Facts) -> str | None:
    """Return why a part of two responses differs, or None if no rule says so."""
    for rule in RULES:
        if part in rule.parts and rule.holds(exchange, before, after):
            return rule.reason
    return None
