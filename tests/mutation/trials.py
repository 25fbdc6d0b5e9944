"""Running the tests that a mutant concerns, each time in a process of its own."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import io
import multiprocessing
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import coverage
import pytest

from .codes import changed_functions, lines_of, put_in_place
from .mutants import Mutant

PACKAGE = "flask_crossorigin"
#: What a test may take that is asked about each mutant, in seconds.
SLOWEST_TEST = 2.0

Changes = list[tuple[CodeType, CodeType]]

_fork = multiprocessing.get_context("fork")


def survivors(mutants: Sequence[Mutant], tests: list[str], seconds: float) -> list[Mutant]:
    """Find the mutants that the tests do not notice.

    :param tests: the arguments of pytest that choose the tests.
    :param seconds: how long the tests may take, without mutants, that are run on one mutant.
    """
    swapped: list[tuple[Mutant, Changes]] = []
    loaded: list[Mutant] = []
    for mutant in mutants:
        changes = changed_functions(_original(mutant.path), mutant.compile())
        if changes is None:
            loaded.append(mutant)
        elif changes:
            swapped.append((mutant, changes))
    paths = sorted({str(mutant.path) for mutant in mutants})
    # This process has none of the package's modules, so that a mutant of what runs at import
    # can still be loaded in its children.
    ours, theirs = _fork.Pipe(duplex=False)
    trials = _Trials(swapped, paths, seconds, theirs.send)
    child = _fork.Process(target=_run, args=(tests, [trials]))
    child.start()
    theirs.close()
    try:
        alive, files = ours.recv()
    except EOFError:
        raise SystemExit("the tests fail without any mutant") from None
    child.join()
    found = [swapped[index][0] for index in alive]
    for mutant in loaded:
        chosen = _within(seconds, files[str(mutant.path)])
        trial = _fork.Process(target=_try_loaded, args=(mutant, chosen))
        if _passes(trial, seconds):
            found.append(mutant)
    return found


def _original(path: Path) -> CodeType:
    return compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True)


def _run(tests: list[str], plugins: list[Any]) -> None:
    options = ["-p", "no:cacheprovider", "-p", "no:terminal", "-m", "not browser", *tests]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        code = pytest.main(options, plugins=plugins)
    sys.stdout.flush()
    os._exit(code)


def _passes(trial: Any, seconds: float) -> bool:
    """Tell whether the tests pass in a process. One that hangs has noticed the mutant, too."""
    trial.start()
    trial.join(10 * seconds + 30)
    if trial.is_alive():
        trial.kill()
        trial.join()
    return bool(trial.exitcode == 0)


def _within(seconds: float, durations: Iterable[tuple[str, float]]) -> list[str]:
    chosen = []
    for name, duration in durations:
        if not chosen or seconds >= duration:
            chosen.append(name)
            seconds -= duration
    return chosen


class _Trials:
    """The pytest plugin that runs all tests once, and then those of each mutant."""

    def __init__(
        self,
        mutants: list[tuple[Mutant, Changes]],
        paths: list[str],
        seconds: float,
        send: Callable[[object], None],
    ) -> None:
        self.mutants = mutants
        self.paths = paths
        self.seconds = seconds
        self.send = send
        self.failed: set[str] = set()
        self.durations: dict[str, float] = {}
        self.items: dict[str, pytest.Item] = {}
        self.in_trial = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            if self.in_trial:
                os._exit(1)
            self.failed.add(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        tests_by_line = self._run_all(session.items)
        if self.failed:
            print(*sorted(self.failed), sep="\n", file=sys.__stdout__, flush=True)
            os._exit(1)
        files: dict[str, list[tuple[str, float]]] = {}
        for path, by_line in tests_by_line.items():
            totals: dict[str, float] = defaultdict(float)
            for name in set().union(*by_line.values()):
                totals[name.partition("::")[0]] += self.durations[name]
            files[path] = sorted(totals.items(), key=_relevance(path))
        alive = []
        for index, (mutant, changes) in enumerate(self.mutants):
            by_line = tests_by_line[str(mutant.path)]
            body = {line for before, _ in changes for line in lines_of(before)}
            names = set().union(*(by_line.get(line, ()) for line in mutant.lines & body))
            names = names or set().union(*(by_line.get(line, ()) for line in body))
            durations = sorted(
                ((name, self.durations[name]) for name in names), key=_relevance(str(mutant.path))
            )
            chosen = _within(self.seconds, durations)
            trial = _fork.Process(target=self._try_swapped, args=(changes, chosen))
            if not chosen or _passes(trial, self.seconds):
                alive.append(index)
        self.send((alive, files))
        return True

    def _run_all(self, items: list[pytest.Item]) -> dict[str, dict[int, set[str]]]:
        measured = coverage.Coverage(data_file=None, config_file=False, include=self.paths)
        measured.start()
        for item, following in zip(items, [*items[1:], None], strict=True):
            measured.switch_context(item.nodeid)
            start = time.perf_counter()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            duration = time.perf_counter() - start
            if duration < SLOWEST_TEST:
                self.items[item.nodeid] = item
                self.durations[item.nodeid] = duration
        measured.stop()
        data = measured.get_data()
        return {
            path: {
                line: self.items.keys() & set(names)
                for line, names in data.contexts_by_lineno(path).items()
            }
            for path in self.paths
        }

    def _try_swapped(self, changes: Changes, names: list[str]) -> None:
        self.in_trial = True
        put_in_place(changes)
        items = [self.items[name] for name in names]
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        os._exit(0)


def _relevance(path: str) -> Callable[[tuple[str, float]], tuple[bool, float]]:
    """Order tests: those named after the module first, and the quick ones before the slow."""
    own = f"test_{Path(path).stem}"
    return lambda test: (own not in test[0], test[1])


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, mutant: Mutant) -> None:
        super().__init__(name, str(mutant.path))
        self.mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        return self.mutant.compile()


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.name = f"{PACKAGE}.{mutant.path.stem}"

    def find_spec(
        self, fullname: str, path: object, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        loader = _Loader(fullname, self.mutant)
        return importlib.util.spec_from_file_location(fullname, self.mutant.path, loader=loader)


def _try_loaded(mutant: Mutant, files: list[str]) -> None:
    sys.meta_path.insert(0, _Finder(mutant))
    _run(["-x", *files], [])
