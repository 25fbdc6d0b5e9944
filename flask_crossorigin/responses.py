"""Adds the headers of a decision to a response."""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING

from werkzeug.datastructures import Headers

from .core.policy import Decision, HeaderPairs, Policy
from .fetch.grammar import is_token
from .reporting import REASON_HEADER, report_app_header

if TYPE_CHECKING:
    from flask import Response

#: The attribute of responses and of ``Headers`` that holds their :data:`_Changes`. Both may be used
#: again: a view may return the same response twice, or several with the same ``Headers``.
_CHANGES = "_cross_origin"

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
_EXPOSE_HEADERS = "Access-Control-Expose-Headers"
#: The prefixes of the header names that a policy sends, in lower case.
_OURS = ("access-control-", "vary")
# The names on nearly every response, so that the fast path doesn't have to lower-case them.
_USUAL = frozenset({"Content-Type", "Content-Length"})
# Fetch, "forbidden response-header name": https://fetch.spec.whatwg.org/#forbidden-response-header-name
_UNEXPOSABLE = frozenset({"set-cookie", "set-cookie2"})

#: How a response was changed: the application's header lines that were removed, and the lines that
#: were added.
_Changes = tuple[HeaderPairs, HeaderPairs]

#: The changes of a response that still has the application's headers.
_NOTHING: _Changes = ((), ())


def add_headers(response: Response, decision: Decision) -> Response:
    """Add a decision's headers to a response.

    :returns: the response, or a copy if the same object was already sent to another request.
    """
    headers = response.headers
    if not isinstance(headers, Headers):
        # Some extensions put a plain dict there, which is case-sensitive and can't repeat a name.
        response = copy(response)
        headers = response.headers = Headers(headers)
    changes: _Changes = ((), decision.headers_and_vary)
    for name, _ in headers:
        if name not in _USUAL and name.lower().startswith(_OURS):
            needs_care = True
            break
    else:
        needs_care = decision.exposes_present_headers
    if needs_care:
        known = _changes_of(response)
        if known is not _NOTHING:
            return add_headers(_copy_without(known, response), decision)
        if decision.policy is not None:
            changes = _find_changes(headers, decision, decision.policy)
    known = headers.__dict__.setdefault(_CHANGES, changes)
    if known is not changes:
        # Another request uses the same headers, perhaps in another thread right now.
        return add_headers(_copy_without(known, response), decision)
    response._cross_origin = changes  # type: ignore[attr-defined]
    removed, added = changes
    for name, _ in removed:
        headers.remove(name)
    for name, value in added:
        headers.add(name, value)
    return response


def unshared(response: Response) -> Response:
    """Return a response for a request that gets no CORS headers.

    :returns: the response, or a copy without the added headers if the same object was already sent
        to another request.
    """
    changes = _changes_of(response)
    if changes is _NOTHING and isinstance(response.headers, Headers):
        # Mark the headers as used: the next request that changes them takes a copy.
        changes = vars(response.headers).setdefault(_CHANGES, _NOTHING)
    return response if changes is _NOTHING else _copy_without(changes, response)


def _changes_of(response: Response) -> _Changes:
    changes: _Changes = getattr(response, _CHANGES, _NOTHING)
    if changes is _NOTHING:
        changes = getattr(response.headers, _CHANGES, _NOTHING)
    return changes


def _copy_without(changes: _Changes, response: Response) -> Response:
    """Return a copy of a response as the application made it."""
    copied = copy(response)
    vars(copied).pop(_CHANGES, None)
    headers = response.headers
    if not isinstance(headers, Headers):
        headers = Headers(headers)
    # One atomic step: another thread may be changing the headers.
    lines = list(headers)
    lines = [line for line in lines if line[0] != REASON_HEADER]
    removed, added = changes
    for line in added:
        with suppress(ValueError):
            lines.remove(line)
    # Another thread may not have removed them yet.
    lines += [line for line in removed if line not in lines]
    copied.headers = Headers(lines)
    return copied


def _find_changes(headers: Headers, decision: Decision, policy: Policy) -> _Changes:
    """Find what to change if the application has set CORS headers or ``Vary`` itself.

    If the application has set ``Access-Control-Allow-Origin``, that stays as it is and only
    ``Vary`` is added: browsers reject a response with two of them (Fetch, "CORS check",
    https://fetch.spec.whatwg.org/#concept-cors-check). Otherwise, the policy's headers replace the
    application's.
    """
    added: dict[str, str] = {}
    replaced: set[str] = set()
    if _ALLOW_ORIGIN in headers:
        report_app_header(policy)
    else:
        added.update(decision.headers)
        # The application's own header must not allow credentials that the policy does not allow.
        replaced.add(_ALLOW_CREDENTIALS.lower())
        if decision.refused:
            # The same goes for everything else that is refused.
            names = (name.lower() for name, _ in headers)
            replaced.update(name for name in names if name.startswith(_OURS[0]))
        if decision.headers and decision.method is None:
            exposed = _exposed_names(headers, decision)
            if exposed:
                added[_EXPOSE_HEADERS] = exposed
    if policy.varies:
        vary = _vary(headers)
        if vary is not None:
            added["Vary"] = vary
    replaced.update(map(str.lower, added))
    removed = tuple(line for line in headers if line[0].lower() in replaced)
    return removed, tuple(added.items())


def _exposed_names(headers: Headers, decision: Decision) -> str:
    """Return the header names to expose, from the policy and from the application."""
    if decision.exposes_present_headers:
        names = [name for name, _ in headers if is_token(name)]
    else:
        lists = [value for name, value in decision.headers if name == _EXPOSE_HEADERS]
        lists += headers.getlist(_EXPOSE_HEADERS)
        names = [name.strip() for value in lists for name in value.split(",") if name.strip()]
    unique = {name.lower(): name for name in names}
    return ", ".join(sorted(unique[name] for name in unique.keys() - _UNEXPOSABLE))


def _vary(headers: Headers) -> str | None:
    """Return the value of ``Vary`` with ``Origin`` added.

    See RFC 9110, 12.5.5: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5

    :returns: None if it already contains ``Origin`` or ``*``.
    """
    names: dict[str, str] = {}
    for part in ",".join(headers.getlist("Vary")).split(","):
        name = part.strip()
        if name:
            names.setdefault(name.lower(), name)
    if "*" in names or "origin" in names:
        return None
    return ", ".join([*names.values(), "Origin"])
