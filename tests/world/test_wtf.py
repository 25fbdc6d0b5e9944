"""Test Flask-WTF. Over HTTPS, its ``CSRFProtect`` compares ``Referer`` with the host."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from flask_crossorigin.testing import Browser, Reply

from .exchanges import APP, allow_app
from .packages import require

flask_wtf = require("flask_wtf")
csrf = require("flask_wtf.csrf")

SHOP = "https://shop.example.com"


def create_app() -> Flask:
    app = Flask(__name__)
    app.secret_key = "not secret"
    csrf.CSRFProtect(app)
    allow_app(app)
    app.add_url_rule("/api/token", "token", csrf.generate_csrf)
    app.add_url_rule("/api/order", "order", lambda: "ordered", methods=["POST"])
    return app


def open_shop(page: str = SHOP) -> tuple[Browser, str]:
    """Open a page, and return its browser and the CSRF token that it fetched."""
    browser = Browser({SHOP: create_app()}, page=f"{page}/cart?item=1")
    return browser, browser.fetch(f"{SHOP}/api/token", credentials="include").text


def submit(browser: Browser, token: str) -> Reply:
    return browser.submit(f"{SHOP}/api/order", {"csrf_token": token})


def fetch_form(browser: Browser, token: str) -> Reply:
    return browser.fetch(
        f"{SHOP}/api/order", method="POST", data={"csrf_token": token}, credentials="include"
    )


def fetch_with_header(browser: Browser, token: str) -> Reply:
    headers = {"X-CSRFToken": token}
    url = f"{SHOP}/api/order"
    return browser.fetch(url, method="POST", headers=headers, credentials="include")


post = pytest.mark.parametrize("post", [submit, fetch_form, fetch_with_header])


@post
def test_a_page_of_the_same_origin_may_post(post: Callable[[Browser, str], Reply]) -> None:
    browser, token = open_shop()
    reply = post(browser, token)
    assert (reply.status, reply.text) == (200, "ordered")
    assert post(browser, "wrong").status == 400


@post
def test_a_page_of_another_origin_may_not(post: Callable[[Browser, str], Reply]) -> None:
    """A page on another origin cannot post, even if CORS allows it and it has a valid token.

    The page is on the same site, so its requests carry the session cookie.
    """
    browser, token = open_shop(APP)
    reply = post(browser, token)
    assert reply.status == 400
    assert "The referrer does not match the host." in reply.text


def test_whoever_is_exempt_goes_by_cors_alone() -> None:
    app = create_app()
    app.config["WTF_CSRF_SSL_STRICT"] = False
    browser = Browser({SHOP: app}, origin=APP)
    token = browser.fetch(f"{SHOP}/api/token", credentials="include").text
    assert fetch_with_header(browser, token).status == 200
