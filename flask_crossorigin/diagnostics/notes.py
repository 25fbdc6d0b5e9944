"""The notes of an explanation: what it can't know, and what happens besides the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .rehearsal import UNROUTED, Rehearsal, rehearsed

if TYPE_CHECKING:
    from ..testing import Exchange

_NO_POLICIES = (
    "No CORS(app) and no @cross_origin was found. If another decorator hides a @cross_origin, this "
    "explanation may not know about it: it takes effect only when the view runs."
)


def find_notes(
    rehearsal: Rehearsal, last: Exchange, preflight: Exchange | None, problem: str | None
) -> Iterator[str]:
    """Yield the notes, each of one or more sentences.

    :param last: the last exchange.
    :param preflight: the preflight for the same URL; None if there isn't one.
    :param problem: why the browser rejects the last response; None if it accepts it.
    """
    for name in last.dropped_headers:
        yield f"Browsers drop the header {name}: JavaScript is not allowed to set it."
    if preflight is not None and not rehearsed(preflight).is_status_known:
        yield "The view responds to the preflight, so the status 200 is an assumption."
    hidden = [*rehearsal.notes_on(rehearsed(last))] if last.is_cross_origin else []
    yield from hidden
    for exchange in (preflight, last):
        stricter = None if exchange is None else rehearsed(exchange).stricter
        if stricter is not None:
            yield f"report_only would refuse this: {stricter}."
            break
    response = rehearsed(last)
    if problem is not None and not response.is_status_known and not last.is_preflight:
        note = "The view runs anyway: the browser only hides its response from the page."
        hint = " With enforce=True, the request is refused before the view runs."
        yield note if response.decision.policy is None else note + hint
    if last.is_cross_origin and not rehearsal.has_policies and not hidden:
        yield _NO_POLICIES
    if response.crash is not None:
        error = f"{type(response.crash).__name__}: {response.crash}"
        yield f"Routing fails with {error}, so the app responds with status 500."
    elif response.unrouted is not None:
        is_sent = response.status == response.unrouted and not last.is_preflight
        responds = "responds" if is_sent else "would respond"
        what = UNROUTED[response.unrouted]
        yield f"{what}, so the app {responds} with status {response.unrouted}."
    for failure in rehearsal.failures:
        yield f"{failure}, so it refuses the origin. The log has the traceback."
