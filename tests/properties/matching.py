"""Which origins are allowed, said a second time, slowly and plainly, without the package."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit


def is_sent_by_browsers(origin: str) -> bool:
    """Tell, by taking it apart and putting it together again, whether this is an origin."""
    if origin == "null":
        return True
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    again = f"{parts.scheme}://{shown}" + (f":{port}" if port not in {None, default, 0} else "")
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789-_.:")
    return origin == again and bool(host) and set(host) <= allowed and "" not in host.split(".")


def matches(rule: Any, origin: str) -> bool:
    """Hold one origin against one thing that was written, as slowly and plainly as can be."""
    if rule == "*":
        return True
    if not is_sent_by_browsers(origin):
        return False
    if isinstance(rule, re.Pattern):
        return rule.fullmatch(origin) is not None
    if isinstance(rule, str):
        return matches_text(rule, origin)
    try:
        return bool(rule(origin))
    except Exception:
        return False


def matches_text(rule: str, origin: str) -> bool:
    """Hold one origin against one string that was written."""
    if "\\" in rule:
        return re.fullmatch(rule, origin) is not None
    if "*" not in rule:
        return origin == rule.lower().removesuffix("/").removesuffix(":443")
    if rule.endswith(":*"):
        rule, head = rule[:-2], origin.rpartition(":")
        origin = head[0] if head[2].isdigit() else origin
    before, star, after = rule.partition("*")
    if not star:
        return origin == rule
    return origin.startswith(before) and origin.endswith(after) and len(origin) > len(rule) - 1


def is_allowed(written: Iterable[Any], origin: str) -> bool:
    return any(matches(rule, origin) for rule in written)


def is_anybody(rule: Any) -> bool:
    """Tell whether a rule, written out, lets in any origin, or the opaque one."""
    text = rule.pattern if isinstance(rule, re.Pattern) else rule
    return isinstance(text, str) and (text in {"*", r"https://.*"} or "null" in text)


def only_origin(written: Iterable[Any]) -> str | None:
    """Give the one origin that is written out, if nothing else is."""
    different = {
        rule.lower().removesuffix("/").removesuffix(":443") if isinstance(rule, str) else rule
        for rule in written
    }
    (only, *others) = different
    return None if others or not isinstance(only, str) or set(only) & set("*\\") else only
