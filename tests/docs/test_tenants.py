"""The example with tenants works while the origins of the tenants change.

``tests/world`` runs it with PostgreSQL and Redis.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

EXAMPLE = Path(__file__).parents[2] / "examples" / "tenants"
MODULES = [path.stem for path in EXAMPLE.glob("*.py")]
SHOP = "https://shop.example"
OTHER = "https://other.example"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Yield a function that imports a module of the example. Each test imports it again."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    yield import_module
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/its.db"


@pytest.fixture
def create(url: str, load: Callable[[str], Any]) -> Iterator[Callable[[], Flask]]:
    """Yield a function that makes an app, as each of several processes would."""
    apps: list[Flask] = []

    def create() -> Flask:
        config = {"ADMIN_TOKEN": "secret", "DATABASE_URL": url}
        apps.append(load("tenants").create_app(config))
        return apps[-1]

    yield create
    for app in apps:
        app.extensions["store"].close()


@pytest.fixture
def app(create: Callable[[], Flask]) -> Flask:
    return create()


@pytest.fixture
def reads(load: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the tenants that were read from the database so far."""
    asked: list[str] = []
    store = load("store").Store
    read = store.read

    def noting(self: object, tenant: str) -> object:
        asked.append(tenant)
        return read(self, tenant)

    monkeypatch.setattr(store, "read", noting)
    return asked


def allow(app: Flask, tenant: str, *origins: str, token: str = "secret") -> int:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"/admin/tenants/{tenant}/origins"
    return app.test_client().put(url, json=origins, headers=headers).status_code


def statuses(app: Flask, tenant: str, origin: str = SHOP) -> tuple[int, int]:
    """Check the CORS headers of a preflight and of a request, and return the two statuses."""
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


@pytest.mark.parametrize("tenant", ["Shop", "shop_1", "s" * 64, "sh\xf6p", "shop\0", "shop\n"])
def test_what_is_no_name_is_neither_taken_nor_looked_for(
    app: Flask, tenant: str, reads: list[str]
) -> None:
    assert allow(app, quote(tenant), SHOP) == 422
    assert statuses(app, quote(tenant)) == REFUSED
    assert reads == []


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


@pytest.mark.parametrize("url", ["sqlite:////nowhere/its.db"])
def test_a_database_that_is_down_lets_nobody_in(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    assert statuses(app, "shop") == REFUSED
    assert "unable to open database file" in caplog.text
    assert allow(app, "shop", SHOP) == 503


@pytest.mark.parametrize(("seconds", "relied_on"), [(1, True), (2, False)])
def test_what_the_database_says_late_does_not_count(
    app: Flask, url: str, load: Callable[[str], Any], seconds: int, relied_on: bool
) -> None:
    allow(app, "shop", SHOP)
    store = load("store").Store(url, clock=count(step=seconds).__next__)
    try:
        if relied_on:
            assert store.read("shop") == {SHOP}
        else:
            with pytest.raises(TimeoutError):
                store.read("shop")
    finally:
        store.close()


class Clock:
    """A clock that only moves when a test changes :attr:`now`."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Database:
    """The database that the workers share.

    During the next read, it calls the functions in :attr:`meanwhile`. The read still returns the
    origins from before these calls.
    """

    def __init__(self) -> None:
        self.origins: dict[str, frozenset[str]] = {}
        self.reads: list[str] = []
        self.meanwhile: list[Callable[[], object]] = []

    def read(self, tenant: str) -> frozenset[str]:
        self.reads.append(tenant)
        found = self.origins.get(tenant, frozenset())
        while self.meanwhile:
            self.meanwhile.pop()()
        return found

    def replace(self, tenant: str, origins: list[str]) -> None:
        self.origins[tenant] = frozenset(origins)


class Worker:
    """A process whose cache keeps up to two tenants. The tests replace Redis."""

    def __init__(self, load: Callable[[str], Any], database: Database, clock: Clock) -> None:
        self.cache = load("cache").Cache(size=2, clock=clock)
        self.origins = load("tenants").TenantOrigins(database, self.cache)
        self._clock = clock

    def hears(self) -> None:
        """Tell the cache that Redis responded to a ping that was sent at this moment."""
        self.cache.heard_until(self._clock.now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def worker(load: Callable[[str], Any], database: Database, clock: Clock) -> Worker:
    return Worker(load, database, clock)


@pytest.fixture
def other(load: Callable[[str], Any], database: Database, clock: Clock) -> Worker:
    return Worker(load, database, clock)


@pytest.mark.parametrize("origins", [{SHOP}, set()], ids=["known", "unknown"])
def test_without_news_a_tenant_is_remembered_for_less_than_a_second(
    worker: Worker, database: Database, clock: Clock, origins: set[str]
) -> None:
    database.replace("shop", [*origins])
    assert worker.origins.of("shop") == origins
    clock.now += 0.4
    assert worker.origins.of("shop") == origins
    assert database.reads == ["shop"]
    clock.now += 0.1
    assert worker.origins.of("shop") == origins
    assert database.reads == ["shop"] * 2


def test_with_news_it_is_remembered_for_longer(
    worker: Worker, database: Database, clock: Clock
) -> None:
    worker.hears()
    for _ in range(50):
        worker.origins.of("shop")
        clock.now += 0.4
        worker.hears()
    assert database.reads == ["shop"] * 2


def test_who_hears_of_a_change_reads_it(
    worker: Worker, other: Worker, database: Database, clock: Clock
) -> None:
    other.hears()
    assert other.origins.of("shop") == frozenset()
    worker.origins.replace("shop", [SHOP])
    assert worker.origins.of("shop") == {SHOP}
    other.cache.forget("shop")
    assert other.origins.of("shop") == {SHOP}


def test_who_hears_no_more_reads_the_database(
    worker: Worker, other: Worker, database: Database, clock: Clock
) -> None:
    other.hears()
    worker.origins.replace("shop", [SHOP])
    assert other.origins.of("shop") == {SHOP}
    worker.origins.replace("shop", [])
    clock.now += 0.5
    assert other.origins.of("shop") == frozenset()


@pytest.mark.parametrize("new_connection", [False, True])
def test_who_hears_again_forgets_what_was_told_meanwhile(
    worker: Worker, other: Worker, database: Database, clock: Clock, new_connection: bool
) -> None:
    other.hears()
    if new_connection:
        other.cache.lost()
    else:
        clock.now += 0.5
    worker.origins.replace("shop", [SHOP])
    assert other.origins.of("shop") == {SHOP}
    worker.origins.replace("shop", [])
    other.hears()
    assert other.origins.of("shop") == frozenset()


def test_a_pong_that_comes_late_is_no_sign_of_life(
    worker: Worker, database: Database, clock: Clock
) -> None:
    worker.origins.of("shop")
    clock.now += 0.5
    worker.cache.heard_until(clock.now - 0.5)
    worker.origins.of("shop")
    clock.now += 0.5
    worker.origins.of("shop")
    assert database.reads == ["shop"] * 3


@pytest.mark.parametrize("told", ["here", "by another", "of another connection"])
def test_what_changes_while_it_is_read_is_not_remembered(
    worker: Worker, database: Database, clock: Clock, told: str
) -> None:
    worker.hears()
    database.replace("shop", [SHOP])

    def change() -> None:
        if told == "here":
            worker.origins.replace("shop", [OTHER])
            return
        database.replace("shop", [OTHER])
        if told == "by another":
            worker.cache.forget("shop")
        else:
            worker.cache.lost()
            worker.hears()

    database.meanwhile.append(change)
    worker.origins.of("shop")
    assert worker.origins.of("shop") == {OTHER}


def test_a_change_that_fails_may_have_been_made(worker: Worker, database: Database) -> None:
    worker.hears()
    database.replace("shop", [SHOP])
    worker.origins.of("shop")

    def fail(tenant: str, origins: list[str]) -> None:
        database.origins[tenant] = frozenset(origins)
        raise ConnectionError

    database.replace = fail  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        worker.origins.replace("shop", [OTHER])
    assert worker.origins.of("shop") == {OTHER}


def test_only_so_many_are_remembered(worker: Worker, database: Database) -> None:
    for tenant in ("a", "b", "c"):
        database.replace(tenant, [SHOP])
    for tenant in ("a", "b", "a", "c", "a", "b"):
        worker.origins.of(tenant)
    assert database.reads == ["a", "b", "c", "b"], "the one that was not used for longest goes"


def test_made_up_tenants_push_nobody_out(worker: Worker, database: Database) -> None:
    database.replace("shop", [SHOP])
    worker.origins.of("shop")
    for number in range(5):
        worker.origins.of(f"made-up-{number}")
    worker.origins.of("made-up-4")
    worker.origins.of("shop")
    assert database.reads.count("shop") == database.reads.count("made-up-4") == 1
    worker.origins.of("made-up-0")
    assert database.reads.count("made-up-0") == 2, "of these too, only so many are remembered"
