"""How a decision gets onto a response."""

from __future__ import annotations

from flask import Response
from werkzeug.datastructures import Headers

from .fetch import is_token
from .policy import Decision

# What may be on a response already, and must not be there twice.
_HEEDED = frozenset({"access-control-allow-origin", "access-control-allow-credentials", "vary"})
# As nearly all responses spell what they have, so that it need not be put in lower case.
_USUAL = frozenset({"Content-Type", "Content-Length"})
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
    if not decision.policy.exposes_present_headers:
        for name, _ in headers:
            if name not in _USUAL and name.lower() in _HEEDED:
                break
        else:
            for name, value in decision.headers_and_vary:
                headers.add(name, value)
            return
    _add_heedfully(headers, decision)


def _add_heedfully(headers: Headers, decision: Decision) -> None:
    """Add to headers that hold something which is not to be repeated, or is to be listed."""
    if decision.headers and "Access-Control-Allow-Origin" not in headers:
        exposing = decision.policy.exposes_present_headers and decision.method is None
        present = _present_names(headers) if exposing else ""
        for name, value in decision.headers:
            if name == "Access-Control-Allow-Credentials":
                # That the app may have set too, and "true, true" is not "true".
                headers.set(name, value)
            else:
                headers.add(name, value)
        if present:
            headers.add("Access-Control-Expose-Headers", present)
    if decision.policy.varies:
        _add_vary(headers)


def _present_names(headers: Headers) -> str:
    names = {name.lower(): name for name, _ in headers if is_token(name)}
    return ", ".join(sorted(names[name] for name in names.keys() - _UNEXPOSABLE))


def _add_vary(headers: Headers) -> None:
    """Add ``Origin`` to ``Vary`` (RFC 9110, 12.5.5), unless it or ``*`` is there."""
    names: dict[str, str] = {}
    for part in ",".join(headers.getlist("Vary")).split(","):
        name = part.strip()
        if name:
            names.setdefault(name.lower(), name)
    if "*" not in names and "origin" not in names:
        headers["Vary"] = ", ".join([*names.values(), "Origin"])
