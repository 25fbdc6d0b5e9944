"""Requests per second behind a real server: ``python -m tests.benchmarks.load``.

Needs gunicorn, and wrk on the path. The servers run one at a time, in turns.
"""

from __future__ import annotations

import argparse
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles

from .cases import ORIGIN, bare, mine, theirs

# What gunicorn serves, by name.
bare_app = bare()
cors_app = theirs(origins=[ORIGIN])()
this_app = mine(origins=[ORIGIN])()

APPS = {"bare Flask": "bare_app", "Flask-CORS": "cors_app", "this": "this_app"}


def main() -> None:
    """Put each application under load in turn, and print the fast quarter and its ratios."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3, help="of load in each round")
    arguments = parser.parse_args()
    rates: dict[str, list[float]] = {name: [] for name in APPS}
    for number in range(arguments.rounds):
        for name in APPS if number % 2 else reversed(APPS):
            with served(APPS[name]) as url:
                load(url, 1)
                rates[name].append(load(url, arguments.seconds))
    # What else the machine does makes a round slow, and none fast.
    fast = {name: quantiles(found, n=4)[2] for name, found in rates.items()}
    for name, rate in fast.items():
        share = rate / fast["bare Flask"]
        sys.stdout.write(f"{name:<14}{rate:10.0f} requests per second {share:8.3f}\n")


@contextmanager
def served(app: str) -> Iterator[str]:
    """Serve an application with two workers of two threads."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-w", "2", "--threads", "2", "--log-level"]
    command += ["error", "-b", f"127.0.0.1:{port}", f"{__spec__.name}:{app}"]
    with subprocess.Popen(command) as server:
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/api/items"
        finally:
            server.terminate()


def load(url: str, seconds: int) -> float:
    """Send as many requests as are answered, and give how many that was in a second."""
    command = ["wrk", "-t1", "-c8", f"-d{seconds}s", "-H", f"Origin: {ORIGIN}", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said, said
    found = re.search(r"Requests/sec:\s*([0-9.]+)", said)
    assert found, said
    return float(found[1])


if __name__ == "__main__":
    main()
