"""Sentences that explain why a request is allowed or refused, and the nearest allowed origin.

Whatever a request sent is escaped and cut off before it is shown. The parameter ``where`` says
where the policy was written, as in ``resources["/api/*"]``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Literal

from ..fetch.grammar import DEFAULT_PORTS, Origin
from .origins import ANY_HOST, ANY_PORT, OriginPattern, Origins

#: The reason for a decision, as a code.
#:
#: - ``allowed``: everything that the page asked for is allowed.
#: - ``no-origin``: the request has no ``Origin`` header.
#: - ``no-policy``: no policy covers the URL.
#: - ``origin``, ``method``, ``headers``: what the policy does not allow.
#: - ``malformed-origin``: no browser sends such an ``Origin`` header.
#: - ``misconfigured``: the policy's options are invalid, so it allows nothing.
#: - ``cross-site``, only with ``enforce``: the request has no ``Origin`` header, but
#:   ``Sec-Fetch-Site`` says that a page of another origin sent it.
#: - ``scheme``, only with ``enforce``: the origin differs from the server's own only in the scheme.
Reason = Literal[
    "allowed",
    "no-origin",
    "no-policy",
    "origin",
    "malformed-origin",
    "method",
    "headers",
    "misconfigured",
    "cross-site",
    "scheme",
]

NO_ORIGIN = "the request has no Origin header, so CORS does not apply"
NO_POLICY = "no policy covers this URL"

_LONGEST_SHOWN = 100
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
# The most hosts that are compared with a host, and the most rules with one host.
_COMPARED = 16


def allowed(where: str) -> str:
    """Say which policy allows the request."""
    return f"allowed by {where}"


def refused_origin(origin: str, parsed: Origin | None, origins: Origins, where: str) -> str:
    """Say that an origin is not allowed, and which allowed origin is nearest to it.

    :param origin: a well-formed ``Origin`` header, which needs no escaping.
    :param parsed: the same, parsed; None for an opaque origin.
    """
    near = None if parsed is None else nearest_origin(origins, parsed)
    text = f'origin "{origin}" is not allowed by {where}'
    return f'{text}; nearest: "{near[0]}" ({near[1]})' if near else text


def malformed_origin(origin: str) -> str:
    """Say that an ``Origin`` header is malformed."""
    return f"the Origin header {_shown(origin)} is malformed: no browser sends it"


def refused_method(method: str, where: str, *, allowed_in_upper_case: bool) -> str:
    """Say that the method of a preflight is not allowed.

    :param allowed_in_upper_case: whether the method would be allowed in upper case.
    """
    text = f"method {_shown(method)} is not allowed by {where}"
    if allowed_in_upper_case:
        return f'{text}; methods are case-sensitive, so the page must send "{method.upper()}"'
    return text


def refused_headers(names: Collection[str], where: str) -> str:
    """Say which request headers of a preflight are not allowed.

    :param names: the refused names; empty if ``Access-Control-Request-Headers`` is malformed.
    """
    if not names:
        return "Access-Control-Request-Headers is too long or malformed"
    listed = ", ".join(f'"{name}"' for name in names)
    subject, verb = ("header", "is") if len(names) == 1 else ("headers", "are")
    return f"request {subject} {listed} {verb} not allowed by {where}"


def misconfigured(where: str) -> str:
    """Say that a policy allows nothing because its options are invalid."""
    return f"the options of {where} are invalid, so they allow nothing"


def cross_site(where: str) -> str:
    """Say that the browser reports a page of another origin as the sender."""
    return (
        "the request has no Origin header, but Sec-Fetch-Site says that a page of another origin "
        f"sent it; the option enforce of {where} refuses that"
    )


def other_scheme(origin: str, where: str) -> str:
    """Say that an origin differs from the server's own only in the scheme."""
    return (
        f"origin {_shown(origin)} is not allowed by {where}; it differs from this server's own "
        "origin only in the scheme. If a proxy terminates TLS, apply Werkzeug's ProxyFix"
    )


def _shown(text: str) -> str:
    """Escape what a request sent, and cut it off after ``_LONGEST_SHOWN`` characters."""
    shown = ascii(text[: _LONGEST_SHOWN + 1])
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}..."


def nearest_origin(origins: Origins, origin: Origin) -> tuple[str, str] | None:
    """Find the allowed origin that is nearest to a refused one.

    :returns: the rule that allows it, as it was written, and how the refused origin differs; None
        if no allowed origin is near.

    >>> nearest_origin(Origins(["http://localhost:3000"]), Origin("http", "localhost", 3001))
    ('http://localhost:3000', 'differs in port')
    """
    best: tuple[int, str, str] | None = None
    for allowed in _candidates(origins, origin.host):
        difference = _difference(origin, allowed)
        if difference is not None and (best is None or difference[0] < best[0]):
            best = (difference[0], str(allowed), difference[1])
    return None if best is None else best[1:]


def _candidates(origins: Origins, host: str) -> Iterator[OriginPattern]:
    """Yield the allowed origins and patterns whose host is related or similar to a host."""
    related = dict.fromkeys((host, *_related_hosts(host)))
    others = [*islice((name for name in origins.hosts() if name not in related), _COMPARED)]
    close = [name for name in others if name.lower() == host.lower()]
    # The host of a subdomain pattern is the parent domain.
    for name in (host, host.partition(".")[2]):
        close += get_close_matches(name, others, n=1, cutoff=0.85)
    for name in (*related, *close):
        for rule in islice(origins.with_host(name), _COMPARED):
            yield OriginPattern.of(rule) if isinstance(rule, str) else rule


def _related_hosts(host: str) -> Iterator[str]:
    if host in _LOOPBACK:
        yield from _LOOPBACK
    yield ANY_HOST
    yield host.removesuffix(".") if host.endswith(".") else f"{host}."
    yield f"www.{host}"
    while "." in host:
        host = host.partition(".")[2]
        yield host


def _difference(origin: Origin, allowed: OriginPattern) -> tuple[int, str] | None:
    """Return how an origin differs from an allowed one.

    :returns: how far apart they are, where a smaller number is nearer, and the differences as text;
        None if there is no difference, or the schemes of apps differ.
    """
    parts: list[tuple[int, str]] = []
    if allowed.host == ANY_HOST:
        if origin.scheme != allowed.scheme:
            return None
    elif allowed.subdomains and origin.host == allowed.host:
        parts.append((2, f"*. matches subdomains, not {allowed.host} itself"))
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
    if host == f"{allowed}.":
        return 2, "with a dot at the end"
    if f"{host}." == allowed:
        return 2, "without the dot at the end"
    if host.lower() == allowed.lower():
        return 2, "differs in case"
    if host == f"www.{allowed}":
        return 2, "with www. in front"
    if f"www.{host}" == allowed:
        return 2, "without www. in front"
    if host.endswith(f".{allowed}"):
        return 4, "a subdomain of it"
    return 6, "differs in host"
