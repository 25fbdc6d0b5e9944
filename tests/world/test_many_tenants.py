"""Test the tenants example with PostgreSQL, Redis and four gunicorn workers.

Two gunicorn servers have two workers each, as on two machines.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from importlib import import_module
from itertools import count
from typing import NamedTuple

import pytest

from .databases import PATIENCE, Server, eventually, postgresql, redis
from .packages import require
from .servers import gunicorn

SHOP = "https://shop.example"
OTHER = "https://other.example"
ALLOWED, REFUSED = 200, 403
#: How many seconds after a change a worker may still use the old origins.
SECOND = 1

WORKERS = {
    "sync": [],
    "gthread": ["--worker-class=gthread", "--threads=4", "--preload"],
    "gevent": ["--worker-class=gevent", "--preload"],
}
names = map("tenant-{}".format, count())


class Answer(NamedTuple):
    sent: float
    worker: str
    reads: int
    status: int


class Cluster:
    """Four workers, and the database and Redis servers that they share."""

    def __init__(self, ports: list[int], database: Server, broker: Server) -> None:
        self.database = database
        self.broker = broker
        self._ports = ports
        self._threads = ThreadPoolExecutor(8)

    def ask(self, port: int, tenant: str, origin: str = SHOP) -> Answer:
        sent = time.monotonic()
        with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
            connection.request("GET", f"/api/{tenant}/items", headers={"Origin": origin})
            response = connection.getresponse()
            allowed = response.headers["Access-Control-Allow-Origin"]
            assert allowed == (origin if response.status == ALLOWED else None)
            reads = int(response.headers["X-Reads"])
            return Answer(sent, response.headers["X-Worker"], reads, response.status)

    def ask_many(self, tenant: str, origin: str = SHOP) -> list[Answer]:
        """Send several requests at once, so that one worker does not get all of them."""
        ports = self._ports * 4
        return list(self._threads.map(lambda port: self.ask(port, tenant, origin), ports))

    def allow(self, tenant: str, *origins: str) -> int:
        """Replace the origins of a tenant, and return the status of the response."""
        port = self._ports[0]
        with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
            connection.request(
                "PUT",
                f"/admin/tenants/{tenant}/origins",
                json.dumps(origins),
                {"Authorization": "Bearer secret", "Content-Type": "application/json"},
            )
            return connection.getresponse().status

    def all_answer(self, status: int, tenant: str, origin: str = SHOP) -> None:
        """Wait until each worker has responded with this status.

        A request that is sent more than a second from now must not get another status. Refusals
        must last, so a refusal only counts if its request is sent after that second.
        """
        limit = time.monotonic() + SECOND
        workers = set[str]()

        def have_all_answered() -> bool:
            for answer in self.ask_many(tenant, origin):
                assert answer.status == status or answer.sent < limit, answer
                if answer.status == status and (status == ALLOWED or answer.sent >= limit):
                    workers.add(answer.worker)
            return len(workers) == 4

        eventually(have_all_answered, f"{status} from four workers")

    def all_remember(self, tenant: str, origin: str = SHOP) -> None:
        """Wait until each worker has responded for over a second without reading the database."""
        since: dict[tuple[str, int], list[float]] = defaultdict(list)

        def do_all_remember() -> bool:
            for answer in self.ask_many(tenant, origin):
                since[answer.worker, answer.reads].append(answer.sent)
            long = {key[0] for key, sent in since.items() if sent[-1] > sent[0] + SECOND}
            return len(long) == 4

        eventually(do_all_remember, "what four workers remember")

    def close(self) -> None:
        self._threads.shutdown()


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    with postgresql() as database, redis() as broker:
        yield database, broker


@pytest.fixture(scope="module", params=WORKERS)
def running(request: pytest.FixtureRequest, servers: tuple[Server, Server]) -> Iterator[Cluster]:
    require("gunicorn")
    require("sqlalchemy")
    if request.param == "gevent":
        require("gevent")
    options = ["--workers=2", *WORKERS[request.param]]
    database, broker = servers
    with pytest.MonkeyPatch.context() as environment, ExitStack() as stack:
        environment.setenv("FLASK_DATABASE_URL", database.url)
        environment.setenv("FLASK_REDIS_URL", broker.url)
        environment.setenv("FLASK_ADMIN_TOKEN", "secret")
        ports = [
            stack.enter_context(gunicorn("world.many_tenants:create_app()", *options))
            for _ in range(2)
        ]
        yield stack.enter_context(closing(Cluster(ports, database, broker)))


@pytest.fixture
def cluster(running: Cluster) -> Cluster:
    """Return the workers, with both servers running even if the last test stopped them."""
    running.database.start()
    running.broker.start()
    return running


@pytest.fixture
def tenant(cluster: Cluster) -> str:
    """Return a tenant that allows only ``SHOP``, once all workers have cached that."""
    tenant = next(names)
    eventually(lambda: cluster.allow(tenant, SHOP) == 204, "a change that is told")
    cluster.all_answer(ALLOWED, tenant)
    cluster.all_remember(tenant)
    return tenant


def test_all_see_a_change_within_a_second(cluster: Cluster, tenant: str) -> None:
    for _ in range(2):
        assert cluster.allow(tenant, OTHER) == 204
        cluster.all_answer(REFUSED, tenant)
        cluster.all_answer(ALLOWED, tenant, OTHER)
        assert cluster.allow(tenant, SHOP) == 204
        cluster.all_answer(REFUSED, tenant, OTHER)
        cluster.all_answer(ALLOWED, tenant)


def test_all_see_a_tenant_that_they_remembered_as_unknown(cluster: Cluster) -> None:
    tenant = next(names)
    cluster.all_answer(REFUSED, tenant)
    cluster.all_remember(tenant)
    cluster.allow(tenant, SHOP)
    cluster.all_answer(ALLOWED, tenant)


@pytest.mark.parametrize("fail", [Server.kill, Server.freeze], ids=["killed", "frozen"])
def test_without_redis_the_database_is_read(
    cluster: Cluster, tenant: str, fail: Callable[[Server], None]
) -> None:
    fail(cluster.broker)
    assert cluster.allow(tenant) == 202
    cluster.all_answer(REFUSED, tenant)
    assert cluster.allow(tenant, SHOP) == 202
    cluster.all_answer(ALLOWED, tenant)
    cluster.allow(tenant)
    cluster.broker.start()
    cluster.all_answer(REFUSED, tenant)
    cluster.all_remember(tenant)
    cluster.allow(tenant, SHOP)
    cluster.all_answer(ALLOWED, tenant)


def test_a_change_between_two_connections_is_not_missed(cluster: Cluster, tenant: str) -> None:
    with require("redis").Redis.from_url(cluster.broker.url) as client:
        # Repeat this, because each worker reconnects after a random time.
        for _ in range(3):
            assert client.client_kill_filter(_type="pubsub") == 4
            cluster.allow(tenant)
            cluster.all_answer(REFUSED, tenant)
            cluster.allow(tenant, SHOP)
            cluster.all_answer(ALLOWED, tenant)
            cluster.all_remember(tenant)


def test_no_message_allows_an_origin(cluster: Cluster, tenant: str) -> None:
    with require("redis").Redis.from_url(cluster.broker.url) as client:
        for message in (tenant, next(names), b"\xff\x00", b""):
            assert client.publish("changed-tenants", message) == 4
    cluster.all_answer(REFUSED, tenant, OTHER)
    cluster.all_answer(ALLOWED, tenant)


def test_without_postgresql_only_remembered_tenants_are_allowed(
    cluster: Cluster, tenant: str
) -> None:
    forgotten = next(names)
    cluster.allow(forgotten, SHOP)
    cluster.database.kill()
    # On a busy machine, a worker may not hear from Redis for a moment, and then its cache expires.
    # So don't expect all workers to allow the origin.
    assert any(answer.status == ALLOWED for answer in cluster.ask_many(tenant))
    cluster.all_answer(REFUSED, forgotten)
    assert cluster.allow(tenant, OTHER) == 503
    # The database may have made the change before it died. So the workers removed the tenant from
    # their caches.
    cluster.all_answer(REFUSED, tenant)
    cluster.all_answer(REFUSED, tenant, OTHER)
    cluster.database.start()
    cluster.all_answer(ALLOWED, forgotten)
    cluster.all_answer(ALLOWED, tenant)
    cluster.all_answer(REFUSED, tenant, OTHER)


def test_a_database_that_hangs_keeps_few_requests_waiting(servers: tuple[Server, Server]) -> None:
    database, _ = servers
    database.start()
    store = import_module("world.many_tenants").store.Store(database.url)
    tenant = next(names)
    store.replace(tenant, [SHOP])
    with closing(store), ThreadPoolExecutor(6) as threads:
        assert list(threads.map(store.read, [tenant] * 6)) == [{SHOP}] * 6
        database.freeze()
        try:
            reads = [threads.submit(store.read, tenant) for _ in range(6)]
            eventually(lambda: sum(read.done() for read in reads) == 2, "two are refused")
            refused = [read for read in reads if read.done()]
            assert all("QueuePool limit" in str(read.exception()) for read in refused)
        finally:
            database.start()


def test_without_both_servers_everybody_is_refused(cluster: Cluster, tenant: str) -> None:
    cluster.database.kill()
    cluster.broker.kill()
    cluster.all_answer(REFUSED, tenant)
    cluster.broker.start()
    cluster.all_answer(REFUSED, tenant)
    cluster.database.start()
    cluster.all_answer(ALLOWED, tenant)
