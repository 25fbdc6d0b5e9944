"""A virtual environment for each program, since what they require clashes.

``tox run -e programs`` names the folder in ``CROSSORIGIN_PROGRAMS``. Environments stay there, and
are made anew when what a program requires changes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FOLDER = os.environ.get("CROSSORIGIN_PROGRAMS")
ROOT = Path(__file__).parents[2]
#: What the comparison needs: the Flask that this package supports, and what it is compared with.
OURS = ("flask>=2.3", "flask-cors==6.0.5")


class NotInstallableError(Exception):
    """A program can't be installed with this Python, or from this index."""


def environment(name: str, requires: Sequence[str]) -> Path:
    """Return the Python of an environment that has what a program requires.

    :raises NotInstallableError: if pip can't install it, with what pip says.
    """
    assert FOLDER is not None
    folder = Path(FOLDER) / name
    stamp = folder / "installed.json"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    wanted = json.dumps([version, *OURS, *requires])
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder)
    # Compiling what is never run takes longer than compiling what is.
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-compile"]
    done = subprocess.run(
        [*pip, "--quiet", "--disable-pip-version-check", "--prefer-binary", *OURS, *requires],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if line.startswith("ERROR")]
        raise NotInstallableError("\n".join(said) or done.stdout)
    stamp.write_text(wanted, "utf-8")
    return python


def run(python: Path, folder: Path, variables: dict[str, str], job: dict[str, Any]) -> Any:
    """Carry out a job with a program's Python, in a folder that is also its home."""
    results = folder / "results.json"
    # Settings of whoever runs the tests are not those of the program.
    kept = {
        name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ
    }
    done = subprocess.run(
        [python, "-s", Path(__file__).with_name("inside.py")],
        cwd=folder,
        env={**kept, "HOME": str(folder), **variables},
        input=json.dumps({**job, "results": str(results)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    # Some programs leave threads behind that end with an error: what counts is what was asked.
    assert results.exists(), done.stdout
    return json.loads(results.read_text("utf-8"))
