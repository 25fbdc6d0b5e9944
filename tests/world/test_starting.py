"""The first requests get the right responses if they arrive at once, with each worker type."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from .exchanges import APP, STRANGER
from .packages import require
from .servers import gunicorn
from .starting import APPS, WRONG, path_of
from .test_servers import ask, cors_headers

#: How many requests to send at once.
AT_ONCE = 20

WORKERS = {
    "sync": [],
    "gthread": ["--threads=8"],
    "gevent": [],
}


@pytest.fixture(
    scope="module",
    params=[(worker, preload) for worker in WORKERS for preload in ("", "preload")],
    ids=lambda param: " ".join(filter(None, param)),
)
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """Start gunicorn, and yield the port on which it listens."""
    worker, preload = request.param
    require("gunicorn")
    require("asgiref")
    if worker == "gevent":
        require("gevent")
    options = [f"--worker-class={worker}", *WORKERS[worker]]
    if preload:
        options.append("--preload")
    with gunicorn("world.starting:serve()", *options) as port:
        yield port


@pytest.mark.parametrize("name", APPS)
def test_the_first_requests(name: str, port: int) -> None:
    url = f"{path_of(name)}/items"

    def exchange(number: int) -> tuple[int, int, str | None, str | None]:
        origin = (APP, STRANGER)[number % 2]
        method = ("GET", "OPTIONS")[number // 2 % 2]
        # If a request hangs, the timeout of ask() makes the test fail.
        status, headers, _ = ask(port, method, url, origin, "PUT" if method == "OPTIONS" else None)
        allowed = dict(cors_headers(headers)).get("access-control-allow-origin")
        return number, status, allowed, headers["Vary"]

    app = None if name in WRONG else APP
    vary = None if name in WRONG else "Origin"
    expected = [(200, app, vary), (200, None, vary), (204 if app else 403, app, vary)]
    expected.append((403, None, vary))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = list(threads.map(exchange, range(AT_ONCE)))
    assert found == [(number, *expected[number % 4]) for number in range(AT_ONCE)]
