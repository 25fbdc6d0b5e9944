"""Send requests to WSGI apps (PEP 3333: https://peps.python.org/pep-3333/)."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from ..fetch.grammar import DEFAULT_PORTS, Origin
from .exchange import NetworkError, ReceivedResponse, SentRequest
from .headers import HeaderList
from .stream import BodyStream
from .url import parse_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class WSGITransport:
    """Sends requests to WSGI apps, each with its own origin.

    :param apps: the app at each origin.
    """

    def __init__(self, apps: Mapping[Origin, WSGIApplication]) -> None:
        self._apps = dict(apps)

    def send(self, request: SentRequest) -> ReceivedResponse:
        """Call the app at the URL's origin.

        :raises NetworkError: no app has this origin.
        """
        origin = parse_url(request.url).origin
        app = self._apps.get(origin)
        if app is None:
            known = ", ".join(map(str, self._apps))
            raise NetworkError(f"there is no server at {origin} (known servers: {known})")
        return run_app(app, make_environ(request))


def make_environ(request: SentRequest) -> WSGIEnvironment:
    """Make the environ of a request, as a WSGI server does.

    It is tempting to use Werkzeug's ``EnvironBuilder``, but it adds a body if the content type is
    that of a form, and it loses part of a path that starts with ``//``.
    """
    url = parse_url(request.url)
    port = url.port if url.port is not None else DEFAULT_PORTS[url.scheme]
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.path).decode("latin-1"),
        "QUERY_STRING": url.query or "",
        "REQUEST_URI": url.target,
        "RAW_URI": url.target,
        "SERVER_NAME": url.host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": url.host if url.port is None else f"{url.host}:{url.port}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": BytesIO(request.body or b""),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    # Without a body, browsers send "Content-Length: 0" with these two methods only.
    if request.body is not None or request.method in {"POST", "PUT"}:
        environ["CONTENT_LENGTH"] = str(len(request.body or b""))
    for name, value in request.headers.lines:
        key = name.upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


def run_app(app: WSGIApplication, environ: WSGIEnvironment) -> ReceivedResponse:
    """Call a WSGI app and return its response.

    A body of unknown length is read on demand, because it may have no end. Exceptions of the app
    propagate: those of such a body when it is read, others from here.

    :raises RuntimeError: the app violates PEP 3333: it never calls ``start_response``, or calls
        it again without ``exc_info``.
    """
    run = _Run()
    chunks: Iterable[bytes] = app(environ, run.start_response)
    stream = BodyStream(run.read(chunks), getattr(chunks, "close", None))
    if run.start is None:
        # A generator calls start_response when its first bytes are read. Until there are any, an
        # error can replace the response.
        stream.wait()
    if run.start is None:
        stream.close()
        raise RuntimeError("the app never called start_response")
    status, lines = run.start
    code, _, reason = status.partition(" ")
    headers = HeaderList(lines)
    is_bodiless = environ.get("REQUEST_METHOD") == "HEAD" or code in {"204", "304"}
    is_finite = isinstance(chunks, (list, tuple)) or "content-length" in headers or is_bodiless
    content = stream.whole() if is_finite else stream
    run.is_sent = True
    return ReceivedResponse(int(code), headers, content, reason)


class _Run:
    """One call of an app: what it passes to ``start_response`` and ``write``."""

    def __init__(self) -> None:
        self.start: tuple[str, list[tuple[str, str]]] | None = None
        #: Whether the browser already has the status and the headers. An error can't replace them.
        self.is_sent = False
        self._written: list[bytes] = []

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        if self.start is not None and exc_info is None:
            raise RuntimeError("the app called start_response twice")
        if exc_info is not None and self.is_sent:
            raise exc_info[1].with_traceback(exc_info[2])
        self.start = status, list(headers)
        return self._write

    def _write(self, data: bytes) -> None:
        self.is_sent = self.is_sent or bool(data)
        self._written.append(data)

    def read(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Iterate over the body. What the app passes to ``write`` comes before the next chunk."""
        for chunk in chunks:
            self._write(chunk)
            yield self._take()
        yield self._take()

    def _take(self) -> bytes:
        data = b"".join(self._written)
        self._written.clear()
        return data
