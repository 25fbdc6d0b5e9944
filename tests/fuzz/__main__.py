"""Try a million inputs on each target: ``python -m tests.fuzz``.

The inputs grow from the corpus towards what has not been run yet. What is new among them is kept
outside the repository, and is where the next run begins. It ends at the first input that fails,
which is kept too.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

from . import CORPUS, TARGET_NAMES

#: The longest input, in bytes.
LONGEST = 64
#: Seconds that one input may take, by the clock, which goes on while a machine is suspended.
LONGEST_TIME = 300


def main() -> None:
    """Fuzz the targets that are named, or all, one after another."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", help=f"one of {', '.join(TARGET_NAMES)}")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="how many for each target")
    finds = Path(tempfile.gettempdir()) / "flask_crossorigin-fuzz"
    parser.add_argument("--finds", type=Path, default=finds, help="the folder for what is new")
    arguments = parser.parse_args()
    targets = arguments.target or TARGET_NAMES
    if unknown := set(targets) - set(TARGET_NAMES):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if len(targets) == 1:
        fuzz(targets[0], arguments.inputs, arguments.finds / targets[0])
        return
    for name in targets:
        # The fuzzer ends its process when it is done.
        told = [name, f"--inputs={arguments.inputs}", f"--finds={arguments.finds}"]
        if subprocess.run([sys.executable, "-m", "tests.fuzz", *told], check=False).returncode:
            sys.exit(f"{name} failed; the input that it printed belongs into {CORPUS / name}")


def fuzz(name: str, inputs: int, finds: Path) -> None:
    """Fuzz one target, led by which lines of it, and of the package, have been run."""
    # There are wheels of it for Linux alone, and no types.
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["flask_crossorigin", "tests.fuzz.plain"]):
        targets = importlib.import_module("tests.fuzz.targets")
    # Most inputs differ from an earlier one in one of their lines.
    for read in ("read_rule", "read_path_pattern", "read_policy"):
        setattr(targets, read, lru_cache(maxsize=4096)(getattr(targets, read)))
    finds.mkdir(parents=True, exist_ok=True)
    told = [
        f"-runs={inputs}",
        f"-max_len={LONGEST}",
        f"-timeout={LONGEST_TIME}",
        f"-artifact_prefix={finds}-failed-",
        "-print_final_stats=1",
    ]
    atheris.Setup([name, *told, str(finds), str(CORPUS / name)], targets.TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
