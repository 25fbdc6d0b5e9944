"""Who gets the debug page: only browsers on the developer's own machine."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any

from ..fetch.grammar import parse_origin

_LOCALHOST = "localhost"
#: The headers that proxies add to requests, in addition to ``X-Forwarded-*``.
_PROXY_HEADERS = frozenset(
    {
        "HTTP_CF_CONNECTING_IP",
        "HTTP_FORWARDED",
        "HTTP_TRUE_CLIENT_IP",
        "HTTP_VIA",
        "HTTP_X_CLIENT_IP",
        "HTTP_X_ORIGINAL_HOST",
        "HTTP_X_REAL_IP",
    }
)


def find_obstacle(environ: Mapping[str, Any]) -> str | None:
    """Return why a request doesn't get the debug page, as in ``the client is not on this machine``.

    :param environ: the WSGI environ of the request.
    :returns: None if it gets the page.
    """
    client = environ.get("REMOTE_ADDR") or ""
    if not _is_loopback_address(client):
        return "the client is not on this machine"
    # An attacker's host name can resolve to this machine (DNS rebinding). The attacker's page would
    # then have the same origin as the debug page.
    if not _is_loopback_host(environ.get("HTTP_HOST") or ""):
        return "the Host is not localhost, 127.0.0.1 or [::1]"
    # Behind a proxy on this machine, all clients look local.
    forwarded = sorted(name for name in environ if _is_from_proxy(name))
    if forwarded:
        name = forwarded[0].removeprefix("HTTP_").replace("_", "-").title()
        return f"the request came through a proxy, which added {name}"
    return None


def _is_from_proxy(name: str) -> bool:
    return name in _PROXY_HEADERS or name.startswith(
        ("HTTP_X_FORWARDED", "HTTP_X_ORIGINAL_FORWARDED")
    )


def _is_loopback_address(text: str) -> bool:
    try:
        # Some systems add a zone to an IPv6 address, as in "fe80::1%eth0".
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def _is_loopback_host(host: str) -> bool:
    """Return whether a ``Host`` header always means this machine.

    Names below ``localhost`` do (RFC 6761, section 6.3).
    """
    # An origin leaves out the default port of its scheme. This scheme has none.
    origin = parse_origin(f"crossorigin://{host.lower()}")
    if origin is None:
        return False
    name = origin.host
    return (
        name == _LOCALHOST
        or name.endswith(f".{_LOCALHOST}")
        or _is_loopback_address(name.strip("[]"))
    )
