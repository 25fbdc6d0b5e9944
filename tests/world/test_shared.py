"""Each request gets its own headers, even if requests in other threads get the same response."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from .exchanges import APP, STRANGER
from .packages import require
from .servers import gunicorn
from .shared import OTHER, VIEWS
from .test_servers import ask, cors_headers

THREADS = 8


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    require("gunicorn")
    options = ["--worker-class=gthread", f"--threads={THREADS}"]
    with gunicorn("world.shared:app", *options) as port:
        yield port


def granted(origin: str) -> list[tuple[str, str]]:
    return [
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-origin", origin),
        ("access-control-expose-headers", "X-Number"),
    ]


EXPECTED = [
    ("api", APP, granted(APP), ["accept", "origin"]),
    ("open", APP, [("access-control-allow-origin", "*")], ["accept"]),
    ("api", STRANGER, [], ["accept", "origin"]),
    ("api", OTHER, granted(OTHER), ["accept", "origin"]),
    ("closed", APP, [], ["accept"]),
    ("api", None, [], ["accept", "origin"]),
]


@pytest.mark.parametrize("view", [view.__name__ for view in VIEWS])
def test_each_request_gets_its_own(view: str, port: int) -> None:
    def exchange(number: int) -> None:
        place, origin, headers, vary = EXPECTED[number % len(EXPECTED)]
        status, found, body = ask(port, "GET", f"/{place}/{view}", origin)
        assert (status, body.strip(b'"\n')) == (200, b"kept")
        assert cors_headers(found) == headers
        names = ",".join(found.get_all("Vary", [])).lower().split(",")
        assert sorted(name.strip() for name in names) == vary
        # Even if another thread changes the same object, no header is lost or duplicated.
        assert len(found.get_all("Content-Length", [])) == 1
        assert ("X-Crossorigin-Reason" in found) == (origin is not None and headers == [])

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(exchange, range(60 * len(EXPECTED))))
