"""Show whether memory stays flat: ``python -m tests.benchmarks.memory``.

One application gets a million requests, nearly all of them different.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from typing import Any

from flask import Blueprint

import flask_crossorigin

from .__main__ import start_response
from .cases import ORIGIN, Sent, bare


def main() -> None:
    """Send the requests, and print the memory of the process after each tenth of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.memory", description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    requests = parser.parse_args().requests
    app = bare(flask_crossorigin.cross_origin(origins=[ORIGIN, "https://*.example.com"]))
    blueprint = Blueprint("things", __name__, url_prefix="/things")
    blueprint.get("/<path:name>")(lambda name: "thing")
    flask_crossorigin.CORS(blueprint, resources=["/things/*", "/things/a*"])
    app.register_blueprint(blueprint)
    flask_crossorigin.CORS(app, origins=r"https://[a-z0-9]+\.example\.net", resources=["/n/*"])
    served: Any = app
    chance = random.Random(0)
    environs = Sent().environs()
    for number in range(requests + 1):
        if number % (requests // 10) == 0:
            sys.stdout.write(f"{number:>9} requests {resident() / 1024:8.1f} MB\n")
            sys.stdout.flush()
        environ = next(environs)
        word = f"{chance.getrandbits(64):x}"
        environ["PATH_INFO"] = chance.choice(("/api/items", f"/things/{word}", f"/n/{word}"))
        environ["HTTP_ORIGIN"] = f"https://{word}.example.{chance.choice(('com', 'net', 'org'))}"
        if number % 3 == 0:
            environ["REQUEST_METHOD"] = "OPTIONS"
            environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"] = chance.choice(("PUT", word))
            environ["HTTP_ACCESS_CONTROL_REQUEST_HEADERS"] = f"x-{word},content-type"
        for _ in served(environ, start_response):
            pass


def resident() -> int:
    """Return the memory that the process uses, in kB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


if __name__ == "__main__":
    main()
