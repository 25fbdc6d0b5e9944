"""Measure imports, startup and the first requests: ``python -m tests.benchmarks.startup``."""

from __future__ import annotations

import compileall
import os
import sys
import tracemalloc
from itertools import pairwise
from statistics import quantiles
from time import process_time

import flask
import flask_cors

import flask_crossorigin

from .cases import ORIGIN, Make, bare, mine

IMPORTS = {
    "import flask": "import flask",
    "import flask, flask_cors": "import flask, flask_cors",
    "import flask, flask_crossorigin": "import flask, flask_crossorigin",
}
COUNTS = (10, 100, 1_000, 10_000)
#: The numbers of resources. With 0, the application is bare Flask.
RESOURCES = (0, 20, 100, 1_000)
#: How many applications are measured for each number of resources.
APPS = 60


def main() -> None:
    """Print the cost of imports, of policies with many origins, and of many resources."""
    taken = import_times(rounds=60)
    sys.stdout.write("imports, in processor time\n")
    for name, seconds in taken.items():
        ratio = seconds / taken["import flask"]
        sys.stdout.write(f"  {name:<34}{seconds * 1e3:8.1f} ms {ratio:8.3f}\n")
    for kind, origin in (
        ("origins", "https://app{}.example.com"),
        ("patterns", "https://*.{}.com"),
    ):
        sys.stdout.write(f"startup until the first response, for each of these numbers of {kind}\n")
        for count in COUNTS:
            seconds, size = start([origin.format(number) for number in range(count)])
            per, each = seconds / count * 1e6, size / count
            sys.stdout.write(f"  {count:>6}{per:10.1f} us {each:10.0f} bytes\n")
    sys.stdout.write("by number of resources: CORS(app), the first request, the second request\n")
    for count in RESOURCES:
        steps = "".join(f"{seconds * 1e3:10.2f} ms" for seconds in steps_with_resources(count))
        sys.stdout.write(f"  {count:>6}{steps}\n")


def import_times(rounds: int) -> dict[str, float]:
    """Return the fast decile of the processor time that each import takes, in seconds."""
    # Compile the packages, as installers do.
    for package in (flask_crossorigin, flask_cors, flask):
        compileall.compile_dir(package.__path__[0], quiet=2)
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for number in range(rounds):
        for name in IMPORTS if number % 2 else reversed(IMPORTS):
            command = [sys.executable, "-c", IMPORTS[name]]
            _, status, used = os.wait4(os.posix_spawn(sys.executable, command, os.environ), 0)
            assert status == 0
            times[name].append(used.ru_utime + used.ru_stime)
    return {name: quantiles(taken, n=10)[0] for name, taken in times.items()}


def start(origins: list[str]) -> tuple[float, int]:
    """Start an application, and send it one request.

    :returns: how many seconds longer this takes than with bare Flask, and the bytes that the
        application then uses.
    """
    make = mine(origins=origins)
    taken = min(_seconds(make, ORIGIN) for _ in range(3))
    tracemalloc.start()
    app = make()
    app.test_client().get("/api/items", headers={"Origin": ORIGIN})
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return taken - min(_seconds(bare, ORIGIN) for _ in range(3)), size


def steps_with_resources(count: int) -> tuple[float, ...]:
    """Return the seconds that each step takes: ``CORS(app)``, the first and the second request."""
    taken: list[tuple[float, ...]] = []
    for number in range(APPS):
        # The patterns are new each time, so caches don't help.
        resources = {f"/r{number}x{each}/*": {"origins": ORIGIN} for each in range(count)}
        app = bare()
        client = app.test_client()
        times = [process_time()]
        if resources:
            flask_crossorigin.CORS(app, resources=resources)
        times.append(process_time())
        for _ in range(2):
            client.get("/api/items", headers={"Origin": ORIGIN})
            times.append(process_time())
        taken.append(tuple(after - before for before, after in pairwise(times)))
    return tuple(quantiles(each, n=10)[0] for each in zip(*taken, strict=True))


def _seconds(make: Make, origin: str) -> float:
    started = process_time()
    make().test_client().get("/api/items", headers={"Origin": origin})
    return process_time() - started


if __name__ == "__main__":
    main()
