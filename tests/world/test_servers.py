from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path

import pytest

from .exchanges import APP, STRANGER
from .packages import require
from .servers import listening

TESTS = Path(__file__).parents[1]

# Each server takes over a listening socket. Its file descriptor is in the arguments.
PROGRAMS = {
    "gunicorn": "from gunicorn.app.wsgiapp import run; run()",
    "gunicorn with gevent": "from gunicorn.app.wsgiapp import run; run()",
    "waitress": """
import socket, sys, waitress
from world.wsgi import app
waitress.serve(app, sockets=[socket.socket(fileno=int(sys.argv[1]))])
""",
    "gevent": """
import gevent.monkey; gevent.monkey.patch_all()
import gevent.pywsgi, gevent.socket, sys
from world.wsgi import app
listener = gevent.socket.socket(fileno=int(sys.argv[1]))
gevent.pywsgi.WSGIServer(listener, app).serve_forever()
""",
}


def arguments(name: str, number: int) -> list[str]:
    if not name.startswith("gunicorn"):
        return [str(number)]
    worker = "gevent" if name.endswith("gevent") else "gthread"
    options = [f"--bind=fd://{number}", f"--worker-class={worker}", "--no-control-socket"]
    return [*options, "--log-level=warning", "world.wsgi:app"]


@pytest.fixture(scope="module", params=PROGRAMS)
def server(request: pytest.FixtureRequest) -> Iterator[int]:
    """Start a server, and yield the port on which it listens."""
    name: str = request.param
    for package in name.split(" with "):
        require(package)
    with listening() as listener:
        number = listener.fileno()
        command = [sys.executable, "-c", PROGRAMS[name], *arguments(name, number)]
        port = listener.getsockname()[1]
        process = subprocess.Popen(command, cwd=TESTS, pass_fds=[number])
    # Only the server listens now. If it dies, connections are refused instead of waiting.
    with process:
        try:
            yield port
        finally:
            process.terminate()


def ask(
    port: int, method: str, path: str, origin: str | None, asked: str | None = None
) -> tuple[int, HTTPMessage, bytes]:
    headers = {} if origin is None else {"Origin": origin}
    if asked is not None:
        headers["Access-Control-Request-Method"] = asked
        headers["Access-Control-Request-Headers"] = "content-type"
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()


def cors_headers(headers: HTTPMessage) -> list[tuple[str, str]]:
    """Return the CORS headers of a response, including duplicates."""
    return sorted(
        (name.lower(), value)
        for name, value in headers.items()
        if name.lower().startswith("access-control-")
    )


GRANTED = [("access-control-allow-credentials", "true"), ("access-control-allow-origin", APP)]


def test_preflight(server: int) -> None:
    status, headers, body = ask(server, "OPTIONS", "/api/items", APP, "PUT")
    assert (status, body) == (204, b"")
    assert cors_headers(headers) == [
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-headers", "content-type"),
        ("access-control-allow-methods", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY"),
        ("access-control-allow-origin", APP),
        ("access-control-max-age", "600"),
    ]
    # RFC 9110, section 8.6: a 204 response must not have Content-Length. Tolerate 0.
    assert headers["Content-Length"] in (None, "0")
    assert headers["Content-Type"] is None


def test_preflight_refused(server: int) -> None:
    status, headers, body = ask(server, "OPTIONS", "/api/items", STRANGER, "PUT")
    assert (status, body) == (403, b"")
    assert cors_headers(headers) == []


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/items", 200),
        ("HEAD", "/api/items", 200),
        ("PUT", "/api/items", 200),
        ("GET", "/api/private", 401),
        ("GET", "/api/broken", 500),
        ("GET", "/api/nothing", 404),
    ],
)
def test_answer(server: int, method: str, path: str, expected: int) -> None:
    status, headers, _ = ask(server, method, path, APP)
    assert status == expected
    assert cors_headers(headers) == GRANTED
    assert headers["Vary"] == "Origin"
    _, headers, _ = ask(server, method, path, STRANGER)
    assert cors_headers(headers) == []
    assert headers["Vary"] == "Origin"
