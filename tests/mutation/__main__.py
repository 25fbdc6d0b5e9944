"""``python -m tests.mutation origins policy``: which changes to a module no test notices.

Each survivor is printed as soon as it is known. With what follows it, the reason why no test can
notice it, it goes into the module's file below `equivalent` when it does what the original does.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from .coverage_map import tests_run
from .mutants import Mutant, modules, mutants_of
from .trials import Trials

EQUIVALENT = Path(__file__).with_name("equivalent")
KEPT = Path(".mutation_cache")

#: Tests that start other programs, which no mutant reaches, or that read the source.
OUT_OF_REACH = [
    "benchmarks",
    "browser",
    "migration",
    "mutation",
    "package",
    "world",
    "test_concurrency.py",
    "test_examples.py",
    "test_growth.py",
    "test_house.py",
    "test_interleaving.py",
    "test_playground.py",
    "test_programs.py",
    "test_typing.py",
    "testing/test_docs.py",
]

#: What makes each run like the last one: the order of sets, and the examples of hypothesis.
FIXED = {"PYTHONHASHSEED": "0", "CI": "1"}


def main() -> int:
    """Print each mutant that survives and is not known to be equivalent.

    :returns: 0 if there is none, else 1.
    """
    arguments = _arguments()
    if any(os.environ.get(name) != value for name, value in FIXED.items()):
        command = [sys.executable, "-m", "tests.mutation", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **FIXED})
    tests = arguments.tests or ["tests", *(f"--ignore=tests/{name}" for name in OUT_OF_REACH)]
    runs = tests_run(tests, KEPT)
    print(f"{len(runs)} tests pass without any mutant", flush=True)
    trials = Trials(tests, runs, (arguments.seconds, arguments.patience), arguments.parallel)
    is_wanted = _wanted(arguments)
    right = [_try_module(module, trials, is_wanted) for module in arguments.modules or modules()]
    trials.end()
    return 0 if all(right) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    add = parser.add_argument
    add("modules", nargs="*", help="such as origins or testing/browser; all of them without any")
    add("--tests", nargs="+", help="the tests to run, in the place of all")
    add("--seconds", type=float, default=5, help="how long the tests of one mutant may take")
    add("--patience", type=float, default=40, help="the same, for a mutant that survives that")
    add("--parallel", type=int, default=1, help="how many mutants are tried at a time")
    add("--again", type=Path, help="what this program printed: try the survivors in it only")
    return parser.parse_args()


def _wanted(arguments: argparse.Namespace) -> Callable[[Mutant], bool]:
    """Make what tells of a mutant whether it is to be tried."""
    if arguments.again is None:
        return lambda mutant: True
    printed = arguments.again.read_text(encoding="utf-8").split("\n\n")
    survivors = {paragraph.strip() for paragraph in printed}
    return lambda mutant: str(mutant) in survivors


def _try_module(module: str, trials: Trials, is_wanted: Callable[[Mutant], bool]) -> bool:
    """Try the mutants of a module, and tell whether all is well with it."""
    reasons = equivalents(module)
    made: list[str] = []
    explained: list[str] = []

    def unexplained() -> Iterator[Mutant]:
        for mutant in mutants_of(module):
            made.append(str(mutant))
            if str(mutant) in reasons:
                explained.append(str(mutant))
            elif is_wanted(mutant):
                yield mutant

    tried = surviving = 0
    for mutant, survives in trials.survive(unexplained()):
        tried += 1
        if survives:
            surviving += 1
            print(f"\n{mutant}\n", flush=True)
    stale = reasons.keys() - set(made)
    for key in sorted(stale):
        print(f"\nno such mutant any more:\n{key}\n", flush=True)
    print(
        f"{module}: {len(made)} mutants, {len(explained)} of them equivalent, {tried} tried, "
        f"{tried - surviving} killed, {surviving} survive: "
        f"{100 - 100 * surviving / max(1, tried):.1f} %",
        flush=True,
    )
    return not surviving and not stale


def equivalents(module: str) -> dict[str, str]:
    """Read the mutants of a module that no test can notice.

    :returns: the reasons why, each by what is printed of its mutant.
    :raises SystemExit: if there is no reason beside one.
    """
    found = {}
    file = EQUIVALENT / f"{module}.txt"
    text = file.read_text(encoding="utf-8").strip() if file.exists() else ""
    for paragraph in text.split("\n\n") if text else ():
        place, was, becomes, *reason = paragraph.strip().splitlines()
        if not reason:
            raise SystemExit(f"{file} says no reason for this:\n{paragraph}")
        found[f"{place}\n{was}\n{becomes}"] = " ".join(reason)
    return found


if __name__ == "__main__":
    sys.exit(main())
