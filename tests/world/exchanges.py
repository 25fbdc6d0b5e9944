"""What a page of another origin asks of an application, and what it must get."""

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
    """Give an application the policy that the exchanges here go by."""
    CORS(app, resources={"/api/*": {"origins": APP, "supports_credentials": True, **options}})


@dataclass(frozen=True)
class Exchange:
    """A request that a page makes, and the status of the answer."""

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
    """Ask what a browser asks before a request that could change something."""
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
    """Make a request as a page of the origin, without the preflight."""
    sent = dict(headers or {})
    if origin is not None:
        sent["Origin"] = origin
    return Client(app).open(path, method=method, headers=sent, **options)


def cors_headers(response: TestResponse) -> dict[str, str]:
    """Give what the response says about other origins, with nothing said twice."""
    found = [
        (name, value)
        for name, value in response.headers
        if name.lower().startswith("access-control-")
    ]
    assert len(found) == len(dict(found)), found
    return dict(found)


def names_origin(response: TestResponse) -> bool:
    """Tell whether ``Vary`` says that the answer depends on the origin."""
    varying = ",".join(response.headers.getlist("Vary")).lower()
    return "origin" in [name.strip() for name in varying.split(",")]


def check(
    app: WSGIApplication, exchange: Exchange, *, exposed: str | None = None, **options: Any
) -> TestResponse:
    """Make an exchange as the page that is allowed, and as one that is not.

    :param exposed: what the policy exposes.
    :param options: what Werkzeug's client is to be told besides.
    :returns: what the page that is allowed got.
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
    """Let a browser be the judge of the same exchange, with all the headers it brings."""
    sent: dict[str, Any] = {
        "method": exchange.method,
        "headers": exchange.headers,
        "json": exchange.json,
        "credentials": "include",
        # A redirect is an answer like any other here, and shows the page nothing.
        "redirect": "manual",
    }
    reply = Browser({base_url: app}, origin=APP).fetch(base_url + exchange.path, **sent)
    if 300 <= exchange.status < 400:
        assert reply.type == "opaqueredirect"
    else:
        assert (reply.type, reply.status) == ("cors", exchange.status)
    with pytest.raises(CORSError, match="origin"):
        Browser({base_url: app}, origin=STRANGER).fetch(base_url + exchange.path, **sent)
