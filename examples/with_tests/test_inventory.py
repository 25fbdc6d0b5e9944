"""Test what pages on other origins get from the API: ``pytest with_tests``."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import create_app

from flask_crossorigin.testing import Browser, CORSError

API = "https://api.example.com"


@pytest.fixture
def servers() -> dict[str, Any]:
    # The browser sends requests for this origin to the app, without a network.
    return {API: create_app()}


@pytest.fixture
def page(servers: dict[str, Any]) -> Browser:
    return Browser(servers, origin="https://app.example.com")


@pytest.fixture
def attacker(servers: dict[str, Any]) -> Browser:
    return Browser(servers, origin="https://evil.example")


def test_the_page_reads_items_and_their_total(page: Browser) -> None:
    reply = page.fetch(f"{API}/api/items")
    assert reply.json == {"1": "apple"}
    assert reply.headers["X-Total"] == "1"


def test_the_page_changes_an_item(page: Browser) -> None:
    reply = page.fetch(f"{API}/api/items/1", method="PUT", json={"name": "pear"})
    assert reply.json == {"name": "pear"}
    assert [exchange.is_preflight for exchange in page.exchanges] == [True, False]


def test_pages_cannot_delete_items(page: Browser) -> None:
    with pytest.raises(CORSError, match="DELETE"):
        page.fetch(f"{API}/api/items/1", method="DELETE")
    # The preflight was refused, so the item is still there.
    assert page.fetch(f"{API}/api/items").json == {"1": "apple"}


def test_other_origins_cannot_read_items(attacker: Browser) -> None:
    with pytest.raises(CORSError, match="Access-Control-Allow-Origin"):
        attacker.fetch(f"{API}/api/items")


def test_the_page_can_read_errors(page: Browser) -> None:
    assert page.fetch(f"{API}/api/nothing").status == 404
