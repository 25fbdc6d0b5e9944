"""``python -m tests.mutation origins policy``: which changes to a module no test notices."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .mutants import Mutant, mutants_of
from .trials import PACKAGE, survivors

EQUIVALENT = Path(__file__).with_name("equivalent.txt")

#: Tests that start other programs, which no mutant reaches, or that read the source.
OUT_OF_REACH = [
    "benchmarks",
    "browser",
    "migration",
    "mutation",
    "world",
    "probe",
    "test_concurrency.py",
    "test_examples.py",
    "test_growth.py",
    "test_house.py",
    "test_playground.py",
    "test_programs.py",
    "test_typing.py",
]


def main() -> int:
    """Print each mutant that survives and is not known to be equivalent.

    :returns: 0 if there is none, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", help="such as origins; all of them without any")
    parser.add_argument("--tests", nargs="+", help="the tests to run, in the place of all")
    parser.add_argument("--seconds", type=float, default=20.0, help="of tests for each mutant")
    arguments = parser.parse_args()
    # The same examples of hypothesis each time.
    os.environ["CI"] = "1"
    names = [name for name in arguments.modules if name not in {"__init__"}]
    paths = [Path(PACKAGE, f"{name}.py").resolve() for name in names]
    paths = paths or sorted(Path(PACKAGE).resolve().glob("*.py"))
    tests = arguments.tests or ["tests", *(f"--ignore=tests/{name}" for name in OUT_OF_REACH)]
    equivalent = known_equivalents()
    mutants = {path: list(mutants_of(path)) for path in paths}
    alive = survivors([m for each in mutants.values() for m in each], tests, arguments.seconds)
    wrong = False
    for path, each in mutants.items():
        keys = {str(mutant) for mutant in each}
        left = [mutant for mutant in alive if mutant.path == path]
        new = [mutant for mutant in left if str(mutant) not in equivalent]
        stale = [key for key in equivalent if _module(key) == path.stem and key not in keys]
        wrong = wrong or bool(new or stale)
        print_module(path.stem, len(each), left, new, stale)
    return int(wrong)


def print_module(
    name: str, made: int, left: list[Mutant], new: list[Mutant], stale: list[str]
) -> None:
    for mutant in new:
        print(mutant, end="\n\n")
    for key in stale:
        print("no such mutant any more:", key, sep="\n", end="\n\n")
    score = 100 * (made - len(left)) / max(1, made - (len(left) - len(new)))
    print(
        f"{name}: {made} mutants, {made - len(left)} killed, {len(left) - len(new)} equivalent, "
        f"{len(new)} survive: {score:.1f} %",
        flush=True,
    )


def known_equivalents() -> dict[str, str]:
    """Read the mutants that no test can notice, with the reasons."""
    found = {}
    text = EQUIVALENT.read_text(encoding="utf-8").strip()
    for paragraph in text.split("\n\n") if text else ():
        place, was, becomes, *reason = paragraph.strip().splitlines()
        found[f"{place}\n{was}\n{becomes}"] = " ".join(reason)
    return found


def _module(key: str) -> str:
    return key.partition(":")[0]


if __name__ == "__main__":
    sys.exit(main())
