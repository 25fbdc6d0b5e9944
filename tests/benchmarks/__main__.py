"""Measure what CORS adds to a request: ``python -m tests.benchmarks``.

All applications run in one process and are called through WSGI, in turns: a few calls of one, then
a few of the next, for many rounds. The speed of a machine changes while it runs. So the fast decile
of the rounds counts, and only ratios within one run are meaningful. The memory addresses of an
application's objects also make a difference of about a microsecond. So each application is built
several times, and the median of what it adds counts.
"""

from __future__ import annotations

import argparse
import gc
import io
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from .cases import CASES, Case
from .chart import chart

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

#: How many calls an application gets before it is the next one's turn.
CALLS = 20
#: How often the applications of a case are built. Each build gets an equal share of the rounds.
BUILDS = 12
#: With fewer rounds, there are no deciles or quartiles.
FEWEST_ROUNDS = 2

# Make and format log records, but don't write them anywhere.
logger = logging.getLogger("flask_crossorigin")
logger.addHandler(logging.StreamHandler(io.StringIO()))
logger.propagate = False


def main() -> None:
    """Run the named cases, or all of them, and print what each application adds."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=600, help="rounds of each case")
    parser.add_argument("--chart", type=Path, help="the SVG file to draw")
    parser.add_argument("case", nargs="*", help="parts of the names of the cases to run")
    arguments = parser.parse_args()
    results: dict[str, dict[str, float]] = {}
    for case in CASES:
        if not arguments.case or any(part in case.name for part in arguments.case):
            results[case.name] = measure(case, arguments.rounds)
            report(case, results[case.name])
    if arguments.chart:
        arguments.chart.write_text(chart(results), encoding="utf-8")


def measure(case: Case, rounds: int) -> dict[str, float]:
    """Return the microseconds that one request takes in each application of a case."""
    logger.setLevel(logging.INFO if case.logged else logging.CRITICAL)
    rounds = max(rounds // BUILDS, FEWEST_ROUNDS)
    builds = [measure_build(case, rounds) for _ in range(BUILDS)]
    # When the machine is slow for a while, all applications of one build are. So compare each of
    # them with the first application of the same build.
    base = next(iter(case.apps))
    usual = median(build[base] for build in builds)
    return {
        name: usual + median(build[name] - build[base] for build in builds) for name in case.apps
    }


def measure_build(case: Case, rounds: int) -> dict[str, float]:
    """Build the applications of a case, and return the microseconds of a request in each."""
    apps = {name: make() for name, make in case.apps.items()}
    times: dict[str, list[float]] = {name: [] for name in apps}
    environs = {name: case.sent_to.get(name, case.sent).environs() for name in apps}
    for name, app in apps.items():
        call(app, environs[name], 100)
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            # Alternate the order, so no application always runs after the same other one.
            order = list(apps) if number % 2 else list(reversed(apps))
            for name in order:
                times[name].append(call(apps[name], environs[name], CALLS))
    finally:
        gc.enable()
    return {name: quantiles(taken, n=10)[0] for name, taken in times.items()}


def call(app: App, environs: Iterator[Environ], calls: int) -> float:
    """Call an application this many times, and return the microseconds of one call."""
    ready = list(islice(environs, calls))
    started = perf_counter()
    for environ in ready:
        for _ in app(environ, start_response):
            pass
    return (perf_counter() - started) / calls * 1e6


def start_response(
    _status: str, _headers: list[tuple[str, str]], _exc: Any = None
) -> Callable[[bytes], object]:
    """Ignore the status and the headers that a WSGI server would send."""
    return len


def report(case: Case, taken: dict[str, float]) -> None:
    """Print what each application adds to the first, and the ratios that matter."""
    base = next(iter(taken.values()))
    sys.stdout.write(f"\n{case.name}\n")
    for name, microseconds in taken.items():
        added = microseconds - base
        sys.stdout.write(f"  {name:<34}{microseconds:8.1f} us {added:+8.1f} us\n")
    report_ratios(case, taken)


def report_ratios(case: Case, taken: dict[str, float]) -> None:
    """Print the ratios of a case, and whether they are within their limits."""
    for ratio in case.ratios:
        value = ratio.of(taken)
        mark = "ok" if value <= ratio.limit else "MISSED"
        sys.stdout.write(f"  {ratio.name:<50}{value:6.2f}  (at most {ratio.limit}) {mark}\n")


if __name__ == "__main__":
    main()
