from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest
from flask import Flask

from flask_crossorigin import CORS
from flask_crossorigin.testing import Browser
from flask_crossorigin.testing.set_cookie import SetCookie
from flask_crossorigin.testing.url import parse_url


def test_what_was_seen_stays_what_it_is() -> None:
    app = Flask("shop")
    CORS(app, origins="https://app.example.com", supports_credentials=True)

    @app.get("/")
    def home() -> tuple[str, list[tuple[str, str]]]:
        return "hello", [("Set-Cookie", "a=b; SameSite=None; Secure"), ("Set-Cookie", "c=d")]

    browser = Browser({"https://api.example.org": app}, origin="https://app.example.com")
    reply = browser.fetch("https://api.example.org/", credentials="include")
    (exchange,) = browser.exchanges
    values: list[Any] = [reply, exchange, exchange.request, exchange.response]
    values += [*browser.cookies, *browser.cookies.rejected]
    values += [SetCookie("a", "b"), parse_url("https://app.example.com")]
    assert len(values) == 8
    for value in values:
        for field in fields(value):
            with pytest.raises(FrozenInstanceError):
                setattr(value, field.name, None)
