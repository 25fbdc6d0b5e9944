from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, abort
from werkzeug.middleware.proxy_fix import ProxyFix

from .exchanges import Exchange, allow_app, ask, check

OWN = "https://api.example.com"
FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "api.example.com",
    "X-Forwarded-Prefix": "/v1",
}


def create_app(*, fixed: bool = True, **options: Any) -> Flask:
    app = Flask(__name__)
    if fixed:
        wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1, x_prefix=1)
        app.wsgi_app = wsgi_app  # type: ignore[method-assign]
    allow_app(app, **options)

    @app.route("/api/items/", methods=["GET", "PUT"])
    def items() -> Any:
        return {}

    @app.get("/api/private")
    def private() -> Any:
        abort(401)

    @app.get("/api/broken")
    def broken() -> Any:
        raise RuntimeError

    return app


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("GET", "/api/items/", 200, FORWARDED),
        Exchange("PUT", "/api/items/", 200, FORWARDED, {}),
        Exchange("GET", "/api/items", 308, FORWARDED),
        Exchange("GET", "/api/private", 401, FORWARDED),
        Exchange("GET", "/api/broken", 500, FORWARDED),
        Exchange("GET", "/api/nothing", 404, FORWARDED),
    ],
    ids=str,
)
def test_exchange(exchange: Exchange) -> None:
    check(create_app(), exchange)


def test_redirect_leads_to_the_address_that_the_browser_knows() -> None:
    answer = ask(create_app(), "/api/items", headers=FORWARDED)
    assert answer.location == "https://api.example.com/v1/api/items/"


@pytest.mark.parametrize(("fixed", "status"), [(True, 200), (False, 403)])
def test_enforce_has_to_know_the_address_that_the_browser_uses(fixed: bool, status: int) -> None:
    app = create_app(fixed=fixed, enforce=True)
    answer = ask(app, "/api/items/", "PUT", origin=OWN, headers=FORWARDED)
    assert answer.status_code == status
