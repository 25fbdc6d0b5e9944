"""Requests that browsers block before CORS matters."""

from __future__ import annotations

from typing import Any

import pytest

from flask_crossorigin.testing import Browser, CORSError, NetworkError, Reply
from flask_crossorigin.testing.blocking import AddressSpace

from .server import API, OTHER, PAGE, Server, browse, respond

LOCAL = "http://192.168.0.1"
LOOPBACK = "http://localhost:5000"
SPACES: dict[str, AddressSpace] = {LOCAL: "local", LOOPBACK: "loopback"}


def fetch(page: str, target: str, **options: Any) -> Reply:
    return Browser({target: Server()}, origin=page, **options).fetch(target)


@pytest.mark.parametrize(
    ("page", "target", "blocked"),
    [
        (PAGE, "http://api.example.com", True),
        (PAGE, "http://192.168.0.1", True),
        (PAGE, "http://localhost", False),
        (PAGE, "http://127.0.0.1:5000", False),
        (PAGE, API, False),
        ("http://app.example.com", "http://api.example.com", False),
        ("http://localhost", "http://api.example.com", False),
        ("null", "http://api.example.com", False),
    ],
)
def test_mixed_content(page: str, target: str, blocked: bool) -> None:
    if blocked:
        with pytest.raises(NetworkError, match="mixed content") as caught:
            fetch(page, target)
        assert not isinstance(caught.value, CORSError)
        assert caught.value.reason == (
            f"{target}/ is mixed content: an https page can only fetch https URLs, or http URLs on "
            "this machine"
        )
        assert fetch(page, target, unblocked=["mixed-content"]).ok
    else:
        assert fetch(page, target).ok


@pytest.mark.parametrize("port", [1, 22, 25, 587, 6000, 6666, 10080])
def test_bad_ports(port: int) -> None:
    target = f"{API}:{port}"
    with pytest.raises(NetworkError, match=f"port {port} belongs to a service other than HTTP"):
        fetch(PAGE, target)
    with pytest.raises(NetworkError, match="so browsers block it: use another port"):
        browse({target: Server()}).navigate(target)
    assert fetch(PAGE, target, unblocked=["bad-port"]).ok


def test_other_ports_are_not_blocked() -> None:
    for port in (80, 443, 3000, 5000, 6670, 8080):
        assert fetch(PAGE, f"https://api.example.com:{port}").ok


@pytest.mark.parametrize(
    ("page", "target", "reason"),
    [
        (
            PAGE,
            LOOPBACK,
            "has a loopback address, and the page has a public one: only the user can allow that, "
            "not a response header (Local Network Access)",
        ),
        (
            "http://app.example.com",
            LOCAL,
            "has a local address, and the page has a public one: the page must use https, and the "
            "user must allow the request (Local Network Access)",
        ),
        ("null", LOOPBACK, "has a loopback address, and the page has a public one: the page must"),
        (
            LOCAL,
            LOOPBACK,
            "has a loopback address, and the page has a local one: the page must use https",
        ),
        (LOOPBACK, LOCAL, ""),
        (LOOPBACK, API, ""),
        (LOCAL, "http://192.168.0.1:8000", ""),
        (PAGE, API, ""),
    ],
)
def test_local_network_access(page: str, target: str, reason: str) -> None:
    spaces: dict[str, AddressSpace] = {**SPACES, "http://192.168.0.1:8000": "local"}
    if reason:
        with pytest.raises(NetworkError) as caught:
            fetch(page, target, address_space=spaces)
        assert caught.value.reason.startswith(f"{target}/ {reason}")
        options: dict[str, Any] = {"unblocked": ["local-network-access"], "address_space": spaces}
        assert fetch(page, target, **options).ok
    else:
        assert fetch(page, target, address_space=spaces).ok
    # An origin without an address space has a public address.
    assert fetch(page, target, unblocked=["mixed-content"]).ok


@pytest.mark.parametrize("location", ["http://other.test/", f"{OTHER}:22/", LOOPBACK])
def test_redirects_are_blocked_too(location: str) -> None:
    moved = Server(default=respond(302, allow_origin="*", location=location))
    servers = {API: moved, "http://other.test": Server(), LOOPBACK: Server()}
    browser = Browser(servers, origin=PAGE, address_space=SPACES)
    with pytest.raises(NetworkError, match=r"mixed content|port 22|Local Network Access"):
        browser.fetch(API)
    assert len(browser.exchanges) == 1


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (
            {"unblocked": ["cors"]},
            "unblocked can have bad-port, local-network-access, mixed-content",
        ),
        (
            {"address_space": {API: "private"}},
            "an address_space must be one of public, local, loopback, not",
        ),
        ({"address_space": {"api": "local"}}, "is not an origin"),
    ],
)
def test_options_are_checked(options: Any, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        Browser(Server(), origin=PAGE, **options)
