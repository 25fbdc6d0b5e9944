"""Who gets the debug page: a browser on the developer's own machine, and nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any

from ..fetch.grammar import parse_origin

_LOCALHOST = "localhost"
#: What proxies say of the request that they pass on; ``X-Forwarded-*`` besides.
_OF_PROXIES = frozenset(
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
    """Return why a request gets no debug page, in a sentence without its subject.

    :param environ: the WSGI environ of the request.
    :returns: None if it comes from this machine, and from a page that this machine serves.
    """
    client = environ.get("REMOTE_ADDR") or ""
    if not _is_loopback_address(client):
        return "the client is not on this machine"
    # The name of another host leads here if its owner wants it to (DNS rebinding), and its pages
    # would then be of the same origin as ours.
    if not _is_loopback_host(environ.get("HTTP_HOST") or ""):
        return "the Host is not localhost, 127.0.0.1 or [::1]"
    # A proxy on this machine makes all its clients look local.
    forwarded = sorted(name for name in environ if _is_of_proxies(name))
    if forwarded:
        name = forwarded[0].removeprefix("HTTP_").replace("_", "-").title()
        return f"the request came through a proxy, which added {name}"
    return None


def _is_of_proxies(name: str) -> bool:
    return name in _OF_PROXIES or name.startswith(("HTTP_X_FORWARDED", "HTTP_X_ORIGINAL_FORWARDED"))


def _is_loopback_address(text: str) -> bool:
    try:
        # Some systems add the zone of an IPv6 address.
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def _is_loopback_host(host: str) -> bool:
    """Return whether a ``Host`` header can lead to no other machine.

    Names below ``localhost`` can't either (RFC 6761, 6.3).
    """
    # With this scheme, no port is the default one, which an origin leaves out.
    origin = parse_origin(f"crossorigin://{host.lower()}")
    if origin is None:
        return False
    name = origin.host
    return (
        name == _LOCALHOST
        or name.endswith(f".{_LOCALHOST}")
        or _is_loopback_address(name.strip("[]"))
    )
