"""The ``flask`` command in a separate process, as users run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: The command, for :class:`subprocess.Popen`.
FLASK = [sys.executable, "-m", "flask"]


def installed_environment(folder: Path) -> dict[str, str]:
    """Return environment variables for a process that finds the ``flask cors`` commands.

    For the entry point in pyproject.toml, write the same files that an installer writes.

    :param folder: where to write the files.
    """
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    section = re.findall(r'\[project\.entry-points\."(.+)"\]\n(\w+) = "(.+)"\n', project)
    metadata = folder / "installed-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: installed\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[{}]\n{} = {}\n".format(*section[0]))
    paths = [str(folder), str(ROOT), os.environ.get("PYTHONPATH", "")]
    # Variables that are set outside of the test must not change the app or the output.
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FLASK_") and name != "FORCE_COLOR"
    }
    return {**others, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "80"}


def run(arguments: Sequence[str], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the ``flask`` command in a folder, and return the finished process.

    :param more: more environment variables.
    """
    return subprocess.run(
        [*FLASK, *arguments],
        cwd=folder,
        env={**installed_environment(folder), **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
