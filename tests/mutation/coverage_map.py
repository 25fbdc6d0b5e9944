"""Which lines of the package each test runs, and how long it takes."""

from __future__ import annotations

import hashlib
import multiprocessing
import pickle
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

from .mutants import PACKAGE
from .pytests import run_pytest

_fork = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Run:
    """One test, as it ran without any mutant."""

    #: As pytest names it, with the case that it is run with.
    name: str
    #: How long it took.
    seconds: float
    #: For each file of the package the lines that are run, as the bits of a number.
    lines: dict[str, int]

    @property
    def file(self) -> str:
        """Where the test stands."""
        return self.name.partition("::")[0]

    @property
    def function(self) -> str:
        """The test without the case that it is run with."""
        return self.name.partition("[")[0]


def tests_run(tests: list[str], kept: Path) -> list[Run]:
    """Run the tests without any mutant.

    :param tests: the arguments of pytest that choose the tests.
    :param kept: where what is found is kept, for all files of tests that do not change meanwhile.
    :returns: the tests, in the order in which pytest collects them.
    :raises SystemExit: if the tests cannot be collected, or if one of them fails.
    """
    ours, theirs = _fork.Pipe(duplex=False)
    child = _fork.Process(target=run_pytest, args=(tests, [_Recorder(kept, theirs.send)]))
    child.start()
    theirs.close()
    try:
        runs: list[Run] | list[str] = ours.recv()
    except EOFError:
        raise SystemExit("the tests cannot be collected") from None
    child.join()
    failed = [run for run in runs if isinstance(run, str)]
    if failed:
        raise SystemExit("\n".join(["these fail without any mutant:", *failed]))
    return [run for run in runs if isinstance(run, Run)]


class _Recorder:
    """The pytest plugin that runs all tests."""

    def __init__(self, kept: Path, send: Callable[[object], None]) -> None:
        self.kept = kept
        self.send = send
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        # What all tests depend on.
        common = _digest([*PACKAGE.rglob("*.py"), *_helpers(Path("tests"))])
        known: dict[tuple[Path, str], dict[str, Run]] = {}
        if self.kept.exists():
            known = pickle.loads(self.kept.read_bytes())
        digests = {path: common + _digest([path]) for path in {item.path for item in session.items}}
        found = {
            name: run
            for path, digest in digests.items()
            for name, run in known.get((path, digest), {}).items()
        }
        missing = [item for item in session.items if item.nodeid not in found]
        if missing:
            found.update(_run_all(missing))
        keep: dict[tuple[Path, str], dict[str, Run]] = defaultdict(dict, known)
        for item in missing:
            if item.nodeid not in self.failed:
                keep[item.path, digests[item.path]][item.nodeid] = found[item.nodeid]
        newest = {key: runs for key, runs in keep.items() if key[1].startswith(common)}
        self.kept.write_bytes(pickle.dumps(newest))
        names = [item.nodeid for item in session.items]
        self.send(sorted(self.failed) or [found[name] for name in names])
        return True


def _run_all(items: list[pytest.Item]) -> dict[str, Run]:
    measured = coverage.Coverage(data_file=None, config_file=False, include=[f"{PACKAGE}/*"])
    seconds = {}
    measured.start()
    for item, following in zip(items, [*items[1:], None], strict=True):
        measured.switch_context(item.nodeid)
        start = time.perf_counter()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        seconds[item.nodeid] = time.perf_counter() - start
    measured.stop()
    lines: dict[str, dict[str, int]] = {name: defaultdict(int) for name in seconds}
    data = measured.get_data()
    for path in data.measured_files():
        for line, names in data.contexts_by_lineno(path).items():
            for name in seconds.keys() & set(names):
                lines[name][path] |= 1 << line
    return {name: Run(name, took, dict(lines[name])) for name, took in seconds.items()}


def _helpers(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.py") if not path.name.startswith("test_")]


def _digest(paths: Iterable[Path]) -> str:
    found = hashlib.sha256(sys.version.encode())
    for path in sorted(path.resolve() for path in paths):
        if "mutation" not in path.parts:
            found.update(str(path).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()
