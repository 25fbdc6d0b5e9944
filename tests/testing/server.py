"""A server that answers what a test says and remembers what arrived."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask_crossorigin.testing import Browser

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PAGE = "https://app.example.com"
#: Same site as the page, and another site.
API = "https://api.example.com"
OTHER = "https://other.test"


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def answer(status: int = 200, body: bytes = b"", /, **headers: str) -> Answer:
    """Headers as keywords: ``allow_origin`` is ``Access-Control-Allow-Origin``."""
    lines = [
        ("Access-Control-" + name.title().replace("_", "-"), value)
        if name.startswith(("allow_", "expose_", "max_"))
        else (name.title().replace("_", "-"), value)
        for name, value in headers.items()
    ]
    return Answer(status, tuple(lines), body)


ANYONE = answer(allow_origin="*")
FOR_PAGE = answer(allow_origin=PAGE, allow_credentials="true")


@dataclass(frozen=True)
class Arrival:
    method: str
    target: str
    #: Lower-case names.
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    #: By method and target, ``"GET /a?b"``; what is missing is answered with the default.
    answers: Mapping[str, Answer] = field(default_factory=dict)
    default: Answer = ANYONE
    arrivals: list[Arrival] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        headers = {
            key.removeprefix("HTTP_").lower().replace("_", "-"): value
            for key, value in environ.items()
            if key.startswith("HTTP_") or key in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        }
        method, target = environ["REQUEST_METHOD"], environ["REQUEST_URI"]
        self.arrivals.append(Arrival(method, target, headers, environ["wsgi.input"].read()))
        reply = self.answers.get(f"{method} {target}", self.default)
        start(f"{reply.status} Whatever", list(reply.headers))
        return [reply.body]

    @property
    def last(self) -> Arrival:
        return self.arrivals[-1]

    @property
    def methods(self) -> list[str]:
        return [arrival.method for arrival in self.arrivals]


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def browse(server: Server | Mapping[str, Server], origin: str = PAGE) -> Browser:
    """Open a page, with the server at API unless a map says where."""
    servers = {API: server} if isinstance(server, Server) else server
    return Browser(dict(servers), origin=origin)
