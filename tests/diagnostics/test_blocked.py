"""``explain`` notes if a browser blocks a request before CORS applies."""

from __future__ import annotations

import pytest
from flask import Flask

from flask_crossorigin import CORS, explain

PAGE = "https://app.example.com"
MIXED, PORT, LOCAL = "mixed content", "a service other than HTTP", "Local Network Access"


@pytest.mark.parametrize(
    ("page", "server", "expected"),
    [
        (PAGE, "https://api.example.com", []),
        (PAGE, "https://api.example.com:6000", [PORT]),
        (PAGE, "http://api.example.com", [MIXED]),
        (PAGE, "http://localhost:5000", [LOCAL]),
        (PAGE, "http://[::1]:5000", [LOCAL]),
        (PAGE, "https://127.0.0.2", [LOCAL]),
        (PAGE, "https://10.0.0.5", [LOCAL]),
        (PAGE, "http://192.168.1.2:6667", [PORT, LOCAL, MIXED]),
        (PAGE, "https://[fd00::1]", [LOCAL]),
        (PAGE, "https://printer.local", [LOCAL]),
        (PAGE, "https://printer.local.", [LOCAL]),
        (PAGE, "https://8.8.8.8", []),
        (PAGE, "https://172.32.0.1", []),
        ("http://app.example.com", "http://10.0.0.5", [LOCAL]),
        ("http://10.0.0.5", "http://10.0.0.6", []),
        ("http://10.0.0.5", "http://localhost:5000", [LOCAL]),
        ("http://localhost:3000", "http://localhost:5000", []),
        ("http://localhost:3000", "http://10.0.0.5", []),
        # Browsers have special rules for these.
        ("null", "http://localhost:5000", []),
        ("file://", "http://localhost:5000", []),
        ("chrome-extension://abcdef", "http://localhost:6000", [PORT]),
    ],
)
def test_what_a_browser_blocks_is_a_note(page: str, server: str, expected: list[str]) -> None:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "items", lambda: "seen")
    CORS(app)
    explanation = explain(app, "GET", f"{server}/items", origin=page)
    assert explanation.verdict == "allowed"
    notes = [note for note in explanation.notes if "before CORS" in note]
    assert len(notes) == len(expected)
    for note, part in zip(notes, expected, strict=True):
        assert note.startswith("Browsers block this before CORS: ")
        assert part in note
    assert [*explain(app, "GET", "/items", origin=page, base_url=server).notes] == notes


def test_there_are_no_notes_about_an_assumed_server() -> None:
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/items", "items", lambda: "seen")
    CORS(app)
    assert explain(app, "GET", "/items", origin=PAGE).notes == []
    app.config["SERVER_NAME"] = "localhost:5000"
    [note] = explain(app, "GET", "/items", origin=PAGE).notes
    assert LOCAL in note
