"""Take the picture of the playground that the documentation shows.

Needs Chromium and Pillow. Run ``python docs/picture.py`` after a change to the page.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

DOCS = Path(__file__).parent
PICTURE = DOCS / "_static" / "playground.png"
PLAYGROUND = DOCS.parent / "examples" / "playground" / "app.py"


def main() -> None:
    """Start the playground, and take the picture of its page in a browser."""
    command = [sys.executable, str(PLAYGROUND)]
    with (
        TemporaryDirectory() as profile,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as playground,  # noqa: S603
    ):
        try:
            for line in playground.stdout or ():
                # This comes when everything is served.
                if found := re.search(r"(http\S+) \(app\)", line):
                    take_picture(found[1], profile)
                    break
        finally:
            playground.terminate()


def take_picture(url: str, profile: str) -> None:
    """Save what Chromium shows of a page once its requests are done."""
    subprocess.run(  # noqa: S603
        [  # noqa: S607
            "chromium",
            "--headless",
            "--no-sandbox",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-gpu",
            "--disable-lcd-text",
            "--disable-quic",
            "--disable-sync",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
            "--window-size=1280,1540",
            "--virtual-time-budget=5000",
            f"--screenshot={PICTURE}",
            url,
        ],
        check=True,
    )
    # A palette keeps the file small, and the page has few colors.
    Image.open(PICTURE).convert("RGB").quantize(128).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
