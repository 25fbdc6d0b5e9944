"""The cache of what earlier preflights allowed (Fetch, "CORS-preflight cache").

https://fetch.spec.whatwg.org/#cors-preflight-cache
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..fetch.safelists import NON_WILDCARD_REQUEST_HEADERS
from .headers import parse_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from .exchange import ReceivedResponse
    from .request import Request

#: How long a response without a valid ``Access-Control-Max-Age`` is cached, in seconds.
DEFAULT_MAX_AGE = 5

_DIGITS = re.compile(r"[0-9]+")
#: The page's origin as serialized at that hop, and the URL with its query and fragment.
_Key: TypeAlias = tuple[str, str]


@dataclass
class _Entry:
    #: A method, or a header name in lower case, or ``*``.
    name: str
    is_method: bool
    with_credentials: bool
    #: When the entry expires, in seconds on the cache's clock.
    expires: float

    def applies_to(self, request: Request) -> bool:
        return self.with_credentials or request.credentials != "include"

    def covers(self, name: str) -> bool:
        if self.name == name:
            return True
        # By the standard's text, a * that was stored with credentials covers every name. No browser
        # does that.
        is_wildcard = self.name == "*" and not self.with_credentials
        return is_wildcard and (self.is_method or name not in NON_WILDCARD_REQUEST_HEADERS)


class PreflightCache:
    """The permissions that have not expired. Unlike in browsers, their max age has no limit.

    :param clock: returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[_Key, list[_Entry]] = {}

    def covers(self, request: Request) -> bool:
        """Return whether a request can be sent without another preflight."""
        entries = self._matching(request)
        needed = [(name, False) for name in request.unsafe_header_names]
        if request.needs_method_grant:
            needed.append((request.method, True))
        return all(
            any(entry.is_method is is_method and entry.covers(name) for entry in entries)
            for name, is_method in needed
        )

    def store(self, request: Request, response: ReceivedResponse) -> None:
        """Store what the response to a preflight allows, for the max age that it sets."""
        expires = self._clock() + _max_age(response)
        methods = response.headers.tokens("Access-Control-Allow-Methods") or []
        if request.use_preflight and "Access-Control-Allow-Methods" not in response.headers:
            methods = [request.method]
        names = response.headers.tokens("Access-Control-Allow-Headers") or []
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
                self._entries.setdefault(_key(request), []).append(entry)

    def forget(self, request: Request) -> None:
        """Remove the entries for a request's origin and URL (Fetch, "clear cache entries")."""
        self._entries.pop(_key(request), None)

    def _matching(self, request: Request) -> list[_Entry]:
        """Find the entries that apply to a request (Fetch, "cache entry match")."""
        now = self._clock()
        entries = self._entries.get(_key(request), [])
        return [entry for entry in entries if entry.expires > now and entry.applies_to(request)]


def _key(request: Request) -> _Key:
    return request.serialized_origin, str(request.url)


def _max_age(response: ReceivedResponse) -> int:
    value = response.headers.get("Access-Control-Max-Age", "")
    return parse_seconds(value) if _DIGITS.fullmatch(value) else DEFAULT_MAX_AGE
