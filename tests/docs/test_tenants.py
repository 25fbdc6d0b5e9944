"""The example with tenants, whose origins change while it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event

EXAMPLE = Path(__file__).parents[2] / "examples" / "tenants"
SHOP = "https://shop.example"
OTHER = "https://other.example"


@pytest.fixture
def tenants(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    yield import_module("tenants")
    sys.modules.pop("tenants", None)


@pytest.fixture
def create(
    tenants: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Flask]]:
    """Make an application, as each of several processes would."""
    monkeypatch.setenv("FLASK_DATABASE_URL", f"sqlite:///{tmp_path}/its.db")
    apps: list[Flask] = []

    def create() -> Flask:
        apps.append(tenants.create_app({"ADMIN_TOKEN": "secret"}))
        return apps[-1]

    yield create
    for app in apps:
        app.extensions["engine"].dispose()


@pytest.fixture
def app(create: Callable[[], Flask]) -> Flask:
    return create()


def allow(app: Flask, tenant: str, *origins: str, token: str = "secret") -> int:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"/admin/tenants/{tenant}/origins"
    return app.test_client().put(url, json=origins, headers=headers).status_code


def statuses(app: Flask, tenant: str, origin: str = SHOP) -> tuple[int, int]:
    """Give the statuses of a preflight and of the request, which must agree."""
    client = app.test_client()
    asked = client.options(
        f"/api/{tenant}/items", headers={"Origin": origin, "Access-Control-Request-Method": "GET"}
    )
    response = client.get(f"/api/{tenant}/items", headers={"Origin": origin})
    for answer in (asked, response):
        named = answer.headers.get("Access-Control-Allow-Origin")
        assert named == (origin if answer.status_code < 300 else None)
        assert answer.headers["Vary"] == "Origin"
    return asked.status_code, response.status_code


ALLOWED, REFUSED = (204, 200), (403, 403)


def test_each_tenant_has_its_own(app: Flask) -> None:
    assert allow(app, "shop", SHOP, "http://localhost:3000") == 204
    assert allow(app, "other", OTHER) == 204
    assert statuses(app, "shop") == statuses(app, "other", OTHER) == ALLOWED
    assert statuses(app, "shop", OTHER) == statuses(app, "other", SHOP) == REFUSED
    assert statuses(app, "unknown") == REFUSED


def test_changes_count_at_once(app: Flask) -> None:
    for _ in range(2):
        assert statuses(app, "shop") == REFUSED
        allow(app, "shop", SHOP)
        assert statuses(app, "shop") == ALLOWED
        allow(app, "shop")


def test_the_database_outlives_the_process(create: Callable[[], Flask]) -> None:
    allow(create(), "shop", SHOP)
    assert statuses(create(), "shop") == ALLOWED


@pytest.mark.parametrize(
    "origin", [f"{SHOP}/", "https://Shop.example", "shop.example", "null", "*"]
)
def test_what_would_never_match_is_not_taken(app: Flask, origin: str) -> None:
    allow(app, "shop", SHOP)
    assert allow(app, "shop", origin) == 422
    assert statuses(app, "shop") == ALLOWED


def test_the_administration_is_no_pages(app: Flask) -> None:
    assert allow(app, "shop", SHOP, token="guess") == 401
    app.config["ADMIN_TOKEN"] = ""
    assert allow(app, "shop", SHOP, token="") == 401
    answer = app.test_client().options(
        "/admin/tenants/shop/origins",
        headers={"Origin": SHOP, "Access-Control-Request-Method": "PUT"},
    )
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_database_that_is_down_lets_nobody_in(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    app.extensions["engine"].dispose()
    with app.extensions["engine"].begin() as connection:
        connection.exec_driver_sql("DROP TABLE allowed_origin")
    assert statuses(app, "shop") == REFUSED
    assert "no such table" in caplog.text


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queries(app: Flask) -> list[str]:
    """Give the tenants that the database was asked about so far."""
    asked: list[str] = []

    def remember(
        _connection: object, _cursor: object, statement: str, values: Any, *_: Any
    ) -> None:
        if statement.startswith("SELECT"):
            asked.append(values[0])

    event.listen(app.extensions["engine"], "before_cursor_execute", remember)
    return asked


@pytest.fixture
def origins(app: Flask, tenants: Any, clock: Clock) -> Any:
    engine: Engine = app.extensions["engine"]
    return tenants.TenantOrigins(engine, seconds=60, size=2, clock=clock)


def test_others_changes_are_noticed_after_a_time(
    app: Flask, origins: Any, clock: Clock, queries: list[str]
) -> None:
    allow(app, "shop", SHOP)
    assert origins.of("shop") == {SHOP}
    # The application keeps its origins itself, as another process would.
    allow(app, "shop", OTHER)
    clock.now += 59
    assert origins.of("shop") == {SHOP}
    assert queries == ["shop"]
    clock.now += 1
    assert origins.of("shop") == {OTHER}
    assert queries == ["shop"] * 2


def test_only_so_many_are_remembered(origins: Any, queries: list[str]) -> None:
    for tenant in ("a", "b", "c"):
        origins.replace(tenant, [SHOP])
    for tenant in ("a", "b", "a", "c", "a", "b"):
        origins.of(tenant)
    assert queries == ["a", "b", "c", "b"], "the one that was not used for longest goes"


def test_made_up_tenants_push_nobody_out(origins: Any, queries: list[str]) -> None:
    origins.replace("shop", [SHOP])
    origins.of("shop")
    for number in range(5):
        assert origins.of(f"made-up-{number}") == frozenset()
    origins.of("shop")
    assert queries.count("shop") == 1


def test_a_change_during_a_query_is_not_overwritten(app: Flask, origins: Any) -> None:
    origins.replace("shop", [SHOP])
    engine: Engine = app.extensions["engine"]

    once = iter([OTHER])

    def change(*_: object) -> None:
        for origin in once:
            origins.replace("shop", [origin])

    # The connection is given back when the origins have been read.
    event.listen(engine, "checkin", change)
    origins.of("shop")
    assert origins.of("shop") == {OTHER}
