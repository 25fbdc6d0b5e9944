"""The JSON form of requests and responses, which the commands share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

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
    """Return the JSON form of a request and its response.

    :param status: the status of the response; None if it is unknown.
    :param problem: why the browser rejects the response; None if it accepts it.
    :param because: what requires the preflight, if this is one.
    """
    return {
        "is_preflight": is_preflight,
        "because": [*because],
        "request": {"method": method, "url": url, "headers": [[*line] for line in request_headers]},
        "response": {"status": status, "headers": [[*line] for line in headers]},
        "problem": problem,
    }
