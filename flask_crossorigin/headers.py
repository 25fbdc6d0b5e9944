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
    if decision.headers and "Access-Control-Allow-Origin" not in headers:
        exposed = ""
        if decision.method is None and decision.policy.exposes_present_headers:
            exposed = _present_names(headers)
        for name, value in decision.headers:
            if name == "Access-Control-Allow-Credentials":
                # That the app may have set too, and "true, true" is not "true".
                headers.set(name, value)
            else:
                headers.add(name, value)
        if exposed:
            headers.add("Access-Control-Expose-Headers", exposed)
    if decision.policy.varies:
        add_vary(headers)


def _present_names(headers: Headers) -> str:
    names = {name.lower(): name for name, _ in headers if is_token(name)}
    return ", ".join(sorted(names[name] for name in names.keys() - _UNEXPOSABLE))


def add_vary(headers: Headers) -> None:
    """Add ``Origin`` to ``Vary`` (RFC 9110, 12.5.5), unless it or ``*`` is there."""
    written = headers.getlist("Vary")
    if not written:
        headers.add("Vary", "Origin")
        return
    names: dict[str, str] = {}
    for part in ",".join(written).split(","):
        name = part.strip()
        if name:
            names.setdefault(name.lower(), name)
    if "*" not in names and "origin" not in names:
        headers["Vary"] = ", ".join([*names.values(), "Origin"])
