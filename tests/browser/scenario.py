"""What a scenario is made of: all of it can be written as JSON, and so recorded and replayed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_T = TypeVar("_T")

#: Two sites, and three servers that can be reached under both names.
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
    """A job that leaves nothing open but whether there is a body."""

    #: As a job's; or a mapping with the key ``json``, and JSON text.
    body: Any
    #: As a job's.
    upload: bool


class _Answer(TypedDict):
    status: int
    headers: list[list[str]]
    body: str


class Answer(_Answer, total=False):
    """What a server says."""

    #: How the body is made of its text, as in ``codings.py``.
    coding: str
    #: How many bytes the body is longer by its Content-Length than it is.
    missing: int
    #: Whether the body is sent in chunks, and its length is not told.
    streamed: bool


class Hop(TypedDict):
    """What is found under the path ``/NUMBER/INDEX`` of each server."""

    answer: Answer
    preflight: Answer


class Scenario(TypedDict):
    """Some requests of a page's script, one after the other, and the servers that they meet."""

    number: int
    #: An origin, or ``null`` for a sandboxed page.
    page: str
    #: The ``Set-Cookie`` lines that a host's own page received before.
    cookies: dict[str, list[str]]
    jobs: list[Fetch]
    hops: list[Hop]


class Ports:
    """The ports that stand in scenarios and observations, and those that servers really have."""

    def __init__(self, real: Sequence[int]) -> None:
        self._there = dict(zip(map(str, PORTS), map(str, real), strict=True))
        self._back = {real: told for told, real in self._there.items()}

    def to_real(self, value: _T) -> _T:
        """Write a value with the real ports."""
        return _replace(value, self._there)

    def from_real(self, value: _T) -> _T:
        """Write a value with the ports that scenarios have."""
        return _replace(value, self._back)


def _replace(value: _T, ports: dict[str, str]) -> _T:
    text = _AUTHORITY.sub(
        lambda match: f"{match[1]}:{ports.get(match[2], match[2])}", json.dumps(value)
    )
    replaced: _T = json.loads(text)
    return replaced
