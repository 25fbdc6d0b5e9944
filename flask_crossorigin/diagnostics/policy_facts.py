"""Describes a policy in terms of the options: for ``routes`` to print and ``diff`` to compare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..core.origins import is_regex
from ..fetch.grammar import is_token

if TYPE_CHECKING:
    from ..core.origins import OriginRule
    from ..core.patterns import Regex
    from ..core.policy import Policy

#: The JSON of a route without a policy.
NO_POLICY: dict[str, Any] = {
    "policy": None,
    "place": None,
    "origins": [],
    "methods": [],
    "allow_headers": [],
    "expose_headers": [],
    "credentials": False,
    "max_age": None,
    "enforce": False,
    "report_only": False,
    "for_origins": [],
}
# The part of a callable's repr that changes with each run.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_FLAGS = re.compile(r"\(\?([a-z]+)\)")


def policy_facts(policy: Policy) -> dict[str, Any]:
    """Return what a policy allows, in the JSON form of ``flask cors routes --json``.

    The origins are empty for a policy with mistakes, and ``["none"]`` for a policy that allows no
    origin.
    """
    if policy.misconfigured:
        return {**NO_POLICY, **_name(policy), "enforce": policy.enforce}
    return {
        **_grant(policy),
        "enforce": policy.enforce,
        "report_only": policy.report_only is not None,
        "for_origins": [_grant(part) for part in policy.for_origins.policies],
    }


def _name(policy: Policy) -> dict[str, Any]:
    return {"policy": policy.where, "place": policy.place and policy.place.to_dict()}


def _grant(policy: Policy) -> dict[str, Any]:
    headers = policy.allow_headers
    names = [*sorted(headers.names), *map(_show_header_pattern, headers.patterns)]
    return {
        **_name(policy),
        "origins": show_origins(policy),
        "methods": ["*"] if policy.methods.any else sorted(policy.methods.names),
        "allow_headers": ["*"] if headers.any else names,
        "expose_headers": list(policy.expose_headers),
        "credentials": policy.supports_credentials,
        "max_age": policy.max_age,
    }


def show_origins(policy: Policy) -> list[str]:
    """Return the allowed origins of a policy, as a user would write them."""
    if not policy.origins.rules and not policy.misconfigured:
        return ["none"]
    return [show_origin(rule) for rule in policy.origins.rules]


def show_origin(rule: OriginRule) -> str:
    """Return an origin, a pattern, a regex or a callable, as a user would write it."""
    return show_regex(rule) if is_regex(rule) else _ADDRESS.sub("", str(rule))


def show_regex(regex: Regex) -> str:
    """Return a regex as a raw string, with the flags that it was compiled with."""
    text = _inline_flags(regex) + regex.pattern
    mark = "'" if '"' in text else '"'
    return f"r{mark}{text}{mark}"


def _inline_flags(regex: Regex) -> str:
    flags = {"a": re.ASCII, "i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
    there = _FLAGS.match(regex.pattern)
    missing = "".join(
        letter
        for letter, flag in flags.items()
        if regex.flags & flag and (there is None or letter not in there[1])
    )
    return f"(?{missing})" if missing else ""


def _show_header_pattern(regex: Regex) -> str:
    """Return a pattern of header names, such as ``X-Company-*``, or else a regex."""
    text = regex.pattern
    name = text.replace(".*", "*").replace("\\", "")
    if is_token(name) and ".*".join(map(re.escape, name.split("*"))) == text:
        return name
    return show_regex(regex)
