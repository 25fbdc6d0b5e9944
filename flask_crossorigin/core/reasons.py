"""Which allowed origin somebody may have meant whose origin was refused."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice

from ..fetch.grammar import DEFAULT_PORTS, Origin, parse_origin
from .origins import ANY_PORT, OriginPattern, Origins

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
# Hosts are compared letter by letter with no more than this many others.
_COMPARED_HOSTS = 16


def nearest_origin(origins: Origins, refused: str) -> tuple[str, str] | None:
    """Find the allowed origin that is nearest to a refused one.

    :param refused: an ``Origin`` header that keeps to the grammar.
    :returns: what is allowed, as it was written, and how the refused origin differs from it;
        None when nothing is near.

    >>> nearest_origin(Origins.of(["http://localhost:3000"]), "http://localhost:3001")
    ('http://localhost:3000', 'differs in port')
    """
    origin = parse_origin(refused)
    if origin is None:
        return None
    best: tuple[int, str, str] | None = None
    for allowed in _candidates(origins, origin.host):
        difference = _difference(origin, allowed)
        if difference is not None and (best is None or difference[0] < best[0]):
            best = (difference[0], str(allowed), difference[1])
    return None if best is None else best[1:]


def _candidates(origins: Origins, host: str) -> Iterator[OriginPattern]:
    """Give the origins and patterns whose host has something to do with a host."""
    by_host = origins.by_host
    related = dict.fromkeys((host, *_related_hosts(host)))
    for name in related:
        yield from by_host.get(name, ())
    others = [*islice((name for name in by_host if name not in related), _COMPARED_HOSTS)]
    # A pattern's host is that of the domain above.
    for name in (host, host.partition(".")[2]):
        for close in get_close_matches(name, others, n=1, cutoff=0.85):
            yield from by_host[close]


def _related_hosts(host: str) -> Iterator[str]:
    if host in _LOOPBACK:
        yield from _LOOPBACK
    yield f"www.{host}"
    while "." in host:
        host = host.partition(".")[2]
        yield host


def _difference(origin: Origin, allowed: OriginPattern) -> tuple[int, str] | None:
    """Say how an origin differs from what is allowed; the smaller the number, the less."""
    parts: list[tuple[int, str]] = []
    if allowed.subdomains and origin.host == allowed.host:
        parts.append((2, f"*. stands for the subdomains, not for {allowed.host} itself"))
    elif allowed.subdomains:
        if not origin.host.endswith(f".{allowed.host}"):
            parts.append((8, "differs in host"))
    elif origin.host != allowed.host:
        parts.append(_host_difference(origin.host, allowed.host))
    if origin.scheme != allowed.scheme:
        parts.append((3, f"{origin.scheme} instead of {allowed.scheme}"))
    if allowed.port != ANY_PORT and _port(origin) != (
        allowed.port or DEFAULT_PORTS.get(allowed.scheme)
    ):
        implied = origin.scheme != allowed.scheme and origin.port is None and allowed.port is None
        if not implied:
            parts.append((1, "differs in port"))
    if not parts:
        return None
    return sum(weight for weight, _ in parts), ", ".join(text for _, text in parts)


def _port(origin: Origin) -> int | None:
    return origin.port or DEFAULT_PORTS.get(origin.scheme)


def _host_difference(host: str, allowed: str) -> tuple[int, str]:
    if {host, allowed} <= _LOOPBACK:
        return 2, f"{host} instead of {allowed}"
    if host == f"www.{allowed}":
        return 2, "with www. in front"
    if f"www.{host}" == allowed:
        return 2, "without www. in front"
    if host.endswith(f".{allowed}"):
        return 4, "a subdomain of it"
    return 6, "differs in host"
