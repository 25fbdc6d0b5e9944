"""Decide which CORS headers a response has. Their names are in lower case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .options import is_token, token_list
from .origins import allows, is_sent_by_browsers, only_literal
from .paths import glob
from .regexes import is_header_regex

#: The defaults of the options.
DEFAULTS: dict[str, Any] = {
    "origins": ["*"],
    "methods": {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY"},
    "allow_headers": ["*"],
    "expose_headers": [],
    "supports_credentials": False,
    "max_age": None,
    "send_wildcard": True,
    "always_send": True,
    "allow_private_network": False,
}


def allowed_origin(options: Mapping[str, Any], origin: str | None) -> str | None:
    """Return the value of ``Access-Control-Allow-Origin``, or None if the header is absent.

    :param options: the values of all options.
    :param origin: the ``Origin`` header of the request; None if it has none.
    """
    rules = options["origins"]
    if origin is None and not options["always_send"]:
        return None
    if "*" in rules:
        if options["send_wildcard"]:
            return "*"
        return origin if origin is None or is_sent_by_browsers(origin) else "*"
    if origin is None:
        return only_literal(rules)
    # With credentials, the opaque origin is refused even if a callable allows it.
    if not allows(rules, origin) or (origin == "null" and options["supports_credentials"]):
        return None
    return origin


def actual_headers(
    options: Mapping[str, Any], origin: str | None, present: Iterable[str] = ()
) -> dict[str, str]:
    """Return the CORS headers of a response to a request that is not a preflight.

    :param present: the names of the response's own headers, in lower case.
    """
    found = _origin_headers(options, origin)
    exposed = options["expose_headers"]
    if "*" in exposed and options["supports_credentials"]:
        exposed = [name for name in sorted(present) if not name.startswith("set-cookie")]
    if found and exposed:
        found["access-control-expose-headers"] = ", ".join(exposed)
    return found


def preflight_headers(
    options: Mapping[str, Any],
    origin: str,
    method: str,
    names: str = "",
    *,
    private_network: bool = False,
) -> dict[str, str]:
    """Return the CORS headers of the response to a preflight.

    :param method: ``Access-Control-Request-Method``.
    :param names: ``Access-Control-Request-Headers``.
    :param private_network: whether ``Access-Control-Request-Private-Network`` is ``true``.
    """
    found = _origin_headers(options, origin)
    if found and private_network and options["allow_private_network"]:
        found["access-control-allow-private-network"] = "true"
    if not found or not method_allowed(options["methods"], method):
        return found
    listed = {method} if "*" in options["methods"] else options["methods"]
    if listed:
        found["access-control-allow-methods"] = ", ".join(sorted(listed))
    asked = token_list(names) or []
    allowed = [name for name in asked if header_allowed(options["allow_headers"], name)]
    if allowed and len(asked) <= 128 and len(names) <= 8192 and names.count(",") <= 384:
        found["access-control-allow-headers"] = ", ".join(allowed)
    if options["max_age"] is not None:
        found["access-control-max-age"] = str(options["max_age"])
    return found


def _origin_headers(options: Mapping[str, Any], origin: str | None) -> dict[str, str]:
    value = allowed_origin(options, origin)
    if value is None:
        return {}
    found = {"access-control-allow-origin": value}
    if options["supports_credentials"]:
        found["access-control-allow-credentials"] = "true"
    return found


def method_allowed(methods: Iterable[str], method: str) -> bool:
    """Return whether a page may use a method; GET, HEAD and POST need not be listed."""
    if method in {"GET", "HEAD", "POST"}:
        return True
    if not is_token(method) or method.upper() in {"CONNECT", "TRACE", "TRACK"}:
        return False
    return any(each in {"*", method} for each in map(str.upper, methods))


def header_allowed(rules: Iterable[str], name: str) -> bool:
    """Return whether a page may send a header."""
    for rule in rules:
        if is_header_regex(rule):
            if re.fullmatch(rule, name, re.IGNORECASE):
                return True
        elif glob(rule.lower(), name.lower()):
            return True
    return False
