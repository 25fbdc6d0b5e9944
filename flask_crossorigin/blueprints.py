"""Blueprints: the policies of their registrations, and which URLs belong to them."""

from __future__ import annotations

import re
from typing import NamedTuple

from .core.paths import ResourceMap
from .core.policy import Policy

#: What a variable part of a blueprint's URL prefix stands for.
_SEGMENT = "[^/]+"


class BlueprintPolicies(NamedTuple):
    """The policies of one registration of a blueprint."""

    #: The name under which it is registered, with those of the blueprints around it.
    name: str
    #: Its policy, if it is for whatever belongs to the blueprint; else that of each path.
    policies: Policy | ResourceMap[Policy]
    #: What its URLs begin with; None if nothing sets them apart.
    prefix: re.Pattern[str] | None
    subdomain: re.Pattern[str] | None

    def find(self, path: str) -> Policy | None:
        """Find the policy for a path that belongs to the blueprint."""
        return self.policies if isinstance(self.policies, Policy) else self.policies.find(path)

    def owns(self, subdomain: str, path: str) -> bool:
        """Tell whether a URL that leads to no view lies below the blueprint's prefix."""
        if self.subdomain is not None and not self.subdomain.fullmatch(subdomain):
            return False
        if self.prefix is not None:
            return self.prefix.match(path) is not None
        return self.subdomain is not None


def url_prefix_regex(prefix: str | None) -> re.Pattern[str] | None:
    """Make a regex of a blueprint's URL prefix, in which a variable part is one segment."""
    bare = (prefix or "").strip("/")
    return re.compile(f"/{_rule_regex(bare, _SEGMENT)}(?=/|\\Z)") if bare else None


def subdomain_regex(subdomain: str | None) -> re.Pattern[str] | None:
    """Make a regex of a blueprint's subdomain, in which a variable part is one label."""
    return re.compile(_rule_regex(subdomain, "[^.]+")) if subdomain else None


def _rule_regex(rule: str, variable: str) -> str:
    return "".join(
        variable if part.startswith("<") else re.escape(part)
        for part in re.split(r"(<[^>]*>)", rule)
    )


def specificity(blueprint: BlueprintPolicies) -> tuple[int, int, bool]:
    """Rank blueprints that own one URL: by segments, then by those that are not variable."""
    prefix = blueprint.prefix.pattern if blueprint.prefix is not None else ""
    segments = prefix.replace(_SEGMENT, "").count("/")
    return segments, -prefix.count(_SEGMENT), blueprint.subdomain is not None
