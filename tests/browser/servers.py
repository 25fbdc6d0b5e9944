"""WSGI applications on loopback ports, each an origin of its own to a browser."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from typing_extensions import Self

#: How long a request that is still being served at the end may take to notice.
_GRACE_SECONDS = 10.0


class Server:
    """One WSGI application on a port of its own, served while the ``with`` block lasts.

    ``localhost`` and ``127.0.0.1`` both lead here, and are two sites to a browser; two servers
    on one host are two origins of one site.

    :param certificate: a file with a certificate and its key, to serve https.
    """

    #: The application; may be replaced while the server runs.
    app: WSGIApplication

    def __init__(self, app: WSGIApplication, *, certificate: Path | None = None) -> None:
        self.app = app
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        self._scheme = "http" if context is None else "https"
        # Port 0 lets the system pick one, which is known, and taken, from here on.
        self._server = _LoopbackServer(
            "127.0.0.1", 0, self._call_app, _QuietHandler, ssl_context=context
        )
        # A short poll, since shutdown() waits for the running one to end.
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name=f"port {self.port}", daemon=True
        )

    def _call_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.app(environ, start_response)

    @property
    def port(self) -> int:
        return self._server.port

    def origin(self, host: str = "localhost") -> str:
        """Give the origin of this server under a host name that leads to 127.0.0.1."""
        return f"{self._scheme}://{host}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _QuietHandler(WSGIRequestHandler):
    # Werkzeug closes the connection after each response all the same; HTTP/1.1 lets it
    # stream one of unknown length in chunks.
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing; what goes wrong is still logged."""


class _LoopbackServer(ThreadedWSGIServer):
    """Knows its connections, so that it can end those that a browser leaves open.

    Browsers open some ahead of time, which then wait for a request that never comes.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._connections: dict[Any, threading.Thread] = {}

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._connections[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self._connections.pop(request, None)

    def server_close(self) -> None:
        super().server_close()
        for connection, thread in list(self._connections.items()):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(_GRACE_SECONDS)
            if thread.is_alive():
                raise RuntimeError(f"a request to port {self.port} is still being served")
