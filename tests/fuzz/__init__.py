"""What is tried with inputs that nobody thought of: ``python -m tests.fuzz``."""

from pathlib import Path

#: The inputs that are kept: a folder for each target, a file for each input.
CORPUS = Path(__file__).parent / "corpus"
#: The names of the targets, which are those of their folders.
TARGET_NAMES = sorted(path.name for path in CORPUS.iterdir())
