"""One shape for the messages in ``--json``, whichever command they come from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ..core.places import Place

Headers: TypeAlias = Iterable[tuple[str, str]]


def message_as_json(
    *,
    method: str,
    url: str,
    request_headers: Headers,
    status: int | None,
    headers: Headers,
    problem: str | None,
    because: Iterable[str] = (),
    is_preflight: bool = False,
) -> dict[str, Any]:
    """Return a request and its response as JSON.

    :param status: None if it is not known.
    :param problem: what the browser finds wrong with the response.
    :param because: what requires a preflight.
    """
    return {
        "is_preflight": is_preflight,
        "because": [*because],
        "request": {"method": method, "url": url, "headers": [[*line] for line in request_headers]},
        "response": {"status": status, "headers": [[*line] for line in headers]},
        "problem": problem,
    }


def place_as_json(place: Place | None) -> dict[str, Any] | None:
    """Return as JSON where something was written; None if no file says."""
    return None if place is None else {"file": place.file, "line": place.line}
