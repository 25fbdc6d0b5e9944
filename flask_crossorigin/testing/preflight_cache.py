"""What preflights have allowed so far (Fetch, "CORS-preflight cache")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..fetch.grammar import SAFELISTED_METHODS
from ..fetch.safelists import NON_WILDCARD_REQUEST_HEADERS
from .set_cookie import parse_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from .exchange import ReceivedResponse
    from .request import Request

#: How long an answer holds that says nothing about it, in seconds.
DEFAULT_MAX_AGE = 5

_DIGITS = re.compile(r"[0-9]+")
#: A page's origin as it serialized at that hop, and the URL with its query and fragment.
_Place: TypeAlias = tuple[str, str]


@dataclass
class _Entry:
    #: A method, or a header name in lower case, or ``*``.
    name: str
    is_method: bool
    with_credentials: bool
    expires: float

    def serves(self, request: Request) -> bool:
        return self.with_credentials or request.credentials != "include"

    def covers(self, name: str) -> bool:
        if self.name == name:
            return True
        # The standard's text lets a * that came with credentials cover all. No browser does.
        is_wildcard = self.name == "*" and not self.with_credentials
        return is_wildcard and (self.is_method or name not in NON_WILDCARD_REQUEST_HEADERS)


class PreflightCache:
    """The answers that have not expired yet. There is no cap on how long they hold.

    :param clock: gives the time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[_Place, list[_Entry]] = {}

    def covers(self, request: Request) -> bool:
        """Tell whether the request needs no preflight of its own any more."""
        entries = self._matching(request)
        needed = [(name, False) for name in request.unsafe_headers]
        if request.method not in SAFELISTED_METHODS:
            needed.append((request.method, True))
        return all(
            any(entry.is_method is is_method and entry.covers(name) for entry in entries)
            for name, is_method in needed
        )

    def store(
        self, request: Request, response: ReceivedResponse, methods: list[str], names: list[str]
    ) -> None:
        """Keep what a preflight's answer allows, for as long as it says."""
        expires = self._clock() + _max_age(response)
        allowed = [(method, True) for method in methods]
        allowed += [(name.lower(), False) for name in names]
        for name, is_method in allowed:
            known = [
                entry
                for entry in self._matching(request)
                if entry.is_method is is_method and entry.covers(name)
            ]
            for entry in known:
                entry.expires = expires
            if not known:
                entry = _Entry(name, is_method, request.credentials == "include", expires)
                self._entries.setdefault(_place(request), []).append(entry)

    def forget(self, request: Request) -> None:
        """Drop what is known of the request's URL (Fetch, "clear cache entries")."""
        self._entries.pop(_place(request), None)

    def _matching(self, request: Request) -> list[_Entry]:
        """Find the entries that serve a request (Fetch, "cache entry match")."""
        now = self._clock()
        entries = self._entries.get(_place(request), [])
        return [entry for entry in entries if entry.expires > now and entry.serves(request)]


def _place(request: Request) -> _Place:
    return request.serialized_origin, str(request.url)


def _max_age(response: ReceivedResponse) -> int:
    value = response.headers.get("Access-Control-Max-Age", "")
    return parse_seconds(value) if _DIGITS.fullmatch(value) else DEFAULT_MAX_AGE
