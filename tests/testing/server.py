"""A server that sends given responses and records the requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask_crossorigin.testing import Browser

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from flask_crossorigin.testing.blocking import Block

PAGE = "https://app.example.com"
#: Two servers: one is same-site with the page, the other is not.
API = "https://api.example.com"
OTHER = "https://other.test"


@dataclass(frozen=True)
class Response:
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def respond(status: int = 200, body: bytes = b"", /, **headers: str) -> Response:
    """Make a response. ``allow_origin=`` sets ``Access-Control-Allow-Origin``, and so on."""
    lines = [
        ("Access-Control-" + name.title().replace("_", "-"), value)
        if name.startswith(("allow_", "expose_", "max_"))
        else (name.title().replace("_", "-"), value)
        for name, value in headers.items()
    ]
    return Response(status, tuple(lines), body)


ANYONE = respond(allow_origin="*")
FOR_PAGE = respond(allow_origin=PAGE, allow_credentials="true")


@dataclass(frozen=True)
class Arrival:
    method: str
    target: str
    #: The names are in lower case.
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    #: By method and target, such as ``"GET /a?b"``. All other requests get the default.
    responses: Mapping[str, Response] = field(default_factory=dict)
    default: Response = ANYONE
    arrivals: list[Arrival] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        headers = {
            key.removeprefix("HTTP_").lower().replace("_", "-"): value
            for key, value in environ.items()
            if key.startswith("HTTP_") or key in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        }
        method, target = environ["REQUEST_METHOD"], environ["REQUEST_URI"]
        self.arrivals.append(Arrival(method, target, headers, environ["wsgi.input"].read()))
        reply = self.responses.get(f"{method} {target}", self.default)
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


def browse(
    server: Server | Mapping[str, Server], origin: str = PAGE, unblocked: Collection[Block] = ()
) -> Browser:
    """Return a browser with an open page. A single server is at :data:`API`."""
    servers = {API: server} if isinstance(server, Server) else server
    return Browser(dict(servers), origin=origin, unblocked=unblocked)
