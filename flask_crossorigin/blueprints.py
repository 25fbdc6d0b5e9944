"""Which URLs belong to a blueprint's registration, and the policies of these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .core.paths import ResourceMap
from .core.policy import Policy

if TYPE_CHECKING:
    from flask import Flask
    from flask.blueprints import BlueprintSetupState
    from flask.sansio.blueprints import Blueprint

#: What a variable part of a blueprint's URL prefix stands for.
_SEGMENT = "[^/]+"
# A variable part of a rule. The arguments of its converter may contain ">".
_VARIABLE = re.compile(r"<(?:[A-Za-z_]\w*(?:\(.*?\))?:)?[A-Za-z_]\w*>")


class BlueprintPolicies(NamedTuple):
    """The policies of one registration of a blueprint."""

    #: The name under which it is registered, with those of the blueprints around it.
    name: str
    #: Its policy, if there is one for everything in the blueprint; else that of each path.
    policies: Policy | ResourceMap[Policy]
    #: What the paths of its URLs begin with; None if nothing sets them apart.
    prefix: re.Pattern[str] | None
    #: Its subdomain, or its hosts with ``host_matching``; None for any.
    domain: re.Pattern[str] | None
    #: Whether its domain alone sets its URLs apart.
    owns_domain: bool

    def find(self, path: str) -> Policy | None:
        """Find the policy for a path that belongs to the blueprint."""
        return self.policies if isinstance(self.policies, Policy) else self.policies.find(path)

    def owns(self, domain: str, path: str) -> bool:
        """Return whether a URL that leads to no view lies below the blueprint's prefix.

        :param domain: the subdomain, or the host with ``host_matching``.
        """
        if self.domain is not None and not self.domain.fullmatch(domain):
            return False
        if self.prefix is not None:
            return self.prefix.match(path) is not None
        return self.owns_domain


class Registration:
    """One registration of a blueprint, and what tells its URLs from others."""

    def __init__(self, state: BlueprintSetupState) -> None:
        self.name = f"{state.name_prefix}.{state.name}".lstrip(".")
        self._blueprint = state.blueprint
        self._parent = state.name_prefix
        self._prefix = (state.url_prefix or "").strip("/")
        self._subdomain = state.subdomain or ""

    def policies(self, app: Flask, policies: Policy | ResourceMap[Policy]) -> BlueprintPolicies:
        """Return the policies of the registration, as the application's routes are now."""
        prefix, subdomain = self._prefix, self._subdomain
        if self._parent and self._shares_its_parents(app):
            # Its parent's unknown URLs are not its own.
            prefix = subdomain = ""
        domains = {subdomain} if subdomain else set()
        if app.url_map.host_matching:
            # A blueprint has no host of its own, but its views have.
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

    def _shares_its_parents(self, app: Flask) -> bool:
        """Return whether a nested blueprint is registered without a prefix of its own.

        Flask hands down the parent's prefix, and does not say which of both it is.
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
        # The parent may have got its prefix when it was registered: then all its views are there.
        siblings = [
            rule.rule
            for rule in app.url_map.iter_rules()
            if (rule.endpoint or "").startswith(f"{self._parent}.")
            and not (rule.endpoint or "").startswith(f"{self.name}.")
        ]
        below = f"/{self._prefix}".rstrip("/") + "/"
        return bool(siblings) and all(rule.startswith(below) for rule in siblings)


def _blueprints(app: Flask, name: str) -> list[Blueprint]:
    """Return the blueprints that a name goes through, from the outermost in."""
    parts = name.split(".")
    names = (".".join(parts[: end + 1]) for end in range(len(parts)))
    return [app.blueprints[each] for each in names if each in app.blueprints]


def _rule_regex(rule: str, variable: str) -> str:
    literals = _VARIABLE.split(rule)
    return variable.join(map(re.escape, literals))


def specificity(blueprint: BlueprintPolicies) -> tuple[int, int, bool]:
    """Rank blueprints that own one URL: by segments, then by those that are not variable."""
    prefix = blueprint.prefix.pattern if blueprint.prefix is not None else ""
    segments = prefix.replace(_SEGMENT, "").count("/")
    return segments, -prefix.count(_SEGMENT), blueprint.domain is not None
