"""Translate origins with wildcards as in a shell, a proxy or a browser extension.

Such patterns may have a ``*`` anywhere, and sets such as ``{a,b}``. The translation never allows
more origins than the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..fetch.grammar import (
    MAX_ORIGIN_LENGTH,
    SPECIAL_SCHEMES,
    ends_in_number,
    is_ipv4,
    serialize_ipv6,
)

A_PATTERN = (
    'Write each origin, such as "https://app.example.com", or a pattern such as '
    '"https://*.example.com" or "http://localhost:*".'
)

#: A ``*`` right after the scheme, or a list of ports in brackets. Neither makes sense in a regex.
_GLOB = re.compile(r":(?://|\\/\\/)\*|:\[[0-9]+(?:, ?[0-9]+)+\]")
_SET = re.compile(r"\{([\w.*-]+(?:, ?[\w.*-]+)+)\}|\[([0-9]+(?:, ?[0-9]+)+)\]")
# A longer list would not fit in a message.
_MOST_ORIGINS = 20
_LABEL = re.compile(r"[\w*-]+", re.ASCII)
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def is_glob(text: str) -> bool:
    """Return whether a text looks like a regex, but is a wildcard pattern."""
    return _GLOB.search(text) is not None


# Values of other settings, and networks such as 10.0.0.0/8.
_NOT_A_HOST = re.compile(
    r"'?self'?|same-origin|on|off|yes|no|true|false|enabled|disabled|default|-|.*[0-9]/[0-9]{1,2}",
    re.IGNORECASE | re.DOTALL,
)


def with_scheme(text: str) -> str | None:
    """Return the origin for a host without a scheme, None if it can't be one.

    For ``localhost`` without a port, return a pattern for any port: each dev server has another.

    :param text: a host, with or without a port and a path.
    """
    if _NOT_A_HOST.fullmatch(text):
        return None
    if serialize_ipv6(f"[{text}]"):
        text = f"[{text}]"
    rest = re.sub(r"^(?:https?(?=:|//))?:?/{0,2}", "", text, flags=re.IGNORECASE)
    is_bare = text.startswith(rest)
    rest = re.sub(r"(?<=.)/\*?\Z", "", rest)
    authority = re.fullmatch(r"(\[.*\]|[^:]+)(?::([0-9]+|\*))?", rest)
    if authority is None:
        return None
    host, port = authority[1].lower(), authority[2]
    if is_bare and host in _LOOPBACK and not port:
        return f"http://{host}:*"
    is_local = host in _LOOPBACK or host.endswith(".localhost") or is_ipv4(host.replace("*", "1"))
    is_http = is_local or host[0] == "[" or text.lower().startswith("http:")
    return f"{'http' if is_http else 'https'}://{rest}"


def instead_of_glob(text: str) -> object:
    """Return an origin, a pattern, a regex or a list of them. None if there is no translation."""
    if len(text) > MAX_ORIGIN_LENGTH:
        return None
    plain = re.sub(r"\\([./-])", r"\1", text.removeprefix("^").removesuffix("$"))
    found: list[object] = []
    for origin in (each for part in plain.split("|") for each in _expanded(part)):
        instead = _instead_of(origin)
        if instead is None or len(found) >= _MOST_ORIGINS:
            return None
        found += instead if isinstance(instead, list) else [instead]
    return found if len(found) > 1 else found[0]


def _expanded(text: str) -> Iterator[str]:
    """Yield a text once for each combination of the items in its sets."""
    found = _SET.search(text)
    if found is None:
        yield text
        return
    for item in (found[1] or found[2]).split(","):
        yield from _expanded(text[: found.start()] + item.strip() + text[found.end() :])


def _instead_of(text: str) -> object:
    scheme, separator, rest = text.partition("://")
    # As in a regex: ".*.example.com".
    rest = rest.partition("/")[0].lstrip(".")
    if not separator:
        written = with_scheme(text.lstrip("."))
        if written is None or "*" not in written:
            return written
        scheme, _, rest = written.partition("://")
        if not re.search(r"[^*.:/]", rest):
            return None
    is_special = scheme.lower() in SPECIAL_SCHEMES
    if is_special:
        # Browsers send these in lower case, so a regex with capital letters would match nothing.
        scheme, rest = scheme.lower(), rest.lower()
    host, colon, port = rest.partition(":")
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme) or not re.fullmatch(r"[0-9*]*", port):
        return None
    if host == "*":
        return re.compile(rf"{re.escape(scheme)}://[a-z0-9.-]+{_port_regex(port)}")
    labels = host.split(".")
    if not all(map(_LABEL.fullmatch, labels)):
        return None
    if "*" not in host.removeprefix("*") and (port == "*" or "*" not in port):
        bare = f"{host.removeprefix('*')}{colon}{port}"
        if labels[0] == "*" or "*" not in host:
            return f"{scheme}://{host}{colon}{port}"
        if host[1] != "-" and len(labels) > 1:
            # Other domains such as badexample.com also end in example.com.
            return [f"{scheme}://{bare}", f"{scheme}://*.{bare}"]
    if re.fullmatch(r"[0-9]+(?:\.(?:[0-9]+|\*)){3}", host):
        star = "[0-9]+"
    elif ends_in_number(host.replace("*", "1")):
        return None
    elif "*" in "".join(labels[-2:]) and not (labels[-1] == "localhost" and len(labels) > 1):
        # Anyone could register a domain that matches.
        return None
    else:
        star = "[a-z0-9-]+" if is_special else "[A-Za-z0-9-]+"
    pieces = map(_escaped, re.split(r"\*+", host))
    return re.compile(f"{_escaped(scheme)}://{star.join(pieces)}{_port_regex(port)}")


def _port_regex(port: str) -> str:
    if port == "*":
        return "(:[0-9]+)?"
    return ":" + port.replace("*", "[0-9]*") if port else ""


def _escaped(text: str) -> str:
    return text.replace(".", r"\.").replace("+", r"\+")
