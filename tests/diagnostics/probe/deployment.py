"""Real servers on loopback: gunicorn, and nginx in front of it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
APP = "https://app.example.com"

_APPLICATION = f"""
from flask import Flask
from flask_crossorigin import CORS

app = Flask("shop")
CORS(app, origins="{APP}", supports_credentials=True, max_age=600, resources="/api/*")
CORS(app, origins="*", resources="/open/*")


@app.route("/api/items", methods=["GET", "PUT", "POST"])
def items():
    return {{"items": []}}


@app.get("/open/items")
def open_items():
    return {{"items": []}}
"""

#: The configuration of nginx. All files that nginx writes are below the folder of the test.
_NGINX = """
daemon off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log stderr crit;
events {{}}
http {{
    access_log off;
    {http}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen {address};
        {server}
    }}
}}
"""

_SERVER = """
{directives}
location / {{
    proxy_pass http://{upstream};
    proxy_set_header Host $http_host;
    {location}
}}
"""


def listen() -> socket.socket:
    """Return a socket that listens on a free port, for a server that inherits it.

    Connections wait until the server accepts them.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    listener.set_inheritable(True)
    return listener


def address(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"{host}:{port}"


@contextmanager
def process(arguments: list[str], listener: socket.socket, **environment: str) -> Iterator[None]:
    """Run a server that inherits the listening socket, and end it afterward."""
    server = subprocess.Popen(
        arguments,
        pass_fds=[listener.fileno()],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # The server has its own copy. If it fails to start, connections are refused, not kept waiting.
    listener.close()
    try:
        yield
    finally:
        server.terminate()
        server.wait(timeout=30)


@contextmanager
def gunicorn(folder: Path, application: str = _APPLICATION) -> Iterator[str]:
    """Serve an application with gunicorn, and yield the address."""
    (folder / "shop.py").write_text(application)
    with listen() as listener:
        place = address(listener)
        bind = f"fd://{listener.fileno()}"
        arguments = [sys.executable, "-m", "gunicorn", "--bind", bind, "--chdir", str(folder)]
        # Otherwise, all servers of this user would share the control socket of gunicorn.
        with process([*arguments, "shop:app"], listener, PYTHONPATH=str(ROOT), HOME=str(folder)):
            yield place


@contextmanager
def nginx(
    folder: Path,
    upstream: str,
    location: str = "",
    directives: str = "",
    http: str = "",
    server: str | None = None,
) -> Iterator[str]:
    """Run nginx in front of a server, and yield the URL of nginx. Skip the test if it is missing.

    :param server: what the block ``server`` contains after ``listen``. This replaces ``location``
        and ``directives``.
    """
    program = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if program is None:
        if os.environ.get("CROSSORIGIN_REQUIRE_NGINX") == "1":
            pytest.fail("nginx is missing, and CROSSORIGIN_REQUIRE_NGINX is 1")
        pytest.skip("nginx is missing")
    if server is None:
        server = _SERVER.format(upstream=upstream, location=location, directives=directives)
    with listen() as listener:
        place = address(listener)
        config = folder / "nginx.conf"
        config.write_text(
            _NGINX.format(
                folder=folder,
                # As root, nginx would run its workers as another user, which can't read the folder.
                user="user root root;" if os.geteuid() == 0 else "",
                address=place,
                server=server,
                http=http,
            )
        )
        arguments = [program, "-p", str(folder), "-c", str(config), "-e", "stderr"]
        # nginx inherits the socket that this variable names, as when its binary is upgraded.
        with process(arguments, listener, NGINX=f"{listener.fileno()};"):
            yield f"http://{place}"
