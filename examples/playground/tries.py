"""List the requests that both pages send, with the options of ``fetch()``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Try:
    """One request that a page sends to the API."""

    title: str
    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: str | None = None
    #: Whether to send and store cookies: ``credentials: "include"``.
    credentials: bool = False
    #: The response header that the page tries to read.
    reads: str | None = None


_JSON = {"Content-Type": "application/json"}

#: The order matters: some requests need the cookie from the login.
TRIES = (
    Try("GET, reading X-Total", "/api/items/", reads="X-Total"),
    Try("PUT with JSON", "/api/items/1", "PUT", _JSON, '{"name": "quince"}'),
    Try("DELETE", "/api/items/1", "DELETE"),
    Try("GET with header X-Debug", "/api/items/", headers={"X-Debug": "1"}),
    Try("POST to log in", "/api/login", "POST", _JSON, '{"user": "ada"}', credentials=True),
    Try(
        "PUT with the login cookie",
        "/api/private/note",
        "PUT",
        _JSON,
        '{"note": "hello"}',
        credentials=True,
    ),
    Try("GET without the cookie", "/api/private/note"),
    Try("GET, but the view crashes", "/api/crash"),
    Try("GET, decorated view", "/api/status"),
    Try("GET, redirected", "/api/items"),
    Try("GET outside /api/", "/internal"),
)
