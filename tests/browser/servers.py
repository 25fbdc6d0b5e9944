"""WSGI applications on loopback ports. To a browser, each one is a different origin."""

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

#: How long the handling of a request may take to end after the server has closed its connection.
_GRACE_SECONDS = 10.0


class Server:
    """Serves one WSGI application on its own port during the ``with`` block.

    The server is at ``localhost`` and ``127.0.0.1``, which are two sites to a browser. Two servers
    on one host are two origins of one site.

    :param certificate: a file with a certificate and its key, to serve https.
    """

    #: The application. Tests may replace it while the server runs.
    app: WSGIApplication

    def __init__(self, app: WSGIApplication, *, certificate: Path | None = None) -> None:
        self.app = app
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        self._scheme = "http" if context is None else "https"
        # With port 0, the system picks a free port, and the server is bound to it from here on.
        self._server = _LoopbackServer(
            "127.0.0.1", 0, self._call_app, _QuietHandler, ssl_context=context
        )
        # Poll often, because shutdown() waits for the end of a poll.
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name=f"port {self.port}", daemon=True
        )

    def _call_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.app(environ, start_response)

    @property
    def port(self) -> int:
        return self._server.port

    def origin(self, host: str = "localhost") -> str:
        """Return the origin of this server under a host name that resolves to 127.0.0.1."""
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
    # With HTTP/1.1, Werkzeug can stream a response of unknown length in chunks. It still closes
    # the connection after each response.
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Don't log requests. Errors are still logged."""


class _LoopbackServer(ThreadedWSGIServer):
    """Remembers its connections, so that it can close those that a browser leaves open.

    Browsers open some connections in advance and then never send a request.
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
