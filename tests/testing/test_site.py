"""Registrable domains and public suffixes."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import pytest

from flask_crossorigin.testing import CookieJar, site
from flask_crossorigin.testing.site import registrable_domain

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("example.com", "example.com"),
        ("a.b.example.com", "example.com"),
        ("a.b.example.com.", "example.com."),
        ("localhost", "localhost"),
        (".", "."),
        ("10.0.0.1", "10.0.0.1"),
        ("[::1]", "[::1]"),
    ],
)
def test_registrable_domain(host: str, domain: str) -> None:
    assert registrable_domain(host) == domain


@pytest.fixture(params=[True, False], ids=["with-the-list", "without-the-list"])
def has_list(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    if not request.param:
        monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    site._suffixes.cache_clear()
    yield request.param
    site._suffixes.cache_clear()


@pytest.mark.parametrize(
    ("host", "with_list", "without"),
    [
        ("a.shop.co.uk", "shop.co.uk", "co.uk"),
        ("shop.co.uk.", "shop.co.uk.", "co.uk."),
        ("co.uk", "co.uk", "co.uk"),
        ("ada.github.io", "ada.github.io", "github.io"),
        ("a.b.example.com", "example.com", "example.com"),
        ("a.b.test", "b.test", "b.test"),
        ("10.0.0.1", "10.0.0.1", "10.0.0.1"),
    ],
)
def test_public_suffixes(has_list: bool, host: str, with_list: str, without: str) -> None:
    assert registrable_domain(host) == (with_list if has_list else without)


def test_no_cookie_covers_a_public_suffix(has_list: bool) -> None:
    jar = CookieJar()
    for domain in ("co.uk", "shop.co.uk", "uk"):
        with contextlib.suppress(ValueError):
            jar.set(domain, "1", url="https://shop.co.uk", domain=domain)
    jar.set("own", "1", url="https://github.io", domain="github.io")
    assert [cookie.name for cookie in jar] == [
        *([] if has_list else ["co.uk"]),
        "shop.co.uk",
        "own",
    ]
    assert jar["own"].host_only is has_list
