"""Measure requests per second with a real server: ``python -m tests.benchmarks.load``.

This needs gunicorn, and wrk on the path. The servers run one at a time, in turns.
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
from tempfile import NamedTemporaryFile

from .__main__ import FEWEST_ROUNDS
from .cases import ORIGIN, bare, mine, theirs

# gunicorn imports these applications by name.
bare_app = bare()
cors_app = theirs(origins=[ORIGIN])()
this_app = mine(origins=[ORIGIN])()

APPS = {"bare Flask": "bare_app", "Flask-CORS": "cors_app", "this": "this_app"}

#: The loads, as Lua scripts for wrk. The function ``request`` returns the next request.
LOADS = {
    "plain": f"""
wrk.headers["Origin"] = "{ORIGIN}"
""",
    # A page sends PUT requests. Without max_age, each of them has a preflight.
    "preflights": f"""
local number = 0
local put = {{["Origin"] = "{ORIGIN}"}}
local asking = {{["Origin"] = "{ORIGIN}", ["Access-Control-Request-Method"] = "PUT"}}
request = function()
  number = number + 1
  if number % 2 == 0 then return wrk.format("PUT", nil, put) end
  return wrk.format("OPTIONS", nil, asking)
end
""",
    # Never the same origin twice.
    "refused": """
local number = 0
request = function()
  number = number + 1
  return wrk.format("GET", nil, {["Origin"] = "https://a" .. number .. ".example"})
end
""",
}


def main() -> None:
    """Measure each application under each load, and print the results."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3, help="of load in each round")
    parser.add_argument("load", nargs="*", help=f"what to send: {', '.join(LOADS)}")
    arguments = parser.parse_args()
    if unknown := {*arguments.load} - {*LOADS}:
        parser.error(f"there is no load {min(unknown)!r}")
    for name in arguments.load or LOADS:
        report(name, measure(LOADS[name], arguments.rounds, arguments.seconds))


def measure(script: str, rounds: int, seconds: int) -> dict[str, float]:
    """Return the requests per second of each application: the upper quartile of the rounds."""
    rates: dict[str, list[float]] = {name: [] for name in APPS}
    with NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        for number in range(max(rounds, FEWEST_ROUNDS)):
            for name in APPS if number % 2 else reversed(APPS):
                with served(APPS[name]) as url:
                    load(url, 1, file.name)
                    rates[name].append(load(url, seconds, file.name))
    # Other work of the machine makes rounds slower, but never faster.
    return {name: quantiles(found, n=4)[2] for name, found in rates.items()}


def report(kind: str, fast: dict[str, float]) -> None:
    """Print the requests per second, also as a ratio to those of bare Flask."""
    sys.stdout.write(f"\n{kind}\n")
    for name, rate in fast.items():
        share = rate / fast["bare Flask"]
        sys.stdout.write(f"  {name:<14}{rate:10.0f} requests per second {share:8.3f}\n")


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


def load(url: str, seconds: int, script: str) -> float:
    """Run wrk for this many seconds, and return the requests per second."""
    command = ["wrk", "-t1", "-c8", f"-d{seconds}s", "-s", script, url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said, said
    found = re.search(r"Requests/sec:\s*([0-9.]+)", said)
    assert found, said
    return float(found[1])


if __name__ == "__main__":
    main()
