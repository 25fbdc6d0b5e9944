"""Take the picture of the playground that playground.rst shows.

Needs Chromium and Pillow. Run ``python docs/picture.py`` after a change to the page.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

DOCS = Path(__file__).parent
PICTURE = DOCS / "_static" / "playground.png"
PLAYGROUND = DOCS.parent / "examples" / "playground" / "app.py"


def main() -> None:
    """Start the playground, let a browser open its page, and keep what it shows."""
    command = [sys.executable, str(PLAYGROUND)]
    with (
        TemporaryDirectory() as profile,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as playground,  # noqa: S603
    ):
        try:
            # The last line comes when everything is served; without it a port was taken.
            if not any("Ctrl-C" in line for line in playground.stdout or ()):
                sys.exit(1)
            take_picture("http://127.0.0.1:3000/", profile)
        finally:
            playground.terminate()


def take_picture(url: str, profile: str) -> None:
    """Keep what Chromium shows of a page once its requests are done."""
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
            "--window-size=1000,1280",
            "--virtual-time-budget=5000",
            f"--screenshot={PICTURE}",
            url,
        ],
        check=True,
    )
    # A palette keeps the file small, and the page has few colours.
    Image.open(PICTURE).convert("RGB").quantize(128).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
