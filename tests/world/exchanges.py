"""Send cross-origin requests to an application, and check the responses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client, TestResponse

from flask_crossorigin import CORS
from flask_crossorigin.testing import Browser, CORSError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed.wsgi import WSGIApplication
    from flask import Flask

APP = "https://app.example.com"
STRANGER = "https://stranger.example"


def allow_app(app: Flask, **options: Any) -> None:
    """Set the policy that :func:`check` expects: only ``APP`` is allowed, with credentials."""
    CORS(app, resources={"/api/*": {"origins": APP, "supports_credentials": True, **options}})


@dataclass(frozen=True)
class Exchange:
    """A request from a page, and the expected status of the response."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


def preflight(
    app: WSGIApplication,
    path: str,
    method: str = "PUT",
    *,
    origin: str = APP,
    names: str = "content-type",
    **options: Any,
) -> TestResponse:
    """Send a preflight, and return the response."""
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": names,
    }
    return Client(app).open(path, method="OPTIONS", headers=headers, **options)


def ask(
    app: WSGIApplication,
    path: str,
    method: str = "GET",
    *,
    origin: str | None = APP,
    headers: Mapping[str, str] | None = None,
    **options: Any,
) -> TestResponse:
    """Send a request from a page without a preflight, and return the response."""
    sent = dict(headers or {})
    if origin is not None:
        sent["Origin"] = origin
    return Client(app).open(path, method=method, headers=sent, **options)


def cors_headers(response: TestResponse) -> dict[str, str]:
    """Return the CORS headers of a response, and check that it has each only once."""
    found = [
        (name, value)
        for name, value in response.headers
        if name.lower().startswith("access-control-")
    ]
    assert len(found) == len(dict(found)), found
    return dict(found)


def names_origin(response: TestResponse) -> bool:
    """Return whether ``Vary`` contains ``Origin``."""
    varying = ",".join(response.headers.getlist("Vary")).lower()
    return "origin" in [name.strip() for name in varying.split(",")]


def check(
    app: WSGIApplication, exchange: Exchange, *, exposed: str | None = None, **options: Any
) -> TestResponse:
    """Check an exchange for a page on the allowed origin, and for one on another origin.

    :param exposed: the expected ``Access-Control-Expose-Headers``; None for no such header.
    :param options: additional arguments for Werkzeug's client.
    :returns: the response to the page on the allowed origin.
    """
    granted = {
        "Access-Control-Allow-Origin": APP,
        "Access-Control-Allow-Credentials": "true",
    }
    asked = preflight(app, exchange.path, exchange.method, **options)
    assert asked.status_code == 204
    assert asked.data == b""
    headers = cors_headers(asked)
    assert exchange.method in headers.pop("Access-Control-Allow-Methods").split(", ")
    assert headers == {**granted, "Access-Control-Allow-Headers": "content-type"}
    refused = preflight(app, exchange.path, exchange.method, origin=STRANGER, **options)
    assert refused.status_code == 403
    assert cors_headers(refused) == {}

    sent: dict[str, Any] = {"headers": exchange.headers, **options}
    if exchange.json is not None:
        sent["json"] = exchange.json
    strange = ask(app, exchange.path, exchange.method, origin=STRANGER, **sent)
    assert cors_headers(strange) == {}
    answer = ask(app, exchange.path, exchange.method, **sent)
    assert answer.status_code == exchange.status, answer.text
    if exposed is not None:
        granted["Access-Control-Expose-Headers"] = exposed
    assert cors_headers(answer) == granted
    for response in (asked, refused, strange, answer):
        assert names_origin(response)
    _browse(app, exchange, **options)
    return answer


def _browse(app: WSGIApplication, exchange: Exchange, base_url: str = "http://localhost") -> None:
    """Check the exchange with :class:`Browser`, which sends and checks all CORS headers."""
    sent: dict[str, Any] = {
        "method": exchange.method,
        "headers": exchange.headers,
        "json": exchange.json,
        "credentials": "include",
        # Do not follow redirects. The page gets a response that it cannot read instead.
        "redirect": "manual",
    }
    reply = Browser({base_url: app}, origin=APP).fetch(base_url + exchange.path, **sent)
    if 300 <= exchange.status < 400:
        assert reply.type == "opaqueredirect"
    else:
        assert (reply.type, reply.status) == ("cors", exchange.status)
    with pytest.raises(CORSError, match="origin"):
        Browser({base_url: app}, origin=STRANGER).fetch(base_url + exchange.path, **sent)
