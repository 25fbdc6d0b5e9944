"""The parts of a scenario. All of them are JSON values, so they can be recorded and replayed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_T = TypeVar("_T")

#: The hosts are two sites. Each of the three servers can be reached under both names.
HOSTS = ("localhost", "127.0.0.1")
PORTS = (4001, 4002, 4003)
ORIGINS = tuple(f"http://{host}:{port}" for port in PORTS for host in HOSTS)

_AUTHORITY = re.compile(r"\b(localhost|127\.0\.0\.1):([0-9]+)\b", re.IGNORECASE)


class _Init(TypedDict):
    url: str
    method: str
    headers: list[list[str]]
    mode: str
    credentials: str
    redirect: str


class Fetch(_Init, total=False):
    """A job with all options. Only ``body`` and ``upload`` may be missing."""

    #: As in a :class:`.pages.Job`, or a mapping with the key ``json`` and JSON text.
    body: Any
    #: As in a :class:`.pages.Job`.
    upload: bool


class _Answer(TypedDict):
    status: int
    headers: list[list[str]]
    body: str


class Answer(_Answer, total=False):
    """A response of a server."""

    #: How the body is encoded, in one of the ways that ``codings.py`` lists.
    coding: str
    #: How many bytes of the body are missing, according to its Content-Length.
    missing: int
    #: Whether the body is sent in chunks, without a Content-Length.
    streamed: bool


class Hop(TypedDict):
    """The responses under the path ``/NUMBER/INDEX`` of each server."""

    answer: Answer
    preflight: Answer


class Scenario(TypedDict):
    """Requests that a page makes one after the other, and the responses of the servers."""

    number: int
    #: The origin of the page, or ``null`` for a sandboxed page.
    page: str
    #: The ``Set-Cookie`` lines by host. A page of the host receives them before the scenario.
    cookies: dict[str, list[str]]
    jobs: list[Fetch]
    hops: list[Hop]


class Ports:
    """Translates between the ports in scenarios and observations and those of the real servers."""

    def __init__(self, real: Sequence[int]) -> None:
        self._there = dict(zip(map(str, PORTS), map(str, real), strict=True))
        self._back = {real: told for told, real in self._there.items()}

    def to_real(self, value: _T) -> _T:
        """Return a copy of a value with the ports of the real servers."""
        return _replace(value, self._there)

    def from_real(self, value: _T) -> _T:
        """Return a copy of a value with the ports in scenarios."""
        return _replace(value, self._back)


def _replace(value: _T, ports: dict[str, str]) -> _T:
    text = _AUTHORITY.sub(
        lambda match: f"{match[1]}:{ports.get(match[2], match[2])}", json.dumps(value)
    )
    replaced: _T = json.loads(text)
    return replaced
