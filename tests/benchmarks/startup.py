"""What comes before the first request: ``python -m tests.benchmarks.startup``."""

from __future__ import annotations

import compileall
import os
import sys
import tracemalloc
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


def main() -> None:
    """Print what importing costs, and what policies of more and more origins do."""
    taken = import_times(rounds=60)
    sys.stdout.write("importing, in processor time\n")
    for name, seconds in taken.items():
        ratio = seconds / taken["import flask"]
        sys.stdout.write(f"  {name:<34}{seconds * 1e3:8.1f} ms {ratio:8.3f}\n")
    for kind, origin in (
        ("origins", "https://app{}.example.com"),
        ("patterns", "https://*.{}.com"),
    ):
        sys.stdout.write(f"start-up to the first answer, for each of so many {kind}\n")
        for count in COUNTS:
            seconds, size = start([origin.format(number) for number in range(count)])
            per, each = seconds / count * 1e6, size / count
            sys.stdout.write(f"  {count:>6}{per:10.1f} us {each:10.0f} bytes\n")


def import_times(rounds: int) -> dict[str, float]:
    """Give the processor time of processes that import something and end."""
    # What is installed has been compiled.
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
    """Give the seconds until an application has answered first, and the bytes it then keeps."""
    make = mine(origins=origins)
    taken = min(_seconds(make, ORIGIN) for _ in range(3))
    tracemalloc.start()
    app = make()
    app.test_client().get("/api/items", headers={"Origin": ORIGIN})
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return taken - min(_seconds(bare, ORIGIN) for _ in range(3)), size


def _seconds(make: Make, origin: str) -> float:
    started = process_time()
    make().test_client().get("/api/items", headers={"Origin": origin})
    return process_time() - started


if __name__ == "__main__":
    main()
