"""A server on loopback that lets a test handle a single connection."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: A key and a self-signed certificate for localhost.
CERTIFICATE = Path(__file__).with_name("localhost.pem")


@contextmanager
def serve(answer: Callable[[socket.socket], object], *, tls: bool = False) -> Iterator[str]:
    """Accept one connection on a loopback port, and let the test handle it. Yield the address."""
    listener = socket.create_server(("127.0.0.1", 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    received: list[BaseException] = []

    def run() -> None:
        try:
            connection, _ = listener.accept()
            # Later connections are refused instead of waiting.
            listener.close()
            with connection:
                if tls:
                    connection = context.wrap_socket(connection, server_side=True)
                answer(connection)
                connection.close()
        except OSError as error:
            # A client that does not trust the certificate closes the connection.
            received.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        thread.join(30)
        listener.close()


def reply(text: str, requests: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        received = b""
        while not received.endswith(b"\r\n\r\n"):
            received += connection.recv(65536)
        if requests is not None:
            requests.append(received)
        connection.sendall(text.replace("\n", "\r\n").encode("latin-1"))

    return answer
