"""Count the instructions of a request: ``python -m tests.benchmarks.instructions``.

Valgrind counts them, so the same code gives the same figures however busy the machine is. But each
edit moves the objects in memory, and that alone changes a figure by up to 3,000 instructions. So
smaller differences mean nothing.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import shutil
import subprocess
import sys

from .__main__ import call, report_ratios
from .cases import CASES, Case

#: How many calls the two runs of each application make. Both include the start of Python, so the
#: difference doesn't.
FEW, MANY = 100, 300
#: Calls that aren't counted, after which Python has specialized its instructions.
WARM_UP = 200


def main() -> None:
    """Print the instructions of one request in each application of the cases."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.instructions", description=__doc__
    )
    parser.add_argument("--run", nargs=3, metavar=("CASE", "APP", "CALLS"), help=argparse.SUPPRESS)
    parser.add_argument("case", nargs="*", help="parts of the names of the cases to run")
    arguments = parser.parse_args()
    if arguments.run:
        name, app, calls = arguments.run
        run(next(case for case in CASES if case.name == name), app, int(calls))
        return
    if shutil.which("valgrind") is None:
        parser.error("install valgrind first, for example with: apt-get install valgrind")
    for case in CASES:
        if not arguments.case or any(part in case.name for part in arguments.case):
            report(case, {name: instructions(case, name) for name in case.apps})


def run(case: Case, name: str, calls: int) -> None:
    """Call one application this many times."""
    app = case.apps[name]()
    environs = case.sent_to.get(name, case.sent).environs()
    call(app, environs, WARM_UP)
    gc.collect()
    gc.disable()
    call(app, environs, calls)


def instructions(case: Case, name: str) -> float:
    """Return the instructions that one request takes in an application."""
    # The first process writes the bytecode files, which the counted processes then read.
    _run(["-m", __spec__.name, "--run", case.name, name, str(FEW)], [])
    few, many = (_count(case, name, calls) for calls in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def _count(case: Case, name: str, calls: int) -> int:
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    written = _run(["-m", __spec__.name, "--run", case.name, name, str(calls)], valgrind)
    counted = re.search(r"Collected : (\d+)", written)
    assert counted is not None, written
    return int(counted[1])


def _run(arguments: list[str], tool: list[str]) -> str:
    done = subprocess.run(
        [*tool, sys.executable, *arguments],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stderr


def report(case: Case, counted: dict[str, float]) -> None:
    """Print what each application adds to the first, and the ratios that matter."""
    base = next(iter(counted.values()))
    sys.stdout.write(f"\n{case.name}\n")
    for name, number in counted.items():
        sys.stdout.write(f"  {name:<34}{number:10,.0f} {number - base:+10,.0f}\n")
    report_ratios(case, counted)


if __name__ == "__main__":
    main()
