"""Programs that nobody here wrote, with Flask-CORS and with this package in its place.

``tox run -e programs`` has what this needs; elsewhere it is skipped. It installs gigabytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from . import environments
from .exchanges import Exchange, exchanges, facts
from .rules import reason
from .table import PROGRAMS, Program

if environments.FOLDER is None:
    pytest.skip("tox run -e programs installs the programs", allow_module_level=True)


@dataclass(frozen=True)
class Installed:
    """A set-up of a program, and a Python that has it."""

    program: Program
    python: Path
    folder: Path

    @property
    def exchanges(self) -> list[Exchange]:
        origins = (*self.program.allowed, *self.program.refused)
        return [
            exchange
            for asked, body in self.program.asked.items()
            for exchange in exchanges(asked, origins, body)
        ]

    def run(self, *, ours: bool, edited: bool = False) -> Any:
        """Create the application and send it the exchanges."""
        folder = self.folder / ("ours" if ours else "theirs")
        folder.mkdir(exist_ok=True)
        job = {
            "create": self.program.create,
            "edits": self.program.edits if edited else (),
            "checkout": str(environments.ROOT) if ours else None,
            "requests": [exchange.as_job() for exchange in self.exchanges],
        }
        return environments.run(self.python, folder, dict(self.program.variables), job)


ALL = pytest.mark.parametrize("installed", PROGRAMS, ids=str, indirect=True)
STOPPED = [program for program in PROGRAMS if program.stops]


@pytest.fixture(scope="module")
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    program: Program = request.param
    try:
        python = environments.environment(program.package, program.requires)
    except environments.NotInstallableError as error:
        pytest.skip(f"{program.package} can't be installed here: {error}")
    return Installed(program, python, tmp_path_factory.mktemp(program.package))


@pytest.fixture(scope="module")
def started(installed: Installed) -> Any:
    """Start the program with this package, after its hints were followed if it stops."""
    return installed.run(ours=True, edited=True)


@pytest.mark.parametrize("installed", STOPPED, ids=str, indirect=True)
def test_it_stops_with_what_to_write_instead(installed: Installed) -> None:
    program = installed.program
    stopped = installed.run(ours=True)
    assert len(stopped["problems"]) == len(program.stops), stopped
    for problem, parts in zip(stopped["problems"], program.stops, strict=True):
        text = "{where}: {message} {hint}".format(**problem)
        assert all(part in text for part in parts), text


@ALL
def test_it_starts(installed: Installed, started: Any) -> None:
    assert set(started) == {"responses", "warnings"}, started
    said = "\n".join(started["warnings"])
    assert len(started["warnings"]) == len(installed.program.says), said
    assert all(part in said for part in installed.program.says), said


@ALL
def test_pages_get_the_same(installed: Installed, started: Any) -> None:
    program = installed.program
    known = installed.run(ours=False)
    assert set(known) == {"responses", "warnings"}, known
    unused = list(program.differences)
    unexplained = []
    pairs = zip(known["responses"], started["responses"], strict=True)
    for exchange, (theirs, ours) in zip(installed.exchanges, pairs, strict=True):
        before, after = facts(theirs), facts(ours)
        print(exchange, before, after, sep="\n    ")
        if exchange.origin in program.refused and "Allow-Origin" not in before:
            assert after.get("Allow-Origin") in (None, "*")
        for part in sorted({*before, *after}):
            if before.get(part) == after.get(part) or reason(part, exchange, before, after):
                continue
            listed = [
                each for each in program.differences if each.covers(exchange, part, after.get(part))
            ]
            unused = [each for each in unused if each not in listed]
            if not listed:
                unexplained.append(f"{exchange}: {part}: {before.get(part)} -> {after.get(part)}")
    assert not unexplained, "\n".join(unexplained)
    assert unused == []
