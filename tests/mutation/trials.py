"""Running the tests that a mutant concerns, each time in a process of its own."""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import multiprocessing
import os
import resource
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

from .codes import changed_functions, lines_of, loaded_functions, put_in_place
from .coverage_map import Run
from .mutants import PACKAGE, Mutant, path_of
from .pytests import run_pytest

#: Exit codes of a trial's process.
SURVIVES, NOTICED, NOT_IN_PLACE = 0, 1, 66
#: What loading a file of tests takes, in seconds.
LOADING = 0.2
#: What loading all that a trial needs may take, in seconds.
LOADING_AT_MOST = 20
#: The distance of a test that is none of a module's own.
_FAR = 2

_fork = multiprocessing.get_context("fork")


class Trials:
    """Tries mutants, some at a time.

    The processes are forked from this one, which must not have loaded the package.
    """

    def __init__(
        self, tests: list[str], runs: list[Run], budgets: tuple[float, float], parallel: int
    ) -> None:
        """Start the processes.

        :param tests: the arguments of pytest that choose the tests.
        :param budgets: how many seconds of tests are run on a mutant, and on one that survives it.
        """
        self._idle = []
        for _ in range(parallel):
            ours, theirs = _fork.Pipe()
            worker = _Worker(tests, runs, budgets)
            _fork.Process(target=worker.serve, args=(theirs,)).start()
            self._idle.append(ours)

    def survive(self, mutants: Iterable[Mutant]) -> Iterator[tuple[Mutant, bool]]:
        """Tell of each mutant whether no test notices it, in the order in which that is known."""
        busy: dict[object, tuple[Connection, Mutant]] = {}
        for mutant in mutants:
            if not self._idle:
                yield from self._ready(busy)
            pipe = self._idle.pop()
            pipe.send(mutant)
            busy[pipe] = pipe, mutant
        while busy:
            yield from self._ready(busy)

    def _ready(
        self, busy: dict[object, tuple[Connection, Mutant]]
    ) -> Iterator[tuple[Mutant, bool]]:
        for ready in wait([pipe for pipe, _ in busy.values()]):
            pipe, mutant = busy.pop(ready)
            yield mutant, pipe.recv()
            self._idle.append(pipe)

    def end(self) -> None:
        """Let the processes end, when no mutant is being tried any more."""
        for pipe in self._idle:
            pipe.send(None)


class _Worker:
    """Tries mutants one after the other.

    One child has the tests and the package loaded, and is forked for each mutant of a function.
    A mutant of what runs at import, and one that seems to survive, is loaded from the beginning.
    """

    def __init__(self, tests: list[str], runs: list[Run], budgets: tuple[float, float]) -> None:
        self.tests = tests
        self.runs = runs
        self.first, self.second = budgets

    def serve(self, requests: Connection) -> None:
        self.session, theirs = _fork.Pipe()
        child = _fork.Process(target=run_pytest, args=(self.tests, [_Session(theirs, self.runs)]))
        child.start()
        for mutant in _received(requests):
            requests.send(self._survives(mutant))
        self.session.send(None)
        child.join()

    def _survives(self, mutant: Mutant) -> bool:
        concerned = _Concerned(mutant, self.runs)
        if concerned.by_line:
            names = [run.name for run in _within(self.first, concerned.by_line)]
            self.session.send((mutant, names))
            verdict = self.session.recv()
            if verdict == NOTICED:
                return False
            if verdict == SURVIVES:
                return not self.second or self._survives_loading(
                    mutant, concerned.by_line, self.second
                )
        for seconds in (self.first, self.second):
            if seconds and not self._survives_loading(mutant, concerned.all, seconds):
                return False
        return True

    def _survives_loading(self, mutant: Mutant, tests: list[Run], seconds: float) -> bool:
        runs = _within(seconds, tests, LOADING)
        known = {run.name for run in self.runs}
        trial = _fork.Process(target=_load, args=(mutant, runs, known))
        return _end(trial, runs, LOADING_AT_MOST) == SURVIVES


def _received(pipe: Connection) -> Iterator[Any]:
    """Give what comes through a pipe, until None does or the process at its end is gone."""
    parent = os.getppid()
    while True:
        while not pipe.poll(5):
            if os.getppid() != parent:
                os._exit(1)
        received = pipe.recv()
        if received is None:
            return
        yield received


class _Concerned:
    """The tests that a mutant concerns, the most telling ones first."""

    def __init__(self, mutant: Mutant, runs: list[Run]) -> None:
        path = str(mutant.path)
        changes = changed_functions(_original(mutant), mutant.compile())
        body = {line for before, _ in changes or () for line in lines_of(before)}
        #: Those that run what is changed in a function; empty for what runs at import.
        self.by_line = _ordered(
            mutant.module, _running(runs, path, body & set(mutant.lines))
        ) or _ordered(mutant.module, _running(runs, path, body))
        #: All there are: what a module defines may be seen by those who run none of its lines.
        self.all = sorted(
            _ordered(mutant.module, runs),
            key=lambda run: _distance(mutant.module, run) == _FAR and path not in run.lines,
        )


def _original(mutant: Mutant) -> CodeType:
    text = mutant.path.read_text(encoding="utf-8")
    return compile(text, str(mutant.path), "exec", dont_inherit=True)


def _running(runs: list[Run], path: str, lines: Iterable[int]) -> list[Run]:
    mask = sum(1 << line for line in lines)
    return [run for run in runs if run.lines.get(path, 0) & mask]


def _ordered(module: str, runs: list[Run]) -> list[Run]:
    """Put the module's own tests first, and one case of each test before the second."""
    seen: Counter[str] = Counter()
    ranks = {}
    for run in sorted(runs, key=lambda run: run.seconds):
        ranks[run.name] = seen[run.function]
        seen[run.function] += 1
    return sorted(runs, key=lambda run: (_distance(module, run), ranks[run.name], run.seconds))


def _distance(module: str, run: Run) -> int:
    """Tell how far tests are from a module: named after it, importing from it, or neither."""
    folder, _, name = module.rpartition("/")
    if run.name.startswith(f"tests/{folder}{'/' if folder else ''}test_{name}"):
        return 0
    imported = f"from {PACKAGE.name}.{module.replace('/', '.')} import"
    return 1 if imported in _source(run.file) else _FAR


@cache
def _source(file: str) -> str:
    return Path(file).read_text(encoding="utf-8")


def _within(seconds: float, runs: list[Run], loading: float = 0) -> list[Run]:
    chosen: list[Run] = []
    files: set[str] = set()
    for run in runs:
        cost = run.seconds + (0 if run.file in files else loading)
        if not chosen or seconds >= cost:
            chosen.append(run)
            files.add(run.file)
            seconds -= cost
    return chosen


def _end(trial: Any, runs: list[Run], more: float) -> int:
    """Run a trial to its end. One that goes on and on has noticed the mutant, too."""
    expected = sum(run.seconds for run in runs)
    trial.start()
    trial.join(60 + more + 10 * expected)
    if trial.is_alive():
        trial.kill()
        trial.join()
    return trial.exitcode if trial.exitcode in {SURVIVES, NOT_IN_PLACE} else NOTICED


def _limit(runs: list[Run], more: int) -> None:
    """Let this process have so much of the processor and of memory, however busy the machine."""
    seconds = 5 + more + int(4 * sum(run.seconds for run in runs))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


class _Session:
    """The pytest plugin that keeps the tests, and runs those of each mutant."""

    def __init__(self, requests: Connection, runs: list[Run]) -> None:
        self.requests = requests
        self.runs = {run.name: run for run in runs}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os._exit(NOTICED)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        self.functions = loaded_functions(f"{PACKAGE}{os.sep}")
        # Looking through all there is would make each child copy it.
        gc.freeze()
        for mutant, names in _received(self.requests):
            runs = [self.runs[name] for name in names]
            trial = _fork.Process(target=self._try, args=(mutant, runs))
            self.requests.send(_end(trial, runs, 0))
        return True

    def _try(self, mutant: Mutant, runs: list[Run]) -> None:
        _limit(runs, 0)
        changes = changed_functions(_original(mutant), mutant.compile())
        if not changes or not put_in_place(changes, self.functions):
            os._exit(NOT_IN_PLACE)
        items = [self.items[run.name] for run in runs]
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        os._exit(SURVIVES)


def _load(mutant: Mutant, runs: list[Run], known: set[str]) -> None:
    _limit(runs, LOADING_AT_MOST)
    finder = _Finder(mutant)
    sys.meta_path.insert(0, finder)
    files = sorted({run.file for run in runs})
    run_pytest(["-x", *files], [_OnlySome([run.name for run in runs], known)])


class _OnlySome:
    """The pytest plugin that runs some tests only."""

    def __init__(self, names: list[str], known: set[str]) -> None:
        self.places = {name: place for place, name in enumerate(names)}
        self.known = known

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        # Cases that are there through the mutant only are run as well.
        items[:] = [
            item for item in items if item.nodeid in self.places or item.nodeid not in self.known
        ]
        items.sort(key=lambda item: self.places.get(item.nodeid, len(self.places)))


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, mutant: Mutant) -> None:
        super().__init__(name, str(mutant.path))
        self.mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        return self.mutant.compile()


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.path = path_of(mutant.module)
        parts = [PACKAGE.name, *mutant.module.split("/")]
        self.is_package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self.is_package else parts)

    def find_spec(
        self, fullname: str, path: object, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(
            fullname,
            self.path,
            loader=_Loader(fullname, self.mutant),
            submodule_search_locations=[str(self.path.parent)] if self.is_package else None,
        )
