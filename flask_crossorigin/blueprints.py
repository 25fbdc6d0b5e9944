"""Registrations of blueprints: which URLs belong to each, and which policies apply there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .core.paths import ResourceMap
from .core.policy import Policy

if TYPE_CHECKING:
    from flask import Flask
    from flask.blueprints import BlueprintSetupState
    from flask.sansio.blueprints import Blueprint

#: The regex for a variable part of a blueprint's URL prefix.
_SEGMENT = "[^/]+"
# A variable part of a URL rule. The arguments of its converter may contain ">".
_VARIABLE = re.compile(r"<(?:[A-Za-z_]\w*(?:\(.*?\))?:)?[A-Za-z_]\w*>")


class BlueprintPolicies(NamedTuple):
    """The policies of one registration of a blueprint."""

    #: The full name of the registration, as in ``parent.child``.
    name: str
    #: One policy for the whole blueprint, or a map from paths to policies.
    policies: Policy | ResourceMap[Policy]
    #: Matches the start of the blueprint's paths; None if it has no URL prefix.
    prefix: re.Pattern[str] | None
    #: Matches its subdomain, or its hosts with ``host_matching``; None if it accepts any.
    domain: re.Pattern[str] | None
    #: Whether every URL in its domain belongs to it, even without a prefix.
    owns_domain: bool

    def find(self, path: str) -> Policy | None:
        """Find the policy for a path that belongs to the blueprint."""
        return self.policies if isinstance(self.policies, Policy) else self.policies.find(path)

    def owns(self, domain: str, path: str) -> bool:
        """Return whether a URL that matches no view belongs to the blueprint.

        :param domain: the subdomain, or the host with ``host_matching``.
        """
        if self.domain is not None and not self.domain.fullmatch(domain):
            return False
        if self.prefix is not None:
            return self.prefix.match(path) is not None
        return self.owns_domain


class Registration:
    """One registration of a blueprint, with what identifies its URLs.

    :param state: what Flask passes to the functions that a blueprint records.
    """

    def __init__(self, state: BlueprintSetupState) -> None:
        self.name = f"{state.name_prefix}.{state.name}".lstrip(".")
        self._blueprint = state.blueprint
        self._parent = state.name_prefix
        self._prefix = (state.url_prefix or "").strip("/")
        self._subdomain = state.subdomain or ""

    def policies(self, app: Flask, policies: Policy | ResourceMap[Policy]) -> BlueprintPolicies:
        """Bind policies to the URLs of this registration.

        :param app: the application, with the routes that it has now.
        :param policies: one policy for the whole blueprint, or a map from paths to policies.
        """
        prefix, subdomain = self._prefix, self._subdomain
        if self._parent and self._has_its_parents_prefix(app):
            # URLs below the prefix that match no view belong to the parent.
            prefix = subdomain = ""
        domains = {subdomain} if subdomain else set()
        if app.url_map.host_matching:
            # Flask has no hosts for blueprints, only for their views.
            rules = app.url_map.iter_rules()
            own = (rule for rule in rules if (rule.endpoint or "").startswith(f"{self.name}."))
            domains = {rule.host for rule in own if rule.host}
        domain = "|".join(_rule_regex(each, "[^.]+") for each in sorted(domains))
        return BlueprintPolicies(
            self.name,
            policies,
            re.compile(f"/{_rule_regex(prefix, _SEGMENT)}(?=/|\\Z)") if prefix else None,
            re.compile(domain) if domain else None,
            owns_domain=bool(subdomain),
        )

    def _has_its_parents_prefix(self, app: Flask) -> bool:
        """Return whether a nested blueprint adds no prefix to the one of its parent.

        Flask joins both prefixes before it calls us, so this has to be worked out.
        """
        parents = list(_blueprints(app, self._parent))
        if self._subdomain != (parents[-1].subdomain or ""):
            return False
        own = (self._blueprint.url_prefix or "").strip("/")
        if own and f"/{self._prefix}".endswith(f"/{own}"):
            return False
        prefixes = [(parent.url_prefix or "").strip("/") for parent in parents]
        if self._prefix == "/".join(filter(None, prefixes)):
            return True
        # The parent's prefix may have been given when it was registered, which Flask doesn't keep.
        # Then all of the parent's views are below it.
        siblings = [
            rule.rule
            for rule in app.url_map.iter_rules()
            if (rule.endpoint or "").startswith(f"{self._parent}.")
            and not (rule.endpoint or "").startswith(f"{self.name}.")
        ]
        below = f"/{self._prefix}".rstrip("/") + "/"
        return bool(siblings) and all(rule.startswith(below) for rule in siblings)


def _blueprints(app: Flask, name: str) -> list[Blueprint]:
    """Return the blueprints in a dotted name, the outermost first."""
    parts = name.split(".")
    names = (".".join(parts[: end + 1]) for end in range(len(parts)))
    return [app.blueprints[each] for each in names if each in app.blueprints]


def _rule_regex(rule: str, variable: str) -> str:
    literals = _VARIABLE.split(rule)
    return variable.join(map(re.escape, literals))


def specificity(blueprint: BlueprintPolicies) -> tuple[int, int, bool]:
    """Return a sort key for blueprints that own the same URL: the largest is the most specific.

    More segments in the prefix win, then fewer variable segments, then a domain.
    """
    prefix = blueprint.prefix.pattern if blueprint.prefix is not None else ""
    segments = prefix.replace(_SEGMENT, "").count("/")
    return segments, -prefix.count(_SEGMENT), blueprint.domain is not None
