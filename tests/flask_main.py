"""Run pytest with the main branches of Flask and Werkzeug: ``tox run -e flask-main``.

They come from GitHub, or from the directories that the environment variables
``CROSSORIGIN_FLASK`` and ``CROSSORIGIN_WERKZEUG`` name. Without a connection to GitHub, nothing
is tested and the exit status is 0.
"""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.request import urlopen

ARCHIVE = "https://github.com/pallets/{}/archive/refs/heads/main.zip"


def main() -> int:
    """Install both, and return the exit status of pytest."""
    sources = []
    for name in ("werkzeug", "flask"):
        source = os.environ.get(f"CROSSORIGIN_{name.upper()}")
        if source is None:
            source = ARCHIVE.format(name)
            try:
                urlopen(source, timeout=10).close()
            except OSError as error:
                print(f"NOT TESTED with Flask's main branch: {source} can't be reached: {error}")
                return 0
        sources.append(source)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *sources], check=True)
    return subprocess.run([sys.executable, "-m", "pytest", *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
