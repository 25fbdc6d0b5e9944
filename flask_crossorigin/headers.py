"""How a decision gets onto a response."""

from __future__ import annotations

from flask import Response
from werkzeug.datastructures import Headers

from .fetch import is_token
from .policy import Decision

_UNEXPOSABLE = frozenset({"set-cookie", "set-cookie2"})


def add_headers(response: Response, decision: Decision) -> None:
    """Put a decision's headers on a response.

    An ``Access-Control-Allow-Origin`` that is there already was meant, and two are none
    (Fetch, "CORS check"): then only ``Vary`` is added.
    """
    headers = response.headers
    if not isinstance(headers, Headers):
        # Some extensions put a plain dict there, in which case matters and nothing repeats.
        headers = response.headers = Headers(headers)
    policy = decision.policy
    written = {name.lower() for name, _ in headers}
    if decision.headers and "access-control-allow-origin" not in written:
        present = _present_names(headers) if policy.exposes_present_headers else ""
        for name, value in decision.headers:
            headers.add(name, value)
        if present and decision.method is None:
            headers.add("Access-Control-Expose-Headers", present)
    if policy.varies:
        if "vary" in written:
            _merge_vary(headers)
        else:
            headers.add("Vary", "Origin")


def _present_names(headers: Headers) -> str:
    names = {name.lower(): name for name, _ in headers if is_token(name)}
    return ", ".join(sorted(names[name] for name in names.keys() - _UNEXPOSABLE))


def _merge_vary(headers: Headers) -> None:
    """Add ``Origin`` to ``Vary`` (RFC 9110, 12.5.5), unless it or ``*`` is there."""
    names: dict[str, str] = {}
    for part in ",".join(headers.getlist("Vary")).split(","):
        name = part.strip()
        if name:
            names.setdefault(name.lower(), name)
    if "*" not in names and "origin" not in names:
        headers["Vary"] = ", ".join([*names.values(), "Origin"])
