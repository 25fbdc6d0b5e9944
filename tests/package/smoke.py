"""Check the package where only Flask is installed. This is a program because pytest is missing."""

from __future__ import annotations

import sys
from pathlib import Path

from flask import Flask

import flask_crossorigin
from flask_crossorigin import CORS, cross_origin
from flask_crossorigin.testing import Browser, CORSError

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
PAGE = "https://app.example.com"
REPORTS = "https://reports.example.com"
STRANGER = "https://evil.example"
PREFLIGHT = {"Access-Control-Request-Method": "PUT"}

app = Flask(__name__)
CORS(app, resources={"/api/*": {"origins": "https://*.example.com", "max_age": 600}})


@app.route("/api/items", methods=["GET", "PUT"])
def items() -> list[str]:
    return ["apple", "pear"]


@app.get("/report")
@cross_origin(origins="https://reports.example.com", max_age=600)
def report() -> dict[str, int]:
    return {"sold": 3}


def check_what_is_imported() -> None:
    """Check that the package is imported from where it was installed, and not from a checkout."""
    assert Path(flask_crossorigin.__file__).is_relative_to(sys.prefix)
    assert Path(flask_crossorigin.__file__).with_name("py.typed").is_file()


def check_requests() -> None:
    """Check the response headers for allowed and refused origins."""
    client = app.test_client()
    for path, origin, allowed in (
        ("/api/items", PAGE, PAGE),
        ("/api/items", STRANGER, None),
        ("/report", REPORTS, REPORTS),
        ("/report", PAGE, None),
    ):
        answer = client.get(path, headers={"Origin": origin})
        assert answer.status_code == 200
        assert answer.headers.get(ALLOW_ORIGIN) == allowed, (path, origin)
    for origin, status in ((PAGE, 204), (STRANGER, 403)):
        answer = client.options("/api/items", headers={"Origin": origin, **PREFLIGHT})
        assert answer.status_code == status
        assert ("Access-Control-Allow-Methods" in answer.headers) == (status == 204)


def check_browser() -> None:
    """Check what pages on an allowed origin and on a refused origin get."""
    page = Browser({"https://api.example.com": app}, origin=PAGE)
    reply = page.fetch("https://api.example.com/api/items", method="PUT")
    assert reply.json == ["apple", "pear"]
    assert [exchange.is_preflight for exchange in page.exchanges] == [True, False]
    stranger = Browser({"https://api.example.com": app}, origin=STRANGER)
    refusal = ""
    try:
        stranger.fetch("https://api.example.com/api/items")
    except CORSError as error:
        refusal = error.reason
    assert ALLOW_ORIGIN in refusal


def check_debug_page() -> None:
    """Check the debug page, which needs files that are not Python modules."""
    shop = Flask("shop")
    shop.debug = True
    CORS(shop, origins=PAGE, debug_page="/_cors")
    client = shop.test_client()
    for name in ("", "/icon.svg", "/script.js", "/style.css", "/policies.json"):
        answer = client.get(f"/_cors{name}")
        assert answer.status_code == 200, name
        assert len(answer.data) > 100, name


if __name__ == "__main__":
    check_what_is_imported()
    check_requests()
    check_browser()
    check_debug_page()
    print("all is well")
