"""How the headers of a decision get onto a response."""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING

from werkzeug.datastructures import Headers

from .core.policy import Decision, HeaderPairs, Policy
from .fetch.grammar import is_token
from .reporting import REASON_HEADER, report_own_header

if TYPE_CHECKING:
    from flask import Response

#: The attribute under which a response and its headers keep their :data:`_Changes`. Both may be
#: shared: a view may keep a response, or make several with the same ``Headers``.
_CHANGES = "_cross_origin"

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
_EXPOSE_HEADERS = "Access-Control-Expose-Headers"
#: How the names begin that a policy sends, in lower case.
_OURS = ("access-control-", "vary")
# As nearly all responses spell what they have, so that it need not be put in lower case.
_USUAL = frozenset({"Content-Type", "Content-Length"})
_UNEXPOSABLE = frozenset({"set-cookie", "set-cookie2"})


#: What was changed on a response: the header lines of the application that were removed, and those
#: that were added.
_Changes = tuple[HeaderPairs, HeaderPairs]


#: Those of a response that carries what the application gave it.
_NOTHING: _Changes = ((), ())


def add_headers(response: Response, decision: Decision) -> Response:
    """Put a decision's headers on a response.

    :returns: the response; a copy if another request got the same object, as a view may keep one.
    """
    headers = response.headers
    if not isinstance(headers, Headers):
        # Some extensions put a plain dict there, in which case matters and nothing repeats.
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
        # Another request has the same headers, perhaps in another thread at this moment.
        return add_headers(_copy_without(known, response), decision)
    response._cross_origin = changes  # type: ignore[attr-defined]
    removed, added = changes
    for name, _ in removed:
        headers.remove(name)
    for name, value in added:
        headers.add(name, value)
    return response


def unshared(response: Response) -> Response:
    """Return a response for a request that gets no headers.

    :returns: a copy if another request got the same object, without what that request got.
    """
    changes = _changes_of(response)
    if changes is _NOTHING and isinstance(response.headers, Headers):
        # From now on, whoever changes them takes a copy.
        changes = vars(response.headers).setdefault(_CHANGES, _NOTHING)
    return response if changes is _NOTHING else _copy_without(changes, response)


def _changes_of(response: Response) -> _Changes:
    changes: _Changes = getattr(response, _CHANGES, _NOTHING)
    if changes is _NOTHING:
        changes = getattr(response.headers, _CHANGES, _NOTHING)
    return changes


def _copy_without(changes: _Changes, response: Response) -> Response:
    mine = copy(response)
    vars(mine).pop(_CHANGES, None)
    headers = response.headers
    if not isinstance(headers, Headers):
        headers = Headers(headers)
    # One step, in which no other thread can change them.
    lines = list(headers)
    lines = [line for line in lines if line[0] != REASON_HEADER]
    removed, added = changes
    for line in added:
        with suppress(ValueError):
            lines.remove(line)
    # Another thread may be about to remove them.
    lines += [line for line in removed if line not in lines]
    mine.headers = Headers(lines)
    return mine


def _find_changes(headers: Headers, decision: Decision, policy: Policy) -> _Changes:
    """Find what to change on headers of which some are the application's own.

    An ``Access-Control-Allow-Origin`` that the application set is left as it is, since two count as
    none (Fetch, "CORS check"). Then only ``Vary`` is added. The other headers of a policy take the
    place of the application's.
    """
    added: dict[str, str] = {}
    replaced: set[str] = set()
    if _ALLOW_ORIGIN in headers:
        report_own_header(policy)
    else:
        added.update(decision.headers)
        # Nobody gets credentials because the application says so, where the policy does not.
        replaced.add(_ALLOW_CREDENTIALS.lower())
        if decision.refused:
            # Nor anything else that is refused.
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
    """Return the names to expose: those of the policy, and those that the application exposes."""
    if decision.exposes_present_headers:
        names = [name for name, _ in headers if is_token(name)]
    else:
        lists = [value for name, value in decision.headers if name == _EXPOSE_HEADERS]
        lists += headers.getlist(_EXPOSE_HEADERS)
        names = [name.strip() for value in lists for name in value.split(",") if name.strip()]
    unique = {name.lower(): name for name in names}
    return ", ".join(sorted(unique[name] for name in unique.keys() - _UNEXPOSABLE))


def _vary(headers: Headers) -> str | None:
    """Add ``Origin`` to ``Vary`` (RFC 9110, 12.5.5).

    :returns: None if it or ``*`` is there.
    """
    names: dict[str, str] = {}
    for part in ",".join(headers.getlist("Vary")).split(","):
        name = part.strip()
        if name:
            names.setdefault(name.lower(), name)
    if "*" in names or "origin" in names:
        return None
    return ", ".join([*names.values(), "Origin"])
